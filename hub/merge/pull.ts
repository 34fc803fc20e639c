/**
 * What a replica hears: lines of others behind its cursor; whole entities when it is new; digests, then rows, then cells, when it has lost
 * its place. All of it in the words of the replica's contract. Nothing here changes an entity; a pull writes down what was applied.
 */
import { type Lens, attrThrough, cellThrough, recordThrough } from "../../contracts/delta/lens.ts";
import { type EntityRecord, NEVER_SEEN } from "../../contracts/delta/merge.ts";
import { jsonBytes } from "../../contracts/delta/json.ts";
import {
  ANSWER_BYTES_MAX,
  type DigestAsk,
  type DigestReply,
  type LoadAsk,
  type LoadReply,
  type PullAsk,
  type PullLine,
  type PullReply,
  type RowDifference,
  type RowState,
  type RowsAsk,
  type RowsReply,
} from "../../contracts/delta/sync.ts";
import { bucketOf, cellDigest, digestOf, recordDigest } from "../../contracts/delta/record.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { notice } from "./epoch.ts";
import { erasedOf, readLine } from "./log.ts";
import { type Place, lostAt, placeOf, readUnitCursor, writeSeen, writeUnitCursor } from "./place.ts";
import { type LineLens, cellOfLine, liftLine } from "./push.ts";
import { type KnownOrigin, type Line, type LoggedOperation, type Replica, type StreamState, type StreamStore, rowKey } from "./store.ts";

/** By entity: from the replica's major to the hub's; undefined where they are the same. */
export type LensesOf = (entity: string) => Lens | undefined;

/** A replica that pulls again from the same place is written down this often. */
const FRESH_MS = 60_000;
/** Lines and rows read at once: at their limits 18 and 60 MB. */
const LINES_AT_ONCE = 64;
const ROWS_AT_ONCE = 32;

/** Lives of one unit up to which each that finds a later one is taken for a restore: nobody restores a unit more often without looking into it. */
export const LIVES_BELIEVED_MAX = 16;

/** Refuses `bad-cursor`, what `notice` does, and a life of the unit behind which a later one has begun, as `outlived` says. */
export function pull(store: StreamStore, ask: PullAsk, origin: KnownOrigin, lensOf: LensesOf, now: Millis, lineLens?: LineLens): PullReply | Refusal {
  const place = readUnitCursor(ask.after);
  if (place === null) return refuse("bad-cursor", "not a cursor of this stream", "load the stream again", "after");
  const lives = store.listOrigins(origin.unit);
  const later = lives.findLast((other) => other.origin > origin.origin);
  if (later !== undefined) return outlived(origin, later, lives.length, ask.acknowledged);
  const state = notice(store, ask, origin);
  if (isRefusal(state)) return state;
  const replica = store.readReplica(origin.unit);
  const seen = writeSeen(store, state);
  const isOther = ask.epoch !== undefined && ask.epoch !== state.epoch;
  const forgot = ask.acknowledged !== undefined && ask.acknowledged > origin.through;
  const lost = lostAt(store, state, place) ?? (isOther || forgot ? "restored" : null) ?? (isStillAway(replica, state, place) ? "expired" : null);
  if (lost !== null) {
    if (replica?.expelled === true) store.writeReplica({ ...replica, applied: state.head, at: now });
    // Digests find what differs as of now; only what comes later is told in lines.
    const next = writeUnitCursor(placeOf(store, state, state.head));
    return { epoch: state.epoch, lines: [], next, more: false, lost, collected: 0, seen };
  }
  if (replica === undefined || replica.expelled || replica.applied !== place.position || now - replica.at > FRESH_MS)
    store.writeReplica({ unit: origin.unit, applied: place.position, at: now, expelled: false });

  const lines: PullLine[] = [];
  let [position, bytes, looked] = [place.position, 0, 0];
  let ending: "all" | "full" | null = null;
  while (ending === null) {
    const limit = Math.min(LINES_AT_ONCE, ask.limit - looked);
    const found = store.linesFor(origin.unit, position, limit);
    if (found.length < limit) ending = "all";
    for (const line of found) {
      const operation = readLine(store, line);
      // The same in other words: a replica holds it already, in its own.
      if (operation.reworded !== true) {
        const told = tell(store, line, liftLine(operation, lineLens?.(line.entity, line.hubSeq)), origin.unit, lensOf);
        bytes += jsonBytes(told);
        if (lines.length > 0 && bytes > ANSWER_BYTES_MAX) {
          ending = "full";
          break;
        }
        lines.push(told);
      }
      position = line.hubSeq;
      looked += 1;
    }
    if (looked >= ask.limit) ending ??= "full";
  }
  const all = ending === "all";
  if (all) position = state.head;
  const next = writeUnitCursor(placeOf(store, state, position));
  return { epoch: state.epoch, lines, next, more: !all, collected: Math.min(state.collected, place.position), seen };
}

