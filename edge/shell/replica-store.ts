/** A unit's replica in SQLite: the store that `edge/delta` works on. Personal values of the unit's own operations lie sealed under their subject's key. */
import { and, asc, eq, gt, gte, isNull, lte } from "drizzle-orm";
import { type Hlc, HLC_ZERO } from "../../contracts/delta/clock.ts";
import type { EntityRecord } from "../../contracts/delta/merge.ts";
import type { Operation, Origin, StreamName } from "../../contracts/delta/operation.ts";
import { isSealed, makeKey, seal, subjectOf, unseal } from "../../contracts/delta/seal.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { holdsPersonal, sayNoMore, withoutPersonal } from "../delta/forget.ts";
import type { Inbox, Outbox, ReplicaStore } from "../delta/store.ts";
import * as t from "./unit-schema.ts";
import { readMeta, writeMeta, type Db } from "./unit-tables.ts";

export function sqliteReplica(db: Db, random: (count: number) => Uint8Array): ReplicaStore {
  const keyOf = (subject: string): string | null | undefined => {
    const row = db.select().from(t.subjectKey).where(eq(t.subjectKey.subject, subject)).get();
    return row === undefined ? undefined : row.key;
  };
  const writeKey = (subject: string, key: string | null): void => {
    db.insert(t.subjectKey).values({ subject, key }).onConflictDoUpdate({ target: t.subjectKey.subject, set: { key } }).run();
  };
  const bodyOf = (operation: Operation): string => {
    const { entity, id, attr, value } = operation;
    if (value === undefined || meaningOf(entity)?.isPersonal(attr) !== true) return JSON.stringify(operation);
    const subject = subjectOf(entity, id);
    const known = keyOf(subject);
    // Nothing of who was erased is written down again, sealed or not: a hub that forgot the erasure would be offered it.
    if (known === null) return JSON.stringify(sayNoMore(operation));
    const key = known ?? makeKey(random);
    if (known === undefined) writeKey(subject, key);
    return JSON.stringify({ ...operation, value: seal(key, subject, value, random) });
  };
  /** What was erased is still said, under its number: that it is no more. */
  const open = (body: string): Operation => {
    const operation = JSON.parse(body) as Operation;
    const { value, ...rest } = operation;
    if (!isSealed(value)) return operation;
    const subject = subjectOf(operation.entity, operation.id);
    const key = keyOf(subject);
    return key === null || key === undefined ? { ...rest, op: "unset" } : { ...rest, value: unseal(key, subject, value) };
  };
  const isErased = (entity: string, id: string): boolean => keyOf(subjectOf(entity, id)) === null;
  return {
    readClock: () => (readMeta(db, "hlc") ?? HLC_ZERO) as Hlc,
    writeClock: (hlc) => writeMeta(db, "hlc", hlc),
    listOutboxes: () => db.select().from(t.outbox).all().map(asOutbox),
    readOutbox(origin, stream) {
      const row = db
        .select()
        .from(t.outbox)
        .where(and(eq(t.outbox.origin, origin), eq(t.outbox.stream, stream)))
        .get();
      return row === undefined ? undefined : asOutbox(row);
    },
    writeOutbox({ origin, stream, from, acknowledgedAt, ...rest }) {
      const row = { ...rest, first: from, acknowledgedAt: acknowledgedAt ?? null };
      db.insert(t.outbox)
        .values({ origin, stream, ...row })
        .onConflictDoUpdate({ target: [t.outbox.origin, t.outbox.stream], set: row })
        .run();
    },
    appendOperation(operation) {
      const { origin, stream, seq, at, entity, id } = operation;
      db.insert(t.operation)
        .values({ origin, stream, seq, at, entity, id, body: bodyOf(operation) })
        .run();
    },
    operationsAfter: (origin, stream, seq, limit) =>
      db
        .select({ body: t.operation.body })
        .from(t.operation)
        .where(and(eq(t.operation.origin, origin), eq(t.operation.stream, stream), gt(t.operation.seq, seq)))
        .orderBy(asc(t.operation.seq))
        .limit(Math.min(limit, ROWS_MAX))
        .all()
        .map((row) => open(row.body)),
    operationsOn: (origin, stream, entity, id, after) =>
      db
        .select({ body: t.operation.body })
        .from(t.operation)
        .where(
          and(
            eq(t.operation.entity, entity),
            eq(t.operation.id, id),
            eq(t.operation.origin, origin),
            eq(t.operation.stream, stream),
            gt(t.operation.seq, after),
          ),
        )
        .orderBy(asc(t.operation.seq))
        .all()
        .map((row) => open(row.body)),
    prune(origin, stream, through) {
      db.delete(t.operation)
        .where(and(eq(t.operation.origin, origin), eq(t.operation.stream, stream), lte(t.operation.seq, through)))
        .run();
    },
    withdraw(origin, stream, from) {
      db.delete(t.operation)
        .where(and(eq(t.operation.origin, origin), eq(t.operation.stream, stream), gte(t.operation.seq, from)))
        .run();
    },
    readInbox(stream) {
      const row = db.select().from(t.inbox).where(eq(t.inbox.stream, stream)).get();
      return row === undefined ? undefined : { ...row, stream, repair: row.repair as Inbox["repair"], rewrites: row.rewrites === 1 };
    },
    writeInbox({ stream, rewrites, ...rest }) {
      const row = { ...rest, rewrites: rewrites ? 1 : 0 };
      db.insert(t.inbox)
        .values({ stream, ...row })
        .onConflictDoUpdate({ target: t.inbox.stream, set: row })
        .run();
    },
    readBase(entity, id) {
      const row = db
        .select({ record: t.base.record, at: t.base.at })
        .from(t.base)
        .where(and(eq(t.base.entity, entity), eq(t.base.id, id)))
        .get();
      return row === undefined ? undefined : { record: JSON.parse(row.record) as EntityRecord, at: row.at };
    },
    writeBase(stream, entity, id, base) {
      if (base === null) {
        db.delete(t.base)
          .where(and(eq(t.base.entity, entity), eq(t.base.id, id)))
          .run();
        return;
      }
      const { at } = base;
      const record = holdsPersonal(entity, base.record.cells) && isErased(entity, id) ? withoutPersonal(entity, base.record) : base.record;
      const row = { stream, at, record: JSON.stringify(record) };
      db.insert(t.base)
        .values({ entity, id, ...row })
        .onConflictDoUpdate({ target: [t.base.entity, t.base.id], set: row })
        .run();
    },
    listBases: (stream) =>
      db
        .select()
        .from(t.base)
        .where(eq(t.base.stream, stream))
        .all()
        .map(({ entity, id, at, record }) => ({ entity, id, at, record: JSON.parse(record) as EntityRecord })),
    writeDead(letter) {
      db.insert(t.deadLetter).values(letter).onConflictDoNothing().run();
    },
    eraseSubject(entity, id) {
      writeKey(subjectOf(entity, id), null);
      const kept = db
        .select()
        .from(t.base)
        .where(and(eq(t.base.entity, entity), eq(t.base.id, id)))
        .get();
      if (kept === undefined) return;
      const record = withoutPersonal(entity, JSON.parse(kept.record) as EntityRecord);
      db.update(t.base)
        .set({ record: JSON.stringify(record) })
        .where(and(eq(t.base.entity, entity), eq(t.base.id, id)))
        .run();
    },
    isErased,
    erasedSubjects: (limit) =>
      db
        .select({ subject: t.subjectKey.subject })
        .from(t.subjectKey)
        .where(isNull(t.subjectKey.key))
        .orderBy(asc(t.subjectKey.subject))
        .limit(limit)
        .all()
        .map(({ subject }) => ({ entity: subject.slice(0, subject.indexOf("/")), id: subject.slice(subject.indexOf("/") + 1) })),
  };
}

/** Operations read at once: two full batches. */
const ROWS_MAX = 1_000;

function asOutbox({ origin, stream, first, last, through, stable, acknowledgedAt }: typeof t.outbox.$inferSelect): Outbox {
  return { origin: origin as Origin, stream: stream as StreamName, from: first, last, through, stable, ...(acknowledgedAt === null ? {} : { acknowledgedAt }) };
}
