/**
 * Messages towards clients. QoS 0 is sent or dropped; QoS 1 and 2 go within the client's Receive Maximum, then wait in a queue, and of
 * a session that lasts in the log:
 *
 *   message ─▶ room? ─▶ sent ─▶ PUBACK, or PUBREC ─▶ PUBREL ─▶ PUBCOMP ─▶ finished
 *               └▶ queue ─▶ full: the session looks into the log from there, once it has room
 */
import { REASON, type Version } from "../reason.ts";
import { ALIAS_MAX, type Qos } from "./packet.ts";
import { append, type Connection, type Core, type Held, type Message, type Out, say, type Session, type Target } from "./state.ts";
import { ACK, encodeAck, encodePublish, type Shape } from "./write.ts";

/** Messages that wait in memory until a client has acknowledged others, and their bytes. */
export const QUEUE_MAX = 1_000;
export const QUEUE_BYTES_MAX = 4 * 1024 * 1024;
/** Publishes to one client that may be unfinished, whatever it allows. */
export const OUT_MAX = 64;
/** What one event may bring for one connection at QoS 0: beyond it, it is dropped and counted. */
export const OUT_BYTES_MAX = 8 * 1024 * 1024;
/** Finished messages that are remembered one by one while an earlier one is not. */
const FINISHED_MAX = 4_096;

/** `retain`: as a retained message it says so [MQTT-3.3.1-8]; else only where Retain As Published is asked for [MQTT-3.3.1-12] [MQTT-3.3.1-13]. */
export function deliver(core: Core, target: Target, message: Message, index: number, isRetained: boolean): void {
  const { session } = target;
  if (session.ended || isExpired(message, core.now)) return;
  const qos: Qos = message.qos < target.qos ? message.qos : target.qos;
  const retain = isRetained || (target.retainAsPublished && message.retain);
  if (qos === 0) return sendAtMostOnce(core, session, message, retain, target.sids);
  if (session.durable && index >= 0) {
    if (session.lagFrom !== null) return;
    session.dirty = true;
    if (session.conn === null) {
      session.lagFrom = index;
      return;
    }
  }
  const { conn } = session;
  if (conn === null) return;
  const held: Held = { message, index, qos, retain, sids: target.sids };
  if (session.queue.length === 0 && hasRoom(session, conn)) return sendHeld(core, session, conn, held);
  if (session.queue.length < QUEUE_MAX && session.queueBytes + message.payload.length <= QUEUE_BYTES_MAX) return enqueue(session, held);
  if (session.durable && index >= 0) session.lagFrom = index;
  else {
    core.dropped++;
    core.doomed.push({ conn, reason: REASON.quotaExceeded, rule: "this client does not acknowledge what it subscribed to" });
  }
}

export function enqueue(session: Session, held: Held): void {
  session.queue.push(held);
  session.queueBytes += held.message.payload.length;
}

export function isExpired(message: { readonly expiresAt: number | null }, now: number): boolean {
  return message.expiresAt !== null && message.expiresAt <= now;
}

/** What was said on this connection and is unfinished stays below the client's Receive Maximum, said again or not [MQTT-3.3.4-9]. */
export function hasRoom(session: Session, conn: Connection): boolean {
  const max = Math.min(conn.receiveMax, OUT_MAX);
  if (conn.paused || session.out.size < max) return !conn.paused;
  let said = 0;
  for (const { isSaid, state } of session.out.values()) if (isSaid || state === "committing") said++;
  return said < max;
}

function sendAtMostOnce(core: Core, session: Session, message: Message, retain: boolean, sids: readonly number[]): void {
  const { conn } = session;
  if (conn === null) return;
  if (conn.paused || conn.outBytes > OUT_BYTES_MAX) {
    core.dropped++;
    return;
  }
  const encoded = encodeFor(core, conn, message, 0, retain, false, sids);
  if (encoded === null) return;
  core.sent++;
  say(core, conn, encoded.bytes);
}

