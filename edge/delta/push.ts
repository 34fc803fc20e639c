/**
 * What to send to the hub next, and what its answer means. A batch is cut from the head of an outbox; an answer moves `through`: forwards,
 * or back to the restore point of a hub that was restored. Nothing is forgotten before a backup of the hub holds it.
 */
import { CLOCK_AHEAD_MS, HLC_ZERO, type Hlc, hear, tick } from "../../contracts/delta/clock.ts";
import { jsonBytes } from "../../contracts/delta/json.ts";
import { type EntityRecord, NEVER_SEEN } from "../../contracts/delta/merge.ts";
import { KEPT_MAX, PUSH_BYTES_MAX, PUSH_OPERATIONS_MAX, type Operation, type Origin, type StreamName } from "../../contracts/delta/operation.ts";
import { layCell, layTombstone } from "../../contracts/delta/record.ts";
import type { PushBatch, PushReply } from "../../contracts/delta/sync.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Inbox, Outbox, ReplicaStore } from "./store.ts";

/** First wait after a failed push, and the longest: the CRM is to hear of a change within 3 s of the hub's return. */
const RETRY_MS = 250;
const RETRY_MS_MAX = 2_000;
/** The longest head of `pending` within the limits of one push; at least one operation if there is any and `credit` allows it. */
export function cut(pending: readonly Operation[], credit = PUSH_OPERATIONS_MAX): readonly Operation[] {
  const batch: Operation[] = [];
  let bytes = 0;
  for (const operation of pending) {
    bytes += jsonBytes(operation);
    if (batch.length >= Math.min(credit, PUSH_OPERATIONS_MAX) || (batch.length > 0 && bytes > PUSH_BYTES_MAX)) break;
    batch.push(operation);
  }
  return batch;
}

/** Wait before attempt `failures + 1`: doubling, with up to a quarter of jitter. `chance` in [0, 1). */
export function backoff(failures: number, chance: number): Millis {
  const wait = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(failures, 10));
  return Math.round(wait * (0.75 + chance / 4));
}

/** The outboxes of a unit in a stream, the lives that are over first: names of incarnations sort by when they began. */
export function outboxesOf(store: ReplicaStore, origin: Origin, stream: StreamName): readonly Outbox[] {
  const unit = origin.slice(0, origin.indexOf("@") + 1);
  return store
    .listOutboxes()
    .filter((outbox) => outbox.stream === stream && outbox.origin.startsWith(unit) && (outbox.origin === origin || outbox.last > 0))
    .toSorted((a, b) => (a.origin === origin ? 1 : b.origin === origin ? -1 : a.origin < b.origin ? -1 : 1));
}

/** The next batch of an outbox; with `ask`, an empty one too, to hear where the hub stands. Null when there is nothing to say. */
export function nextPush(
  store: ReplicaStore,
  outbox: Outbox,
  credit: number,
  ask: boolean,
): Pick<PushBatch, "acknowledged" | "prior" | "operations" | "gap"> | null {
  // The hub lost more than this unit still has: it must not wait for it.
  const gone = outbox.from > outbox.through + 1 ? { from: outbox.through + 1, to: outbox.from - 1, reason: "forgotten after a backup" } : undefined;
  const operations = cut(store.operationsAfter(outbox.origin, outbox.stream, Math.max(outbox.through, outbox.from - 1), PUSH_OPERATIONS_MAX), credit);
  if (operations.length === 0 && gone === undefined && !ask) return null;
  const prior = ask ? operationAt(store, outbox, outbox.through)?.txId : undefined;
  return { acknowledged: outbox.through, ...(prior === undefined ? {} : { prior }), operations: [...operations], ...(gone === undefined ? {} : { gap: gone }) };
}

export type Changed = { readonly entity: string; readonly id: string };

/**
 * `changed`: entities of which something else stands at the hub than was sent. `restored`: the hub has less than it had acknowledged.
 * `reusedFrom`: the first seq of this incarnation that may mean something else at the hub. `owed`: operations that the hub has had from an
 * earlier push and has not told the outcome of yet. `anew`: what was compared so far says nothing.
 */
export type PushTaken = {
  readonly changed: readonly Changed[];
  readonly restored: boolean;
  readonly reusedFrom: number | null;
  readonly owed: number;
  readonly anew: boolean;
};

