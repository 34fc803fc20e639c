/** What a unit's replica asks and writes with every answer of the hub, prepared once for each open database. */
import { and, asc, eq, gt, gte, isNull, lte, sql, type SQL } from "drizzle-orm";
import * as t from "./unit-schema.ts";
import type { Db } from "./unit-tables.ts";

export function prepareReplica(db: Db) {
  const p = sql.placeholder;
  const said = (name: string): SQL => sql.raw(`excluded.${name}`);
  const { subjectKey, outbox, operation, inbox, base, deadLetter } = t;
  const isBase = and(eq(base.entity, p("entity")), eq(base.id, p("id")));
  const ofOrigin = and(eq(operation.origin, p("origin")), eq(operation.stream, p("stream")));
  return {
    key: db
      .select({ key: subjectKey.key })
      .from(subjectKey)
      .where(eq(subjectKey.subject, p("subject")))
      .prepare(),
    putKey: db
      .insert(subjectKey)
      .values({ subject: p("subject"), key: p("key") })
      .onConflictDoUpdate({ target: subjectKey.subject, set: { key: said("key") } })
      .prepare(),
    erased: db
      .select({ subject: subjectKey.subject })
      .from(subjectKey)
      .where(isNull(subjectKey.key))
      .orderBy(asc(subjectKey.subject))
      .limit(p("limit"))
      .prepare(),
    outboxes: db.select().from(outbox).prepare(),
    outbox: db
      .select()
      .from(outbox)
      .where(and(eq(outbox.origin, p("origin")), eq(outbox.stream, p("stream"))))
      .prepare(),
    putOutbox: db
      .insert(outbox)
      .values({
        origin: p("origin"),
        stream: p("stream"),
        first: p("first"),
        last: p("last"),
        through: p("through"),
        stable: p("stable"),
        acknowledgedAt: p("acknowledgedAt"),
      })
      .onConflictDoUpdate({
        target: [outbox.origin, outbox.stream],
        set: { first: said("first"), last: said("last"), through: said("through"), stable: said("stable"), acknowledgedAt: said("acknowledged_at") },
      })
      .prepare(),
    putOperation: db
      .insert(operation)
      .values({ origin: p("origin"), stream: p("stream"), seq: p("seq"), at: p("at"), entity: p("entity"), id: p("id"), body: p("body") })
      .prepare(),
    operationsAfter: db
      .select({ body: operation.body })
      .from(operation)
      .where(and(ofOrigin, gt(operation.seq, p("seq"))))
      .orderBy(asc(operation.seq))
      .limit(p("limit"))
      .prepare(),
    operationsOn: db
      .select({ body: operation.body })
      .from(operation)
      .where(and(eq(operation.entity, p("entity")), eq(operation.id, p("id")), ofOrigin, gt(operation.seq, p("seq"))))
      .orderBy(asc(operation.seq))
      .prepare(),
    prune: db
      .delete(operation)
      .where(and(ofOrigin, lte(operation.seq, p("seq"))))
      .prepare(),
    withdraw: db
      .delete(operation)
      .where(and(ofOrigin, gte(operation.seq, p("seq"))))
      .prepare(),
    inbox: db
      .select()
      .from(inbox)
      .where(eq(inbox.stream, p("stream")))
      .prepare(),
    putInbox: db
      .insert(inbox)
      .values({
        stream: p("stream"),
        epoch: p("epoch"),
        cursor: p("cursor"),
        repair: p("repair"),
        loaded: p("loaded"),
        start: p("start"),
        rewrites: p("rewrites"),
        seen: p("seen"),
      })
      .onConflictDoUpdate({
        target: inbox.stream,
        set: {
          epoch: said("epoch"),
          cursor: said("cursor"),
          repair: said("repair"),
          loaded: said("loaded"),
          start: said("start"),
          rewrites: said("rewrites"),
          seen: said("seen"),
        },
      })
      .prepare(),
    base: db.select().from(base).where(isBase).prepare(),
    dropBase: db.delete(base).where(isBase).prepare(),
    putBase: db
      .insert(base)
      .values({ entity: p("entity"), id: p("id"), stream: p("stream"), at: p("at"), record: p("record") })
      .onConflictDoUpdate({ target: [base.entity, base.id], set: { stream: said("stream"), at: said("at"), record: said("record") } })
      .prepare(),
    bases: db
      .select()
      .from(base)
      .where(eq(base.stream, p("stream")))
      .prepare(),
    putDead: db
      .insert(deadLetter)
      .values({ origin: p("origin"), stream: p("stream"), seq: p("seq"), reason: p("reason"), at: p("at") })
      .onConflictDoNothing()
      .prepare(),
  };
}
