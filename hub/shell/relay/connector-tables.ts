/** Connectors, their last good answers and their queues as small verbs over SQLite. */
import { and, asc, count, desc, eq, isNotNull, isNull, min, ne, sql } from "drizzle-orm";
import type { Millis } from "../../../contracts/instant.ts";
import { type Refusal, refuse } from "../../../contracts/refusal.ts";
import type { Breaker, CallOutcome } from "../../../contracts/breaker.ts";
import type { Db } from "../stream-tables.ts";
import { ERASED } from "./forgetting.ts";
import * as t from "./schema.ts";

/** Systems of one organisation that are called from here. */
const CONNECTORS_MAX = 20;
/** Writes that wait at a connector: at one a second a quarter of an hour, and beyond it whoever writes must know. */
export const QUEUED_MAX = 1_000;
/** Last good answers kept for a connector; at 256 KiB each 50 MB. */
const ANSWERS_MAX = 200;
/** Rows in one answer. */
const QUEUE_PAGE = 100;

type Row = typeof t.connector.$inferSelect;
export type Connector = Omit<Row, "breaker"> & { readonly breaker: Breaker };
export type Queued = typeof t.queued.$inferSelect;
export type KeptAnswer = Pick<typeof t.answer.$inferSelect, "status" | "body" | "at">;

/** Refuses `exists` and `quota-exceeded`. */
export function addConnector(db: Db, made: Pick<Row, "id" | "kind" | "url" | "secretRef" | "madeAt">, breaker: Breaker): Refusal | null {
  if (readConnector(db, made.id) !== undefined) return refuse("exists", "a connector's id is given once", "choose another id", "id");
  if ((db.select({ n: count() }).from(t.connector).get()?.n ?? 0) >= CONNECTORS_MAX)
    return refuse("quota-exceeded", `at most ${CONNECTORS_MAX} connectors`, "remove connectors that are no longer in use");
  db.insert(t.connector)
    .values({ ...made, breaker: JSON.stringify(breaker), calls: 0, bad: 0, timeouts: 0, stale: 0, nextAt: 0 })
    .run();
  return null;
}

export function readConnector(db: Db, id: string): Connector | undefined {
  const row = db.select().from(t.connector).where(eq(t.connector.id, id)).get();
  return row === undefined ? undefined : parsed(row);
}

export function readConnectors(db: Db): readonly Connector[] {
  return db.select().from(t.connector).orderBy(asc(t.connector.id)).all().map(parsed);
}

export function removeConnector(db: Db, id: string): void {
  db.delete(t.connector).where(eq(t.connector.id, id)).run();
  db.delete(t.answer).where(eq(t.answer.connector, id)).run();
  db.delete(t.queued).where(eq(t.queued.connector, id)).run();
}

export function writeConnector(db: Db, id: string, change: { readonly nextAt?: Millis; readonly breaker?: Breaker }): void {
  const { breaker, ...rest } = change;
  db.update(t.connector)
    .set({ ...rest, ...(breaker === undefined ? {} : { breaker: JSON.stringify(breaker) }) })
    .where(eq(t.connector.id, id))
    .run();
}

/** One call's end. */
export function countCall(db: Db, id: string, breaker: Breaker, outcome: CallOutcome, tookMs: Millis, error: string | null, now: Millis): void {
  const end = { ...(outcome === "ok" ? { lastOkAt: now, tookMs } : {}), lastError: error };
  db.update(t.connector)
    .set({
      breaker: JSON.stringify(breaker),
      calls: sql`calls + 1`,
      bad: sql`bad + ${outcome === "bad" ? 1 : 0}`,
      timeouts: sql`timeouts + ${outcome === "timeout" ? 1 : 0}`,
      ...end,
    })
    .where(eq(t.connector.id, id))
    .run();
}

export function countStale(db: Db, id: string): void {
  db.update(t.connector)
    .set({ stale: sql`stale + 1` })
    .where(eq(t.connector.id, id))
    .run();
}

// Last good answers.

export function readAnswer(db: Db, connector: string, path: string): KeptAnswer | undefined {
  const { status, body, at } = t.answer;
  return db
    .select({ status, body, at })
    .from(t.answer)
    .where(and(eq(t.answer.connector, connector), eq(t.answer.path, path)))
    .get();
}

/** The oldest one gives way. */
export function keepAnswer(db: Db, connector: string, path: string, answer: KeptAnswer): void {
  db.insert(t.answer)
    .values({ connector, path, ...answer })
    .onConflictDoUpdate({ target: [t.answer.connector, t.answer.path], set: answer })
    .run();
  if ((db.select({ n: count() }).from(t.answer).where(eq(t.answer.connector, connector)).get()?.n ?? 0) <= ANSWERS_MAX) return;
  const oldest = db.select({ path: t.answer.path }).from(t.answer).where(eq(t.answer.connector, connector)).orderBy(asc(t.answer.at)).limit(1).get();
  if (oldest !== undefined)
    db.delete(t.answer)
      .where(and(eq(t.answer.connector, connector), eq(t.answer.path, oldest.path)))
      .run();
}

