/** How far the consumers of the feed have come in this stream, as they said themselves: each read says, by its cursor, what its consumer has. */
import { asc, count, eq, gt, lt } from "drizzle-orm";
import type { Millis } from "../../contracts/instant.ts";
import type { KnownOrigin } from "../merge/store.ts";
import { feedQueriesOf } from "./feed-queries.ts";
import * as t from "./schema.ts";
import { type Db, originAround } from "./stream-tables.ts";

/** `token`: the hash of its token; `unit`: the only unit that it sees. */
export type Consumer = { readonly token: string; readonly unit?: string };
export type StreamHeard = { readonly consumers: number; readonly through: number; readonly oldestAt?: Millis };

/** Consumers of one tenant's feed; beyond it the one that was silent the longest gives way. */
export const CONSUMERS_MAX = 1_000;
/** A consumer that has not asked for so long is none any more: its token was given up. Until then it counts as behind. */
export const SILENT_MS_MAX = 30 * 86_400_000;
/** A consumer that asks again for the same place is written down this often. */
const FRESH_MS = 60_000;

/** The consumer has everything up to `position`, and nothing behind it: it may have gone back to a backup. */
export function confirm(db: Db, { token, unit = "" }: Consumer, position: number, now: Millis): void {
  const known = feedQueriesOf(db).consumer.get({ token });
  if (known !== undefined && known.position === position && now - known.at < FRESH_MS) return;
  if (known === undefined) makeRoom(db, now);
  const delayMs = known === undefined || position <= known.position ? (known?.delayMs ?? null) : ageAt(db, position, now);
  feedQueriesOf(db).putConsumer.run({ token, unit, position, at: now, delayMs });
}

/** How old a line is that somebody has confirmed just now. */
function ageAt(db: Db, position: number, now: Millis): Millis | null {
  const line = feedQueriesOf(db).lineText.get({ position });
  return line === undefined ? null : Math.max(0, now - (JSON.parse(line.text) as { readonly appliedAt: Millis }).appliedAt);
}

export function forget(db: Db, token: string): void {
  db.delete(t.consumer).where(eq(t.consumer.token, token)).run();
}

/** What the slowest of those who see this unit has of an origin. `through` is 0 while nobody has asked; `oldestAt`: when the first operation that it has not was written. */
export function readHeard(db: Db, origin: KnownOrigin, now: Millis): StreamHeard {
  const slowest = feedQueriesOf(db).slowest.get({ unit: origin.unit, since: now - SILENT_MS_MAX });
  const { had, next } = originAround(db, origin.origin, origin.through, slowest?.position ?? 0);
  const oldestAt = next === undefined ? {} : { oldestAt: (JSON.parse(next) as { at: Millis }).at };
  return { consumers: slowest?.n ?? 0, through: had, ...oldestAt };
}

/** Who has asked lately, and for what. */
export function listConsumers(db: Db, now: Millis): readonly { readonly unit: string; readonly position: number; readonly at: Millis }[] {
  return readConsumers(db, now).map(({ unit, position, at }) => ({ unit, position, at }));
}

/** With their tokens' hashes, and how long the last line took to be confirmed. */
export function readConsumers(db: Db, now: Millis): readonly (typeof t.consumer.$inferSelect)[] {
  const { position, at } = t.consumer;
  return db
    .select()
    .from(t.consumer)
    .where(gt(at, now - SILENT_MS_MAX))
    .orderBy(asc(position))
    .all();
}

function makeRoom(db: Db, now: Millis): void {
  db.delete(t.consumer)
    .where(lt(t.consumer.at, now - SILENT_MS_MAX))
    .run();
  if ((db.select({ n: count() }).from(t.consumer).get()?.n ?? 0) < CONSUMERS_MAX) return;
  const silent = db.select({ token: t.consumer.token }).from(t.consumer).orderBy(asc(t.consumer.at)).limit(1).get();
  if (silent !== undefined) db.delete(t.consumer).where(eq(t.consumer.token, silent.token)).run();
}
