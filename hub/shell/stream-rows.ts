/** Rows of a stream's tables as the values of the store's port, and pages of its entities in order of their key. */
import { and, asc, eq, sql } from "drizzle-orm";
import { Hlc } from "../../contracts/delta/clock.ts";
import type { EntityRecord } from "../../contracts/delta/merge.ts";
import { Origin } from "../../contracts/delta/operation.ts";
import { recordDigest } from "../../contracts/delta/record.ts";
import { FIRST_STATE } from "../merge/memory-store.ts";
import type { DeadLetter, KnownOrigin, Line, Replica, Row, StreamState } from "../merge/store.ts";
import * as t from "./schema.ts";
import type { Db } from "./stream-tables.ts";

type EntityRow = typeof t.entity.$inferSelect;

export function rowsOfAll(db: Db, entity: string | null, after: string, limit: number): readonly EntityRow[] {
  const behind = sql`(${t.entity.entity}, ${t.entity.id}) > (${entityOfKey(after)}, ${idOfKey(after)})`;
  return db
    .select()
    .from(t.entity)
    .where(and(behind, entity === null ? undefined : eq(t.entity.entity, entity)))
    .orderBy(asc(t.entity.entity), asc(t.entity.id))
    .limit(limit)
    .all();
}

export function rowsOfUnit(db: Db, unit: string, entity: string | null, after: string, limit: number): readonly EntityRow[] {
  const behind = sql`(${t.member.entity}, ${t.member.id}) > (${entityOfKey(after)}, ${idOfKey(after)})`;
  return db
    .select({ row: t.entity })
    .from(t.member)
    .innerJoin(t.entity, and(eq(t.entity.entity, t.member.entity), eq(t.entity.id, t.member.id)))
    .where(and(eq(t.member.unit, unit), behind, entity === null ? undefined : eq(t.member.entity, entity)))
    .orderBy(asc(t.member.entity), asc(t.member.id))
    .limit(limit)
    .all()
    .map(({ row }) => row);
}

function entityOfKey(key: string): string {
  const at = key.indexOf("\n");
  return at < 0 ? key : key.slice(0, at);
}

function idOfKey(key: string): string {
  const at = key.indexOf("\n");
  return at < 0 ? "" : key.slice(at + 1);
}

export function stateOf(row: typeof t.stream.$inferSelect | undefined): StreamState {
  if (row === undefined) return FIRST_STATE;
  const { epoch, head, clock, hash, horizon, stable, collected, restores } = row;
  return { epoch, head, clock: Hlc.parse(clock), hash, horizon, stable, collected, restores: JSON.parse(restores) as StreamState["restores"] };
}

export function originOf(row: typeof t.origin.$inferSelect | undefined): KnownOrigin | undefined {
  if (row === undefined) return undefined;
  const { latest, ...rest } = row;
  return { ...rest, origin: Origin.parse(row.origin), ...(latest === "" ? {} : { latest }) };
}

export function rowOf({ record: text, units, at, digest }: EntityRow): Row {
  const record = JSON.parse(text) as EntityRecord;
  return { record, units: listOf(units), at, digest: digest === "" ? recordDigest(record) : digest };
}

export function lineOf({ operation, joins, ...row }: typeof t.log.$inferSelect): Line {
  return { ...row, outcome: row.outcome as Line["outcome"], text: operation, joins: listOf(joins) };
}

export function replicaOf(row: typeof t.replica.$inferSelect | undefined): Replica | undefined {
  return row === undefined ? undefined : { ...row, expelled: row.expelled === 1 };
}

export function letterOf({ buried, state, blocks, ...row }: typeof t.dead.$inferSelect): DeadLetter {
  return { ...row, text: buried, state: state as DeadLetter["state"], blocks: blocks === 1 };
}

export function listOf(json: string): readonly string[] {
  return json === "[]" ? [] : (JSON.parse(json) as readonly string[]);
}
