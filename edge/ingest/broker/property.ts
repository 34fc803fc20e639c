/** The property sections of MQTT 5.0 that a client sends: each checked for its place, its number and its shape [MQTT-2.2.2.2]. */
import { REASON } from "../reason.ts";
import { type Malformed, malformed } from "./packet.ts";
import { readText } from "./text.ts";

/** Where a section stands, as bits. */
export const IN = { connect: 1, will: 2, publish: 4, ack: 8, subscribe: 16, unsubscribe: 32, disconnect: 64, auth: 128 } as const;

export const PROPERTY = {
  payloadFormat: 0x01,
  messageExpiry: 0x02,
  responseTopic: 0x08,
  subscriptionId: 0x0b,
  sessionExpiry: 0x11,
  assignedClient: 0x12,
  serverKeepAlive: 0x13,
  method: 0x15,
  requestProblem: 0x17,
  willDelay: 0x18,
  requestResponse: 0x19,
  responseInformation: 0x1a,
  reasonString: 0x1f,
  receiveMax: 0x21,
  aliasMax: 0x22,
  alias: 0x23,
  user: 0x26,
  packetMax: 0x27,
} as const;

type Shape = 1 | 2 | 4 | "var" | "text" | "binary" | "pair";
const SHAPES = new Map<number, readonly [Shape, number]>([
  [PROPERTY.payloadFormat, [1, IN.publish | IN.will]],
  [PROPERTY.messageExpiry, [4, IN.publish | IN.will]],
  [0x03, ["text", IN.publish | IN.will]],
  [PROPERTY.responseTopic, ["text", IN.publish | IN.will]],
  [0x09, ["binary", IN.publish | IN.will]],
  [PROPERTY.subscriptionId, ["var", IN.subscribe]],
  [PROPERTY.sessionExpiry, [4, IN.connect | IN.disconnect]],
  [PROPERTY.method, ["text", IN.connect | IN.auth]],
  [0x16, ["binary", IN.connect | IN.auth]],
  [PROPERTY.requestProblem, [1, IN.connect]],
  [PROPERTY.willDelay, [4, IN.will]],
  [PROPERTY.requestResponse, [1, IN.connect]],
  [PROPERTY.reasonString, ["text", IN.ack | IN.disconnect | IN.auth]],
  [PROPERTY.receiveMax, [2, IN.connect]],
  [PROPERTY.aliasMax, [2, IN.connect]],
  [PROPERTY.alias, [2, IN.publish]],
  [PROPERTY.user, ["pair", 255]],
  [PROPERTY.packetMax, [4, IN.connect]],
]);
/** Those of one bit, and those that are not 0. A payload format of the future goes on as it came. */
const FLAGS = new Set<number>([PROPERTY.requestProblem, PROPERTY.requestResponse]);
const POSITIVE = new Set<number>([PROPERTY.receiveMax, PROPERTY.packetMax, PROPERTY.subscriptionId]);
/** What is written anew for each receiver. */
const OWN = new Set<number>([PROPERTY.messageExpiry, PROPERTY.alias, PROPERTY.willDelay]);

export const NO_BYTES = new Uint8Array(0);

/** `numbers` and `texts` by identifier; `forwarded` is the section as it came, without what is written anew. */
export type Properties = {
  readonly type: "properties";
  readonly numbers: ReadonlyMap<number, number>;
  readonly texts: ReadonlyMap<number, string>;
  readonly forwarded: Uint8Array;
  /** Where the section ends. */
  readonly end: number;
};

const none = new Map<number, never>();
/** 3.1.1 has no properties. */
export function noProperties(at: number): Properties {
  return { type: "properties", numbers: none, texts: none, forwarded: NO_BYTES, end: at };
}

export type VarInt = { readonly value: number; readonly end: number };

/** A variable byte integer at `at`: null when bytes are missing, `bad` when it has more than four or more than it needs [MQTT-1.5.5-1]. */
export function readVarInt(bytes: Uint8Array, at: number, end: number): VarInt | "bad" | null {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    if (at + i >= end) return null;
    const byte = bytes[at + i]!;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return byte === 0 && i > 0 ? "bad" : { value, end: at + i + 1 };
  }
  return "bad";
}

/** The section that begins with its length at `at`. */
export function readProperties(bytes: Uint8Array, at: number, place: number): Properties | Malformed {
  if (bytes[at] === 0) return noProperties(at + 1);
  const length = readVarInt(bytes, at, bytes.length);
  if (length === null || length === "bad" || length.end + length.value > bytes.length)
    return malformed(REASON.malformedPacket, "the properties are longer than the packet [MQTT-2.2.2.1]");
  const end = length.end + length.value;
  const numbers = new Map<number, number>();
  const texts = new Map<number, string>();
  const seen = new Set<number>();
  let kept: Uint8Array[] | null = null;
  let keptFrom = length.end;
  for (let from = length.end; from < end;) {
    const id = bytes[from]!;
    const shape = SHAPES.get(id);
    if (shape === undefined) return malformed(REASON.malformedPacket, `property 0x${id.toString(16)} does not exist for a client [MQTT-2.2.2.2]`);
    if ((shape[1] & place) === 0) return malformed(REASON.protocolError, `property 0x${id.toString(16)} does not belong in this packet [MQTT-2.2.2.2]`);
    if (id !== PROPERTY.user && seen.has(id)) return malformed(REASON.protocolError, `property 0x${id.toString(16)} is there twice [MQTT-2.2.2.2]`);
    seen.add(id);
    const after = readValue(bytes, from + 1, end, id, shape[0], numbers, texts);
    if (typeof after !== "number") return after;
    if (OWN.has(id)) {
      (kept ??= []).push(bytes.subarray(keptFrom, from));
      keptFrom = after;
    }
    from = after;
  }
  const last = bytes.subarray(keptFrom, end);
  return { type: "properties", numbers, texts, forwarded: kept === null ? last : joinBytes([...kept, last]), end };
}

function readValue(
  bytes: Uint8Array,
  at: number,
  end: number,
  id: number,
  shape: Shape,
  numbers: Map<number, number>,
  texts: Map<number, string>,
): number | Malformed {
  const short = malformed(REASON.malformedPacket, "a property is longer than its section [MQTT-2.2.2.2]");
  if (typeof shape === "number" || shape === "var") {
    const read = shape === "var" ? readVarInt(bytes, at, end) : at + shape > end ? null : { value: bigEndian(bytes, at, shape), end: at + shape };
    if (read === null || read === "bad") return short;
    if (FLAGS.has(id) && read.value > 1) return malformed(REASON.protocolError, `property 0x${id.toString(16)} is 0 or 1`);
    if (POSITIVE.has(id) && read.value === 0) return malformed(REASON.protocolError, `property 0x${id.toString(16)} is not 0`);
    if (id === PROPERTY.alias && read.value === 0) return malformed(REASON.topicAliasInvalid, "a topic alias is not 0 [MQTT-3.3.2-8]");
    numbers.set(id, read.value);
    return read.end;
  }
  let from = at;
  for (let i = shape === "pair" ? 2 : 1; i > 0; i--) {
    if (from + 2 > end) return short;
    const to = from + 2 + bigEndian(bytes, from, 2);
    if (to > end) return short;
    if (shape !== "binary") {
      const text = readText(bytes, from + 2, to);
      if (text === null) return malformed(REASON.malformedPacket, "texts are well-formed UTF-8 without U+0000 [MQTT-1.5.4-1] [MQTT-1.5.4-2]");
      texts.set(id, text);
    }
    from = to;
  }
  return from;
}

function bigEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + bytes[at + i]!;
  return value;
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
