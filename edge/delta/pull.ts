/** What the hub says of others' writes, laid into the copy of its records; the cursor moves in the same transaction, and never past what was laid. */
import { hear, type Hlc } from "../../contracts/delta/clock.ts";
import { NEVER_SEEN } from "../../contracts/delta/merge.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import { layCell, layRecord, layTombstone } from "../../contracts/delta/record.ts";
import type { LoadReply, PullLine, PullReply } from "../../contracts/delta/sync.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Changed, openInbox } from "./push.ts";
import type { ReplicaStore } from "./store.ts";

/** One thing that somebody else wrote, for the stages to react to. */
export type Heard = Changed & { readonly attr: string; readonly actor: string; readonly reason: string; readonly erased: boolean };

/** `lost`: the copy has to be compared with the hub's, and the hub asked how far this origin is. */
export function takePull(store: ReplicaStore, stream: StreamName, reply: PullReply, now: Millis): { readonly heard: readonly Heard[]; readonly lost: boolean } {
  const inbox = store.readInbox(stream) ?? openInbox(stream);
  if (reply.lost !== undefined) {
    store.writeInbox({ ...inbox, epoch: reply.epoch, cursor: reply.next, repair: "digest" });
    return { heard: [], lost: true };
  }
  let clock = store.readClock();
  const heard: Heard[] = [];
  for (const line of reply.lines) {
    if (line.cell !== undefined) clock = laterOf(clock, line.cell.hlc, now);
    if (lay(store, stream, line))
      heard.push({ entity: line.entity, id: line.id, attr: line.attr, actor: line.actor, reason: line.reason, erased: line.erased === true });
  }
  store.writeClock(clock);
  if (reply.epoch > Math.max(inbox.epoch, 1)) {
    store.writeInbox({ ...inbox, epoch: reply.epoch, cursor: reply.next, repair: "digest" });
    return { heard, lost: true };
  }
  store.writeInbox({ ...inbox, epoch: reply.epoch, cursor: reply.next });
  if (reply.collected > 0 && reply.lines.length === 0) forgetTombstones(store, stream, reply.collected);
  return { heard, lost: false };
}

/** A page of whole entities. With the last one pulling begins, at the cursor that stood when the first was read. */
export function takeLoad(store: ReplicaStore, stream: StreamName, reply: LoadReply): readonly Changed[] {
  const inbox = store.readInbox(stream) ?? openInbox(stream);
  if (inbox.epoch !== 0 && inbox.epoch !== reply.epoch && inbox.start !== null) {
    // Half of it was another history: begin again.
    store.writeInbox({ ...openInbox(stream), epoch: reply.epoch });
    return [];
  }
  const changed = reply.rows.map(({ entity, id, at, record }) => {
    const base = store.readBase(entity, id);
    store.writeBase(stream, entity, id, { record: layRecord(base?.record ?? NEVER_SEEN, record), at: Math.max(at, base?.at ?? 0) });
    return { entity, id };
  });
  const start = inbox.start ?? reply.start;
  store.writeInbox(
    reply.next === null
      ? { ...inbox, epoch: reply.epoch, cursor: start, repair: null, loaded: "", start: null }
      : { ...inbox, epoch: reply.epoch, loaded: reply.next, start },
  );
  return changed;
}

/** Whether the copy changed. */
function lay(store: ReplicaStore, stream: StreamName, line: PullLine): boolean {
  const base = store.readBase(line.entity, line.id);
  const before = base?.record ?? NEVER_SEEN;
  let record = before;
  if (line.row !== undefined) record = layRecord(record, line.row);
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

function laterOf(clock: Hlc, remote: Hlc, now: Millis): Hlc {
  return remote > clock ? hear(clock, remote, now) : clock;
}
