/** The SQLite side of a stream's store: the port's verbs over drizzle, prepared once. Nothing here decides. */
import { type SQL, and, asc, between, eq, gt, lte, sql } from "drizzle-orm";
import { Hlc } from "../../contracts/delta/clock.ts";
import type { EntityRecord } from "../../contracts/delta/merge.ts";
import { Origin } from "../../contracts/delta/operation.ts";
import { recordDigest } from "../../contracts/delta/record.ts";
import { FIRST_STATE } from "../merge/memory-store.ts";
import { type DeadLetter, type KnownOrigin, type Line, type Replica, type Row, type StreamState, type StreamStore, rowKey } from "../merge/store.ts";
import * as t from "./schema.ts";
import type { Db } from "./stream-tables.ts";

export type SqliteStream = StreamStore & {
  /** All that `body` writes, or nothing when it throws. */
  transact<T>(body: () => T): T;
  /** Units that lines were told to in the last transaction. */
  audience(): readonly string[];
  /** The tables were written past this store: nothing remembered holds. */
  forget(): void;
};

const OPEN = sql`${t.dead.state} = 'open'`;
const DELETED = sql`${t.entity.deleted} = 1`;
const ALIVE = sql`${t.entity.deleted} = 0`;

export function sqliteStream(db: Db, storage: SqlStorage): SqliteStream {
  const q = prepare(db);
  const told = new Set<string>();
  /** Who saw the rows that this transaction read, so that writing them asks no more. */
  const units = new Map<string, string>();
  let state: StreamState | undefined;
  const forget = (): void => {
    state = undefined;
    units.clear();
  };

  return {
    transact(body) {
      told.clear();
      units.clear();
      try {
        return db.transaction(() => body());
      } catch (error) {
        forget();
        told.clear();
        throw error;
      }
    },
    audience: () => [...told],
    forget,

    readState: () => (state ??= stateOf(q.state.get())),
    writeState(next) {
      q.putState.run({ ...next, restores: JSON.stringify(next.restores) });
      state = next;
    },
    readOrigin: (origin) => originOf(q.origin.get({ origin })),
    writeOrigin: (origin) => void q.putOrigin.run(origin),
    listOrigins: () =>
      db
        .select()
        .from(t.origin)
        .orderBy(asc(t.origin.origin))
        .all()
        .flatMap((row) => originOf(row) ?? []),
    readRow(entity, id) {
      const row = q.row.get({ entity, id });
      units.set(rowKey(entity, id), row?.units ?? "[]");
      return row === undefined ? undefined : rowOf(row);
    },
    writeRow(entity, id, row) {
      const key = rowKey(entity, id);
      const before = units.get(key) ?? q.row.get({ entity, id })?.units ?? "[]";
      const after = JSON.stringify(row?.units ?? []);
      units.set(key, after);
      if (row === null) {
        q.dropRow.run({ entity, id });
        for (const unit of listOf(before)) q.dropMember.run({ unit, entity, id });
        return;
      }
      const { record, at, digest } = row;
      q.putRow.run({ entity, id, record: JSON.stringify(record), units: after, at, digest, deleted: record.deleted === undefined ? 0 : 1 });
      if (before === after) return;
      const had = listOf(before);
      for (const unit of row.units) if (!had.includes(unit)) q.putMember.run({ unit, entity, id });
    },
    rowsAfter: (unit, entity, after, limit) =>
      (unit === null ? rowsOfAll(db, entity, after, limit) : rowsOfUnit(db, unit, entity, after, limit)).map((row) => ({
        ...rowOf(row),
        entity: row.entity,
        id: row.id,
      })),
    *digests(unit, entity) {
      // Those of before there were digests are reckoned when they are asked for.
      const undigested = sql<string | null>`CASE WHEN ${t.entity.digest} = '' THEN ${t.entity.record} END`;
      const columns = { entity: t.entity.entity, id: t.entity.id, digest: t.entity.digest, undigested };
      const found =
        unit === null
          ? db
              .select(columns)
              .from(t.entity)
              .where(and(ALIVE, entity === null ? undefined : eq(t.entity.entity, entity)))
          : db
              .select(columns)
              .from(t.member)
              .innerJoin(t.entity, and(eq(t.entity.entity, t.member.entity), eq(t.entity.id, t.member.id)))
              .where(and(ALIVE, eq(t.member.unit, unit), entity === null ? undefined : eq(t.member.entity, entity)));
      const query = found.toSQL();
      // Row by row: a stream may hold more than memory does.
      for (const [of, id, digest, record] of storage.exec(query.sql, ...query.params).raw())
        yield { entity: String(of), id: String(id), digest: typeof record === "string" ? recordDigest(JSON.parse(record) as EntityRecord) : String(digest) };
    },
    appendLine({ text, joins, ...line }, audience) {
      q.putLine.run({ ...line, operation: text, joins: joins.length === 0 ? "[]" : JSON.stringify(joins) });
      for (const unit of audience) {
        told.add(unit);
        q.putAudience.run({ unit, hubSeq: line.hubSeq });
      }
    },
    lineAt(hubSeq) {
      const row = q.lineAt.get({ hubSeq });
      return row === undefined ? undefined : lineOf(row);
    },
    linesOf: (origin, from, to) => q.linesOf.all({ origin, from, to }).map(lineOf),
    linesFor: (unit, after, limit) => q.linesFor.all({ unit, after, limit }).map(({ log }) => lineOf(log)),
    readReplica: (unit) => replicaOf(q.replica.get({ unit })),
    writeReplica: ({ expelled, ...replica }) => void q.putReplica.run({ ...replica, expelled: expelled ? 1 : 0 }),
    listReplicas: () =>
      db
        .select()
        .from(t.replica)
        .orderBy(asc(t.replica.unit))
        .all()
        .flatMap((row) => replicaOf(row) ?? []),
    writeDead: ({ text, blocks, ...letter }) => void q.putDead.run({ ...letter, buried: text, blocks: blocks ? 1 : 0 }),
    listDead(origin, entity, id) {
      if (origin !== undefined && entity !== undefined && id !== undefined) return q.deadOf.all({ origin, entity, id }).map(letterOf);
      const where = [
        OPEN,
        origin === undefined ? undefined : eq(t.dead.origin, origin),
        entity === undefined ? undefined : eq(t.dead.entity, entity),
        id === undefined ? undefined : eq(t.dead.id, id),
      ];
      return db
        .select()
        .from(t.dead)
        .where(and(...where))
        .orderBy(asc(t.dead.hubSeq))
        .all()
        .map(letterOf);
    },
    readKey: (subject) => q.key.get({ subject })?.key,
    writeKey: (subject, key) => void q.putKey.run({ subject, key }),
    readTaken: (key) => q.taken.get({ key }),
    writeTaken: (key, { hubSeq }) => void q.putTaken.run({ key, hubSeq }),
    tombstones: (upTo, limit) =>
      db
        .select()
        .from(t.entity)
        .where(and(DELETED, lte(t.entity.at, upTo)))
        .orderBy(asc(t.entity.at))
        .limit(limit)
        .all()
        .map((row) => ({ ...rowOf(row), entity: row.entity, id: row.id })),
  };
}

