/** What an open stream store asks and writes again and again, prepared once. */
import { type SQL, and, asc, between, eq, gt, sql } from "drizzle-orm";
import * as t from "./schema.ts";
import type { Db } from "./stream-tables.ts";

export const OPEN = sql`${t.dead.state} = 'open'`;

export function prepareStream(db: Db) {
  const p = sql.placeholder;
  const said = (name: string): SQL => sql.raw(`excluded.${name}`);
  const { stream, origin, entity, member, log, audience, replica, dead, subjectKey, taken, spent } = t;
  const isRow = and(eq(entity.entity, p("entity")), eq(entity.id, p("id")));
  return {
    state: db.select().from(stream).where(eq(stream.id, 1)).prepare(),
    putState: db
      .insert(stream)
      .values({
        id: 1,
        epoch: p("epoch"),
        head: p("head"),
        clock: p("clock"),
        hash: p("hash"),
        horizon: p("horizon"),
        horizonHash: "",
        stable: p("stable"),
        collected: p("collected"),
        restores: p("restores"),
      })
      .onConflictDoUpdate({
        target: stream.id,
        set: {
          epoch: said("epoch"),
          head: said("head"),
          clock: said("clock"),
          hash: said("hash"),
          horizon: said("horizon"),
          stable: said("stable"),
          collected: said("collected"),
          restores: said("restores"),
        },
      })
      .prepare(),
    origin: db
      .select()
      .from(origin)
      .where(eq(origin.origin, p("origin")))
      .prepare(),
    putOrigin: db
      .insert(origin)
      .values({
        origin: p("origin"),
        unit: p("unit"),
        keyHash: p("keyHash"),
        admitted: p("admitted"),
        through: p("through"),
        stable: p("stable"),
        dead: p("dead"),
        latest: p("latest"),
      })
      .onConflictDoUpdate({
        target: origin.origin,
        set: {
          unit: said("unit"),
          keyHash: said("key_hash"),
          admitted: said("admitted"),
          through: said("through"),
          stable: said("stable"),
          dead: said("dead"),
          latest: said("latest"),
        },
      })
      .prepare(),
    row: db.select().from(entity).where(isRow).prepare(),
    putRow: db
      .insert(entity)
      .values({
        entity: p("entity"),
        id: p("id"),
        record: p("record"),
        units: p("units"),
        at: p("at"),
        digest: p("digest"),
        valueDigest: null,
        deleted: p("deleted"),
      })
      .onConflictDoUpdate({
        target: [entity.entity, entity.id],
        set: {
          record: said("record"),
          units: said("units"),
          at: said("at"),
          digest: said("digest"),
          valueDigest: null,
          deleted: said("deleted"),
        },
      })
      .prepare(),
    dropRow: db.delete(entity).where(isRow).prepare(),
    putMember: db
      .insert(member)
      .values({ unit: p("unit"), entity: p("entity"), id: p("id") })
      .onConflictDoNothing()
      .prepare(),
    dropMember: db
      .delete(member)
      .where(and(eq(member.unit, p("unit")), eq(member.entity, p("entity")), eq(member.id, p("id"))))
      .prepare(),
    putLine: db
      .insert(log)
      .values({
        hubSeq: p("hubSeq"),
        origin: p("origin"),
        seq: p("seq"),
        unit: p("unit"),
        entity: p("entity"),
        id: p("id"),
        outcome: p("outcome"),
        operation: p("operation"),
        written: p("written"),
        hash: p("hash"),
        joins: p("joins"),
      })
      .prepare(),
    putAudience: db
      .insert(audience)
      .values({ unit: p("unit"), hubSeq: p("hubSeq") })
      .onConflictDoNothing()
      .prepare(),
    lineAt: db
      .select()
      .from(log)
      .where(eq(log.hubSeq, p("hubSeq")))
      .prepare(),
    linesOf: db
      .select()
      .from(log)
      .where(and(eq(log.origin, p("origin")), between(log.seq, p("from"), p("to"))))
      .orderBy(asc(log.hubSeq))
      .prepare(),
    putSpent: db
      .insert(spent)
      .values({ hubSeq: p("hubSeq"), origin: p("origin"), seq: p("seq"), tag: p("tag") })
      .onConflictDoUpdate({ target: spent.hubSeq, set: { tag: said("tag") } })
      .prepare(),
    spentTags: db
      .select({ seq: spent.seq, tag: spent.tag })
      .from(spent)
      .where(and(eq(spent.origin, p("origin")), between(spent.seq, p("from"), p("to"))))
      .prepare(),
    linesFor: db
      .select({ log })
      .from(audience)
      .innerJoin(log, eq(log.hubSeq, audience.hubSeq))
      .where(and(eq(audience.unit, p("unit")), gt(audience.hubSeq, p("after"))))
      .orderBy(asc(audience.hubSeq))
      .limit(p("limit"))
      .prepare(),
    replica: db
      .select()
      .from(replica)
      .where(eq(replica.unit, p("unit")))
      .prepare(),
    putReplica: db
      .insert(replica)
      .values({ unit: p("unit"), applied: p("applied"), at: p("at"), expelled: p("expelled") })
      .onConflictDoUpdate({ target: replica.unit, set: { applied: said("applied"), at: said("at"), expelled: said("expelled") } })
      .prepare(),
    deadOf: db
      .select()
      .from(dead)
      .where(and(OPEN, eq(dead.origin, p("origin")), eq(dead.entity, p("entity")), eq(dead.id, p("id"))))
      .orderBy(asc(dead.hubSeq))
      .prepare(),
    putDead: db
      .insert(dead)
      .values({
        hubSeq: p("hubSeq"),
        origin: p("origin"),
        seq: p("seq"),
        entity: p("entity"),
        id: p("id"),
        reason: p("reason"),
        buried: p("buried"),
        state: p("state"),
        blocks: p("blocks"),
        at: p("at"),
      })
      .onConflictDoUpdate({ target: dead.hubSeq, set: { reason: said("reason"), buried: said("buried"), state: said("state"), blocks: said("blocks") } })
      .prepare(),
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
    taken: db
      .select({ hubSeq: taken.hubSeq, at: taken.at, about: taken.about })
      .from(taken)
      .where(eq(taken.key, p("key")))
      .prepare(),
    putTaken: db
      .insert(taken)
      .values({ key: p("key"), hubSeq: p("hubSeq"), at: p("at"), about: p("about") })
      .onConflictDoUpdate({ target: taken.key, set: { hubSeq: said("hub_seq"), at: said("at"), about: said("about") } })
      .prepare(),
  };
}
