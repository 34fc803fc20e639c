/**
 * Bytes of one connection → packets. Clients split a packet over several frames and put several into one:
 *
 *   frame ─▶ what is held of the last one ─▶ fixed header (type, flags, length) ─▶ whole packet ─▶ its fields
 *
 * A whole packet is read in place. What breaks a rule is a value with its reason code; nothing here throws, and the reader takes
 * nothing after it.
 */
import { REASON, type Version } from "../reason.ts";
import {
  CONNECT_BYTES_MAX,
  malformed,
  type Malformed,
  type Packet,
  PACKET_BYTES_MAX,
  PAYLOAD_BYTES_MAX,
  type Publish,
  type Qos,
  TOPIC_BYTES_MAX,
} from "./packet.ts";
import { IN, NO_BYTES, PROPERTY, readProperties, readVarInt } from "./property.ts";
import { readConnect } from "./read-connect.ts";
import { readAck, readAuth, readDisconnect, readSubscribe, readUnsubscribe } from "./read-rest.ts";
import { readText } from "./text.ts";

export type Reader = {
  /** Bytes of one frame. They are kept as they are: the caller must not write to them any more. */
  readonly take: (frame: Uint8Array) => void;
  /** The next whole packet; null when more bytes are needed. */
  readonly next: () => Packet | Malformed | null;
  /** Bytes that are not read yet. */
  readonly held: () => number;
};

const TYPE = {
  connect: 1,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  unsubscribe: 10,
  pingreq: 12,
  disconnect: 14,
  auth: 15,
} as const;
/** Flags that each type must carry [MQTT-2.1.3-1]; those that only a server sends are -1. */
const FLAGS = [-1, 0, -1, 0, 0, 0, 2, 0, 2, -1, 2, -1, 0, -1, 0, 0] as const;

/** `version` is null until CONNECT was read; a connection that comes back from hibernation knows it. */
export function openReader(known: Version | null): Reader {
  let version = known;
  let bytes: Uint8Array = NO_BYTES;
  let at = 0;
  let end = 0;
  /** `bytes` is our own, with room behind `end`. */
  let isOwn = false;
  let dead: Malformed | null = null;
  const last: LastTopic = { bytes: NO_BYTES, text: "" };
  const fail = (bad: Malformed): Malformed => (dead = bad);

  function take(frame: Uint8Array): void {
    if (dead !== null || frame.length === 0) return;
    if (at === end) {
      bytes = frame;
      at = 0;
      end = frame.length;
      isOwn = false;
      return;
    }
    const needed = end - at + frame.length;
    if (!isOwn || end + frame.length > bytes.length) {
      // Doubled, so that a packet in many pieces is not copied for each of them. Earlier packets keep the old bytes.
      const larger = new Uint8Array(needed * 2);
      larger.set(bytes.subarray(at, end));
      end -= at;
      at = 0;
      bytes = larger;
      isOwn = true;
    }
    bytes.set(frame, end);
    end += frame.length;
  }

  function next(): Packet | Malformed | null {
    if (dead !== null) return dead;
    if (at >= end) {
      bytes = NO_BYTES;
      at = end = 0;
      return null;
    }
    const first = bytes[at]!;
    const type = first >> 4;
    const flags = first & 0x0f;
    if (version === null && type !== TYPE.connect) return fail(malformed(REASON.protocolError, "the first packet must be CONNECT [MQTT-3.1.0-1]"));
    if (version !== null && type === TYPE.connect) return fail(malformed(REASON.protocolError, "CONNECT is sent once [MQTT-3.1.0-2]"));
    if (FLAGS[type] === -1 || (type === TYPE.auth && version === 4))
      return fail(malformed(REASON.protocolError, `packets of type ${type} are not for a client to send [MQTT-2.1.2]`));
    if (type === TYPE.publish) {
      if ((flags & 6) === 6) return fail(malformed(REASON.malformedPacket, "QoS 3 does not exist [MQTT-3.3.1-4]"));
      if ((flags & 14) === 8) return fail(malformed(REASON.malformedPacket, "DUP means nothing at QoS 0 [MQTT-3.3.1-2]"));
    } else if (flags !== FLAGS[type]) return fail(malformed(REASON.malformedPacket, `type ${type} carries the flags ${FLAGS[type]} [MQTT-2.1.3-1]`));
    const length = readVarInt(bytes, at + 1, end);
    if (length === "bad") return fail(malformed(REASON.malformedPacket, "the Remaining Length has more bytes than it needs or may have [MQTT-1.5.5-1]"));
    if (length === null) return null;
    const max = type === TYPE.connect ? CONNECT_BYTES_MAX : PACKET_BYTES_MAX;
    const to = length.end + length.value;
    if (to - at > max) return fail(malformed(REASON.packetTooLarge, `a packet of this type has at most ${max} bytes [MQTT-3.2.2-15]`));
    if (to > end) return null;
    const whole = bytes.subarray(0, to);
    at = to;
    const read = readWhole(whole, type, flags, length.end, version ?? 4, last);
    if (read.type === "malformed") return fail(type === TYPE.connect && whole[length.end + 6] === 5 ? { ...read, version: 5 } : read);
    if (read.type === "connect") version = read.version;
    return read;
  }

  return { take, next, held: () => end - at };
}