/** Takes an answer. `restored`: it is known to come from a hub that was restored. */
export function takePush(
  store: ReplicaStore,
  batch: Pick<PushBatch, "origin" | "stream" | "acknowledged" | "gap" | "operations">,
  reply: PushReply,
  current: Origin,
  isOther: boolean,
  now: Millis,
): PushTaken {
  const nothing: PushTaken = { changed: [], restored: isOther, reusedFrom: null, owed: 0, anew: isOther };
  const outbox = store.readOutbox(batch.origin, batch.stream);
  if (outbox === undefined) return nothing;
  correctClock(store, reply.receivedAt);
  // The hub has seqs of this very incarnation that were never written here: this unit is an older copy of itself.
  if (reply.through > outbox.last && batch.origin === current) return { ...nothing, reusedFrom: outbox.last + 1 };
  if (isOther || reply.last !== undefined || reply.through < (batch.acknowledged ?? 0)) {
    const through = Math.min(outbox.through, isSame(store, outbox, reply, batch.acknowledged) ? reply.through : outbox.from - 1);
    store.writeOutbox({ ...outbox, through, stable: Math.min(outbox.stable, through) });
    // What is offered again is pending again: those that were dead may be taken now.
    const again = entitiesOf(operationsFrom(store, outbox, through, outbox.through));
    return { ...nothing, changed: again, restored: true, anew: true };
  }
  // Never beyond what the answer tells the outcome of: what it does not tell is asked for with the next push.
  const told = batch.operations.at(-1)?.seq ?? batch.gap?.to ?? 0;
  const through = Math.max(outbox.through, Math.min(reply.through, told, outbox.last));
  const stable = Math.min(Math.max(outbox.stable, reply.stable ?? 0), through);
  const inbox = store.readInbox(batch.stream) ?? openInbox(batch.stream);
  const changed = reply.versions === undefined ? [] : layOutcomes(store, batch, reply, inbox.repair !== null, now);
  for (const { seq, reason } of reply.dead) store.writeDead({ origin: batch.origin, stream: batch.stream, seq, reason, at: now });
  const from = Math.max(outbox.from, stable + 1, through - KEPT_MAX + 1);
  if (from > outbox.from) store.prune(batch.origin, batch.stream, from - 1);
  store.writeOutbox({ ...outbox, through, stable, from, acknowledgedAt: now });
  // Nobody but this unit still has what lies in the gap.
  const gap = batch.gap !== undefined && reply.through >= batch.gap.to;
  const anew = gap || reply.forgotten === true;
  if (anew) store.writeInbox({ ...beginRepair(inbox), rewrites: inbox.rewrites || gap });
  return { changed, restored: false, reusedFrom: null, owed: Math.min(reply.through, outbox.last) - through, anew };
}

/**
 * Whether the hub has the very operations that this unit has. One that was put back may have known an earlier life of this unit's storage: then
 * all that is kept is offered again, and the hub says from where on the numbers were used twice.
 */
function isSame(store: ReplicaStore, outbox: Outbox, { through, last }: PushReply, acknowledged = through): boolean {
  const own = operationAt(store, outbox, Math.min(through, acknowledged));
  return last === undefined || own === undefined || own.txId === last;
}

/** Undefined when it is not kept any more. */
function operationAt(store: ReplicaStore, { origin, stream }: Outbox, seq: number): Operation | undefined {
  const [operation] = store.operationsAfter(origin, stream, seq - 1, 1);
  return operation?.seq === seq ? operation : undefined;
}

/** Operations read at once: there may be millions. */
const PAGE = 500;

/** Those of an outbox after a seq and up to another, read a page at a time. What was read may be withdrawn meanwhile. */
export function* operationsFrom(store: ReplicaStore, outbox: Outbox, after: number, upTo = outbox.last): Generator<Operation> {
  let read = after;
  for (;;) {
    const page = store.operationsAfter(outbox.origin, outbox.stream, read, PAGE);
    for (const operation of page) {
      if (operation.seq > upTo) return;
      yield operation;
    }
    read = page.at(-1)?.seq ?? read;
    if (page.length < PAGE) return;
  }
}

