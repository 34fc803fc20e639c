/** Lines of the log as somebody looks at them: filtered, newest or oldest first, and nobody's personal values opened. */
import { and, asc, desc, eq, gt, lte } from "drizzle-orm";
import type { Json } from "../../contracts/delta/json.ts";
import { isSealed } from "../../contracts/delta/seal.ts";
import type { OperationLine, OperationsQuery } from "../api/pages.ts";
import type { LoggedOperation } from "../merge/store.ts";
import * as t from "./schema.ts";
import type { Db } from "./stream-tables.ts";

/** Lines looked through for one answer: some 30 ms. The rest is asked for with the place that was reached. */
const LOOKED_MAX = 10_000;

/** What lies behind (`up`) or before (`down`) the place right behind line `from`. */
export type LinesAsk = Pick<OperationsQuery, "unit" | "entity" | "id" | "outcome" | "limit"> & { readonly from: number; readonly way: "up" | "down" };
/** In the order asked for. `reached`: the place up to which everything was looked at. `end`: there is nothing further that way. */
export type Lines = { readonly lines: readonly Omit<OperationLine, "stream">[]; readonly reached: number; readonly end: boolean };

export function readLines(db: Db, head: number, horizon: number, { unit, entity, id, outcome, limit, from, way }: LinesAsk): Lines {
  // The lines of one entity have an index; all others are looked through, a stretch at a time.
  const far = entity !== undefined && id !== undefined ? head : LOOKED_MAX;
  const [low, high] = way === "up" ? [from, Math.min(head, from + far)] : [Math.max(horizon, Math.min(head, from) - far), Math.min(head, from)];
  const rows = db
    .select({ unit: t.log.unit, text: t.log.operation, written: t.log.written })
    .from(t.log)
    .where(
      and(
        gt(t.log.hubSeq, low),
        lte(t.log.hubSeq, high),
        unit === undefined ? undefined : eq(t.log.unit, unit),
        entity === undefined ? undefined : eq(t.log.entity, entity),
        id === undefined ? undefined : eq(t.log.id, id),
        outcome === undefined ? undefined : eq(t.log.outcome, outcome),
      ),
    )
    .orderBy(way === "up" ? asc(t.log.hubSeq) : desc(t.log.hubSeq))
    .limit(limit)
    .all();
  const lines = rows.map(lineOf);
  const last = lines.length < limit ? undefined : lines.at(-1)?.hubSeq;
  if (last !== undefined) return { lines, reached: way === "up" ? last : last - 1, end: false };
  return { lines, reached: way === "up" ? high : low, end: way === "up" ? high === head : low === horizon };
}

type Row = { readonly unit: string; readonly text: string; readonly written: string | null };

function lineOf({ unit, text, written }: Row): Omit<OperationLine, "stream"> {
  const { hubSeq, epoch, origin, seq, txId, entity, id, attr, op, outcome, reason, version, actor, contract, value, redelivered, at, appliedAt } = JSON.parse(
    text,
  ) as LoggedOperation;
  const sent = written === null ? undefined : (JSON.parse(written) as { readonly value?: Json }).value;
  const personal = isSealed(value) || isSealed(sent);
  return {
    hubSeq,
    epoch,
    origin,
    unit,
    seq,
    txId,
    entity,
    id,
    attr,
    op,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    version,
    actor,
    contract,
    ...(personal || value === undefined ? {} : { value }),
    ...(personal || sent === undefined ? {} : { sent }),
    ...(personal ? { personal } : {}),
    ...(redelivered === undefined ? {} : { redelivered }),
    at,
    appliedAt,
  };
}
