/**
 * A unit that was restored or cloned begins a new incarnation: seqs of the old one may mean something else at the hub. What the old one had
 * not had acknowledged stays in its own outbox, under its own numbers, and is offered there; the copy of the hub's records is compared anew.
 */
import { type Operation, Origin, type StreamName } from "../../contracts/delta/operation.ts";
import { shortHash } from "../../contracts/delta/record.ts";
import { beginRepair, openInbox, operationsFrom } from "./push.ts";
import type { ReplicaStore } from "./store.ts";

export function openOutboxes(store: ReplicaStore, origin: Origin, streams: readonly StreamName[]): void {
  for (const stream of streams) {
    if (store.readOutbox(origin, stream) === undefined) store.writeOutbox({ origin, stream, from: 1, last: 0, through: 0, stable: 0 });
  }
}

/** `origin`: of the new incarnation. What another unit had not delivered, of which this one is a copy, is not this one's to deliver. */
export function beginIncarnation(store: ReplicaStore, origin: Origin, streams: readonly StreamName[]): void {
  const unit = origin.slice(0, origin.indexOf("@") + 1);
  for (const outbox of store.listOutboxes()) {
    if (outbox.origin.startsWith(unit)) continue;
    store.withdraw(outbox.origin, outbox.stream, outbox.from);
    store.writeOutbox({ ...outbox, from: outbox.last + 1, through: outbox.last, stable: outbox.last });
  }
  openOutboxes(store, origin, streams);
  for (const stream of streams) {
    const inbox = store.readInbox(stream) ?? openInbox(stream);
    // What is known of the hub stays: digests find what changed since.
    store.writeInbox(inbox.epoch === 0 ? inbox : beginRepair(inbox));
  }
}

/**
 * What was written under seqs that mean something else at the hub goes to a life of its own, between the one that wrote it and the one that
 * is alive. It is named after its first operation: a copy of this unit that finds out the same a second time offers the same under the same
 * numbers, and the hub knows it again.
 */
export function moveOperations(store: ReplicaStore, from: Origin, stream: StreamName, seq: number): void {
  const old = store.readOutbox(from, stream);
  if (old === undefined) return;
  const [first] = store.operationsAfter(from, stream, seq - 1, 1);
  const left = { ...old, last: seq - 1, through: Math.min(old.through, seq - 1) };
  if (first === undefined) {
    store.writeOutbox(left);
    return;
  }
  let to = lifeAfter(from, first);
  while (store.readOutbox(to, stream) !== undefined) to = lifeAfter(to, first);
  let count = 0;
  for (const operation of operationsFrom(store, old, seq - 1)) {
    count += 1;
    store.appendOperation({ ...operation, origin: to, seq: count });
  }
  store.withdraw(from, stream, seq);
  store.writeOutbox(left);
  store.writeOutbox({ origin: to, stream, from: 1, last: count, through: 0, stable: 0 });
}

/** The lives that the hub must know: the one that is alive, and those before it that have written. */
export function livesOf(store: ReplicaStore, alive: Origin): readonly Origin[] {
  const unit = alive.slice(0, alive.indexOf("@") + 1);
  const before = store.listOutboxes().filter(({ origin, last }) => last > 0 && origin.startsWith(unit));
  return [...new Set([...before.map(({ origin }) => origin), alive])].toSorted();
}

/** `{life}-{n}{hash}`: it sorts behind the life whose numbers it goes on from, and before any that began later. Two that fall on one name are told apart as others are: by their numbers. */
function lifeAfter(origin: Origin, { txId, entity, id, attr }: Operation): Origin {
  const [, life = origin, level = "0"] = /^(.*)-([0-9a-z])[0-9a-z]{2}$/.exec(origin) ?? [];
  const hash = Number.parseInt(shortHash(`${txId} ${entity} ${id} ${attr}`).slice(0, 8), 16) % 36 ** 2;
  return Origin.parse(`${life}-${(Number.parseInt(level, 36) + 1).toString(36)}${hash.toString(36).padStart(2, "0")}`);
}
