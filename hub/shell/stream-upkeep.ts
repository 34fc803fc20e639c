/** What a stream does by itself now and then: tombstones are collected, old lines trimmed, and those who read the past are waited for. */
import { and, asc, count, eq, gt, inArray, lt, lte, min, ne, sql } from "drizzle-orm";
import type { Millis } from "../../contracts/instant.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { collect } from "../merge/collect.ts";
import { spentOf } from "../merge/spent.ts";
import type { StreamStore } from "../merge/store.ts";
import { listConsumers } from "./consumer-tables.ts";
import * as t from "./schema.ts";
import type { Db } from "./stream-tables.ts";

/** Lines that a log keeps for those who come late and for the audit; older ones go once everybody has them. At 1 KiB each a GiB. */
const LOG_KEPT_LINES = 1_000_000;
/** Lines of one turn: some 100 ms in which nobody else is served. */
const TRIM_LINES = 2_000;
/** Numbers of which the tag is kept once their lines are gone, the latest ones: at 100 bytes each 100 MB. A copy of a unit that is older than that is told by its clock. */
const SPENT_KEPT = 1_000_000;
/** Keys of own writes whose lines are gone. A writer that was away for longer than a month has lost what it meant; at 100 bytes each 20 MB. */
const KEYS_KEPT_MS = 30 * 86_400_000;
const KEYS_KEPT_MAX = 200_000;
/** Readers of the past at once, and how long one may be silent. */
const HOLDS_MAX = 100;
const HOLD_MS = 15 * 60_000;
/** Between two rounds, and before the next turn of one that is not finished. */
export const ROUND_MS = 3_600_000;
const TURN_MS = 1_000;

/** One turn of upkeep, inside a transaction. Returns when the next is due. */
export function keepUp(db: Db, store: StreamStore, now: Millis, keep = LOG_KEPT_LINES, keys = KEYS_KEPT_MAX): Millis {
  db.delete(t.hold).where(lt(t.hold.until, now)).run();
  const held = leastHeld(db);
  const collected = collect({ ...store, tombstones: (upTo, limit, after) => store.tombstones(Math.min(upTo, held), limit, after) }, now);
  const trimmed = trim(db, store, now, keep);
  forgetKeys(db, store.readState().horizon, now, keys);
  return now + (collected > 0 || trimmed ? TURN_MS : ROUND_MS);
}

/**
 * A write's key is known as long as its line is, and for 30 days even when the log has forgotten the line; of more than there is room for, those
 * that were taken first go.
 */
function forgetKeys(db: Db, horizon: number, now: Millis, most: number): void {
  const past = lte(t.taken.hubSeq, horizon);
  db.delete(t.taken)
    .where(and(past, lt(t.taken.at, now - KEYS_KEPT_MS)))
    .run();
  const left = db.select({ n: count() }).from(t.taken).where(past).get()?.n ?? 0;
  if (left <= most) return;
  const first = db
    .select({ key: t.taken.key })
    .from(t.taken)
    .where(past)
    .orderBy(asc(t.taken.at), asc(t.taken.hubSeq))
    .limit(left - most);
  db.delete(t.taken).where(inArray(t.taken.key, first)).run();
}

/** What holds up the trimming of a log that is too long: the slowest reader's position. */
export function leastRead(db: Db, store: StreamStore, now: Millis): number {
  // One that has never pulled has no place in the log: it begins with whole entities.
  const replicas = store.listReplicas().filter(({ expelled, applied }) => !expelled && applied > 0);
  const positions = [...listConsumers(db, now).map(({ position }) => position), ...replicas.map(({ applied }) => applied)];
  return Math.min(leastHeld(db), ...positions);
}