export function entitiesOf(operations: Iterable<Operation>): readonly Changed[] {
  const found = new Map<string, Changed>();
  for (const { entity, id } of operations) found.set(`${entity}\n${id}`, { entity, id });
  return [...found.values()];
}

export function openInbox(stream: StreamName): Inbox {
  return { stream, epoch: 0, cursor: null, repair: "load", loaded: "", start: null, rewrites: false, seen: null };
}

/** All that was heard is to be compared with what the hub holds now. */
export function beginRepair(inbox: Inbox): Inbox {
  return { ...inbox, repair: "digest", loaded: "", start: null };
}

/** What the operations came to, laid into the copy of the hub's records. `doubtful`: over that copy, which is being repaired, they may not have read as they will now. */
function layOutcomes(
  store: ReplicaStore,
  batch: Pick<PushBatch, "stream" | "operations">,
  reply: PushReply,
  doubtful: boolean,
  now: Millis,
): readonly Changed[] {
  const { at = 0, versions = [] } = reply;
  const epoch = reply.epoch > 1 ? { epoch: reply.epoch } : {};
  const settled = new Map((reply.settled ?? []).map((one) => [one.seq, one]));
  const records = new Map<string, Changed & { record: EntityRecord }>();
  const changed = new Map<string, Changed>();
  const open = (entity: string, id: string): Changed & { record: EntityRecord } => {
    const key = `${entity}\n${id}`;
    const found = records.get(key) ?? { entity, id, record: store.readBase(entity, id)?.record ?? NEVER_SEEN };
    records.set(key, found);
    return found;
  };
  for (const [i, operation] of batch.operations.entries()) {
    const { entity, id, attr, hlc, origin, op, value } = operation;
    const version = versions[i] ?? 0;
    const other = settled.get(operation.seq);
    if (version === 0 || doubtful || isOfTwoLives(store, entity, id)) changed.set(`${entity}\n${id}`, { entity, id });
    if (version > 0) {
      const one = open(entity, id);
      if (op === "delete") one.record = layTombstone(one.record, { hlc, origin, version, ...epoch });
      else one.record = layCell(one.record, attr, { ...(op === "set" && value !== undefined ? { value } : {}), hlc, origin, version, ...epoch });
      continue;
    }
    if (other?.cell !== undefined) {
      const one = open(entity, id);
      one.record = layCell(one.record, other.attr ?? attr, other.cell);
    }
  }
  for (const { entity, id, record } of reply.rows ?? []) {
    const one = open(entity, id);
    one.record = record;
    changed.set(`${entity}\n${id}`, { entity, id });
  }
  for (const { entity, id, record } of records.values()) {
    const isThere = record.version > 0 || record.deleted !== undefined;
    store.writeBase(batch.stream, entity, id, isThere ? { record, at: Math.max(at, store.readBase(entity, id)?.at ?? 0) } : null);
  }
  hearCells(
    store,
    [...(reply.settled ?? []).flatMap(({ cell }) => cell ?? []), ...(reply.rows ?? []).flatMap(({ record }) => Object.values(record.cells))],
    now,
  );
  return [...changed.values()];
}

/**
 * Of what was deleted before, or is not known here, more than one life may be pending: laid over each other here they may not come to what
 * they came to there.
 */
function isOfTwoLives(store: ReplicaStore, entity: string, id: string): boolean {
  const base = store.readBase(entity, id)?.record;
  return base === undefined || base.deleted !== undefined || base.since !== undefined;
}

/**
 * No hub takes a clock further ahead of its own than `CLOCK_AHEAD_MS`: it stamps anew what is. A clock that was once further ahead goes back to
 * that bound, which is later than all that the hub has ever told, and is true again a minute later.
 */
function correctClock(store: ReplicaStore, receivedAt: Millis): void {
  const latest = tick(HLC_ZERO, receivedAt + CLOCK_AHEAD_MS);
  if (store.readClock() > latest) store.writeClock(latest);
}

/** What this unit writes from now on is later than all that it has seen, whatever its wall clock says. */
export function hearCells(store: ReplicaStore, cells: readonly { readonly hlc: Hlc }[], now: Millis): void {
  const before = store.readClock();
  const latest = cells.reduce((last, { hlc }) => (hlc > last ? hlc : last), before);
  if (latest > before) store.writeClock(hear(before, latest, now));
}
