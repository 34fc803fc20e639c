/** The SQLite side of a stream's store: the port's verbs over drizzle. Nothing here decides. */
import { and, asc, eq, gt, lte, sql } from "drizzle-orm";
import type { EntityRecord } from "../../contracts/delta/merge.ts";
import { recordDigest } from "../../contracts/delta/record.ts";
import { type StreamState, type StreamStore, rowKey } from "../merge/store.ts";
import * as t from "./schema.ts";
import { OPEN, prepareStream } from "./stream-queries.ts";
import { letterOf, lineOf, listOf, originOf, replicaOf, rowOf, rowsOfAll, rowsOfUnit, stateOf } from "./stream-rows.ts";
import type { Db } from "./stream-tables.ts";

export type SqliteStream = StreamStore & {
  /** All that `body` writes, or nothing when it throws. */
  transact<T>(body: () => T): T;
  /** Units that lines were told to in the last transaction. */
  audience(): readonly string[];
  /** The tables were written past this store: nothing remembered holds. */
  forget(): void;
};

const DELETED = sql`${t.entity.deleted} = 1`;
const ALIVE = sql`${t.entity.deleted} = 0`;

export function sqliteStream(db: Db, storage: SqlStorage): SqliteStream {
  const q = prepareStream(db);
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
    writeOrigin: (origin) => void q.putOrigin.run({ latest: "", ...origin }),
    listOrigins: (unit) =>
      db
        .select()
        .from(t.origin)
        .where(unit === undefined ? undefined : eq(t.origin.unit, unit))
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
    writeSpent: (spent) => void q.putSpent.run(spent),
    spentTags: (origin, from, to) => new Map(q.spentTags.all({ origin, from, to }).map(({ seq, tag }) => [seq, tag])),
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
    writeTaken: (key, { hubSeq, at, about }) => void q.putTaken.run({ key, hubSeq, at, about }),
    tombstones: (upTo, limit, after = 0) =>
      db
        .select()
        .from(t.entity)
        .where(and(DELETED, gt(t.entity.at, after), lte(t.entity.at, upTo)))
        .orderBy(asc(t.entity.at))
        .limit(limit)
        .all()
        .map((row) => ({ ...rowOf(row), entity: row.entity, id: row.id })),
  };
}