/** Whether there is more to trim. */
function trim(db: Db, store: StreamStore, now: Millis, keep: number): boolean {
  const state = store.readState();
  const goal = Math.min(state.head - keep, leastRead(db, store, now));
  const horizon = Math.min(goal, state.horizon + TRIM_LINES);
  if (horizon <= state.horizon) return false;
  for (const line of linesBetween(db, state.horizon, horizon)) {
    const spent = spentOf(line);
    if (spent !== null) store.writeSpent(spent);
    dropBehind(db, line);
  }
  db.delete(t.spent)
    .where(lte(t.spent.hubSeq, horizon - SPENT_KEPT))
    .run();
  db.delete(t.dead)
    .where(and(lte(t.dead.hubSeq, horizon), ne(t.dead.state, "open")))
    .run();
  const hash = store.lineAt(horizon)?.hash ?? "";
  store.writeState({ ...state, horizon });
  db.update(t.stream).set({ horizonHash: hash }).where(eq(t.stream.id, 1)).run();
  if (goal > horizon) return true;
  db.delete(t.audience).where(lte(t.audience.hubSeq, horizon)).run();
  return false;
}

type TrimLine = {
  readonly hubSeq: number;
  readonly origin: string;
  readonly seq: number;
  readonly entity: string;
  readonly id: string;
  readonly outcome: string;
  readonly op: string;
  readonly attr: string;
  readonly txId: string;
  readonly at: number;
};

function linesBetween(db: Db, after: number, upTo: number): readonly TrimLine[] {
  const { hubSeq, origin, seq, entity, id, outcome, operation } = t.log;
  const part = <T>(path: string) => sql<T>`json_extract(${operation}, ${path})`;
  return db
    .select({
      hubSeq,
      origin,
      seq,
      entity,
      id,
      outcome,
      op: part<string>("$.op"),
      attr: part<string>("$.attr"),
      txId: part<string>("$.txId"),
      at: part<number>("$.at"),
    })
    .from(t.log)
    .where(and(gt(hubSeq, after), lte(hubSeq, upTo)))
    .orderBy(asc(hubSeq))
    .all();
}

/**
 * A line passes the horizon. The last one about each attribute of what is still there stays behind it, so that any later state can be worked
 * out from the log; everything that it replaces goes.
 */
function dropBehind(db: Db, { hubSeq, entity, id, outcome, op, attr }: TrimLine): void {
  if (outcome !== "applied") {
    db.delete(t.log).where(eq(t.log.hubSeq, hubSeq)).run();
    return;
  }
  const about = and(eq(t.log.entity, entity), eq(t.log.id, id));
  const isThere =
    db
      .select({ n: count() })
      .from(t.entity)
      .where(and(eq(t.entity.entity, entity), eq(t.entity.id, id)))
      .get()?.n === 1;
  const replaced = op === "delete" ? undefined : sql`json_extract(${t.log.operation}, '$.attr') = ${attr}`;
  db.delete(t.log)
    .where(isThere ? and(about, lt(t.log.hubSeq, hubSeq), replaced) : and(about, lte(t.log.hubSeq, hubSeq)))
    .run();
}

// Readers of the past.

/** Nothing behind `position` goes until the reader ends or falls silent. Refuses `too-many`. */
export function beginHold(db: Db, id: string, position: number, now: Millis): Refusal | null {
  db.delete(t.hold).where(lt(t.hold.until, now)).run();
  if ((db.select({ n: count() }).from(t.hold).get()?.n ?? 0) >= HOLDS_MAX)
    return refuse("too-many", `at most ${HOLDS_MAX} snapshots at once`, "finish those that were begun, or wait until they are given up");
  db.insert(t.hold)
    .values({ id, position, until: now + HOLD_MS })
    .onConflictDoUpdate({ target: t.hold.id, set: { position, until: now + HOLD_MS } })
    .run();
  return null;
}

/** The position held; null when the reader was silent for too long. */
export function touchHold(db: Db, id: string, now: Millis): number | null {
  const row = db.select().from(t.hold).where(eq(t.hold.id, id)).get();
  if (row === undefined || row.until < now) return null;
  db.update(t.hold)
    .set({ until: now + HOLD_MS })
    .where(eq(t.hold.id, id))
    .run();
  return row.position;
}

export function endHold(db: Db, id: string): void {
  db.delete(t.hold).where(eq(t.hold.id, id)).run();
}

function leastHeld(db: Db): number {
  return (
    db
      .select({ position: min(t.hold.position) })
      .from(t.hold)
      .get()?.position ?? Number.MAX_SAFE_INTEGER
  );
}
