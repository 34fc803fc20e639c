/** Webhook endpoints, their secrets and dead letters as small verbs over SQLite. */
import { and, asc, count, desc, eq, gt, isNull, lt, or } from "drizzle-orm";
import type { FeedItem, StreamName } from "../../../contracts/delta/operation.ts";
import type { Millis } from "../../../contracts/instant.ts";
import { type Refusal, refuse } from "../../../contracts/refusal.ts";
import type { Payload } from "../../relay/cloud-event.ts";
import type { Delivery, DeliveryState } from "../../relay/delivery.ts";
import { type Filter, type OperationType, typeOf } from "../../relay/filter.ts";
import type { Db } from "../stream-tables.ts";
import * as t from "./schema.ts";

/** Endpoints of one tenant: far above the systems of one organisation. */
const ENDPOINTS_MAX = 100;
/** Secrets that sign at once: the present one and those that end. */
const SECRETS_MAX = 3;
/** Dead letters in one answer. */
const DEAD_PAGE = 200;

type Row = typeof t.endpoint.$inferSelect;
export type Endpoint = Omit<Row, "filter" | "types" | "payload" | "purposes" | "state"> & {
  readonly purposes: readonly string[];
  readonly filter: Filter;
  readonly types: readonly OperationType[];
  readonly payload: Payload;
  readonly state: DeliveryState;
};
export type DeadLetter = typeof t.dead.$inferSelect;
export type NewEndpoint = Pick<Endpoint, "id" | "name" | "url" | "owner" | "unit" | "filter" | "types" | "payload" | "purposes" | "cursor" | "madeAt">;

/** Refuses `quota-exceeded`. */
export function addEndpoint(db: Db, made: NewEndpoint, delivery: Delivery, secret: string): Refusal | null {
  if ((db.select({ n: count() }).from(t.endpoint).get()?.n ?? 0) >= ENDPOINTS_MAX)
    return refuse("quota-exceeded", `at most ${ENDPOINTS_MAX} webhook endpoints`, "remove endpoints that are no longer in use");
  const { filter, types, purposes, ...rest } = made;
  const counts = { revision: 1, resyncs: 0, delivered: 0, tookMs: 0 };
  db.insert(t.endpoint)
    .values({ ...rest, filter: JSON.stringify(filter), types: JSON.stringify(types), purposes: JSON.stringify(purposes), ...delivery, ...counts })
    .run();
  db.insert(t.secret).values({ endpoint: made.id, secret }).run();
  return null;
}

export function readEndpoint(db: Db, id: string): Endpoint | undefined {
  const row = db.select().from(t.endpoint).where(eq(t.endpoint.id, id)).get();
  return row === undefined ? undefined : parsed(row);
}

export function readEndpoints(db: Db): readonly Endpoint[] {
  return db.select().from(t.endpoint).orderBy(asc(t.endpoint.madeAt), asc(t.endpoint.id)).all().map(parsed);
}

/** Those who may be sent something, now or later. `again`: a dead letter is to be sent once more. */
export function readLiving(db: Db): readonly (Pick<Row, "id" | "state" | "failures" | "nextAt" | "tookMs"> & { readonly again: boolean })[] {
  const { id, state, failures, nextAt, tookMs } = t.endpoint;
  const asked = db.selectDistinct({ id: t.dead.endpoint }).from(t.dead).where(eq(t.dead.again, 1)).all();
  const again = new Set(asked.map((one) => one.id));
  return db
    .select({ id, state, failures, nextAt, tookMs })
    .from(t.endpoint)
    .all()
    .map((row) => ({ ...row, again: again.has(row.id) }))
    .filter((row) => row.again || row.state !== "disabled");
}

export function deliveryOf({ state, why, failures, vain, nextAt }: Endpoint): Delivery {
  return { state, why, failures, vain, nextAt };
}

/** What a delivery found out. Nothing is written over an endpoint that somebody changed or removed meanwhile: false. */
export function writeProgress(db: Db, { id, revision }: Endpoint, progress: Partial<Omit<Row, "id" | "revision" | "filter" | "types" | "purposes">>): boolean {
  const changed = db
    .update(t.endpoint)
    .set(progress)
    .where(and(eq(t.endpoint.id, id), eq(t.endpoint.revision, revision)))
    .returning({ id: t.endpoint.id })
    .all();
  return changed.length > 0;
}

/** What somebody decided: a delivery under way writes nothing more. */
export function changeEndpoint(db: Db, { id, revision }: Endpoint, change: Partial<Delivery> & { readonly cursor?: string }): void {
  db.update(t.endpoint)
    .set({ ...change, revision: revision + 1 })
    .where(eq(t.endpoint.id, id))
    .run();
}