export function load(store: StreamStore, ask: LoadAsk, origin: KnownOrigin, lensOf: LensesOf): LoadReply | Refusal {
  const state = notice(store, ask, origin);
  if (isRefusal(state)) return state;
  const told: RowState[] = [];
  let [after, bytes, looked] = [ask.after ?? "", 0, 0];
  let ending: "all" | "full" | null = null;
  while (ending === null) {
    const limit = Math.min(ROWS_AT_ONCE, ask.limit - looked);
    const found = store.rowsAfter(origin.unit, ask.entity ?? null, after, limit);
    if (found.length < limit) ending = "all";
    for (const { entity, id, at, record } of found) {
      if (record.deleted === undefined) {
        const row = { entity, id, at, record: lowered(record, lensOf(entity)), ...erasedOf(store, entity, id) };
        bytes += jsonBytes(row);
        if (told.length > 0 && bytes > ANSWER_BYTES_MAX) {
          ending = "full";
          break;
        }
        told.push(row);
      }
      after = rowKey(entity, id);
      looked += 1;
    }
    if (looked >= ask.limit) ending ??= "full";
  }
  return {
    epoch: state.epoch,
    rows: told,
    next: ending === "all" ? null : after,
    start: writeUnitCursor(placeOf(store, state, state.head)),
    seen: writeSeen(store, state),
  };
}

export function digest(store: StreamStore, ask: DigestAsk, origin: KnownOrigin, lensOf: LensesOf): DigestReply | Refusal {
  const state = notice(store, ask, origin);
  if (isRefusal(state)) return state;
  const groups = new Map<string, [string, string][]>();
  for (const { entity, id, digest: stored } of store.digests(origin.unit, ask.entity ?? null)) {
    const lens = lensOf(entity);
    const row = lens === undefined ? undefined : store.readRow(entity, id);
    const one = row === undefined ? stored : recordDigest(lowered(row.record, lens));
    const group = ask.entity === undefined ? entity : ask.bucket === undefined ? String(bucketOf(id)) : id;
    if (ask.bucket !== undefined && bucketOf(id) !== ask.bucket) continue;
    const rows = groups.get(group) ?? [];
    rows.push([id, one]);
    groups.set(group, rows);
  }
  const isRows = ask.entity !== undefined && ask.bucket !== undefined;
  return {
    epoch: state.epoch,
    position: state.head,
    cursor: writeUnitCursor(placeOf(store, state, state.head)),
    digests: Object.fromEntries([...groups].map(([group, rows]) => [group, isRows ? (rows[0]?.[1] ?? "") : digestOf(rows)])),
    seen: writeSeen(store, state),
  };
}

/**
 * One that was expelled stays so until it asks from where it was told to go on: an answer that was lost tells it nothing. What was collected
 * behind that place meanwhile it has to find by comparing again.
 */
function isStillAway(replica: Replica | undefined, { collected }: StreamState, { position }: Place): boolean {
  return replica?.expelled === true && (position < replica.applied || position < collected);
}

/** The first of those that were asked for, up to the limit of an answer; at least one. */
export function rows(store: StreamStore, ask: RowsAsk, origin: KnownOrigin, lensOf: LensesOf): RowsReply | Refusal {
  const state = notice(store, ask, origin);
  if (isRefusal(state)) return state;
  const told: RowDifference[] = [];
  let bytes = 0;
  for (const asked of ask.rows) {
    const one = differenceOf(store, asked, origin.unit, state.head, lensOf);
    bytes += jsonBytes(one);
    if (told.length > 0 && bytes > ANSWER_BYTES_MAX) break;
    told.push(one);
  }
  return { epoch: state.epoch, position: state.head, seen: writeSeen(store, state), rows: told };
}

