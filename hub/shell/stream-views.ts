/** What a stream shows of its entities: whole, as they were at a place of the log; as digests of their values; and of one subject, all that is held. */
import { and, eq, isNull } from "drizzle-orm";
import { contractOf } from "../../contracts/contract.ts";
import type { Json } from "../../contracts/delta/json.ts";
import { type EntityRecord, entityOf } from "../../contracts/delta/merge.ts";
import { digestOf } from "../../contracts/delta/record.ts";
import { subjectOf } from "../../contracts/delta/seal.ts";
import { isFamily } from "../../contracts/family-meaning.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import type { FamilyDigest } from "../feed/held.ts";
import { valueDigest } from "../feed/value-digest.ts";
import type { DeadAnswer, Held, SnapshotRow, StreamStand } from "../feed/view.ts";
import { type Moment, asOf, history } from "../master/as-of.ts";
import { type Forms, ownMeaning } from "../merge/admission.ts";
import { keptOf } from "../merge/kept.ts";
import { supersededBy } from "../merge/pull.ts";
import { readBuried } from "../merge/dead.ts";
import { readLine } from "../merge/log.ts";
import { purposesOf } from "../merge/meaning.ts";
import { type KeyedRow, type LoggedOperation, type Replica, type StreamStore, rowKey } from "../merge/store.ts";
import { listConsumers } from "./consumer-tables.ts";
import * as t from "./schema.ts";
import { type Db, foldLines, joinedAfter, lastLineAt, linesAbout } from "./stream-tables.ts";
import { leastRead } from "./stream-upkeep.ts";

/** JSON text of one page. */
const PAGE_CHARS_MAX = 1024 * 1024;
/** Rows looked at for one page: others' rows and what was deleted are passed over. */
const LOOKED_MAX = 2_000;
/** Rows whose digests are worked out in one go; the next call does the rest. */
const DIGESTS_AT_ONCE = 5_000;

export type Reading = { readonly db: Db; readonly store: StreamStore; readonly storage: SqlStorage };

/** Live entities as they stood at `position`, after a key. `next`: the key to go on from; null: that was all. */
export function snapshotRows(
  { db, store, storage }: Reading,
  position: number,
  unit: string | undefined,
  entity: string | undefined,
  after: string,
  limit: number,
): { readonly rows: readonly SnapshotRow[]; readonly next: string | null } {
  const found: SnapshotRow[] = [];
  let [key, chars, looked] = [after, 0, 0];
  for (;;) {
    const rows = store.rowsAfter(unit ?? null, entity ?? null, key, Math.min(limit, LOOKED_MAX - looked));
    for (const row of rows) {
      const one = rowAt({ db, store, storage }, row, position, unit);
      const size = one === null ? 0 : JSON.stringify(one).length;
      if (found.length > 0 && chars + size > PAGE_CHARS_MAX) return { rows: found, next: key };
      key = rowKey(row.entity, row.id);
      looked += 1;
      if (one !== null) found.push(one);
      chars += size;
      if (found.length === limit || looked === LOOKED_MAX) return { rows: found, next: key };
    }
    if (rows.length < Math.min(limit, LOOKED_MAX)) return { rows: found, next: null };
  }
}

/** Null when it was not there, or not for this unit. */
export function rowAt(
  { db, store, storage }: Reading,
  { entity, id, record, units, at }: KeyedRow,
  position: number,
  unit: string | undefined,
): SnapshotRow | null {
  const joined = unit === undefined && at <= position ? new Set<string>() : joinedAfter(db, entity, id, position);
  if (unit !== undefined && joined.has(unit)) return null;
  const then = at <= position ? record : foldLines(linesAbout(storage, store, entity, id, position));
  const attributes = then === null ? null : entityOf(then);
  return then === null || attributes === null ? null : { entity, id, version: then.version, units: units.filter((one) => !joined.has(one)), attributes };
}

/** Lines about one entity that are read for one answer: a ticket has some hundred. */
const LINES_MAX = 20_000;

