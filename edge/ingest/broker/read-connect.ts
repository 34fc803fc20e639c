/** CONNECT by its fields, in their order [MQTT-3.1.3-1]. By hand: mqtt-packet lets pass what is not UTF-8 and properties that are there twice. */
import { REASON, type Version } from "../reason.ts";
import { CLIENT_ID_MAX, type Connect, malformed, type Malformed, type Qos, TOPIC_BYTES_MAX, type Will, WILL_BYTES_MAX } from "./packet.ts";
import { IN, noProperties, type Properties, PROPERTY, readProperties } from "./property.ts";
import { readText } from "./text.ts";

const FLAG = { reserved: 1, clean: 2, will: 4, willRetain: 32, password: 64, user: 128 } as const;
const WANTS_ALL = 65_535;
/** "The session does not expire" in 5.0. */
const NEVER = 0xffffffff;
const PROTOCOL = [0, 4, 77, 81, 84, 84];

type Field = { readonly type: "field"; readonly from: number; readonly end: number };

/** `whole` is the packet, its body begins at `at`. */
export function readConnect(whole: Uint8Array, at: number): Connect | Malformed {
  if (PROTOCOL.some((byte, i) => whole[at + i] !== byte)) return malformed(REASON.unsupportedVersion, "the protocol name is MQTT [MQTT-3.1.2-1]");
  const level = whole[at + 6];
  if (level !== 4 && level !== 5) return malformed(REASON.unsupportedVersion, "the protocol level is 4 (3.1.1) or 5 (5.0) [MQTT-3.1.2-2]");
  if (at + 10 > whole.length) return malformed(REASON.malformedPacket, "CONNECT ends before its keep-alive [MQTT-3.1.2]");
  const flags = whole[at + 7]!;
  const bad = checkFlags(flags, level);
  if (bad !== null) return bad;
  const properties = level === 5 ? readProperties(whole, at + 10, IN.connect) : noProperties(at + 10);
  if (properties.type === "malformed") return properties;
  const client = readField(whole, properties.end);
  if (client.type === "malformed") return client;
  const name = readText(whole, client.from, client.end);
  if (name === null) return malformed(REASON.malformedPacket, "a client identifier is well-formed UTF-8 without U+0000 [MQTT-3.1.3-4]");
  if (name.length > CLIENT_ID_MAX) return malformed(REASON.badClientId, `a client identifier has at most ${CLIENT_ID_MAX} characters [MQTT-3.1.3-8]`);
  const will = readWill(whole, client.end, flags, level);
  if (will.type === "malformed") return will;
  const user = readOptional(whole, will.end, (flags & FLAG.user) !== 0);
  if (user.type === "malformed") return user;
  const userName = user.from < 0 ? null : readText(whole, user.from, user.end);
  if (user.from >= 0 && userName === null) return malformed(REASON.malformedPacket, "a user name is well-formed UTF-8 [MQTT-3.1.3-11]");
  const password = readOptional(whole, user.end, (flags & FLAG.password) !== 0);
  if (password.type === "malformed") return password;
  if (password.end !== whole.length) return malformed(REASON.malformedPacket, "CONNECT is longer than its fields [MQTT-3.1.3-1]");
  return connectOf(
    whole,
    level,
    flags,
    at,
    properties,
    name,
    will.will,
    userName,
    password.from < 0 ? null : lenient.decode(whole.subarray(password.from, password.end)),
  );
}

