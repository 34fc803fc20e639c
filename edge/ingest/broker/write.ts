/** Packets for a client → bytes, in its version of the protocol. All by hand: each is written to its exact length. */
import type { Qos } from "./packet.ts";
import { REASON, type Reason, returnCode, type Version } from "../reason.ts";
import { NO_BYTES, PROPERTY } from "./property.ts";

const encoder = new TextEncoder();
export const PINGRESP = Uint8Array.of(0xd0, 0);

/** PUBACK, PUBREC, PUBREL, PUBCOMP by the first byte of each. */
export const ACK = { puback: 0x40, pubrec: 0x50, pubrel: 0x62, pubcomp: 0x70 } as const;

/** `text` is left out where the client does not want it or takes no such packet [MQTT-3.1.2-29] [MQTT-3.4.2-2]. */
export function encodeAck(first: number, id: number, version: Version, reason: Reason = REASON.success, text = "", packetMax = Infinity): Uint8Array {
  if (version === 4 || reason === REASON.success) return Uint8Array.of(first, 2, id >> 8, id & 255);
  const properties = text === "" ? NO_BYTES : textProperty(PROPERTY.reasonString, text);
  const length = 3 + (properties.length === 0 ? 0 : sectionBytes(properties.length));
  if (properties.length > 0 && 1 + varIntBytes(length) + length > packetMax) return encodeAck(first, id, version, reason);
  const { bytes, at } = open(first, length);
  bytes[at] = id >> 8;
  bytes[at + 1] = id & 255;
  bytes[at + 2] = reason;
  if (properties.length > 0) putSection(bytes, at + 3, properties);
  return bytes;
}

/** SUBACK (0x90) and UNSUBACK (0xb0), which has no reasons in 3.1.1. */
export function encodeReasons(first: 0x90 | 0xb0, id: number, version: Version, reasons: readonly number[]): Uint8Array {
  const said = version === 4 && first === 0xb0 ? [] : reasons;
  const { bytes, at } = open(first, 2 + (version === 5 ? 1 : 0) + said.length);
  bytes[at] = id >> 8;
  bytes[at + 1] = id & 255;
  bytes.set(said, bytes.length - said.length);
  return bytes;
}

/** A 3.1.1 server has no DISCONNECT: it closes [MQTT-3.14]. */
export function encodeDisconnect(version: Version, reason: Reason, text: string, packetMax: number): Uint8Array {
  if (version === 4) return NO_BYTES;
  const properties = textProperty(PROPERTY.reasonString, text);
  const length = 1 + sectionBytes(properties.length);
  if (text === "" || 1 + varIntBytes(length) + length > packetMax) return Uint8Array.of(0xe0, 1, reason);
  const { bytes, at } = open(0xe0, length);
  bytes[at] = reason;
  putSection(bytes, at + 1, properties);
  return bytes;
}

export type Connack = {
  readonly present: boolean;
  readonly reason: Reason;
  /** By identifier; null: not said. */
  readonly numbers: readonly (readonly [id: number, size: 1 | 2 | 4, value: number])[];
  readonly texts: readonly (readonly [id: number, text: string])[];
};

export function encodeConnack(said: Connack, version: Version): Uint8Array {
  // A refusal says Session Present 0 [MQTT-3.2.2-6].
  const present = said.present && said.reason === REASON.success ? 1 : 0;
  if (version === 4) return Uint8Array.of(0x20, 2, present, returnCode(said.reason));
  const numbers = said.numbers.flatMap(([id, size, value]) => [id, ...[24, 16, 8, 0].slice(4 - size).map((shift) => (value >>> shift) & 255)]);
  const properties = Uint8Array.of(...numbers, ...said.texts.flatMap(([id, text]) => [...textProperty(id, text)]));
  const { bytes, at } = open(0x20, 2 + sectionBytes(properties.length));
  bytes[at] = present;
  bytes[at + 1] = said.reason;
  putSection(bytes, at + 2, properties);
  return bytes;
}

export type Shape = {
  readonly version: Version;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly dup: boolean;
  /** Of the receiver; 0: none. `isNamed`: the topic is spelled out, also where an alias is set. */
  readonly alias: number;
  readonly isNamed: boolean;
  readonly sids: readonly number[];
  /** What is left of the message's life; null: no end. */
  readonly expirySeconds: number | null;
};

/** PUBLISH as bytes with room for its identifier at `idAt` (0 at QoS 0). Null: longer than the receiver takes [MQTT-3.1.2-25]. */
export function encodePublish(
  topic: Uint8Array,
  properties: Uint8Array,
  payload: Uint8Array,
  shape: Shape,
  packetMax: number,
): { readonly bytes: Uint8Array; readonly idAt: number } | null {
  const name = shape.isNamed ? topic : NO_BYTES;
  let own = 0;
  if (shape.version === 5) {
    own = properties.length + (shape.expirySeconds === null ? 0 : 5) + (shape.alias === 0 ? 0 : 3);
    for (const sid of shape.sids) own += 1 + varIntBytes(sid);
  }
  const length = 2 + name.length + (shape.qos > 0 ? 2 : 0) + (shape.version === 5 ? sectionBytes(own) : 0) + payload.length;
  if (1 + varIntBytes(length) + length > packetMax) return null;
  const { bytes, at: start } = open(0x30 | (shape.dup ? 8 : 0) | (shape.qos << 1) | (shape.retain ? 1 : 0), length);
  let at = start;
  bytes[at++] = name.length >> 8;
  bytes[at++] = name.length & 255;
  bytes.set(name, at);
  at += name.length;
  const idAt = shape.qos > 0 ? at : 0;
  if (shape.qos > 0) at += 2;
  if (shape.version === 5) {
    at = putVarInt(bytes, at, own);
    if (shape.expirySeconds !== null) {
      bytes[at++] = PROPERTY.messageExpiry;
      for (const shift of [24, 16, 8, 0]) bytes[at++] = (shape.expirySeconds >>> shift) & 255;
    }
    if (shape.alias !== 0) {
      bytes[at++] = PROPERTY.alias;
      bytes[at++] = shape.alias >> 8;
      bytes[at++] = shape.alias & 255;
    }
    for (const sid of shape.sids) {
      bytes[at++] = PROPERTY.subscriptionId;
      at = putVarInt(bytes, at, sid);
    }
    bytes.set(properties, at);
    at += properties.length;
  }
  bytes.set(payload, at);
  return { bytes, idAt };
}

function open(first: number, length: number): { readonly bytes: Uint8Array; readonly at: number } {
  const bytes = new Uint8Array(1 + varIntBytes(length) + length);
  bytes[0] = first;
  return { bytes, at: putVarInt(bytes, 1, length) };
}

function textProperty(id: number, text: string): Uint8Array {
  const bytes = encoder.encode(text);
  return Uint8Array.of(id, bytes.length >> 8, bytes.length & 255, ...bytes);
}

function sectionBytes(length: number): number {
  return varIntBytes(length) + length;
}

function putSection(bytes: Uint8Array, at: number, properties: Uint8Array): void {
  bytes.set(properties, putVarInt(bytes, at, properties.length));
}

function varIntBytes(value: number): number {
  if (value < 128) return 1;
  if (value < 16_384) return 2;
  return value < 2_097_152 ? 3 : 4;
}

function putVarInt(bytes: Uint8Array, from: number, value: number): number {
  let at = from;
  let rest = value;
  while (rest > 127) {
    bytes[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}
