/**
 * One MQTT connection as a value: a packet in, packets and effects out. The shell keeps the sockets, asks the unit who
 * somebody is, commits what is published and comes back with the outcome.
 *
 *   fresh ──CONNECT──▶ admitting ──admitted──▶ connected ──DISCONNECT, a broken rule, silence──▶ closed
 *                          └───────refused───────────────────────────────────────────────────────▶ closed
 */
import { CLIENT_ID_MAX, type Connect, type Malformed, type Packet, type Publish } from "./packet.ts";
import { REASON, type Reason } from "./reason.ts";
import { close, stay, willOf } from "./session-close.ts";
import { publish } from "./session-publish.ts";
import type { Connected, Rules, Session, Step } from "./session-step.ts";
import { subscribe, unsubscribe } from "./session-subscribe.ts";
import type { Speaker } from "./topic.ts";

/** From the open socket to its CONNECT [MQTT-3.1.4-1]; a client on a slow link needs one round trip. */
export const CONNECT_WITHIN_MS = 10_000;
/** Publishes to one client that may be unacknowledged by it; more wait. */
export const OUT_INFLIGHT_MAX = 64;

export function openSession(now: number): Session {
  return { state: "fresh", since: now };
}

export function onPacket(session: Session, packet: Packet | Malformed, rules: Rules, now: number): Step {
  if (session.state === "closed") return stay(session);
  if (packet.type === "malformed") return close(session, packet.reason, packet.rule, rules);
  if (session.state === "fresh")
    return packet.type === "connect"
      ? connect(session.since, packet, rules, now)
      : close(session, REASON.protocolError, "the first packet must be CONNECT [MQTT-3.1.0-1]", rules);
  if (session.state === "admitting") return close(session, REASON.protocolError, "nothing follows CONNECT before its CONNACK here", rules);
  const heard = { ...session, heardAt: now };
  switch (packet.type) {
    case "connect":
      return close(heard, REASON.protocolError, "CONNECT is sent once [MQTT-3.1.0-2]", rules);
    case "publish":
      return publish(heard, packet, rules);
    case "puback":
      return { session: { ...heard, out: heard.out.filter((id) => id !== packet.id) }, said: [], effects: [{ type: "drained" }] };
    case "subscribe":
      return subscribe(heard, packet, rules);
    case "unsubscribe":
      return unsubscribe(heard, packet);
    case "pingreq":
      return { session: heard, said: [{ type: "pingresp" }], effects: [] };
    case "disconnect": {
      // 0x04 asks for the will to be published; any other reason takes it back [MQTT-3.14.4-3].
      const will = packet.reason === REASON.disconnectWithWill ? willOf(heard, rules) : [];
      return { session: { state: "closed" }, said: [], effects: [...will, { type: "close", reason: REASON.success, rule: "the client said DISCONNECT" }] };
    }
  }
}

function connect(since: number, packet: Connect, rules: Rules, now: number): Step {
  if (packet.client === "" && packet.version === 4 && !packet.clean)
    return refuseConnect(REASON.badClientId, "an empty client identifier needs a clean session [MQTT-3.1.3-8]");
  if (packet.client.length > CLIENT_ID_MAX) return refuseConnect(REASON.badClientId, `a client identifier has at most ${CLIENT_ID_MAX} characters`);
  if (packet.version === 5 && packet.will?.qos === 2) return refuseConnect(REASON.qosNotSupported, "a will of QoS 2 is not offered [MQTT-3.2.2-12]");
  const admitting = { state: "admitting", since, connect: packet } as const;
  if (rules.open) return admitted(admitting, "anybody", rules, now);
  if (packet.user === null || packet.password === null)
    return refuseConnect(REASON.badUserNameOrPassword, "a device connects with its id as user name and its password");
  return { session: admitting, said: [], effects: [{ type: "admit", user: packet.user, password: packet.password }] };
}

/** The unit's answer: who speaks, or the reason why nobody does. */
export function admitted(session: Session, answer: Speaker | Reason, rules: Rules, now: number): Step {
  if (session.state !== "admitting") return stay(session);
  const packet = session.connect;
  if (typeof answer === "number") return refuseConnect(answer, "the unit does not know this user name with this password");
  const assigned = packet.client === "" ? rules.newId() : null;
  const connected: Connected = {
    state: "connected",
    version: packet.version,
    client: assigned ?? packet.client,
    speaker: answer,
    keepAliveMs: packet.keepAliveMs,
    heardAt: now,
    packetMax: packet.packetMax,
    outMax: Math.min(packet.receiveMax, OUT_INFLIGHT_MAX),
    out: [],
    nextId: 1,
    unacknowledged: 0,
    subscriptions: [],
    will: packet.will,
  };
  // Sessions end with their connection: Session Present is 0, and a 5.0 client is told so [MQTT-3.2.2-2] [MQTT-3.2.2.3.2].
  return {
    session: connected,
    said: [{ type: "connack", reason: REASON.success, assigned, forgetsSession: packet.wantsSession }],
    effects: [{ type: "joined", client: connected.client }],
  };
}

/** After the commit: the acknowledgement of one publish, or that it could not be kept; 3.1.1 has no word for that. */
export function acknowledge(session: Session, id: number, reason: Reason = REASON.success): Step {
  if (session.state !== "connected") return stay(session);
  return { session: { ...session, unacknowledged: session.unacknowledged - 1 }, said: [{ type: "puback", id, reason }], effects: [] };
}

export type Message = { readonly topic: string; readonly payload: Uint8Array; readonly properties: Uint8Array };
/** One message for this client; `wait` when it has to acknowledge others first. */
export function deliver(session: Connected, message: Message, qos: 0 | 1, retain: boolean): { readonly session: Connected; readonly said: Publish } | "wait" {
  const said = { type: "publish", ...message, qos, retain, dup: false, id: 0 } as const;
  if (qos === 0) return { session, said };
  if (session.out.length >= session.outMax) return "wait";
  let id = session.nextId;
  while (session.out.includes(id)) id = id === 0xffff ? 1 : id + 1;
  return { session: { ...session, out: [...session.out, id], nextId: id === 0xffff ? 1 : id + 1 }, said: { ...said, id } };
}

/** When silence is too long: one and a half keep-alives [MQTT-3.1.2-24], or no CONNECT. Infinity: never. */
export function silentBy(session: Session): number {
  if (session.state === "closed") return Infinity;
  if (session.state !== "connected") return session.since + CONNECT_WITHIN_MS;
  return session.keepAliveMs === 0 ? Infinity : session.heardAt + session.keepAliveMs * 1.5;
}

function refuseConnect(reason: Reason, rule: string): Step {
  return {
    session: { state: "closed" },
    said: [{ type: "connack", reason, assigned: null, forgetsSession: false }],
    effects: [{ type: "close", reason, rule }],
  };
}
