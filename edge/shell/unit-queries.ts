/**
 * What a unit asks and writes with every input, prepared once for each open database: putting a query together costs more than SQLite
 * takes to answer it.
 */
import { and, asc, desc, eq, gt, lte, min, sql, type SQL } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import * as t from "./unit-schema.ts";

type Db = DrizzleSqliteDODatabase;
type Queries = ReturnType<typeof prepareUnit>;
export type EntityColumn = (typeof ENTITY_COLUMNS)[number];
export const ENTITY_COLUMNS = ["state", "asset", "ticket", "engineer"] as const;

const prepared = new WeakMap<Db, Queries>();

export function queriesOf(db: Db): Queries {
  const known = prepared.get(db) ?? prepareUnit(db);
  prepared.set(db, known);
  return known;
}

function prepareUnit(db: Db) {
  const p = sql.placeholder;
  const said = (name: string): SQL => sql.raw(`excluded.${name}`);
  const { meta, timer, ask, decision, outbox, operation, entity } = t;
  const isEntity = and(eq(entity.family, p("family")), eq(entity.id, p("id")));
  const ofFamily = (by: readonly EntityColumn[]) =>
    db
      .select({ body: entity.body })
      .from(entity)
      .where(and(eq(entity.family, p("family")), ...by.map((column) => eq(entity[column], p(column)))))
      .orderBy(asc(entity.id))
      .prepare();
  const lists = new Map<string, ReturnType<typeof ofFamily>>();
  return {
    meta: db
      .select({ value: meta.value })
      .from(meta)
      .where(eq(meta.key, p("key")))
      .prepare(),
    putMeta: db
      .insert(meta)
      .values({ key: p("key"), value: p("value") })
      .onConflictDoUpdate({ target: meta.key, set: { value: said("value") } })
      .prepare(),
    outboxes: db.select().from(outbox).prepare(),
    oldestAfter: db
      .select({ at: operation.at })
      .from(operation)
      .where(and(eq(operation.origin, p("origin")), eq(operation.stream, p("stream")), gt(operation.seq, p("seq"))))
      .orderBy(asc(operation.seq))
      .limit(1)
      .prepare(),
    nextDue: db
      .select({ key: timer.key, due: timer.due })
      .from(timer)
      .where(lte(timer.at, p("now")))
      .orderBy(asc(timer.at), asc(timer.key))
      .limit(1)
      .prepare(),
    firstTimer: db
      .select({ at: min(timer.at) })
      .from(timer)
      .prepare(),
    firstAsk: db
      .select({ at: min(ask.nextAt) })
      .from(ask)
      .prepare(),
    dueAsks: db
      .select()
      .from(ask)
      .where(lte(ask.nextAt, p("now")))
      .orderBy(asc(ask.nextAt))
      .prepare(),
    putDecision: db
      .insert(decision)
      .values({ id: p("id"), at: p("at"), step: p("step"), subject: p("subject"), hubCalls: p("hubCalls"), body: p("body") })
      .prepare(),
    entity: db.select({ body: entity.body }).from(entity).where(isEntity).prepare(),
    newest: db
      .select({ body: entity.body })
      .from(entity)
      .where(and(eq(entity.family, p("family")), eq(entity.state, p("state"))))
      .orderBy(desc(entity.id))
      .limit(p("limit"))
      .prepare(),
    dropEntity: db.delete(entity).where(isEntity).prepare(),
    putEntity: db
      .insert(entity)
      .values({
        family: p("family"),
        id: p("id"),
        state: p("state"),
        asset: p("asset"),
        ticket: p("ticket"),
        engineer: p("engineer"),
        body: p("body"),
      })
      .onConflictDoUpdate({
        target: [entity.family, entity.id],
        set: { state: said("state"), asset: said("asset"), ticket: said("ticket"), engineer: said("engineer"), body: said("body") },
      })
      .prepare(),
    /** Entities of a family by some of its columns: one statement for each choice of columns. */
    listBy(by: readonly EntityColumn[]) {
      const known = lists.get(by.join()) ?? ofFamily(by);
      lists.set(by.join(), known);
      return known;
    },
  };
}
