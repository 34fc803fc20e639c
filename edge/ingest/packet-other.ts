/** CONNECT, SUBSCRIBE, UNSUBSCRIBE and DISCONNECT: parsed by mqtt-packet, then held against the rules that it lets pass. */
import { type IConnectPacket, type ISubscribePacket, type IUnsubscribePacket, type Packet as Parsed, parser } from "mqtt-packet";
import {
  type Connect,
  type Malformed,
  malformedPacket,
  PACKET_BYTES_MAX,
  type Packet,
  type Subscription,
  TOPIC_BYTES_MAX,
  type Will,
  WILL_BYTES_MAX,
} from "./packet.ts";
import { REASON, type Version } from "./reason.ts";

/** `packet` is one whole packet whose body begins at `at`. */
export function parseOther(packet: Uint8Array, at: number, version: Version | null): Packet | Malformed {
  if (version === null) {
    const bad = checkProtocol(packet, at);
    if (bad !== null) return bad;
  }
  const parsed = parseWith(packet, version ?? 4);
  if (typeof parsed === "string") return malformedPacket(REASON.malformedPacket, parsed);
  if (parsed.cmd === "connect") return toConnect(parsed, packet[at + 7]!);
  if (parsed.cmd === "subscribe") return toSubscribe(parsed, version ?? 4);
  if (parsed.cmd === "unsubscribe") return toUnsubscribe(parsed);
  if (parsed.cmd === "disconnect") return { type: "disconnect", reason: parsed.reasonCode ?? 0 };
  return malformedPacket(REASON.protocolError, `${parsed.cmd} is not for a client to send here`);
}

/** The library's message is the rule that was broken. A throw inside it is bytes it did not expect. */
function parseWith(packet: Uint8Array, version: Version): Parsed | string {
  const found: { packet: Parsed | null; rule: string | null } = { packet: null, rule: null };
  const one = parser({ protocolVersion: version });
  one.on("packet", (parsed) => {
    found.packet ??= parsed;
  });
  one.on("error", (error: unknown) => {
    found.rule ??= error instanceof Error ? error.message : "cannot be parsed";
  });
  try {
    one.parse(packet as Parameters<typeof one.parse>[0]);
  } catch {
    return "ends before its fields";
  }
  return found.rule ?? found.packet ?? "ends before its fields";
}

/** Name and level come first, so that an unknown version hears so instead of `malformed` [MQTT-3.1.2-2]. */
function checkProtocol(packet: Uint8Array, at: number): Malformed | null {
  const name = packet.subarray(at, at + 6);
  if (name.length === 6 && [0, 4, 77, 81, 84, 84].every((byte, i) => name[i] === byte)) {
    const level = packet[at + 6];
    return level === 4 || level === 5 ? null : malformedPacket(REASON.unsupportedVersion, "the protocol level is 4 (3.1.1) or 5 (5.0) [MQTT-3.1.2-2]");
  }
  return malformedPacket(REASON.unsupportedVersion, "the protocol name is MQTT [MQTT-3.1.2-1]");
}

const WILL_QOS = 0x18;
const USER_FLAG = 0x80;
const PASSWORD_FLAG = 0x40;
const WANTS_ALL = 0xffff;

