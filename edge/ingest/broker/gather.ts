/**
 * A message that was let in: retained if it asks for that, as an entry if a disk has to remember it, and with the commit, or at once
 * where none is needed, to its subscribers and back to its publisher as an acknowledgement.
 */
import type { Delivery, Entry } from "../entry.ts";
import { REASON, type Reason } from "../reason.ts";
import { matches, permitTopic } from "../topic.ts";
import { deliver } from "./deliver.ts";
import type { OwnMessage, Retained } from "./order.ts";
import { CARRIED_BYTES_MAX } from "./packet.ts";
import { chooseOf, ownTarget } from "./route.ts";
import {
  append,
  type Connection,
  type Core,
  isExplained,
  type Message,
  messageOf,
  type Publishing,
  say,
  type Session,
  type Target,
  type Waiting,
} from "./state.ts";
import { ACK, encodeAck } from "./write.ts";

/** The unit's own message, or a will: no acknowledgement, else as any other. */
export function publishMessage(core: Core, session: Session | null, { topic, payload, qos, retain, properties, expiresAt }: OwnMessage): void {
  if (session !== null && !permitTopic(topic, "publish", session.speaker, core.rules)) return;
  const message = messageOf({ topic, payload, properties, qos, retain, expiresAt, from: session?.key ?? "" });
  const carried = session === null ? null : core.rules.carriedBy(topic, session.speaker);
  gather(core, null, session, 0, message, carried !== null && payload.length > CARRIED_BYTES_MAX ? null : carried);
}

export function gather(core: Core, conn: Connection | null, session: Session | null, id: number, message: Message, carried: Publishing["carried"]): void {
  const isKept = message.retain && keep(core, session, message);
  // Only 5.0 can be told that it is not retained; for others it is a message like any other.
  if (message.retain && !isKept && conn?.version === 5 && message.qos > 0)
    return wait(core, { conn, session, id, qos: message.qos, reason: REASON.quotaExceeded, message: null, index: -1, targets: [] }, false);
  const targets = targetsOf(core, session, message);
  const delivery = deliveryOf(message, targets);
  let index = -1;
  if (carried !== null) index = append(core, carryingOf(core, message, carried, delivery));
  else if (delivery !== null) index = append(core, { kind: "message", payload: message.payload, arrivedAt: core.now, delivery });
  const isHeld = message.qos === 2 && session !== null && id !== 0;
  if (isHeld) session.received.set(id, "waiting");
  if (isHeld && session.durable) {
    append(core, { kind: "held", session: session.key, id });
    session.dirty = true;
  }
  const reason = message.qos === 1 && carried === null && conn?.version === 5 && !isHeard(core, message) ? REASON.noMatchingSubscribers : REASON.success;
  const isWritten = index >= 0 || (isKept && message.qos > 0) || (isHeld && session.durable);
  wait(core, { conn, session, id, qos: message.qos, reason, message, index, targets }, isWritten);
}

/** Where nothing of it goes to disk and nothing before it waits, now is as good as later. */
export function wait(core: Core, one: Waiting, isWritten: boolean): void {
  if (!isWritten && (one.conn === null || one.conn.waiting === 0)) return complete(core, one);
  if (one.conn !== null) one.conn.waiting++;
  core.waiting.push(one);
  core.waitingBytes += one.message?.payload.length ?? 0;
}

/** Whether anybody subscribed to it, be it only its publisher with No Local. */
function isHeard(core: Core, message: Message): boolean {
  const { targets, groups } = core.router.of(message.topic, core.rules);
  return targets.length + groups.length > 0;
}

function targetsOf(core: Core, session: Session | null, message: Message): readonly Target[] {
  const route = core.router.of(message.topic, core.rules);
  let targets = route.targets;
  if (session !== null && targets.some((one) => one.noLocal && one.session === session)) {
    const own = ownTarget(session, message.topic, matches);
    targets = [...targets.filter((one) => one.session !== session), ...(own === null ? [] : [own])];
  }
  if (route.groups.length === 0) return targets;
  const all = [...targets];
  for (const group of route.groups) {
    const chosen = chooseOf(group, message, core.rules);
    if (chosen === null) continue;
    // Whoever hears it anyway hears it once, as the standard allows.
    const same = all.findIndex((one) => one.session === chosen.session);
    const other = all[same];
    if (other === undefined) all.push({ ...chosen, isChosen: true });
    else all[same] = { ...other, isChosen: true, qos: chosen.qos > other.qos ? chosen.qos : other.qos, sids: [...new Set([...other.sids, ...chosen.sids])] };
  }
  return all;
}

/** What the entry says of it; null where no session that lasts is to hear it. */
function deliveryOf(message: Message, targets: readonly Target[]): Delivery | null {
  if (message.qos === 0 || !targets.some((one) => one.qos > 0 && one.session.durable)) return null;
  const to = targets.filter((one) => one.isChosen === true && one.session.durable).map((one) => one.session.key);
  const { topic, qos, retain, properties, expiresAt, from } = message;
  return { topic, qos, retain, properties, expiresAt, from, to, only: false };
}

function carryingOf(core: Core, message: Message, carried: NonNullable<Publishing["carried"]>, delivery: Delivery | null): Entry {
  const { kind, device } = carried;
  return { kind, device, topic: kind === "foreign" ? message.topic : null, payload: message.payload, arrivedAt: core.now, delivery };
}

function keep(core: Core, session: Session | null, message: Message): boolean {
  const device = session === null || session.speaker === "anybody" ? "" : session.speaker.device;
  const { topic, qos, expiresAt } = message;
  // A view would keep the whole frame that it was cut from.
  const kept: Retained = { topic, device, payload: message.payload.slice(), qos, properties: message.properties.slice(), expiresAt };
  if (!core.kept.keep(kept, core.now)) return false;
  core.retained.set(topic, { topic, message: kept.payload.length === 0 ? null : kept });
  return true;
}

/** After the commit, or where none is needed: subscribers hear it, its publisher that they will. */
export function complete(core: Core, one: Waiting): void {
  const { message } = one;
  if (one.qos > 0) acknowledge(core, one, one.reason === REASON.quotaExceeded ? "no more messages can be retained" : "");
  if (message !== null) for (const target of one.targets) deliver(core, target, message, one.index, false);
}

/** PUBACK goes to the connection that published. PUBREC also to the session's next one, if that has sent the message again. */
export function acknowledge(core: Core, { conn, session, id, qos, reason }: Waiting, text: string): void {
  if (session === null || session.ended || id === 0) return;
  const isHere = conn !== null && session.conn === conn;
  if (qos === 1) {
    if (isHere) sayAck(core, conn, ACK.puback, id, reason, text);
    return;
  }
  const wasAsked = session.received.get(id) === "asked";
  if (reason >= 0x80) session.received.delete(id);
  else session.received.set(id, "held");
  if (session.conn !== null && (isHere || wasAsked)) sayAck(core, session.conn, ACK.pubrec, id, reason, text);
}

/** A PUBACK, and a PUBREC that refuses, end the publish [MQTT-4.9.0-2]. */
function sayAck(core: Core, conn: Connection, first: number, id: number, reason: Reason, text: string): void {
  if (first === ACK.puback || reason >= 0x80) conn.unfinished--;
  say(core, conn, encodeAck(first, id, conn.version, reason, isExplained(conn, reason) ? text : "", conn.packetMax));
}