/** What an open store does again and again. */
function prepare(db: Db) {
  const p = sql.placeholder;
  const said = (name: string): SQL => sql.raw(`excluded.${name}`);
  const { stream, origin, entity, member, log, audience, replica, dead, subjectKey, taken } = t;
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
      .select({ hubSeq: taken.hubSeq })
      .from(taken)
      .where(eq(taken.key, p("key")))
      .prepare(),
    putTaken: db
      .insert(taken)
      .values({ key: p("key"), hubSeq: p("hubSeq") })
      .onConflictDoUpdate({ target: taken.key, set: { hubSeq: said("hub_seq") } })
      .prepare(),
  };
}

type EntityRow = typeof t.entity.$inferSelect;

function rowsOfAll(db: Db, entity: string | null, after: string, limit: number): readonly EntityRow[] {
  const behind = sql`(${t.entity.entity}, ${t.entity.id}) > (${entityOfKey(after)}, ${idOfKey(after)})`;
  return db
    .select()
    .from(t.entity)
    .where(and(behind, entity === null ? undefined : eq(t.entity.entity, entity)))
    .orderBy(asc(t.entity.entity), asc(t.entity.id))
    .limit(limit)
    .all();
}

function rowsOfUnit(db: Db, unit: string, entity: string | null, after: string, limit: number): readonly EntityRow[] {
  const behind = sql`(${t.member.entity}, ${t.member.id}) > (${entityOfKey(after)}, ${idOfKey(after)})`;
  return db
    .select({ row: t.entity })
    .from(t.member)
    .innerJoin(t.entity, and(eq(t.entity.entity, t.member.entity), eq(t.entity.id, t.member.id)))
    .where(and(eq(t.member.unit, unit), behind, entity === null ? undefined : eq(t.member.entity, entity)))
    .orderBy(asc(t.member.entity), asc(t.member.id))
    .limit(limit)
    .all()
    .map(({ row }) => row);
}

function entityOfKey(key: string): string {
  const at = key.indexOf("\n");
  return at < 0 ? key : key.slice(0, at);
}

function idOfKey(key: string): string {
  const at = key.indexOf("\n");
  return at < 0 ? "" : key.slice(at + 1);
}

function stateOf(row: typeof t.stream.$inferSelect | undefined): StreamState {
  if (row === undefined) return FIRST_STATE;
  const { epoch, head, clock, hash, horizon, stable, collected, restores } = row;
  return { epoch, head, clock: Hlc.parse(clock), hash, horizon, stable, collected, restores: JSON.parse(restores) as StreamState["restores"] };
}

function originOf(row: typeof t.origin.$inferSelect | undefined): KnownOrigin | undefined {
  return row === undefined ? undefined : { ...row, origin: Origin.parse(row.origin) };
}

function rowOf({ record: text, units, at, digest }: EntityRow): Row {
  const record = JSON.parse(text) as EntityRecord;
  return { record, units: listOf(units), at, digest: digest === "" ? recordDigest(record) : digest };
}

export function lineOf({ operation, joins, ...row }: typeof t.log.$inferSelect): Line {
  return { ...row, outcome: row.outcome as Line["outcome"], text: operation, joins: listOf(joins) };
}

function replicaOf(row: typeof t.replica.$inferSelect | undefined): Replica | undefined {
  return row === undefined ? undefined : { ...row, expelled: row.expelled === 1 };
}

function letterOf({ buried, state, blocks, ...row }: typeof t.dead.$inferSelect): DeadLetter {
  return { ...row, text: buried, state: state as DeadLetter["state"], blocks: blocks === 1 };
}

function listOf(json: string): readonly string[] {
  return json === "[]" ? [] : (JSON.parse(json) as readonly string[]);
}