/** Takes an identifier. A session that lasts commits that of a QoS 2 message before it is sent: resent under another, it would be heard twice. */
export function sendHeld(core: Core, session: Session, conn: Connection, held: Held): void {
  const id = freeId(session);
  const out: Out = { index: held.index, qos: held.qos === 2 ? 2 : 1, state: "sent", held, isSaid: false };
  if (held.index >= 0) session.idOf.set(held.index, id);
  session.out.set(id, out);
  if (held.qos === 2 && session.durable && held.index >= 0) {
    out.state = "committing";
    append(core, { kind: "sent", session: session.key, index: held.index, id });
    core.after.push(() => {
      if (session.out.get(id) !== out || out.state !== "committing") return;
      out.state = "sent";
      if (session.conn !== null) sendOut(core, session, session.conn, id, out, false);
      else out.held = null;
    });
    return;
  }
  sendOut(core, session, conn, id, out, false);
}

/** Says it, again with DUP [MQTT-3.3.1-1]; what is too large for the client counts as delivered [MQTT-3.1.2-25]. */
export function sendOut(core: Core, session: Session, conn: Connection, id: number, out: Out, dup: boolean): void {
  const { held } = out;
  if (held === null) return;
  out.isSaid = true;
  const encoded = encodeFor(core, conn, held.message, out.qos, held.retain, dup, held.sids);
  if (encoded === null) {
    finish(core, session, id, out);
    return;
  }
  const { bytes, idAt } = encoded;
  bytes[idAt] = id >> 8;
  bytes[idAt + 1] = id & 255;
  core.sent++;
  say(core, conn, bytes);
}

function freeId(session: Session): number {
  let id = session.nextId;
  while (session.out.has(id)) id = id === 0xffff ? 1 : id + 1;
  session.nextId = id === 0xffff ? 1 : id + 1;
  return id;
}

/** The bytes for one client: shared by those who are told the same, apart from the identifier. */
function encodeFor(
  core: Core,
  conn: Connection,
  message: Message,
  qos: Qos,
  retain: boolean,
  dup: boolean,
  sids: readonly number[],
): { readonly bytes: Uint8Array; readonly idAt: number } | null {
  const { version } = conn;
  const isShared = conn.aliasMax === 0 && sids.length === 0 && message.expiresAt === null;
  const key = isShared ? shapeKey(version, qos, retain, dup) : -1;
  const known = isShared ? message.shapes?.get(key) : undefined;
  if (known !== undefined) {
    if (known.bytes.length > conn.packetMax) return null;
    return qos === 0 ? known : { bytes: known.bytes.slice(), idAt: known.idAt };
  }
  const alias = aliasFor(conn, message.topic);
  const shape: Shape = {
    version,
    qos,
    retain,
    dup,
    alias: alias.alias,
    isNamed: alias.isNamed,
    sids,
    // What has waited here is taken off [MQTT-3.3.2-6].
    expirySeconds: message.expiresAt === null ? null : Math.max(0, Math.ceil((message.expiresAt - core.now) / 1000)),
  };
  const encoded = encodePublish((message.topicBytes ??= encoder.encode(message.topic)), message.properties, message.payload, shape, conn.packetMax);
  if (encoded === null) return null;
  if (alias.isNew) (conn.aliasOf ??= new Map()).set(message.topic, alias.alias);
  if (isShared) (message.shapes ??= new Map()).set(key, qos === 0 ? encoded : { bytes: encoded.bytes.slice(), idAt: encoded.idAt });
  return encoded;
}

const encoder = new TextEncoder();

function shapeKey(version: Version, qos: Qos, retain: boolean, dup: boolean): number {
  return version * 16 + qos * 4 + (retain ? 2 : 0) + (dup ? 1 : 0);
}

const NO_ALIAS = { alias: 0, isNamed: true, isNew: false } as const;
/** The first topics have an alias each, set by their first message and never reassigned [MQTT-3.1.2-26]. */
function aliasFor(conn: Connection, topic: string): { readonly alias: number; readonly isNamed: boolean; readonly isNew: boolean } {
  if (conn.aliasMax === 0) return NO_ALIAS;
  const known = conn.aliasOf?.get(topic);
  if (known !== undefined) return { alias: known, isNamed: false, isNew: false };
  const alias = (conn.aliasOf?.size ?? 0) + 1;
  return alias > Math.min(conn.aliasMax, ALIAS_MAX) ? NO_ALIAS : { alias, isNamed: true, isNew: true };
}

/** Its identifier is free again, and its entry need not be kept for this session. */
export function finish(core: Core, session: Session, id: number, out: Out): void {
  session.out.delete(id);
  if (out.index < 0) return;
  session.idOf.delete(out.index);
  finishIndex(core, session, out.index);
}

