/** What the Intakes of a unit tell of its models, kept as it was told last. */
import type { WatchReport } from "../../contracts/rpc.ts";
import { writeMeta, type Db } from "./unit-tables.ts";

/** The whole of it each time: the last one stands. */
export function keepReport(db: Db, report: WatchReport): void {
  writeMeta(db, `watched:${report.part}`, JSON.stringify(report));
}