// The queue.

const waits = (connector: string) => and(eq(t.queued.connector, connector), isNull(t.queued.dead));

/** The same key in the queue is the same write. Refuses `quota-exceeded`. */
export function enqueue(db: Db, connector: string, write: Pick<Queued, "key" | "method" | "path" | "body" | "at">): number | Refusal {
  const known = db
    .select({ n: t.queued.n })
    .from(t.queued)
    .where(and(waits(connector), eq(t.queued.key, write.key)))
    .get();
  if (known !== undefined) return known.n;
  if (queueOf(db, connector).depth >= QUEUED_MAX) return queueIsFull();
  return db
    .insert(t.queued)
    .values({ connector, ...write, answers: 0 })
    .returning({ n: t.queued.n })
    .get().n;
}

export function queueOf(db: Db, connector: string): { readonly depth: number; readonly oldestAt: Millis | null; readonly dead: number } {
  const waiting = db
    .select({ depth: count(), oldestAt: min(t.queued.at) })
    .from(t.queued)
    .where(waits(connector))
    .get();
  const dead = db
    .select({ n: count() })
    .from(t.queued)
    .where(and(eq(t.queued.connector, connector), isNotNull(t.queued.dead)))
    .get();
  return { depth: waiting?.depth ?? 0, oldestAt: waiting?.oldestAt ?? null, dead: dead?.n ?? 0 };
}

/** The head of the queue. */
export function nextQueued(db: Db, connector: string): Queued | undefined {
  return db.select().from(t.queued).where(waits(connector)).orderBy(asc(t.queued.n)).limit(1).get();
}

/** What waits, oldest first, and what was given up, newest first. */
export function readQueue(db: Db, connector: string): { readonly waiting: readonly Queued[]; readonly dead: readonly Queued[] } {
  const waiting = db.select().from(t.queued).where(waits(connector)).orderBy(asc(t.queued.n)).limit(QUEUE_PAGE).all();
  const given = and(eq(t.queued.connector, connector), isNotNull(t.queued.dead));
  return { waiting, dead: db.select().from(t.queued).where(given).orderBy(desc(t.queued.n)).limit(QUEUE_PAGE).all() };
}

export function countAnswer(db: Db, n: number, answers: number): void {
  db.update(t.queued).set({ answers }).where(eq(t.queued.n, n)).run();
}

/** Given up, and kept with its reason; of these the oldest give way. */
export function bury(db: Db, connector: string, n: number, dead: string): void {
  db.update(t.queued).set({ dead }).where(eq(t.queued.n, n)).run();
  const given = and(eq(t.queued.connector, connector), isNotNull(t.queued.dead));
  if ((db.select({ n: count() }).from(t.queued).where(given).get()?.n ?? 0) <= QUEUED_MAX) return;
  const oldest = db.select({ n: t.queued.n }).from(t.queued).where(given).orderBy(asc(t.queued.n)).limit(1).get();
  if (oldest !== undefined) removeQueued(db, oldest.n);
}

/** What was given up waits again, where it stood: one, or all that there is room for, oldest first. How many. Refuses `quota-exceeded` when there is no room for any. */
export function queueAgain(db: Db, connector: string, only: number | undefined): number | Refusal {
  const which = only === undefined ? [] : [eq(t.queued.n, only)];
  const given = and(eq(t.queued.connector, connector), isNotNull(t.queued.dead), ne(t.queued.dead, ERASED), ...which);
  const room = QUEUED_MAX - queueOf(db, connector).depth;
  const found = db.select({ n: t.queued.n }).from(t.queued).where(given).orderBy(asc(t.queued.n)).limit(QUEUED_MAX).all();
  if (found.length > 0 && room <= 0) return queueIsFull();
  const again = found.slice(0, Math.max(0, room));
  for (const { n } of again) db.update(t.queued).set({ dead: null, answers: 0 }).where(eq(t.queued.n, n)).run();
  return again.length;
}

function queueIsFull(): Refusal {
  return refuse("quota-exceeded", `at most ${QUEUED_MAX} writes wait at a connector`, "write again once the other system is back");
}

export function removeQueued(db: Db, n: number): void {
  db.delete(t.queued).where(eq(t.queued.n, n)).run();
}

/** Those with something to write. */
export function readWaiting(db: Db): readonly Connector[] {
  const waiting = db.selectDistinct({ id: t.queued.connector }).from(t.queued).where(isNull(t.queued.dead)).all();
  return waiting.flatMap(({ id }) => readConnector(db, id) ?? []);
}

function parsed(row: Row): Connector {
  return { ...row, breaker: JSON.parse(row.breaker) as Breaker };
}
