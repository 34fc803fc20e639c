/** The queues and logs of a Unit object as small verbs over SQLite. Nothing here decides. Called inside the transaction of one input. */
import { and, asc, eq, gt, isNotNull, lte, sql } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import type { Decision } from "../../contracts/decision.ts";
import { Ask, type TimerChange } from "../../contracts/effect.ts";
import type { Millis } from "../../contracts/instant.ts";
import { queriesOf } from "./unit-queries.ts";
import * as t from "./unit-schema.ts";

export type Db = DrizzleSqliteDODatabase;

export function readMeta(db: Db, key: string): string | undefined {
  return queriesOf(db).meta.get({ key })?.value;
}

export function writeMeta(db: Db, key: string, value: string): void {
  queriesOf(db).putMeta.run({ key, value });
}

/**
 * Operations that wait for a hub that is away: some 1 GB of the 10 that an object may hold, about two weeks of a unit with an alarm a minute.
 * From there on imports and new devices are refused. Verdicts and what people answer go on, until storage itself says no.
 */
export const PENDING_MAX = 1_000_000;

/** What waits for the hub, of every incarnation, and when the oldest of it was written. */
export function countPending(db: Db): { readonly pending: number; readonly oldestAt: Millis | null } {
  const rows = queriesOf(db).outboxes.all();
  const pending = rows.reduce((sum, row) => sum + row.last - row.through, 0);
  const heads = rows.flatMap((row) =>
    row.last === row.through ? [] : queriesOf(db).oldestAfter.all({ origin: row.origin, stream: row.stream, seq: row.through }),
  );
  return { pending, oldestAt: heads.length === 0 ? null : Math.min(...heads.map((head) => head.at)) };
}

export function applyTimers(db: Db, changes: readonly TimerChange[]): void {
  for (const change of changes) {
    if ("cancel" in change) {
      db.delete(t.timer).where(eq(t.timer.key, change.cancel)).run();
      continue;
    }
    const row = { at: change.at, due: JSON.stringify(change.due) };
    db.insert(t.timer)
      .values({ key: change.set, ...row })
      .onConflictDoUpdate({ target: t.timer.key, set: row })
      .run();
  }
}

/** The first timer that is due, its `due` as it was written. */
export function nextDue(db: Db, now: Millis): { readonly key: string; readonly due: string } | undefined {
  return queriesOf(db).nextDue.get({ now });
}

export function addAsks(db: Db, asks: readonly Ask[], now: Millis): void {
  for (const one of asks)
    db.insert(t.ask)
      .values({ key: one.key, body: JSON.stringify(one), attempts: 0, nextAt: now })
      .onConflictDoNothing()
      .run();
}

/** Those that are due. */
export function readAsks(db: Db, now: Millis): readonly { readonly ask: Ask; readonly attempts: number; readonly dueAt: Millis }[] {
  return queriesOf(db)
    .dueAsks.all({ now })
    .map((row) => ({ ask: Ask.parse(JSON.parse(row.body)), attempts: row.attempts, dueAt: row.nextAt }));
}

export function settleAsk(db: Db, key: string): void {
  db.delete(t.ask).where(eq(t.ask.key, key)).run();
}

export function postponeAsk(db: Db, key: string, attempts: number, nextAt: Millis): void {
  db.update(t.ask).set({ attempts, nextAt }).where(eq(t.ask.key, key)).run();
}

/** The earliest instant at which a timer, or an ask where those count, wants attention. */
export function earliest(db: Db, asksCount: boolean): Millis | null {
  const timer = queriesOf(db).firstTimer.get()?.at ?? null;
  const one = !asksCount ? null : (queriesOf(db).firstAsk.get()?.at ?? null);
  if (timer === null) return one;
  return one === null ? timer : Math.min(timer, one);
}

export function appendDecisions(db: Db, decisions: readonly Decision[], keep: number): void {
  if (decisions.length === 0) return;
  for (const d of decisions)
    queriesOf(db).putDecision.run({ id: d.id, at: d.at, step: d.step, subject: d.subject, hubCalls: d.hubCalls, body: JSON.stringify(d) });
  const calls = decisions.reduce((sum, d) => sum + d.hubCalls, 0);
  if (calls > 0) writeMeta(db, "hubCalls", String(readHubCalls(db) + calls));
  // Row ids rise, so both ends are one look-up each; trimmed a tenth at a time, so that the common commit deletes nothing.
  const ends = db.get<{ first: number | null; last: number | null }>(
    sql`SELECT (SELECT min(rowid) FROM decision) AS first, (SELECT max(rowid) FROM decision) AS last`,
  );
  const last = ends?.last ?? 0;
  if (last - (ends?.first ?? 0) > keep * 1.1) db.run(sql`DELETE FROM decision WHERE rowid <= ${last - keep}`);
}

export function readHubCalls(db: Db): number {
  return Number(readMeta(db, "hubCalls") ?? "0");
}

export function readDecisions(db: Db, subjects: readonly string[]): readonly Decision[] {
  return subjects.flatMap((subject) =>
    db
      .select({ body: t.decision.body })
      .from(t.decision)
      .where(eq(t.decision.subject, subject))
      .orderBy(asc(t.decision.id))
      .all()
      .map((row) => JSON.parse(row.body) as Decision),
  );
}

export function readDecisionsAfter(db: Db, after: string, limit: number): readonly Decision[] {
  return db
    .select({ body: t.decision.body })
    .from(t.decision)
    .where(gt(t.decision.id, after))
    .orderBy(asc(t.decision.id))
    .limit(limit)
    .all()
    .map((row) => JSON.parse(row.body) as Decision);
}

export function readThrough(db: Db, slice: number): number {
  return db.select({ through: t.slice.through }).from(t.slice).where(eq(t.slice.slice, slice)).get()?.through ?? 0;
}

export function writeThrough(db: Db, slice: number, through: number): void {
  db.insert(t.slice).values({ slice, through }).onConflictDoUpdate({ target: t.slice.slice, set: { through } }).run();
}

export type Secret = typeof t.secret.$inferSelect;
export function addSecret(db: Db, secret: Secret): void {
  db.insert(t.secret).values(secret).run();
}
export function findSecret(db: Db, hash: string): Secret | undefined {
  return db.select().from(t.secret).where(eq(t.secret.hash, hash)).get();
}
export function dropSecret(db: Db, hash: string): void {
  db.delete(t.secret).where(eq(t.secret.hash, hash)).run();
}
export function dropExpired(db: Db, now: Millis): void {
  db.delete(t.secret)
    .where(and(isNotNull(t.secret.expiresAt), lte(t.secret.expiresAt, now)))
    .run();
}

export function writeCredential(db: Db, device: string, hash: string): void {
  db.insert(t.credential).values({ device, hash }).onConflictDoUpdate({ target: t.credential.device, set: { hash } }).run();
}
export function readCredential(db: Db, device: string): string | undefined {
  return db.select({ hash: t.credential.hash }).from(t.credential).where(eq(t.credential.device, device)).get()?.hash;
}
