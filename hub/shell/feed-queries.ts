/** What every read of the feed and every "how far is the CRM" asks, prepared once for each open database. */
import { and, asc, count, eq, gt, inArray, lte, min, or, sql } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import { HUB_UNIT } from "../merge/take.ts";
import * as t from "./schema.ts";

type Db = DrizzleSqliteDODatabase;
type Queries = ReturnType<typeof prepareFeed>;

const prepared = new WeakMap<Db, Queries>();

export function feedQueriesOf(db: Db): Queries {
  const known = prepared.get(db) ?? prepareFeed(db);
  prepared.set(db, known);
  return known;
}

function prepareFeed(db: Db) {
  const p = sql.placeholder;
  const { log, audience, consumer } = t;
  const told = sql`EXISTS (SELECT 1 FROM ${audience} WHERE ${audience.unit} = ${p("unit")} AND ${audience.hubSeq} = ${log.hubSeq})`;
  const concerns = or(eq(log.unit, p("unit")), and(eq(log.unit, HUB_UNIT), told));
  const between = and(gt(log.hubSeq, p("after")), lte(log.hubSeq, p("upTo")));
  const page = { hubSeq: log.hubSeq, text: log.operation, hash: log.hash };
  return {
    lines: db.select(page).from(log).where(between).orderBy(asc(log.hubSeq)).limit(p("limit")).prepare(),
    /** What a unit wrote, and what the hub itself wrote for it. */
    linesOfUnit: db.select(page).from(log).where(and(between, concerns)).orderBy(asc(log.hubSeq)).limit(p("limit")).prepare(),
    lineOfSeq: db
      .select({ hubSeq: log.hubSeq, text: log.operation })
      .from(log)
      .where(and(eq(log.origin, p("origin")), eq(log.seq, p("seq"))))
      .orderBy(asc(log.hubSeq))
      .limit(1)
      .prepare(),
    lineText: db
      .select({ text: log.operation })
      .from(log)
      .where(eq(log.hubSeq, p("position")))
      .prepare(),
    consumer: db
      .select()
      .from(consumer)
      .where(eq(consumer.token, p("token")))
      .prepare(),
    putConsumer: db
      .insert(consumer)
      .values({ token: p("token"), unit: p("unit"), position: p("position"), at: p("at"), delayMs: p("delayMs") })
      .onConflictDoUpdate({ target: consumer.token, set: { position: sql`excluded.position`, at: sql`excluded.at`, delayMs: sql`excluded.delay_ms` } })
      .prepare(),
    slowest: db
      .select({ n: count(), position: min(consumer.position) })
      .from(consumer)
      .where(and(inArray(consumer.unit, ["", p("unit")]), gt(consumer.at, p("since"))))
      .prepare(),
  };
}
