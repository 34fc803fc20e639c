/** The tables of a stream as small verbs over SQLite. Nothing here decides. */
import { and, asc, between, eq, gt, lte } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import { HLC_ZERO, Hlc } from "../../contracts/delta/clock.ts";
import type { EntityRecord } from "../../contracts/delta/merge.ts";
import type { PushReply } from "../../contracts/delta/operation.ts";
import type { StreamState, Taken } from "../merge/take.ts";
import type { Admission } from "../registry/register.ts";
import * as t from "./schema.ts";

export type Db = DrizzleSqliteDODatabase;
export type KnownOrigin = Admission & { readonly through: number };

/** JSON text that one page may carry to the Worker; the next page takes the rest. */
const PAGE_CHARS_MAX = 1024 * 1024;
/** Rows looked at for one page, so that a token of a quiet unit does not walk a busy tenant's whole log at once. */
const LOOKED_MAX = 5_000;

export function readState(db: Db): StreamState {
  const row = db.select().from(t.stream).where(eq(t.stream.id, 1)).get();
  return row === undefined ? { epoch: 1, head: 0, clock: HLC_ZERO } : { epoch: row.epoch, head: row.head, clock: Hlc.parse(row.clock) };
}

export function readOrigin(db: Db, origin: string): KnownOrigin | undefined {
  const row = db.select().from(t.origin).where(eq(t.origin.origin, origin)).get();
  return row === undefined
    ? undefined
    : {
        origin: row.origin as Admission["origin"],
        unit: row.unit,
        keyHash: row.keyHash,
        writes: JSON.parse(row.writes) as Admission["writes"],
        through: row.through,
      };
}

export function writeOrigin(db: Db, admission: Admission): void {
  const { origin, unit, keyHash } = admission;
  const writes = JSON.stringify(admission.writes);
  db.insert(t.origin).values({ origin, unit, keyHash, writes, through: 0 }).onConflictDoUpdate({ target: t.origin.origin, set: { keyHash, writes } }).run();
}

export function readRecord(db: Db, key: string): EntityRecord | undefined {
  const [entity, id] = splitKey(key);
  const row = db
    .select({ record: t.entity.record })
    .from(t.entity)
    .where(and(eq(t.entity.entity, entity), eq(t.entity.id, id)))
    .get();
  return row === undefined ? undefined : (JSON.parse(row.record) as EntityRecord);
}

/** All of a push, inside its transaction. */
export function writeTaken(db: Db, sender: KnownOrigin, taken: Taken): void {
  for (const { operation, written } of taken.entries) {
    const { hubSeq, origin, seq, outcome } = operation;
    db.insert(t.log)
      .values({
        hubSeq,
        origin,
        seq,
        unit: sender.unit,
        outcome,
        operation: JSON.stringify(operation),
        written: written === undefined ? null : JSON.stringify(written),
      })
      .run();
  }
  for (const [key, record] of taken.records) {
    const [entity, id] = splitKey(key);
    const row = { version: record.version, record: JSON.stringify(record) };
    db.insert(t.entity)
      .values({ entity, id, ...row })
      .onConflictDoUpdate({ target: [t.entity.entity, t.entity.id], set: row })
      .run();
  }
  db.insert(t.stream)
    .values({ id: 1, ...taken.state })
    .onConflictDoUpdate({ target: t.stream.id, set: taken.state })
    .run();
  db.update(t.origin).set({ through: taken.through }).where(eq(t.origin.origin, sender.origin)).run();
}

/** Dead letters of an origin among the seqs given: told again when a push is repeated. */
export function readDead(db: Db, origin: string, from: number, to: number): PushReply["dead"] {
  const rows = db
    .select({ seq: t.log.seq, operation: t.log.operation })
    .from(t.log)
    .where(and(eq(t.log.outcome, "dead"), eq(t.log.origin, origin), between(t.log.seq, from, to)))
    .orderBy(asc(t.log.seq))
    .all();
  return rows.map(({ seq, operation }) => ({ seq, reason: (JSON.parse(operation) as { reason?: string }).reason ?? "dead" }));
}

/** Log lines after a position, as JSON; only one unit's when `unit` is given. `looked`: how far the log was looked at. */
export function readLog(
  db: Db,
  after: number,
  limit: number,
  head: number,
  unit: string | undefined,
): { readonly operations: readonly string[]; readonly looked: number } {
  const upTo = Math.min(head, after + LOOKED_MAX);
  const mine = unit === undefined ? undefined : eq(t.log.unit, unit);
  const rows = db
    .select({ hubSeq: t.log.hubSeq, operation: t.log.operation })
    .from(t.log)
    .where(and(gt(t.log.hubSeq, after), lte(t.log.hubSeq, upTo), mine))
    .orderBy(asc(t.log.hubSeq))
    .limit(limit)
    .all();
  const fitting = rows.slice(0, countFitting(rows));
  const all = fitting.length === rows.length && rows.length < limit;
  return { operations: fitting.map((row) => row.operation), looked: all ? upTo : (fitting.at(-1)?.hubSeq ?? upTo) };
}

function countFitting(rows: readonly { readonly operation: string }[]): number {
  let chars = 0;
  const cut = rows.findIndex(({ operation }, i) => (chars += operation.length) > PAGE_CHARS_MAX && i > 0);
  return cut < 0 ? rows.length : cut;
}

function splitKey(key: string): readonly [string, string] {
  const at = key.indexOf("\n");
  return [key.slice(0, at), key.slice(at + 1)];
}
