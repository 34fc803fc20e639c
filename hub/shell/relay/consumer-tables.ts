/** Consumers of the feed by name: what they want and how far they said they are. */
import { asc, count, eq } from "drizzle-orm";
import type { Millis } from "../../../contracts/instant.ts";
import { type Refusal, refuse } from "../../../contracts/refusal.ts";
import type { Filter } from "../../relay/filter.ts";
import type { Db } from "../stream-tables.ts";
import * as t from "./schema.ts";

/** Consumers of one tenant: far above the systems of one organisation. */
const CONSUMERS_MAX = 200;

type Row = typeof t.consumer.$inferSelect;
export type NamedConsumer = Omit<Row, "filter"> & { readonly filter: Filter };

/** Refuses `exists` and `quota-exceeded`. */
export function addConsumer(db: Db, made: Omit<NamedConsumer, "committedAt">): Refusal | null {
  if (readConsumer(db, made.id) !== undefined) return refuse("exists", "a consumer's name is given once", "choose another name", "name");
  if ((db.select({ n: count() }).from(t.consumer).get()?.n ?? 0) >= CONSUMERS_MAX)
    return refuse("quota-exceeded", `at most ${CONSUMERS_MAX} consumers`, "remove consumers that are no longer in use");
  db.insert(t.consumer)
    .values({ ...made, filter: JSON.stringify(made.filter) })
    .run();
  return null;
}

export function readConsumer(db: Db, id: string): NamedConsumer | undefined {
  const row = db.select().from(t.consumer).where(eq(t.consumer.id, id)).get();
  return row === undefined ? undefined : parsed(row);
}

export function readConsumers(db: Db): readonly NamedConsumer[] {
  return db.select().from(t.consumer).orderBy(asc(t.consumer.id)).all().map(parsed);
}

export function commitCursor(db: Db, id: string, cursor: string, committedAt: Millis): void {
  db.update(t.consumer).set({ cursor, committedAt }).where(eq(t.consumer.id, id)).run();
}

export function removeConsumer(db: Db, id: string): void {
  db.delete(t.consumer).where(eq(t.consumer.id, id)).run();
}

function parsed(row: Row): NamedConsumer {
  return { ...row, filter: JSON.parse(row.filter) as Filter };
}