/** An entity as it was, as the JSON text of an `EntityAnswer` without its stream; null: nothing is known of it. Refuses `too-late` for what the log no longer tells, and `too-many`. */
export function entityAt(reading: Reading, entity: string, id: string, moment: Moment | undefined, unit: string | undefined): string | null | Refusal {
  if (moment !== undefined && isGone(reading.store, moment))
    return refuse("too-late", "the log begins later than that", "ask for a later moment, or look into a backup", "asOf");
  const lines = readLines(reading, entity, id, unit);
  if (isRefusal(lines)) return lines;
  return lines.length === 0 ? null : JSON.stringify({ entity, ...asOf(id, lines, moment) });
}

/** What each attribute has been, as the JSON text of a `HistoryAnswer` without its stream; null: nothing is known of it. Refuses `too-many`. */
export function entityHistory(reading: Reading, entity: string, id: string, unit: string | undefined): string | null | Refusal {
  const lines = readLines(reading, entity, id, unit);
  if (isRefusal(lines)) return lines;
  const { horizon } = reading.store.readState();
  return lines.length === 0 ? null : JSON.stringify({ entity, id, horizon, ...history(lines) });
}

/** None for a unit that does not see it. */
function readLines({ store, storage }: Reading, entity: string, id: string, unit: string | undefined): readonly LoggedOperation[] | Refusal {
  const lines: LoggedOperation[] = [];
  if (unit !== undefined && store.readRow(entity, id)?.units.includes(unit) !== true) return lines;
  for (const line of linesAbout(storage, store, entity, id, Number.MAX_SAFE_INTEGER)) {
    lines.push(line);
    if (lines.length > LINES_MAX) return refuse("too-many", `an entity of at most ${LINES_MAX} writes`, "read it with a snapshot", "id");
  }
  return lines;
}

/** Before the horizon only the last write to each attribute is kept. */
function isGone(store: StreamStore, moment: Moment): boolean {
  const { horizon } = store.readState();
  if (horizon === 0) return false;
  if ("hubSeq" in moment) return moment.hubSeq < horizon;
  const oldest = store.lineAt(horizon + 1);
  return oldest === undefined || ("knownAt" in moment ? moment.knownAt : moment.writtenAt) < readLine(store, oldest).appliedAt;
}

/** By family: how many live entities there are, and one digest of all their values. Null while some are still being worked out. */
export function valueDigests(db: Db, storage: SqlStorage, unit: string | undefined): Readonly<Record<string, FamilyDigest>> | null {
  const groups = entityDigests(db, storage, unit);
  return groups === null ? null : familyDigests(groups);
}

/** By family and id the digest of the values. */
export type EntityDigests = ReadonlyMap<string, Map<string, string>>;

export function familyDigests(groups: EntityDigests): Readonly<Record<string, FamilyDigest>> {
  return Object.fromEntries([...groups].map(([entity, digests]) => [entity, { entities: digests.size, digest: digestOf(digests) }]));
}

/** Of the live entities that a unit sees, or all. Null while some are still being worked out. */
export function entityDigests(db: Db, storage: SqlStorage, unit: string | undefined): EntityDigests | null {
  const missing = db
    .select({ entity: t.entity.entity, id: t.entity.id, record: t.entity.record })
    .from(t.entity)
    .where(and(isNull(t.entity.valueDigest), eq(t.entity.deleted, 0)))
    .limit(DIGESTS_AT_ONCE)
    .all();
  db.transaction(() => {
    for (const { entity, id, record } of missing)
      db.update(t.entity)
        .set({ valueDigest: valueDigest(entityOf(JSON.parse(record) as EntityRecord) ?? {}) })
        .where(and(eq(t.entity.entity, entity), eq(t.entity.id, id)))
        .run();
  });
  if (missing.length === DIGESTS_AT_ONCE) return null;
  const groups = new Map<string, Map<string, string>>();
  const rows =
    unit === undefined
      ? storage.exec("SELECT entity, id, value_digest FROM entity WHERE deleted = 0")
      : storage.exec(
          "SELECT e.entity, e.id, e.value_digest FROM member m JOIN entity e ON e.entity = m.entity AND e.id = m.id WHERE m.unit = ? AND e.deleted = 0",
          unit,
        );
  for (const [entity, id, digest] of rows.raw()) {
    const group = groups.get(String(entity)) ?? new Map<string, string>();
    group.set(String(id), String(digest));
    groups.set(String(entity), group);
  }
  return groups;
}

