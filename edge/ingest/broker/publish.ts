/**
 * What clients publish: held against topic rules, permissions, flow control and quota, then gathered for the commit that it is
 * acknowledged after. What nobody's disk has to remember is handed on at once.
 */
import { REASON, type Reason } from "../reason.ts";
import { isTopicName, permitTopic } from "../topic.ts";
import { acknowledge, gather, wait } from "./gather.ts";
import { leave } from "./leave.ts";
import { ALIAS_MAX, CARRIED_BYTES_MAX, type Publish } from "./packet.ts";
import { append, type Connection, type Core, messageOf, type Publishing, say, type Session, type Waiting } from "./state.ts";
import { isUtf8 } from "./text.ts";
import { ACK, encodeAck } from "./write.ts";

/** Publishes that may wait for a commit while the log has no room, and their bytes. Beyond it connections are closed unacknowledged. */
export const WAITING_MAX = 8_192;
export const WAITING_BYTES_MAX = 32 * 1024 * 1024;

export function onPublish(core: Core, conn: Connection, session: Session, packet: Publish): void {
  core.received++;
  const topic = packet.alias === 0 ? packet.topic : resolve(core, conn, packet);
  if (topic === null) return;
  if (packet.qos === 2 && isRepeated(core, conn, session, packet.id)) return;
  if (packet.qos > 0) {
    conn.unfinished++;
    if (conn.version === 5 && conn.unfinished > core.rules.receiveMax)
      return leave(core, conn, REASON.receiveMaximumExceeded, `at most ${core.rules.receiveMax} publishes may be unfinished [MQTT-3.3.4-7]`);
  }
  const last = conn.last?.topic === topic && conn.last.generation === core.router.generation() ? conn.last : lookUp(core, conn, session, topic);
  if (last === null) return leave(core, conn, REASON.topicNameInvalid, "a topic has 1 to 256 levels and no wildcards [MQTT-3.3.2-2] [MQTT-4.7.1-1]");
  const no = objection(core, session, packet, last);
  if (no !== null) return refuse(core, conn, session, packet, no);
  if (core.waiting.length >= WAITING_MAX || core.waitingBytes + packet.payload.length > WAITING_BYTES_MAX)
    return leave(core, conn, REASON.quotaExceeded, "the unit is behind; send again later what was not acknowledged");
  const { payload, properties, qos, retain, expiryMs } = packet;
  const expiresAt = expiryMs === null ? null : core.now + expiryMs;
  gather(core, conn, session, packet.id, messageOf({ topic, payload, properties, qos, retain, expiresAt, from: session.key }), last.carried);
}

/** An alias stands for the topic that it was last sent with on this connection [MQTT-3.3.2-12]. */
function resolve(core: Core, conn: Connection, packet: Publish): string | null {
  const no =
    packet.alias > ALIAS_MAX ? REASON.topicAliasInvalid : packet.topic === "" && conn.aliases?.has(packet.alias) !== true ? REASON.protocolError : null;
  if (no !== null) {
    leave(core, conn, no, `a topic alias is 1 to ${ALIAS_MAX}, and is sent with its topic first [MQTT-3.3.2-9] [MQTT-3.3.2-7]`);
    return null;
  }
  if (packet.topic === "") return conn.aliases?.get(packet.alias) ?? "";
  (conn.aliases ??= new Map()).set(packet.alias, packet.topic);
  return packet.topic;
}

/** The same identifier before its release is the same message [MQTT-4.3.3-10]: said again when it is on disk, else it is under way. */
function isRepeated(core: Core, conn: Connection, session: Session, id: number): boolean {
  const state = session.received.get(id);
  if (state === "held") say(core, conn, encodeAck(ACK.pubrec, id, conn.version));
  if (state === "waiting") session.received.set(id, "asked");
  return state !== undefined;
}

function lookUp(core: Core, conn: Connection, session: Session, topic: string): Publishing | null {
  if (!isTopicName(topic)) return null;
  const permitted = permitTopic(topic, "publish", session.speaker, core.rules);
  conn.last = { topic, generation: core.router.generation(), permitted, carried: permitted ? core.rules.carriedBy(topic, session.speaker) : null };
  return conn.last;
}

type No = { readonly reason: Reason; readonly rule: string };
function objection(core: Core, session: Session, packet: Publish, last: Publishing): No | null {
  if (!last.permitted) return { reason: REASON.notAuthorized, rule: `this user name may not publish on ${last.topic.slice(0, 200)}` };
  if (last.carried !== null && packet.payload.length > CARRIED_BYTES_MAX)
    return { reason: REASON.quotaExceeded, rule: `telemetry has at most ${CARRIED_BYTES_MAX} bytes a message` };
  if (!core.rules.quota(session.speaker, packet.payload.length, core.now))
    return { reason: REASON.quotaExceeded, rule: "this device sends more than its quota" };
  if (packet.isText && !isUtf8(packet.payload)) return { reason: REASON.payloadFormatInvalid, rule: "the payload says that it is UTF-8 [MQTT-3.3.2-4]" };
  return null;
}

/** 5.0 has a word for it; else the connection ends, so that nobody believes to have been heard [MQTT-3.3.5-2]. Over quota, QoS 0 is just dropped. */
function refuse(core: Core, conn: Connection, session: Session, packet: Publish, { reason, rule }: No): void {
  if (packet.qos === 0 && reason === REASON.quotaExceeded) {
    core.dropped++;
    return;
  }
  if (conn.version === 4 || packet.qos === 0) return leave(core, conn, reason, rule);
  const one: Waiting = { conn, session, id: packet.id, qos: packet.qos, reason, message: null, index: -1, targets: [] };
  if (conn.waiting === 0) return acknowledge(core, one, rule);
  wait(core, one, true);
}

/** PUBREL frees the identifier, PUBCOMP is said once that is on disk [MQTT-4.3.3-11]. */
export function onPubrel(core: Core, conn: Connection, session: Session, id: number): void {
  const state = session.received.get(id);
  if (state === "waiting" || state === "releasing") return;
  if (state === undefined) return say(core, conn, encodeAck(ACK.pubcomp, id, conn.version, REASON.packetIdNotFound));
  if (!session.durable) {
    session.received.delete(id);
    conn.unfinished--;
    return say(core, conn, encodeAck(ACK.pubcomp, id, conn.version));
  }
  session.received.set(id, "releasing");
  session.dirty = true;
  append(core, { kind: "released", session: session.key, id });
  core.after.push(() => {
    session.received.delete(id);
    if (session.conn === null) return;
    session.conn.unfinished--;
    say(core, session.conn, encodeAck(ACK.pubcomp, id, session.conn.version));
  });
}