export function removeEndpoint(db: Db, id: string): void {
  db.delete(t.endpoint).where(eq(t.endpoint.id, id)).run();
  db.delete(t.secret).where(eq(t.secret.endpoint, id)).run();
  db.delete(t.dead).where(eq(t.dead.endpoint, id)).run();
}

/** Newest first. */
export function readSecrets(db: Db, endpoint: string, now: Millis): readonly string[] {
  const valid = and(eq(t.secret.endpoint, endpoint), or(isNull(t.secret.until), gt(t.secret.until, now)));
  return db
    .select({ secret: t.secret.secret })
    .from(t.secret)
    .where(valid)
    .orderBy(desc(t.secret.n))
    .limit(SECRETS_MAX)
    .all()
    .map(({ secret }) => secret);
}

/** The present secret ends at `until`. */
export function rotateSecret(db: Db, endpoint: string, secret: string, now: Millis, until: Millis): void {
  db.delete(t.secret)
    .where(and(eq(t.secret.endpoint, endpoint), lt(t.secret.until, now)))
    .run();
  db.update(t.secret)
    .set({ until })
    .where(and(eq(t.secret.endpoint, endpoint), isNull(t.secret.until)))
    .run();
  db.insert(t.secret).values({ endpoint, secret }).run();
}

// Dead letters.

export function countDead(db: Db, endpoint: string): number {
  return db.select({ n: count() }).from(t.dead).where(eq(t.dead.endpoint, endpoint)).get()?.n ?? 0;
}

/** `before`: a cursor behind which the feed has the item. */
export function addDead(db: Db, endpoint: string, before: string, item: FeedItem, reason: string, at: Millis): void {
  const { stream, operation } = item;
  const { epoch, hubSeq, entity, id } = operation;
  db.insert(t.dead)
    .values({ endpoint, before, stream, epoch, hubSeq, type: typeOf(item), subject: `${entity}/${id}`, reason, at, again: 0 })
    .run();
}

/** Oldest first, after `n`. */
export function readDead(db: Db, endpoint: string, after: number): readonly DeadLetter[] {
  return db
    .select()
    .from(t.dead)
    .where(and(eq(t.dead.endpoint, endpoint), gt(t.dead.n, after)))
    .orderBy(asc(t.dead.n))
    .limit(DEAD_PAGE)
    .all();
}

/** The next one that is to be sent once more. */
export function nextAgain(db: Db, endpoint: string): DeadLetter | undefined {
  return db
    .select()
    .from(t.dead)
    .where(and(eq(t.dead.endpoint, endpoint), eq(t.dead.again, 1)))
    .orderBy(asc(t.dead.n))
    .limit(1)
    .get();
}

/** Marks one or all; how many. */
export function askAgain(db: Db, endpoint: string, n: number | undefined): number {
  const which = and(eq(t.dead.endpoint, endpoint), n === undefined ? undefined : eq(t.dead.n, n));
  return db.update(t.dead).set({ again: 1 }).where(which).returning({ n: t.dead.n }).all().length;
}

export function buryAgain(db: Db, n: number, reason: string): void {
  db.update(t.dead).set({ again: 0, reason }).where(eq(t.dead.n, n)).run();
}

/** The receiver is out of order: what was to be sent once more stays dead. */
export function buryAll(db: Db, endpoint: string): void {
  db.update(t.dead).set({ again: 0 }).where(eq(t.dead.endpoint, endpoint)).run();
}

export function removeDead(db: Db, n: number): void {
  db.delete(t.dead).where(eq(t.dead.n, n)).run();
}

/** Those that are sent again by themselves, since the endpoint goes back to a place before them. */
export function removeDeadAfter(db: Db, endpoint: string, places: Readonly<Record<StreamName, { readonly epoch: number; readonly position: number }>>): void {
  for (const [stream, { epoch, position }] of Object.entries(places))
    db.delete(t.dead)
      .where(and(eq(t.dead.endpoint, endpoint), eq(t.dead.stream, stream), gt(t.dead.hubSeq, position), position === 0 ? undefined : eq(t.dead.epoch, epoch)))
      .run();
}

function parsed(row: Row): Endpoint {
  return {
    ...row,
    filter: JSON.parse(row.filter) as Filter,
    types: JSON.parse(row.types) as OperationType[],
    purposes: JSON.parse(row.purposes) as string[],
    payload: row.payload as Payload,
    state: row.state as DeliveryState,
  };
}