export function finishIndex(core: Core, session: Session, index: number): void {
  if (!session.durable) return;
  session.dirty = true;
  session.finishedNow.push(index);
  core.finishing.add(session);
  if (session.out.size === 0 && session.queue.length === 0 && session.lagFrom === null) session.finished.clear();
  else session.finished.add(index);
  if (session.finished.size > FINISHED_MAX) {
    const from = firstUnfinished(session) ?? Infinity;
    for (const one of session.finished) if (one < from) session.finished.delete(one);
    if (session.finished.size > FINISHED_MAX && session.conn !== null)
      core.doomed.push({
        conn: session.conn,
        reason: REASON.quotaExceeded,
        rule: "this client leaves a message unacknowledged while it takes thousands of others",
      });
  }
}

/** The first entry that the session still needs; null: none of those that are committed. */
export function firstUnfinished(session: Session): number | null {
  let first = session.lagFrom ?? Infinity;
  for (const { index, state } of session.out.values()) if (index >= 0 && index < first && state !== "taken" && state !== "releasing") first = index;
  for (const { index } of session.queue) if (index >= 0 && index < first) first = index;
  return first === Infinity ? null : first;
}

/** What is acknowledged by another packet than its QoS has is a fault of the client's; what is not known is old [MQTT-4.3.2-3] [MQTT-4.3.3-8]. */
const MISMATCHED = "an acknowledgement is the one that the message's QoS asks for, in its turn";

export function onPuback(core: Core, session: Session, conn: Connection, id: number): void {
  const out = session.out.get(id);
  if (out === undefined) return;
  if (out.qos !== 1) return void core.doomed.push({ conn, reason: REASON.protocolError, rule: MISMATCHED });
  finish(core, session, id, out);
  drain(core, session);
}

/** PUBREC: a refusal ends it [MQTT-4.3.3-4]; else PUBREL is said once that is on disk, and again whenever PUBREC is. */
export function onPubrec(core: Core, session: Session, conn: Connection, id: number, reason: number): void {
  const out = session.out.get(id);
  if (out !== undefined && out.qos !== 2) return void core.doomed.push({ conn, reason: REASON.protocolError, rule: MISMATCHED });
  if (out === undefined || out.state === "committing") return say(core, conn, encodeAck(ACK.pubrel, id, conn.version, REASON.packetIdNotFound));
  if (reason >= 0x80) {
    finish(core, session, id, out);
    return drain(core, session);
  }
  if (out.state === "taken") return say(core, conn, encodeAck(ACK.pubrel, id, conn.version));
  if (out.state === "releasing") return;
  out.held = null;
  if (!session.durable || out.index < 0) {
    out.state = "taken";
    return say(core, conn, encodeAck(ACK.pubrel, id, conn.version));
  }
  out.state = "releasing";
  session.dirty = true;
  append(core, { kind: "taken", session: session.key, index: out.index, id });
  core.after.push(() => {
    if (session.out.get(id) !== out || out.state !== "releasing") return;
    out.state = "taken";
    if (session.conn !== null) say(core, session.conn, encodeAck(ACK.pubrel, id, session.conn.version));
  });
}

export function onPubcomp(core: Core, session: Session, conn: Connection, id: number): void {
  const out = session.out.get(id);
  if (out === undefined) return;
  if (out.state !== "taken") return void core.doomed.push({ conn, reason: REASON.protocolError, rule: MISMATCHED });
  finish(core, session, id, out);
  drain(core, session);
}

/** What waited and may go now. With an empty queue the session looks into the log, and sends retained messages that wait. */
export function drain(core: Core, session: Session): void {
  const { conn } = session;
  if (conn === null) return;
  let sent = 0;
  while (sent < session.queue.length && hasRoom(session, conn)) {
    const held = session.queue[sent++];
    if (held === undefined) break;
    session.queueBytes -= held.message.payload.length;
    if (!isExpired(held.message, core.now)) sendHeld(core, session, conn, held);
    else if (held.index >= 0) finishIndex(core, session, held.index);
  }
  if (sent > 0) session.queue.splice(0, sent);
  if (session.queue.length > 0) return;
  if (session.lagFrom !== null) core.lagging.add(session);
  if (session.jobs.length > 0) core.busy.add(session);
}