/** All that is held of a subject, as the JSON text of a `Held`; null: nothing, and nothing was. */
export function heldText({ store, storage }: Reading, forms: Forms, entity: string, id: string): string | null {
  const row = store.readRow(entity, id);
  const key = store.readKey(subjectOf(entity, id));
  const { lines, sealed } = storage
    .exec(`SELECT count(*) AS lines, count(*) FILTER (WHERE operation LIKE '%"$sealed"%') AS sealed FROM log WHERE entity = ? AND id = ?`, entity, id)
    .one();
  if (row === undefined && key === undefined && lines === 0) return null;
  const meaning = ownMeaning(entity, forms);
  const document = documentOf(entity, forms);
  const held: Held = {
    entity,
    id,
    erased: key === null,
    units: row === undefined ? [] : [...row.units],
    values: Object.entries(row?.record.cells ?? {})
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([attr, cell]) =>
        [cell, ...(cell.held ?? [])].flatMap(({ value, origin }) =>
          value === undefined ? [] : [{ attr, value, origin, personal: meaning?.isPersonal(attr) === true, purposes: [...purposesOf(document, attr)] }],
        ),
      ),
    sealedLines: Number(sealed),
    deadLetters: store.listDead(undefined, entity, id).length,
  };
  return JSON.stringify(held);
}

/** Open ones, with what was sent; those of one unit, or all. */
export function deadLetters(store: StreamStore, unit: string | undefined): readonly Omit<DeadAnswer["dead"][number], "stream">[] {
  return store
    .listDead()
    .filter(({ origin }) => unit === undefined || origin.startsWith(`${unit}@`))
    .map((letter) => {
      const { hubSeq, origin, seq, entity, id, reason, blocks, at } = letter;
      return { hubSeq, origin, seq, entity, id, reason, blocks, at, operation: readBuried(store, letter) };
    });
}

/** How the stream stands. `credit`: operations that a unit may send next. */
export function standOf({ db, store, storage }: Reading, credit: number, now: Millis): Omit<StreamStand, "stream"> {
  const { epoch, head, stable, horizon, collected, restores } = store.readState();
  const least = leastRead(db, store, now);
  return {
    epoch,
    position: head,
    lastAt: lastLineAt(db),
    stable,
    horizon,
    collected,
    restores: [...restores],
    lines: head - horizon,
    bytes: storage.databaseSize,
    credit,
    leastRead: Math.min(least, head),
    replicas: store.listReplicas().map((replica) => ({ ...replica, ...lagOf(store, storage, replica) })),
    origins: store.listOrigins().map(({ origin, unit, through, stable: held, dead }) => ({
      origin,
      unit,
      through,
      stable: held,
      dead,
      kept: keptOf({ through, stable: held }),
      ...supersededBy(store, origin, unit),
    })),
    consumers: [...listConsumers(db, now)],
  };
}

export function lagOf(store: StreamStore, storage: SqlStorage, { unit, applied }: Replica): { readonly lag: number; readonly oldestAt?: Millis } {
  const { lag } = storage.exec("SELECT count(*) AS lag FROM audience WHERE unit = ? AND hub_seq > ?", unit, applied).one();
  const [first] = store.linesFor(unit, applied, 1);
  return { lag: Number(lag), ...(first === undefined ? {} : { oldestAt: readLine(store, first).appliedAt }) };
}

/** As it is published, or as this release brings it; null where nobody knows. */
export function documentOf(entity: string, forms: Forms): Json {
  return forms.published(entity).at(-1)?.document ?? (isFamily(entity) ? contractOf(entity).schema : null);
}
