/**
 * What to send to the hub next, and what its answer means. A batch is cut from the head of an outbox; an answer moves `through`: forwards,
 * or back to the restore point of a hub that was restored. Nothing is forgotten before a backup of the hub holds it.
 */
import { jsonBytes } from "../../contracts/delta/json.ts";
import { type EntityRecord, NEVER_SEEN } from "../../contracts/delta/merge.ts";
import { PUSH_BYTES_MAX, PUSH_OPERATIONS_MAX, type Operation, type Origin, type StreamName } from "../../contracts/delta/operation.ts";
import { layCell, layRecord, layTombstone } from "../../contracts/delta/record.ts";
import type { PushBatch, PushReply } from "../../contracts/delta/sync.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Inbox, Outbox, ReplicaStore } from "./store.ts";

/** First wait after a failed push, and the longest: the CRM is to hear of a change within 3 s of the hub's return. */
const RETRY_MS = 250;
const RETRY_MS_MAX = 2_000;
/** Acknowledged operations kept for a hub that has never been backed up: some 10 MB. Beyond it the oldest go, and a restore of the hub beyond them is told as a gap. */
export const KEPT_MAX = 20_000;

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

/** The next batch of an outbox; with `ask`, an empty one too, to hear where the hub stands. Null when there is nothing to say. */
export function nextPush(store: ReplicaStore, outbox: Outbox, epoch: number, credit: number, ask: boolean): Omit<PushBatch, "key"> | null {
  const head = { origin: outbox.origin, stream: outbox.stream, acknowledged: outbox.through, ...(epoch === 0 ? {} : { epoch }) } as const;
  // The hub lost more than this unit still has: it must not wait for it.
  const gone = outbox.from > outbox.through + 1 ? { from: outbox.through + 1, to: outbox.from - 1, reason: "forgotten after a backup" } : undefined;
  const operations = cut(store.operationsAfter(outbox.origin, outbox.stream, Math.max(outbox.through, outbox.from - 1), PUSH_OPERATIONS_MAX), credit);
  if (operations.length === 0 && gone === undefined && !ask) return null;
  return { ...head, operations: [...operations], ...(gone === undefined ? {} : { gap: gone }) };
}

export type Changed = { readonly entity: string; readonly id: string };

/** Takes an answer. `changed`: entities of which something else stands at the hub than was sent. `restored`: the hub has less than it had acknowledged. `reusedFrom`: the first seq of this incarnation that may mean something else at the hub. */
export function takePush(
  store: ReplicaStore,
  batch: Omit<PushBatch, "key">,
  reply: PushReply,
  current: Origin,
  now: Millis,
): { readonly changed: readonly Changed[]; readonly restored: boolean; readonly reusedFrom: number | null } {
  const outbox = store.readOutbox(batch.origin, batch.stream);
  if (outbox === undefined) return { changed: [], restored: false, reusedFrom: null };
  const inbox = store.readInbox(batch.stream) ?? openInbox(batch.stream);
  // The hub has seqs of this very incarnation that were never written here: this unit is an older copy of itself.
  if (reply.through > outbox.last && batch.origin === current) return { changed: [], restored: false, reusedFrom: outbox.last + 1 };
  const restored = reply.epoch > Math.max(inbox.epoch, 1) || reply.through < (batch.acknowledged ?? 0);
  if (restored || inbox.epoch !== reply.epoch || reply.forgotten === true)
    store.writeInbox({ ...inbox, epoch: reply.epoch, ...(restored || reply.forgotten === true ? { repair: inbox.repair ?? "digest" } : {}) });
  // Nobody but this unit still has what lies in the gap.
  if (batch.gap !== undefined && reply.through >= batch.gap.to)
    store.writeInbox({ ...(store.readInbox(batch.stream) ?? inbox), epoch: reply.epoch, repair: "digest", rewrites: true });
  const through = Math.min(restored ? reply.through : Math.max(outbox.through, reply.through), outbox.last);
  const stable = Math.min(Math.max(outbox.stable, reply.stable ?? 0), through);
  const changed = reply.versions === undefined ? [] : layOutcomes(store, batch, reply);
  for (const { seq, reason } of reply.dead) store.writeDead({ origin: batch.origin, stream: batch.stream, seq, reason, at: now });
  const from = Math.max(outbox.from, Math.min(stable, through) + 1, through - KEPT_MAX + 1);
  if (from > outbox.from) store.prune(batch.origin, batch.stream, from - 1);
  store.writeOutbox({ ...outbox, through, stable, from, acknowledgedAt: now });
  return { changed, restored, reusedFrom: null };
}

export function openInbox(stream: StreamName): Inbox {
  return { stream, epoch: 0, cursor: null, repair: "load", loaded: "", start: null, rewrites: false };
}

/** What the operations came to, laid into the copy of the hub's records. */
function layOutcomes(store: ReplicaStore, batch: Omit<PushBatch, "key">, reply: PushReply): readonly Changed[] {
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
    if (version > 0) {
      const one = open(entity, id);
      if (op === "delete") one.record = layTombstone(one.record, { hlc, origin, version, ...epoch });
      else one.record = layCell(one.record, attr, { ...(op === "set" && value !== undefined ? { value } : {}), hlc, origin, version, ...epoch });
      continue;
    }
    changed.set(`${entity}\n${id}`, { entity, id });
    if (other?.cell !== undefined) {
      const one = open(entity, id);
      one.record = layCell(one.record, attr, other.cell);
    }
  }
  for (const { entity, id, record } of reply.rows ?? []) {
    const one = open(entity, id);
    one.record = layRecord(one.record, record);
    changed.set(`${entity}\n${id}`, { entity, id });
  }
  for (const { entity, id, record } of records.values())
    store.writeBase(batch.stream, entity, id, { record, at: Math.max(at, store.readBase(entity, id)?.at ?? 0) });
  return [...changed.values()];
}
