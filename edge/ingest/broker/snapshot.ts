/** A session as its row keeps it: as of the group that the row is written with. JSON, since it is small and seldom. */
import type { SessionKey } from "../entry.ts";
import { firstUnfinished } from "./deliver.ts";
import type { SessionWrite } from "./order.ts";
import type { Qos, Subscription, Will } from "./packet.ts";
import { openSession } from "./session.ts";
import type { Core, Session } from "./state.ts";

/**
 * `from`: where the group began, `at`: where it ended; what the log says of the session from `at` on comes on top of this.
 * `lag`: the first entry that is open; null: none before `from`. Identifiers that wait for an entry of the group are as if it were there.
 */
export type Saved = {
  readonly format: 1;
  readonly client: string;
  readonly device: string | null;
  readonly expiryMs: number;
  readonly goneAt: number | null;
  readonly subscriptions: readonly (readonly [filter: string, options: number, sid: number, since: number])[];
  readonly will: SavedWill | null;
  readonly received: readonly number[];
  readonly out: readonly (readonly [id: number, index: number, qos: 1 | 2, isTaken: 0 | 1])[];
  readonly nextId: number;
  readonly lag: number | null;
  readonly finished: readonly number[];
  readonly from: number;
  readonly at: number;
};
type SavedWill = Omit<Will, "payload" | "properties"> & { readonly payload: string; readonly properties: string };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function savedOf(session: Session, from: number, at: number): Saved {
  return {
    format: 1,
    client: session.client,
    device: session.speaker === "anybody" ? null : session.speaker.device,
    expiryMs: session.expiryMs,
    goneAt: session.goneAt,
    subscriptions: [...session.subscriptions.values()].map(({ subscription, since }) => [
      subscription.filter,
      optionsOf(subscription),
      subscription.sid,
      since,
    ]),
    will: session.will === null ? null : { ...session.will, payload: latinOf(session.will.payload), properties: latinOf(session.will.properties) },
    received: [...session.received].filter(([, state]) => state !== "releasing").map(([id]) => id),
    out: [...session.out].map(([id, { index, qos, state }]) => [id, index, qos, state === "taken" || state === "releasing" ? 1 : 0]),
    nextId: session.nextId,
    lag: firstUnfinished(session),
    finished: [...session.finished],
    from,
    at,
  };
}

export function writeOf(session: Session, from: number, at: number): SessionWrite {
  return { key: session.key, bytes: encoder.encode(JSON.stringify(savedOf(session, from, at))) };
}

/** The session of a row, with its subscriptions in place. `through`: what a row without a place of its own has behind it. */
export function loadSession(core: Core, key: SessionKey, bytes: Uint8Array, now: number): void {
  const saved = JSON.parse(decoder.decode(bytes)) as Saved;
  const session = sessionOf(core, key, saved, true);
  session.saved = true;
  session.savedGone = saved.goneAt !== null;
  session.at = Math.max(saved.at, core.through);
  session.goneAt = saved.goneAt ?? now;
  session.lagFrom = saved.lag ?? Math.max(saved.from, core.through);
  // What was logged after the last checkpoint may be for it: the next one must not pass over that.
  if (session.lagFrom < core.head) session.dirty = true;
  else session.lagFrom = null;
  core.sessions.set(key, session);
}

export function sessionOf(core: Core, key: SessionKey, saved: Saved, durable: boolean): Session {
  const session = openSession(key, saved.client, saved.device === null ? "anybody" : { device: saved.device }, durable, saved.at);
  session.expiryMs = saved.expiryMs;
  session.will = saved.will === null ? null : { ...saved.will, payload: bytesOf(saved.will.payload), properties: bytesOf(saved.will.properties) };
  session.nextId = saved.nextId;
  for (const [filter, options, sid, since] of saved.subscriptions) {
    const subscription = subscriptionOf(filter, options, sid);
    session.subscriptions.set(filter, { subscription, since, group: core.router.set(session, subscription) });
    session.filterBytes += filter.length;
  }
  for (const id of saved.received) session.received.set(id, "held");
  for (const [id, index, qos, isTaken] of saved.out) {
    session.out.set(id, { index, qos, state: isTaken === 1 ? "taken" : "sent", held: null, isSaid: false });
    if (index >= 0) session.idOf.set(index, id);
  }
  for (const index of saved.finished) session.finished.add(index);
  return session;
}

function optionsOf({ qos, noLocal, retainAsPublished, retainHandling }: Subscription): number {
  return qos | (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | (retainHandling << 4);
}

function subscriptionOf(filter: string, options: number, sid: number): Subscription {
  return {
    filter,
    qos: (options & 3) as Qos,
    noLocal: (options & 4) !== 0,
    retainAsPublished: (options & 8) !== 0,
    retainHandling: ((options >> 4) & 3) as 0 | 1 | 2,
    sid,
  };
}

function latinOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function bytesOf(latin: string): Uint8Array {
  return Uint8Array.from(latin, (char) => char.charCodeAt(0));
}
