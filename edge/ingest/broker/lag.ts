/**
 * Sessions that are behind read the log by their cursor: what was published while they were away or had no room. Matching is done
 * anew, by the subscriptions that were there when the entry was made.
 */
import { matches } from "../topic.ts";
import type { Delivery, Entry } from "../entry.ts";
import { drain, enqueue, finishIndex, hasRoom, isExpired, QUEUE_BYTES_MAX, QUEUE_MAX, sendHeld, sendOut } from "./deliver.ts";
import { mayHear, targetOf } from "./route.ts";
import { type Core, messageOf, type Session } from "./state.ts";
import type { Subscription } from "./packet.ts";

/** The index that is wanted from the log; null: nobody is behind. */
export function wantedFrom(core: Core): number | null {
  let first: number | null = null;
  for (const session of core.lagging) {
    if (!isReading(core, session)) core.lagging.delete(session);
    else if (session.lagFrom !== null && (first === null || session.lagFrom < first)) first = session.lagFrom;
  }
  return first;
}

function isReading(core: Core, session: Session): boolean {
  if (session.lagFrom !== null && session.lagFrom >= core.head) caughtUp(session);
  return session.lagFrom !== null && session.conn !== null && !session.ended && session.queue.length === 0 && hasRoom(session, session.conn);
}

function caughtUp(session: Session): void {
  session.lagFrom = null;
  if (session.out.size === 0 && session.queue.length === 0) session.finished.clear();
}

/** Entries from `n` on. Rows before it are pruned: nobody wanted anything of them. */
export function readEntries(core: Core, n: number, entries: readonly Entry[]): void {
  for (const session of core.lagging) {
    if (!isReading(core, session) || session.lagFrom === null || session.lagFrom >= n + entries.length) continue;
    if (session.lagFrom < n) session.lagFrom = n;
    for (let i = session.lagFrom - n; i < entries.length; i++) {
      const entry = entries[i];
      if (session.queue.length >= QUEUE_MAX || session.queueBytes >= QUEUE_BYTES_MAX || session.ended) break;
      const again = session.out.get(session.idOf.get(n + i) ?? 0);
      if (again?.state === "sent" && !again.isSaid && session.conn !== null && !hasRoom(session, session.conn)) break;
      session.lagFrom = n + i + 1;
      if (entry !== undefined && "delivery" in entry && entry.delivery !== null) consider(core, session, n + i, entry.delivery, entry.payload);
    }
    session.dirty = true;
    if (session.lagFrom >= core.head) caughtUp(session);
    drain(core, session);
  }
}

function consider(core: Core, session: Session, index: number, said: Delivery, payload: Uint8Array): void {
  if (session.finished.has(index)) return;
  const id = session.idOf.get(index);
  const out = id === undefined ? undefined : session.out.get(id);
  if (out !== undefined && (out.state !== "sent" || out.isSaid)) return;
  const list = wantedBy(core, session, index, said);
  if (list.length === 0 && out === undefined) return;
  const target = targetOf(session, list);
  const message = messageOf({ ...said, payload });
  const qos = message.qos < target.qos ? message.qos : target.qos;
  const held = { message, index, qos: out?.qos ?? qos, retain: said.only || (target.retainAsPublished && message.retain), sids: target.sids };
  const { conn } = session;
  if (out !== undefined && id !== undefined && conn !== null) {
    out.held = held;
    return sendOut(core, session, conn, id, out, true);
  }
  if (qos === 0 || conn === null) return;
  if (isExpired(message, core.now)) return finishIndex(core, session, index);
  if (session.queue.length === 0 && hasRoom(session, conn)) sendHeld(core, session, conn, held);
  else enqueue(session, held);
}

/** The subscriptions by which a session is to hear an entry: its own, or the one by which a group chose it. */
export function wantedBy(core: Core, session: Session, index: number, said: Delivery): readonly Subscription[] {
  if (!mayHear(session, said.topic, core.rules)) return [];
  const isChosen = said.to.includes(session.key);
  if (said.only && !isChosen) return [];
  const list: Subscription[] = [];
  for (const { subscription, since, group } of session.subscriptions.values()) {
    if (group === null && (since <= index || said.only) && !(subscription.noLocal && said.from === session.key) && matches(subscription.filter, said.topic))
      list.push(subscription);
    if (group !== null && isChosen && matches(group.filter, said.topic)) list.push(subscription);
  }
  return list;
}
