/** What came of the last comparison of each consumer of the feed: in the registry, since a comparison is over all streams. */
import { asc, count, eq, lt } from "drizzle-orm";
import { z } from "zod";
import type { Millis } from "../../contracts/instant.ts";
import { type Compared, type HeldAnswer, keptOf } from "../feed/held.ts";
import type { ComparedWord } from "../health/reach.ts";
import { CONSUMERS_MAX, SILENT_MS_MAX } from "./consumer-tables.ts";
import * as t from "./schema.ts";
import type { Db } from "./stream-tables.ts";

const Families = z.array(z.string());

/** `token`: as the streams know the consumer. */
export function writeCompared(db: Db, token: string, answer: HeldAnswer, whole: boolean, now: Millis): void {
  const known = db.select().from(t.compared).where(eq(t.compared.token, token)).get();
  const kept = keptOf(known === undefined ? null : comparedOf(known), answer, whole, now);
  if (kept === null) return;
  if (known === undefined) makeRoom(db, now);
  const row = { at: kept.at, apart: JSON.stringify(kept.apart) };
  db.insert(t.compared)
    .values({ token, ...row })
    .onConflictDoUpdate({ target: t.compared.token, set: row })
    .run();
}

export function readCompared(db: Db): readonly ComparedWord[] {
  return db
    .select()
    .from(t.compared)
    .orderBy(asc(t.compared.token))
    .all()
    .map((row) => ({ token: row.token, ...comparedOf(row) }));
}

export function forgetCompared(db: Db, token: string): void {
  db.delete(t.compared).where(eq(t.compared.token, token)).run();
}

function comparedOf({ at, apart }: typeof t.compared.$inferSelect): Compared {
  const families = Families.parse(JSON.parse(apart));
  return { at, equal: families.length === 0, apart: families };
}

/** As with those who read: the oldest gives way. */
function makeRoom(db: Db, now: Millis): void {
  db.delete(t.compared)
    .where(lt(t.compared.at, now - SILENT_MS_MAX))
    .run();
  if ((db.select({ n: count() }).from(t.compared).get()?.n ?? 0) < CONSUMERS_MAX) return;
  const oldest = db.select({ token: t.compared.token }).from(t.compared).orderBy(asc(t.compared.at)).limit(1).get();
  if (oldest !== undefined) forgetCompared(db, oldest.token);
}
