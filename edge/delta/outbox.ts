/** The unit's own operations on their way into its outboxes: the pen that numbers them, and what it has written. Inside a transaction. */
import type { Operation, Origin, StreamName } from "../../contracts/delta/operation.ts";
import { openOutboxes } from "./incarnation.ts";
import type { ReplicaStore } from "./store.ts";
import type { Pen } from "./write.ts";

export function readPen(store: ReplicaStore, origin: Origin): Pen {
  const mine = store.listOutboxes().filter((outbox) => outbox.origin === origin);
  return { origin, hlc: store.readClock(), last: Object.fromEntries(mine.map(({ stream, last }) => [stream, last])) };
}

export function putOperations(store: ReplicaStore, pen: Pen, operations: readonly Operation[]): void {
  if (operations.length === 0) return;
  const streams = [...new Set(operations.map((operation) => operation.stream))];
  openOutboxes(store, pen.origin, streams);
  for (const operation of operations) store.appendOperation(operation);
  for (const stream of streams) {
    const outbox = store.readOutbox(pen.origin, stream);
    if (outbox !== undefined) store.writeOutbox({ ...outbox, last: lastOf(pen, stream) });
  }
  store.writeClock(pen.hlc);
}

function lastOf(pen: Pen, stream: StreamName): number {
  return pen.last[stream] ?? 0;
}