/** The topic of the last PUBLISH: a device says the same one again and again. */
type LastTopic = { bytes: Uint8Array; text: string };

function readTopic(whole: Uint8Array, from: number, to: number, last: LastTopic): string | null {
  const { bytes } = last;
  if (bytes.length === to - from) {
    let i = 0;
    while (i < bytes.length && bytes[i] === whole[from + i]) i++;
    if (i === bytes.length) return last.text;
  }
  const text = readText(whole, from, to);
  if (text === null) return null;
  last.bytes = whole.slice(from, to);
  last.text = text;
  return text;
}

/** `whole` ends with the packet; its body begins at `at`. */
function readWhole(whole: Uint8Array, type: number, flags: number, at: number, version: Version, last: LastTopic): Packet | Malformed {
  switch (type) {
    case TYPE.publish:
      return readPublish(whole, flags, at, version, last);
    case TYPE.puback:
      return readAck("puback", whole, at, version);
    case TYPE.pubrec:
      return readAck("pubrec", whole, at, version);
    case TYPE.pubrel:
      return readAck("pubrel", whole, at, version);
    case TYPE.pubcomp:
      return readAck("pubcomp", whole, at, version);
    case TYPE.pingreq:
      return at === whole.length ? { type: "pingreq" } : malformed(REASON.malformedPacket, "PINGREQ has no body [MQTT-3.12]");
    case TYPE.connect:
      return readConnect(whole, at);
    case TYPE.subscribe:
      return readSubscribe(whole, at, version);
    case TYPE.unsubscribe:
      return readUnsubscribe(whole, at, version);
    case TYPE.disconnect:
      return readDisconnect(whole, at, version);
    default:
      return readAuth(whole, at);
  }
}

function readPublish(whole: Uint8Array, flags: number, start: number, version: Version, last: LastTopic): Publish | Malformed {
  const qos = ((flags >> 1) & 3) as Qos;
  const topicEnd = start + 2 + (whole[start] ?? 0) * 256 + (whole[start + 1] ?? 0);
  let at = topicEnd + (qos === 0 ? 0 : 2);
  if (at > whole.length || start + 2 > whole.length)
    return malformed(REASON.malformedPacket, "a PUBLISH is shorter than its topic and identifier [MQTT-3.3.2]");
  if (topicEnd - start - 2 > TOPIC_BYTES_MAX) return malformed(REASON.topicNameInvalid, `a topic has at most ${TOPIC_BYTES_MAX} bytes`);
  const topic = readTopic(whole, start + 2, topicEnd, last);
  if (topic === null) return malformed(REASON.malformedPacket, "a topic is well-formed UTF-8 without U+0000 [MQTT-1.5.4-1] [MQTT-3.3.2-1]");
  const id = qos === 0 ? 0 : whole[topicEnd]! * 256 + whole[topicEnd + 1]!;
  if (qos > 0 && id === 0) return malformed(REASON.protocolError, "a packet identifier is not 0 [MQTT-2.2.1-3]");
  let properties: Uint8Array = NO_BYTES;
  let alias = 0;
  let expiryMs: number | null = null;
  let isText = false;
  if (version === 5) {
    if (at >= whole.length) return malformed(REASON.malformedPacket, "a PUBLISH ends before its properties [MQTT-3.3.2.3]");
    if (whole[at] === 0) at++;
    else {
      const read = readProperties(whole, at, IN.publish);
      if (read.type === "malformed") return read;
      at = read.end;
      properties = read.forwarded;
      alias = read.numbers.get(PROPERTY.alias) ?? 0;
      const seconds = read.numbers.get(PROPERTY.messageExpiry);
      expiryMs = seconds === undefined ? null : seconds * 1000;
      isText = read.numbers.get(PROPERTY.payloadFormat) === 1;
      const response = read.texts.get(PROPERTY.responseTopic);
      if (response !== undefined && (response.includes("+") || response.includes("#") || response === ""))
        return malformed(REASON.protocolError, "a response topic has no wildcards [MQTT-3.3.2-14]");
    }
  }
  if (topic === "" && alias === 0)
    return malformed(version === 5 ? REASON.protocolError : REASON.topicNameInvalid, "a PUBLISH names its topic or an alias of it [MQTT-4.7.3-1]");
  if (whole.length - at > PAYLOAD_BYTES_MAX) return malformed(REASON.packetTooLarge, `a payload has at most ${PAYLOAD_BYTES_MAX} bytes`);
  return {
    type: "publish",
    topic,
    payload: whole.subarray(at),
    qos,
    retain: (flags & 1) === 1,
    dup: (flags & 8) !== 0,
    id,
    properties,
    alias,
    expiryMs,
    isText,
  };
}