function toConnect(parsed: IConnectPacket, flags: number): Connect | Malformed {
  const version = parsed.protocolVersion === 5 ? 5 : 4;
  const properties = parsed.properties ?? {};
  if ((flags & WILL_QOS) === WILL_QOS) return malformedPacket(REASON.malformedPacket, "a will's QoS is 0, 1 or 2 [MQTT-3.1.2-12]");
  if (version === 4 && (flags & PASSWORD_FLAG) !== 0 && (flags & USER_FLAG) === 0)
    return malformedPacket(REASON.malformedPacket, "a password needs a user name [MQTT-3.1.2-22]");
  if (!isText(parsed.clientId) || (parsed.username !== undefined && !isText(parsed.username)))
    return malformedPacket(REASON.malformedPacket, "names are well-formed UTF-8 without U+0000 [MQTT-1.5.4-1]");
  const receiveMax = properties.receiveMaximum ?? WANTS_ALL;
  const packetMax = properties.maximumPacketSize ?? PACKET_BYTES_MAX;
  if (!(receiveMax > 0) || !(packetMax > 0)) return malformedPacket(REASON.protocolError, "Receive Maximum and Maximum Packet Size are not 0 [MQTT-3.1.2.11]");
  if (properties.authenticationMethod !== undefined)
    return malformedPacket(REASON.notAuthorized, "extended authentication is not offered: use a user name and a password");
  const will = toWill(parsed.will);
  if (will !== null && "reason" in will) return will;
  return {
    type: "connect",
    version,
    client: parsed.clientId,
    clean: parsed.clean === true,
    keepAliveMs: (parsed.keepalive ?? 0) * 1000,
    user: parsed.username ?? null,
    password: parsed.password === undefined ? null : lenient.decode(parsed.password),
    will,
    receiveMax,
    packetMax,
    wantsSession: version === 4 ? parsed.clean !== true : (properties.sessionExpiryInterval ?? 0) > 0,
  };
}

function toWill(will: IConnectPacket["will"]): Will | Malformed | null {
  if (will === undefined) return null;
  const payload = typeof will.payload === "string" ? encoder.encode(will.payload) : new Uint8Array(will.payload);
  if (!isText(will.topic)) return malformedPacket(REASON.malformedPacket, "a will's topic is well-formed UTF-8 [MQTT-1.5.4-1]");
  if (payload.length > WILL_BYTES_MAX || will.topic.length > TOPIC_BYTES_MAX)
    return malformedPacket(REASON.packetTooLarge, `a will has at most ${WILL_BYTES_MAX} bytes, its topic ${TOPIC_BYTES_MAX}`);
  return { topic: will.topic, payload, qos: will.qos ?? 0, retain: will.retain === true };
}

function toSubscribe(parsed: ISubscribePacket, version: Version): Packet | Malformed {
  const id = parsed.messageId ?? 0;
  if (id <= 0) return malformedPacket(REASON.protocolError, "a packet identifier is not 0 [MQTT-2.2.1-3]");
  if (parsed.subscriptions.length === 0) return malformedPacket(REASON.protocolError, "a SUBSCRIBE has at least one filter [MQTT-3.8.3-2]");
  if (version === 5 && parsed.properties?.subscriptionIdentifier !== undefined)
    return malformedPacket(REASON.subscriptionIdsNotSupported, "subscription identifiers are not offered [MQTT-3.2.2.3.12]");
  const subscriptions: Subscription[] = [];
  for (const one of parsed.subscriptions) {
    if (!isText(one.topic)) return malformedPacket(REASON.malformedPacket, "a filter is well-formed UTF-8 without U+0000 [MQTT-1.5.4-1]");
    subscriptions.push({
      filter: one.topic,
      qos: one.qos,
      noLocal: one.nl === true,
      retainAsPublished: one.rap === true,
      retainHandling: one.rh === 1 || one.rh === 2 ? one.rh : 0,
    });
  }
  return { type: "subscribe", id, subscriptions };
}

function toUnsubscribe(parsed: IUnsubscribePacket): Packet | Malformed {
  const id = parsed.messageId ?? 0;
  if (id <= 0) return malformedPacket(REASON.protocolError, "a packet identifier is not 0 [MQTT-2.2.1-3]");
  if (parsed.unsubscriptions.length === 0) return malformedPacket(REASON.protocolError, "an UNSUBSCRIBE has at least one filter [MQTT-3.10.3-2]");
  return { type: "unsubscribe", id, filters: parsed.unsubscriptions };
}

const encoder = new TextEncoder();
const lenient = new TextDecoder();
/** The library replaces what is not UTF-8 by U+FFFD. */
function isText(text: unknown): text is string {
  return typeof text === "string" && !text.includes("\0") && !text.includes("\ufffd");
}
