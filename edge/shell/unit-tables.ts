/** The queues and logs of a Unit object as small verbs over SQLite. Nothing here decides. Called inside the transaction of one input. */
import { and, asc, eq, gt, isNotNull, lte, min, sql } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import type { Decision } from "../../contracts/decision.ts";
import { HLC_ZERO, type Hlc } from "../../contracts/delta/clock.ts";
import type { Operation, Origin, StreamName } from "../../contracts/delta/operation.ts";
import { Ask, type TimerChange } from "../../contracts/effect.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Pen } from "../delta/write.ts";
import * as t from "./unit-schema.ts";

export type Db = DrizzleSqliteDODatabase;

/** Operations kept after the hub has them, for the link's page and for support; the hub's log is the record. */
const ACKNOWLEDGED_KEPT = 1_000;

export function readMeta(db: Db, key: string): string | undefined {
  return db.select({ value: t.meta.value }).from(t.meta).where(eq(t.meta.key, key)).get()?.value;
}

export function writeMeta(db: Db, key: string, value: string): void {
  db.insert(t.meta).values({ key, value }).onConflictDoUpdate({ target: t.meta.key, set: { value } }).run();
}

export function readPen(db: Db, origin: Origin): Pen {
  const rows = db.select().from(t.stream).all();
  return { origin, hlc: (readMeta(db, "hlc") ?? HLC_ZERO) as Hlc, last: Object.fromEntries(rows.map((row) => [row.name, row.last])) };
}

export function appendOperations(db: Db, pen: Pen, operations: readonly Operation[]): void {
  if (operations.length === 0) return;
  for (const operation of operations)
    db.insert(t.operation)
      .values({ stream: operation.stream, seq: operation.seq, at: operation.at, body: JSON.stringify(operation) })
      .run();
  for (const name of new Set(operations.map((o) => o.stream))) {
    const last = pen.last[name] ?? 0;
    db.insert(t.stream).values({ name, last, through: 0 }).onConflictDoUpdate({ target: t.stream.name, set: { last } }).run();
  }
  writeMeta(db, "hlc", pen.hlc);
}

export type Outbox = { readonly name: StreamName; readonly through: number; readonly last: number };
export function readOutboxes(db: Db): readonly Outbox[] {
  return db
    .select()
    .from(t.stream)
    .all()
    .map((row) => ({ ...row, name: row.name as StreamName }));
}

export function readPending(db: Db, name: StreamName, through: number, limit: number): readonly { readonly body: string; readonly operation: Operation }[] {
  const rows = db
    .select({ body: t.operation.body })
    .from(t.operation)
    .where(and(eq(t.operation.stream, name), gt(t.operation.seq, through)))
    .orderBy(asc(t.operation.seq))
    .limit(limit)
    .all();
  return rows.map(({ body }) => ({ body, operation: JSON.parse(body) as Operation }));
}

/** The hub has everything up to `through`, and buried `dead`. */
export function settleOutbox(db: Db, name: StreamName, through: number, dead: readonly { readonly seq: number; readonly reason: string }[]): void {
  for (const { seq, reason } of dead) {
    const body =
      db
        .select({ body: t.operation.body })
        .from(t.operation)
        .where(and(eq(t.operation.stream, name), eq(t.operation.seq, seq)))
        .get()?.body ?? "";
    db.insert(t.deadLetter).values({ stream: name, seq, reason, body }).onConflictDoNothing().run();
  }
  db.update(t.stream)
    .set({ through })
    .where(and(eq(t.stream.name, name), lte(t.stream.through, through)))
    .run();
  db.delete(t.operation)
    .where(and(eq(t.operation.stream, name), lte(t.operation.seq, through - ACKNOWLEDGED_KEPT)))
    .run();
}

export function countPending(db: Db): { readonly pending: number; readonly oldestAt: Millis | null } {
  const rows = readOutboxes(db);
  const pending = rows.reduce((sum, row) => sum + row.last - row.through, 0);
  const heads = rows.flatMap((row) =>
    db
      .select({ at: t.operation.at })
      .from(t.operation)
      .where(and(eq(t.operation.stream, row.name), eq(t.operation.seq, row.through + 1)))
      .all(),
  );
  return { pending, oldestAt: heads.length === 0 ? null : Math.min(...heads.map((h) => h.at)) };
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
  return db.select({ key: t.timer.key, due: t.timer.due }).from(t.timer).where(lte(t.timer.at, now)).orderBy(asc(t.timer.at), asc(t.timer.key)).limit(1).get();
}

export function addAsks(db: Db, asks: readonly Ask[], now: Millis): void {
  for (const one of asks)
    db.insert(t.ask)
      .values({ key: one.key, body: JSON.stringify(one), attempts: 0, nextAt: now })
      .onConflictDoNothing()
      .run();
}

export function readAsks(db: Db, now: Millis): readonly { readonly ask: Ask; readonly attempts: number }[] {
  return db
    .select()
    .from(t.ask)
    .where(lte(t.ask.nextAt, now))
    .orderBy(asc(t.ask.nextAt))
    .all()
    .map((row) => ({ ask: Ask.parse(JSON.parse(row.body)), attempts: row.attempts }));
}

export function settleAsk(db: Db, key: string): void {
  db.delete(t.ask).where(eq(t.ask.key, key)).run();
}

export function postponeAsk(db: Db, key: string, attempts: number, nextAt: Millis): void {
  db.update(t.ask).set({ attempts, nextAt }).where(eq(t.ask.key, key)).run();
}

/** The earliest instant at which a timer, or an ask where those count, wants attention. */
export function earliest(db: Db, asksCount: boolean): Millis | null {
  const timer =
    db
      .select({ at: min(t.timer.at) })
      .from(t.timer)
      .get()?.at ?? null;
  const one = !asksCount
    ? null
    : (db
        .select({ at: min(t.ask.nextAt) })
        .from(t.ask)
        .get()?.at ?? null);
  if (timer === null) return one;
  return one === null ? timer : Math.min(timer, one);
}

export function appendDecisions(db: Db, decisions: readonly Decision[], keep: number): void {
  if (decisions.length === 0) return;
  for (const d of decisions)
    db.insert(t.decision)
      .values({ id: d.id, at: d.at, step: d.step, subject: d.subject, hubCalls: d.hubCalls, body: JSON.stringify(d) })
      .run();
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