function differenceOf(store: StreamStore, { entity, id, have }: RowsAsk["rows"][number], unit: string, head: number, lensOf: LensesOf): RowDifference {
  const row = store.readRow(entity, id);
  if (row === undefined || !row.units.includes(unit)) return { entity, id, at: head, version: 0, cells: {}, drop: [], absent: true };
  const record = lowered(row.record, lensOf(entity));
  const cells = Object.entries(record.cells).filter(([attr, cell]) => have[attr] !== cellDigest(cell));
  return {
    entity,
    id,
    at: row.at,
    version: record.version,
    ...(record.deleted === undefined ? {} : { deleted: record.deleted }),
    ...(record.since === undefined ? {} : { since: record.since }),
    cells: Object.fromEntries(cells),
    drop: Object.keys(have).filter((attr) => !Object.hasOwn(record.cells, attr)),
    ...erasedOf(store, entity, id),
  };
}

/**
 * A later life of the unit is known. One whose storage lacks what it had acknowledged was put back from an older copy: it begins anew
 * (`stale-version`). One that lacks nothing may have been, too, and is believed while the unit has had few lives; after that two copies of
 * it are alive, each of which would begin anew behind the other without end: the earlier hears nothing any more (`not-permitted`). What it
 * still writes is taken.
 */
function outlived({ origin, unit, through }: KnownOrigin, later: KnownOrigin, lives: number, acknowledged: number | undefined): Refusal {
  if (acknowledged === undefined || acknowledged < through || lives <= LIVES_BELIEVED_MAX)
    return refuse("stale-version", "a later life of this unit is known", "begin a new incarnation: this unit was restored from an older copy", "origin");
  return refuse(
    "not-permitted",
    `superseded: ${unit} lives on as ${later.origin}, and ${origin} is told nothing any more`,
    "two copies of one unit are running: stop this one, or give it a unit of its own",
    "origin",
  );
}

/** As `outlived` would say it to a life whose storage lacks nothing, for whoever looks after the hub. */
export function supersededBy(store: Pick<StreamStore, "listOrigins">, origin: string, unit: string): { readonly superseded?: string } {
  const lives = store.listOrigins(unit);
  const later = lives.findLast((other) => other.origin > origin);
  return later === undefined || lives.length <= LIVES_BELIEVED_MAX ? {} : { superseded: later.origin };
}

function tell(store: StreamStore, line: Line, operation: LoggedOperation, unit: string, lensOf: LensesOf): PullLine {
  const { entity, id, attr, txId, actor, reason } = operation;
  const lens = lensOf(entity);
  const head = {
    at: line.hubSeq,
    txId,
    entity,
    id,
    actor,
    reason: reason ?? "",
    ...(operation.op === "unset" && isErasure(operation) ? { erased: true as const } : {}),
  };
  if (line.joins.includes(unit)) {
    const row = store.readRow(entity, id);
    if (row?.units.includes(unit) === true) return { ...head, attr, row: lowered(row.record, lens), ...erasedOf(store, entity, id) };
    // Deleted before, and the tombstone is gone: what came too late is nothing to anybody.
    if (operation.outcome === "lost") return { ...head, attr, row: NEVER_SEEN };
  }
  if (operation.op === "delete") return { ...head, attr: "", deleted: tombstoneOf(operation) };
  const cell = cellOfLine(operation);
  return lens === undefined ? { ...head, attr, cell } : { ...head, attr: attrThrough(lens, attr, "down"), cell: cellThrough(lens, attr, cell, "down") };
}

/** The hub's own words for an erasure: `reason` of the operations that it makes of it. */
export const ERASED = "erased on request";

function isErasure(operation: LoggedOperation): boolean {
  return operation.reason === ERASED && operation.origin.startsWith("hub@");
}

function tombstoneOf({ hlc, origin, version, epoch }: LoggedOperation): NonNullable<EntityRecord["deleted"]> {
  return { hlc, origin, version, ...(epoch > 1 ? { epoch } : {}) };
}

function lowered(record: EntityRecord, lens: Lens | undefined): EntityRecord {
  return lens === undefined ? record : recordThrough(lens, record, "down");
}
