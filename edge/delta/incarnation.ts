/**
 * A unit that was restored or cloned begins a new incarnation: seqs of the old one may mean something else at the hub. What the old one had
 * not had acknowledged stays in its own outbox, under its own numbers, and is offered there; the copy of the hub's records is compared anew.
 */
import type { Origin, StreamName } from "../../contracts/delta/operation.ts";
import { beginRepair, openInbox, readOperations } from "./push.ts";
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

/** What was written under seqs that mean something else at the hub goes to the incarnation that is alive now, before what it has written itself. */
export function moveOperations(store: ReplicaStore, from: Origin, to: Origin, stream: StreamName, seq: number): void {
  const old = store.readOutbox(from, stream);
  const live = store.readOutbox(to, stream);
  if (old === undefined || live === undefined) return;
  const moved = readOperations(store, old, seq - 1);
  // Nothing of the living one was sent yet: the older outbox is emptied first.
  const own = readOperations(store, live, live.through);
  store.withdraw(from, stream, seq);
  store.withdraw(to, stream, live.through + 1);
  let last = live.through;
  for (const operation of [...moved, ...own]) store.appendOperation({ ...operation, origin: to, seq: ++last });
  store.writeOutbox({ ...old, last: seq - 1, through: Math.min(old.through, seq - 1) });
  store.writeOutbox({ ...live, last });
}
