/**
 * Bytes of one connection → packets. Clients split a packet over several frames and put several into one, so each
 * connection has one reader that holds what is incomplete:
 *
 *   frame ─▶ held bytes ─▶ fixed header (type, flags, length) ─▶ whole packet ─▶ by hand: PUBLISH PUBACK PINGREQ
 *                                                                             └▶ mqtt-packet: the others
 *
 * What breaks a rule is a value with its reason code; nothing here throws, and the reader takes nothing after it.
 */
import { parseOther } from "./packet-other.ts";
import {
  CONNECT_BYTES_MAX,
  type Malformed,
  malformedPacket,
  NO_BYTES,
  PACKET_BYTES_MAX,
  PAYLOAD_BYTES_MAX,
  type Packet,
  type Publish,
  TOPIC_BYTES_MAX,
} from "./packet.ts";
import { checkPublishProperties, readVarInt } from "./packet-property.ts";
import { REASON, type Version } from "./reason.ts";

export type Reader = {
  /** Bytes of one frame. They are copied: the caller may use its buffer again. */
  readonly take: (frame: Uint8Array) => void;
  /** The next whole packet; null when more bytes are needed. */
  readonly next: () => Packet | Malformed | null;
  /** Bytes that wait for the rest of their packet. */
  readonly held: () => number;
};

const CONNECT = 1;
const PUBLISH = 3;
const PUBACK = 4;
const PINGREQ = 12;
/** Flags that each type must carry [MQTT-2.2.2-1]; types that only a server sends, or that belong to QoS 2, are absent. */
const FLAGS: Readonly<Record<number, number>> = { 1: 0, 4: 0, 8: 2, 10: 2, 12: 0, 14: 0 };
const FIRST_BYTES = 1024;

/** `version` is null until CONNECT was read; a connection that comes back from hibernation knows it. */
export function openReader(version: Version | null): Reader {
  const state = { version, bytes: new Uint8Array(FIRST_BYTES), length: 0, dead: null as Malformed | null };
  const fail = (bad: Malformed): Malformed => (state.dead = bad);

  function take(frame: Uint8Array): void {
    if (state.dead !== null) return;
    const needed = state.length + frame.length;
    if (needed > state.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, state.bytes.length * 2));
      larger.set(state.bytes.subarray(0, state.length));
      state.bytes = larger;
    }
    state.bytes.set(frame, state.length);
    state.length = needed;
  }

  function next(): Packet | Malformed | null {
    if (state.dead !== null) return state.dead;
    if (state.length === 0) return null;
    const type = state.bytes[0]! >> 4;
    const flags = state.bytes[0]! & 0x0f;
    if (state.version === null && type !== CONNECT) return fail(malformedPacket(REASON.protocolError, "the first packet must be CONNECT [MQTT-3.1.0-1]"));
    const bad = checkType(type, flags);
    if (bad !== null) return fail(bad);
    const length = readVarInt(state.bytes, 1, state.length);
    if (length === "bad") return fail(malformedPacket(REASON.malformedPacket, "the Remaining Length has more than four bytes [MQTT-1.5.5-1]"));
    if (length === null) return null;
    const max = type === CONNECT ? CONNECT_BYTES_MAX : PACKET_BYTES_MAX;
    const end = length.end + length.value;
    if (end > max) return fail(malformedPacket(REASON.packetTooLarge, `a packet of this type has at most ${max} bytes [MQTT-3.2.2-15]`));
    if (state.length < end) return null;
    const packet = state.bytes.slice(0, end);
    state.bytes.copyWithin(0, end, state.length);
    state.length -= end;
    const read = readWhole(packet, type, flags, length.end, state.version);
    if (read.type === "malformed") return fail(read);
    if (read.type === "connect") state.version = read.version;
    return read;
  }

  return { take, next, held: () => state.length };
}

function checkType(type: number, flags: number): Malformed | null {
  if (type === PUBLISH) return (flags & 0x06) === 0x06 ? malformedPacket(REASON.malformedPacket, "QoS 3 does not exist [MQTT-3.3.1-4]") : null;
  const expected = FLAGS[type];
  if (expected === undefined) return malformedPacket(REASON.protocolError, `packets of type ${type} are not for a client to send here`);
  return flags === expected ? null : malformedPacket(REASON.malformedPacket, `type ${type} carries the flags ${expected} [MQTT-2.2.2-1]`);
}

function readWhole(packet: Uint8Array, type: number, flags: number, at: number, version: Version | null): Packet | Malformed {
  if (type === PUBLISH) return readPublish(packet, flags, at, version ?? 4);
  if (type === PUBACK) return readPuback(packet, at);
  if (type === PINGREQ) return packet.length === at ? { type: "pingreq" } : malformedPacket(REASON.malformedPacket, "PINGREQ has no body [MQTT-3.12]");
  return parseOther(packet, at, version);
}

function readPublish(packet: Uint8Array, flags: number, start: number, version: Version): Publish | Malformed {
  const qos = ((flags >> 1) & 3) as 0 | 1 | 2;
  if (qos === 0 && (flags & 8) !== 0) return malformedPacket(REASON.malformedPacket, "DUP means nothing at QoS 0 [MQTT-3.3.1-2]");
  if (start + 2 > packet.length) return malformedPacket(REASON.malformedPacket, "a PUBLISH ends before its topic");
  const topicEnd = start + 2 + packet[start]! * 256 + packet[start + 1]!;
  let at = topicEnd + (qos === 0 ? 0 : 2);
  if (at > packet.length) return malformedPacket(REASON.malformedPacket, "a PUBLISH is shorter than its topic and identifier");
  if (topicEnd - start - 2 > TOPIC_BYTES_MAX) return malformedPacket(REASON.topicNameInvalid, `a topic has at most ${TOPIC_BYTES_MAX} bytes`);
  const topic = readText(packet.subarray(start + 2, topicEnd));
  if (topic === null) return malformedPacket(REASON.malformedPacket, "a topic is well-formed UTF-8 without U+0000 [MQTT-1.5.4-1]");
  const id = qos === 0 ? 0 : packet[topicEnd]! * 256 + packet[topicEnd + 1]!;
  if (qos > 0 && id === 0) return malformedPacket(REASON.protocolError, "a packet identifier is not 0 [MQTT-2.2.1-3]");
  let properties = NO_BYTES;
  if (version === 5) {
    const length = readVarInt(packet, at, packet.length);
    if (length === null || length === "bad" || length.end + length.value > packet.length)
      return malformedPacket(REASON.malformedPacket, "the properties are longer than the packet");
    const bad = checkPublishProperties(packet, length.end, length.end + length.value);
    if (bad !== null) return bad;
    properties = packet.slice(length.end, length.end + length.value);
    at = length.end + length.value;
  }
  if (packet.length - at > PAYLOAD_BYTES_MAX) return malformedPacket(REASON.packetTooLarge, `a payload has at most ${PAYLOAD_BYTES_MAX} bytes`);
  return { type: "publish", topic, payload: packet.subarray(at), qos, retain: (flags & 1) === 1, dup: (flags & 8) !== 0, id, properties };
}

function readPuback(packet: Uint8Array, at: number): Packet | Malformed {
  if (packet.length < at + 2) return malformedPacket(REASON.malformedPacket, "a PUBACK ends before its identifier");
  const id = packet[at]! * 256 + packet[at + 1]!;
  return id === 0 ? malformedPacket(REASON.protocolError, "a packet identifier is not 0 [MQTT-2.2.1-3]") : { type: "puback", id };
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
function readText(bytes: Uint8Array): string | null {
  try {
    const text = strict.decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
