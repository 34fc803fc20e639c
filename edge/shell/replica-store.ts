/** A unit's replica in SQLite: the store that `edge/delta` works on. Personal values of the unit's own operations lie sealed under their subject's key. */
import { type Hlc, HLC_ZERO } from "../../contracts/delta/clock.ts";
import type { EntityRecord } from "../../contracts/delta/merge.ts";
import type { Operation, Origin, StreamName } from "../../contracts/delta/operation.ts";
import { isSealed, makeKey, seal, subjectOf, unseal } from "../../contracts/delta/seal.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { holdsPersonal, sayNoMore, withoutPersonal } from "../delta/forget.ts";
import type { Inbox, Outbox, ReplicaStore } from "../delta/store.ts";
import { prepareReplica } from "./replica-queries.ts";
import type * as t from "./unit-schema.ts";
import { readMeta, writeMeta, type Db } from "./unit-tables.ts";

export function sqliteReplica(db: Db, random: (count: number) => Uint8Array): ReplicaStore {
  const q = prepareReplica(db);
  const keyOf = (subject: string): string | null | undefined => q.key.get({ subject })?.key;
  const writeKey = (subject: string, key: string | null): void => void q.putKey.run({ subject, key });
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
    listOutboxes: () => q.outboxes.all().map(asOutbox),
    readOutbox(origin, stream) {
      const row = q.outbox.get({ origin, stream });
      return row === undefined ? undefined : asOutbox(row);
    },
    writeOutbox({ origin, stream, from, acknowledgedAt, ...rest }) {
      q.putOutbox.run({ origin, stream, ...rest, first: from, acknowledgedAt: acknowledgedAt ?? null });
    },
    appendOperation(operation) {
      const { origin, stream, seq, at, entity, id } = operation;
      q.putOperation.run({ origin, stream, seq, at, entity, id, body: bodyOf(operation) });
    },
    operationsAfter: (origin, stream, seq, limit) =>
      q.operationsAfter.all({ origin, stream, seq, limit: Math.min(limit, ROWS_MAX) }).map((row) => open(row.body)),
    operationsOn: (origin, stream, entity, id, after) => q.operationsOn.all({ origin, stream, entity, id, seq: after }).map((row) => open(row.body)),
    prune: (origin, stream, through) => void q.prune.run({ origin, stream, seq: through }),
    withdraw: (origin, stream, from) => void q.withdraw.run({ origin, stream, seq: from }),
    readInbox(stream) {
      const row = q.inbox.get({ stream });
      return row === undefined ? undefined : { ...row, stream, repair: row.repair as Inbox["repair"], rewrites: row.rewrites === 1 };
    },
    writeInbox({ stream, rewrites, ...rest }) {
      q.putInbox.run({ stream, ...rest, seen: rest.seen ?? null, rewrites: rewrites ? 1 : 0 });
    },
    readBase(entity, id) {
      const row = q.base.get({ entity, id });
      return row === undefined ? undefined : { record: JSON.parse(row.record) as EntityRecord, at: row.at };
    },
    writeBase(stream, entity, id, base) {
      if (base === null) {
        q.dropBase.run({ entity, id });
        return;
      }
      const { at } = base;
      const record = holdsPersonal(entity, base.record.cells) && isErased(entity, id) ? withoutPersonal(entity, base.record) : base.record;
      q.putBase.run({ entity, id, stream, at, record: JSON.stringify(record) });
    },
    listBases: (stream) => q.bases.all({ stream }).map(({ entity, id, at, record }) => ({ entity, id, at, record: JSON.parse(record) as EntityRecord })),
    writeDead(letter) {
      q.putDead.run(letter);
    },
    eraseSubject(entity, id) {
      writeKey(subjectOf(entity, id), null);
      const kept = q.base.get({ entity, id });
      if (kept === undefined) return;
      const record = withoutPersonal(entity, JSON.parse(kept.record) as EntityRecord);
      q.putBase.run({ entity, id, stream: kept.stream, at: kept.at, record: JSON.stringify(record) });
    },
    isErased,
    erasedSubjects: (limit) =>
      q.erased.all({ limit }).map(({ subject }) => ({ entity: subject.slice(0, subject.indexOf("/")), id: subject.slice(subject.indexOf("/") + 1) })),
  };
}

/** Operations read at once: two full batches. */
const ROWS_MAX = 1_000;

function asOutbox({ origin, stream, first, last, through, stable, acknowledgedAt }: typeof t.outbox.$inferSelect): Outbox {
  return { origin: origin as Origin, stream: stream as StreamName, from: first, last, through, stable, ...(acknowledgedAt === null ? {} : { acknowledgedAt }) };
}