function connectOf(
  whole: Uint8Array,
  version: Version,
  flags: number,
  at: number,
  { numbers, texts }: Properties,
  client: string,
  will: Will | null,
  user: string | null,
  password: string | null,
): Connect {
  const clean = (flags & FLAG.clean) !== 0;
  const expiry = numbers.get(PROPERTY.sessionExpiry) ?? 0;
  return {
    type: "connect",
    version,
    client,
    clean,
    keepAliveMs: (whole[at + 8]! * 256 + whole[at + 9]!) * 1000,
    user,
    password,
    will,
    expiryMs: version === 4 ? (clean ? 0 : Infinity) : expiry === NEVER ? Infinity : expiry * 1000,
    receiveMax: numbers.get(PROPERTY.receiveMax) ?? WANTS_ALL,
    packetMax: numbers.get(PROPERTY.packetMax) ?? Infinity,
    aliasMax: numbers.get(PROPERTY.aliasMax) ?? 0,
    wantsResponse: numbers.get(PROPERTY.requestResponse) === 1,
    problem: numbers.has(PROPERTY.requestProblem) ? (numbers.get(PROPERTY.requestProblem) === 1 ? "asked" : "declined") : "unsaid",
    method: texts.get(PROPERTY.method) ?? null,
  };
}

function checkFlags(flags: number, level: number): Malformed | null {
  if ((flags & FLAG.reserved) !== 0) return malformed(REASON.malformedPacket, "the reserved flag of CONNECT is 0 [MQTT-3.1.2-3]");
  const qos = (flags >> 3) & 3;
  if (qos === 3) return malformed(REASON.malformedPacket, "a will's QoS is 0, 1 or 2 [MQTT-3.1.2-12]");
  if ((flags & FLAG.will) === 0 && (qos > 0 || (flags & FLAG.willRetain) !== 0))
    return malformed(REASON.malformedPacket, "without a will its QoS and retain are 0 [MQTT-3.1.2-11] [MQTT-3.1.2-13]");
  if (level === 4 && (flags & FLAG.password) !== 0 && (flags & FLAG.user) === 0)
    return malformed(REASON.malformedPacket, "a password needs a user name [MQTT-3.1.2-22]");
  return null;
}

function readField(whole: Uint8Array, at: number): Field | Malformed {
  const end = at + 2 + (whole[at] ?? 0) * 256 + (whole[at + 1] ?? 0);
  if (at + 2 > whole.length || end > whole.length) return malformed(REASON.malformedPacket, "CONNECT ends before its fields [MQTT-3.1.3-1]");
  return { type: "field", from: at + 2, end };
}

function readOptional(whole: Uint8Array, at: number, isThere: boolean): Field | Malformed {
  return isThere ? readField(whole, at) : { type: "field", from: -1, end: at };
}

function readWill(
  whole: Uint8Array,
  at: number,
  flags: number,
  version: Version,
): { readonly type: "will"; readonly will: Will | null; readonly end: number } | Malformed {
  if ((flags & FLAG.will) === 0) return { type: "will", will: null, end: at };
  const properties = version === 5 ? readProperties(whole, at, IN.will) : noProperties(at);
  if (properties.type === "malformed") return properties;
  const name = readField(whole, properties.end);
  if (name.type === "malformed") return name;
  const payload = readField(whole, name.end);
  if (payload.type === "malformed") return payload;
  const topic = readText(whole, name.from, name.end);
  if (topic === null) return malformed(REASON.malformedPacket, "a will's topic is well-formed UTF-8 [MQTT-3.1.3-11]");
  if (topic === "" || topic.includes("+") || topic.includes("#"))
    return malformed(REASON.topicNameInvalid, "a will's topic is a name without wildcards [MQTT-4.7.1-1]");
  if (payload.end - payload.from > WILL_BYTES_MAX || name.end - name.from > TOPIC_BYTES_MAX)
    return malformed(REASON.packetTooLarge, `a will has at most ${WILL_BYTES_MAX} bytes, its topic ${TOPIC_BYTES_MAX}`);
  const expiry = properties.numbers.get(PROPERTY.messageExpiry);
  const will: Will = {
    topic,
    payload: whole.slice(payload.from, payload.end),
    qos: ((flags >> 3) & 3) as Qos,
    retain: (flags & FLAG.willRetain) !== 0,
    properties: properties.forwarded.slice(),
    delayMs: (properties.numbers.get(PROPERTY.willDelay) ?? 0) * 1000,
    expiryMs: expiry === undefined ? null : expiry * 1000,
  };
  return { type: "will", will, end: payload.end };
}

const lenient = new TextDecoder();
