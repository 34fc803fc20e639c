/** The property section of an MQTT 5.0 PUBLISH: checked here, kept as bytes, forwarded as it came [MQTT-3.3.2-17]. */
import { type Malformed, malformedPacket } from "./packet.ts";
import { REASON } from "./reason.ts";

export type VarInt = { readonly value: number; readonly end: number };

/** A variable byte integer at `at`: null when bytes are missing, `bad` when it has more than four [MQTT-1.5.5-1]. */
export function readVarInt(bytes: Uint8Array, at: number, end: number): VarInt | "bad" | null {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    if (at + i >= end) return null;
    const byte = bytes[at + i]!;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  return "bad";
}

const TOPIC_ALIAS = 0x23;
const USER_PROPERTY = 0x26;
/** Bytes that follow each identifier a client may put into a PUBLISH; `text` has its length in front. */
const SIZE_OF: Readonly<Record<number, number | "text" | "pair">> = {
  0x01: 1,
  0x02: 4,
  0x03: "text",
  0x08: "text",
  0x09: "text",
  [TOPIC_ALIAS]: 2,
  [USER_PROPERTY]: "pair",
};

/** Checks `bytes[from..end)`, which is the section without its length. Null: it may be forwarded. */
export function checkPublishProperties(bytes: Uint8Array, from: number, end: number): Malformed | null {
  const seen = new Set<number>();
  let at = from;
  while (at < end) {
    const id = bytes[at]!;
    const size = SIZE_OF[id];
    if (size === undefined)
      return malformedPacket(REASON.protocolError, `property 0x${id.toString(16)} does not belong in a PUBLISH from a client [MQTT-2.2.2.2]`);
    if (id === TOPIC_ALIAS)
      return malformedPacket(REASON.topicAliasInvalid, "topic aliases are not offered: the CONNACK says Topic Alias Maximum 0 [MQTT-3.2.2-18]");
    if (id !== USER_PROPERTY && seen.has(id)) return malformedPacket(REASON.protocolError, `property 0x${id.toString(16)} is there twice`);
    seen.add(id);
    at = afterValue(bytes, at + 1, end, size);
    if (at > end) return malformedPacket(REASON.malformedPacket, "a property is longer than its section");
  }
  return null;
}

function afterValue(bytes: Uint8Array, at: number, end: number, size: number | "text" | "pair"): number {
  if (typeof size === "number") return at + size;
  const after = afterText(bytes, at, end);
  return size === "text" ? after : afterText(bytes, after, end);
}

function afterText(bytes: Uint8Array, at: number, end: number): number {
  return at + 2 > end ? end + 1 : at + 2 + bytes[at]! * 256 + bytes[at + 1]!;
}
