/** SUBSCRIBE and UNSUBSCRIBE: one answer for each filter, in its order [MQTT-3.8.4-6] [MQTT-3.11.3-2]; then what is retained, in pieces. */
import { isTopicFilter, refusalOfFilter } from "../topic.ts";
import { REASON } from "../reason.ts";
import { deliver, isExpired } from "./deliver.ts";
import type { Packet, Subscription } from "./packet.ts";
import { mayHear, partsOf } from "./route.ts";
import { append, type Connection, type Core, type Job, messageOf, say, type Session, writeSession } from "./state.ts";
import { statusMessages } from "./status.ts";
import { encodeReasons } from "./write.ts";

/** Filters of a session that lasts, and their characters: its row is written with each of them. */
export const SUBSCRIPTIONS_MAX = 1_000;
const FILTERS_LENGTH_MAX = 64 * 1024;
/** And of one that lives in its connection's attachment of 16 KiB, with room for a will and what is in flight. */
export const SUBSCRIPTIONS_ATTACHED_MAX = 64;
const FILTERS_LENGTH_ATTACHED_MAX = 4 * 1024;
/** Retained messages that one turn sends to one session; a client that subscribes to everything is no reason to stall the others. */
export const RETAINED_PIECE = 128;
/** And waits with the next ones while so many are not acknowledged. */
const RETAINED_QUEUE_MAX = 128;

/** What 3.1.1 says for every no [MQTT-3.9.3-2]. */
const FAILURE = 0x80;

export function onSubscribe(core: Core, conn: Connection, session: Session, packet: Packet & { readonly type: "subscribe" }): void {
  const jobs: Job[] = [];
  const reasons = packet.subscriptions.map((asked) => {
    const no = objection(core, session, asked);
    if (no !== null) return conn.version === 5 ? no : FAILURE;
    const old = session.subscriptions.get(asked.filter);
    const group = core.router.set(session, asked);
    session.subscriptions.set(asked.filter, { subscription: asked, since: old?.since ?? core.head + core.entries.length, group });
    if (old === undefined) session.filterBytes += asked.filter.length;
    // No retained messages for shared ones [MQTT-4.8.2]; else as the handling says [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11].
    if (group === null && (asked.retainHandling === 0 || (asked.retainHandling === 1 && old === undefined)))
      jobs.push({ topics: core.kept.topicsOf(asked.filter), at: 0, before: core.kept.order(), subscription: asked });
    return asked.qos;
  });
  const answer = (): void => {
    if (session.conn !== conn) return;
    say(core, conn, encodeReasons(0x90, packet.id, conn.version, reasons));
    sendStatus(core, session, jobs);
    session.jobs.push(...jobs.filter(({ topics }) => topics.length > 0));
    if (session.jobs.length > 0) core.busy.add(session);
    sendRetained(core, session);
  };
  if (session.durable && reasons.some((reason) => reason < FAILURE)) {
    writeSession(core, session);
    core.after.push(answer);
  } else inOrder(core, conn, answer);
}

export function onUnsubscribe(core: Core, conn: Connection, session: Session, packet: Packet & { readonly type: "unsubscribe" }): void {
  const reasons = packet.filters.map((filter) => {
    if (!session.subscriptions.delete(filter)) return REASON.noSubscription;
    session.filterBytes -= filter.length;
    core.router.remove(session, filter);
    session.jobs = session.jobs.filter((job) => job.subscription.filter !== filter);
    return REASON.success;
  });
  const answer = (): void => {
    if (session.conn === conn) say(core, conn, encodeReasons(0xb0, packet.id, conn.version, reasons));
  };
  if (session.durable && reasons.includes(REASON.success)) {
    writeSession(core, session);
    core.after.push(answer);
  } else inOrder(core, conn, answer);
}

/** Behind a CONNACK that waits for its commit. */
function inOrder(core: Core, conn: Connection, answer: () => void): void {
  if (conn.corked) core.after.push(answer);
  else answer();
}

function objection(core: Core, session: Session, asked: Subscription): number | null {
  const shared = partsOf(asked.filter);
  const filter = shared?.filter ?? asked.filter;
  if (shared !== null && (shared.name === "" || shared.name.includes("+") || shared.name.includes("#"))) return REASON.topicFilterInvalid;
  if (!isTopicFilter(filter)) return REASON.topicFilterInvalid;
  const refused = refusalOfFilter(filter, session.speaker, core.rules);
  if (refused !== null) return refused === "unspecified" ? REASON.unspecified : REASON.notAuthorized;
  if (session.subscriptions.has(asked.filter)) return null;
  const [count, length] = session.durable ? [SUBSCRIPTIONS_MAX, FILTERS_LENGTH_MAX] : [SUBSCRIPTIONS_ATTACHED_MAX, FILTERS_LENGTH_ATTACHED_MAX];
  return session.subscriptions.size >= count || session.filterBytes + asked.filter.length > length ? REASON.quotaExceeded : null;
}

/** The next piece of what subscriptions are to be sent. What was kept after they were made has reached them as any message. */
export function sendRetained(core: Core, session: Session): void {
  let left = RETAINED_PIECE;
  while (left > 0 && session.conn !== null && session.queue.length < RETAINED_QUEUE_MAX) {
    const [job] = session.jobs;
    if (job === undefined) break;
    const topic = job.topics[job.at++];
    if (topic === undefined) session.jobs.shift();
    else if (core.kept.orderOf(topic) <= job.before) {
      left--;
      sendKept(core, session, job.subscription, topic);
    }
  }
  if (session.jobs.length === 0) core.busy.delete(session);
}

/** For a session that lasts it is logged for that session alone: it must come again until it is finished. */
function sendKept(core: Core, session: Session, subscription: Subscription, topic: string): void {
  const kept = core.kept.get(topic, core.now);
  if (kept === null || isExpired(kept, core.now) || !mayHear(session, topic, core.rules)) return;
  const { payload, qos, properties, expiresAt } = kept;
  const message = messageOf({ topic, payload, properties, qos, retain: true, expiresAt, from: "" });
  const target = { session, qos: subscription.qos, sids: subscription.sid === 0 ? [] : [subscription.sid], retainAsPublished: false, noLocal: false };
  if (!session.durable || qos === 0 || subscription.qos === 0) return deliver(core, target, message, -1, true);
  const delivery = { topic, qos, retain: true, properties, expiresAt, from: "", to: [session.key], only: true };
  const index = append(core, { kind: "message", payload, arrivedAt: core.now, delivery });
  core.after.push(() => deliver(core, target, message, index, true));
}

/** What the broker says of itself is there as if it were retained. */
function sendStatus(core: Core, session: Session, jobs: readonly Job[]): void {
  for (const { subscription } of jobs) {
    if (!subscription.filter.startsWith("$SYS/")) continue;
    for (const message of statusMessages(core, subscription.filter))
      deliver(core, { session, qos: 0, sids: subscription.sid === 0 ? [] : [subscription.sid], retainAsPublished: false, noLocal: false }, message, -1, true);
  }
}
