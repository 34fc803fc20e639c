/** What the hub says of others' writes, laid into the copy of its records; the cursor moves in the same transaction, and never past what was laid. */
import { NEVER_SEEN } from "../../contracts/delta/merge.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import { layCell, layTombstone } from "../../contracts/delta/record.ts";
import type { LoadReply, PullLine, PullReply } from "../../contracts/delta/sync.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Changed, beginRepair, hearCells, openInbox } from "./push.ts";
import type { ReplicaStore } from "./store.ts";

/** One thing that somebody else wrote, for the stages to react to. */
export type Heard = Changed & { readonly attr: string; readonly actor: string; readonly reason: string; readonly erased: boolean };

/** `lost`: the copy has to be compared with the hub's, and the hub asked how far this origin is. */
export function takePull(store: ReplicaStore, stream: StreamName, reply: PullReply, now: Millis): { readonly heard: readonly Heard[]; readonly lost: boolean } {
  const inbox = store.readInbox(stream) ?? openInbox(stream);
  if (reply.lost !== undefined) {
    store.writeInbox(beginRepair(inbox));
    return { heard: [], lost: true };
  }
  const heard: Heard[] = [];
  for (const line of reply.lines) {
    if (lay(store, stream, line))
      heard.push({ entity: line.entity, id: line.id, attr: line.attr, actor: line.actor, reason: line.reason, erased: line.erased === true });
  }
  const cells = reply.lines.flatMap((line) => line.cell ?? line.deleted ?? Object.values(line.row?.cells ?? {}));
  hearCells(store, cells, now);
  store.writeInbox({ ...inbox, cursor: reply.next });
  if (reply.collected > 0 && reply.lines.length === 0) forgetTombstones(store, stream, reply.collected);
  return { heard, lost: false };
}

/** A page of whole entities. After the last one digests tell whether all is right: what this unit pushed meanwhile may be gone already, and pages tell nothing of deletions. */
export function takeLoad(store: ReplicaStore, stream: StreamName, reply: LoadReply, now: Millis): readonly Changed[] {
  const inbox = store.readInbox(stream) ?? openInbox(stream);
  for (const { entity, id, at, record } of reply.rows) store.writeBase(stream, entity, id, { record, at });
  const cells = reply.rows.flatMap(({ record }) => Object.values(record.cells));
  hearCells(store, cells, now);
  store.writeInbox(reply.next === null ? beginRepair(inbox) : { ...inbox, loaded: reply.next });
  return reply.rows.map(({ entity, id }) => ({ entity, id }));
}

/** Whether the copy changed. */
function lay(store: ReplicaStore, stream: StreamName, line: PullLine): boolean {
  const base = store.readBase(line.entity, line.id);
  const before = base?.record ?? NEVER_SEEN;
  let record = before;
  // Whole, as the hub holds it now: nothing here can be newer.
  if (line.row !== undefined) record = line.row;
  else if (line.deleted !== undefined) record = layTombstone(record, line.deleted);
  else if (line.cell !== undefined) record = layCell(record, line.attr, line.cell);
  if (record === before) return false;
  store.writeBase(stream, line.entity, line.id, { record, at: Math.max(line.at, base?.at ?? 0) });
  return true;
}

/** Every unit has applied these deletions. */
function forgetTombstones(store: ReplicaStore, stream: StreamName, collected: number): void {
  for (const { entity, id, record, at } of store.listBases(stream))
    if (record.deleted !== undefined && at <= collected) store.writeBase(stream, entity, id, null);
}
