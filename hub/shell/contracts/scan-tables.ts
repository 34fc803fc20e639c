/** Scans that were run, and when the next one is due. */
import { desc, eq, lt } from "drizzle-orm";
import type { Millis } from "../../../contracts/instant.ts";
import * as t from "./schema.ts";
import type { Db } from "./tables.ts";

/** Scans kept: five years of quarters, or the last three weeks of a daily one. */
const SCANS_KEPT = 20;

export type KeptScan = { readonly n: number; readonly at: Millis; readonly report: string };

/** `report`: JSON. The oldest gives way. */
export function writeScan(db: Db, at: Millis, report: string): void {
  const { n } = db.insert(t.scan).values({ at, report }).returning({ n: t.scan.n }).get();
  db.delete(t.scan)
    .where(lt(t.scan.n, n - SCANS_KEPT + 1))
    .run();
}

/** Newest first. */
export function readScans(db: Db): readonly KeptScan[] {
  return db.select().from(t.scan).orderBy(desc(t.scan.n)).all();
}

export function readSetting(db: Db, key: "cron" | "zone" | "nextScanAt"): string | undefined {
  return db.select().from(t.setting).where(eq(t.setting.key, key)).get()?.value;
}

export function writeSetting(db: Db, key: "cron" | "zone" | "nextScanAt", value: string): void {
  db.insert(t.setting).values({ key, value }).onConflictDoUpdate({ target: t.setting.key, set: { value } }).run();
}
