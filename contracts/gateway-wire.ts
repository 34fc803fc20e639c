/**
 * What a gateway and a unit say on their link: one WebSocket that carries many MQTT clients, its members. A message is one or several
 * frames, at most 256 KiB in all; numbers are little-endian:
 *
 *   offset  size   field
 *        0    u8   kind
 *        1   u16   member; 0 is the link itself
 *        3   u24   length of the body
 *        6     …   body
 *
 *   kind          who   body
 *   1 hello       up    JSON { version, gateway }: the first frame of a link
 *   2 welcome     down  JSON { version, memberBytes, linkBytes, through }: its answer
 *   3 open        up    u8 flags: 1 over TLS, 2 with a certificate that was verified
 *   4 data        both  whole MQTT packets; or the last piece of a cut one
 *   5 part        both  a piece of one packet, of which more follows
 *   6 close       both  u8 why. Each side says it once; then the number is free again
 *   7 credit      both  u32 bytes more that the other side may send
 *   8 stored      up    f64 seq · u32 age in ms · u8 MQTT version · u16 n, device · u16 n, client identifier · one PUBLISH or PUBREL
 *   9 accepted    down  f64: every stored frame up to this seq is on the unit's disk
 *
 * Who has credit left may send one packet more than it: a packet is never held back half. PINGREQ and PINGRESP don't travel: the gateway
 * keeps its clients' keep-alive. That the link itself is alive is told by the texts `LINK_ASKS` and `LINK_ANSWERS`, which a sleeping
 * Durable Object answers without waking.
 */
import { z } from "zod";
import { type Refusal, refuse } from "./refusal.ts";

export const LINK_VERSION = 1;
/** The WebSocket's subprotocol: another version is another name, so that an old unit refuses the handshake and not a frame. */
export const LINK_PROTOCOL = `outpost-link.${LINK_VERSION}`;
/** One WebSocket message. Workers take 1 MiB; a quarter of it lets neighbours' packets in between those of a large one. */
export const LINK_MESSAGE_BYTES_MAX = 256 * 1024;
/** Members of one link: as many connections as one Intake takes. */
export const MEMBERS_MAX = 10_000;
export const LINK_ASKS = "?";
export const LINK_ANSWERS = "!";
const HEADER_BYTES = 6;
const BODY_BYTES_MAX = LINK_MESSAGE_BYTES_MAX - HEADER_BYTES;
/** Names of a gateway: it keeps one on its disk. */
const GATEWAY_MAX = 64;
/** A first reservation; most messages hold a handful of small packets. */
const FIRST_BYTES = 4 * 1024;

const KINDS = ["hello", "welcome", "open", "data", "part", "close", "credit", "stored", "accepted"] as const;
const KIND = { hello: 1, welcome: 2, open: 3, data: 4, part: 5, close: 6, credit: 7, stored: 8, accepted: 9 } as const;

/** Why a member ended. `silent` and `lost` are ends without a DISCONNECT: its will is due. `refused`: by the unit, which has said so in MQTT. */
export const MEMBER_ENDS = ["ended", "lost", "silent", "refused", "gateway-closed", "over-credit"] as const;
export type MemberEnd = (typeof MEMBER_ENDS)[number];

const Amount = z.int().min(0);
const Hello = z.strictObject({ version: z.literal(LINK_VERSION), gateway: z.string().min(1).max(GATEWAY_MAX) });
const Welcome = z.strictObject({ version: z.literal(LINK_VERSION), memberBytes: Amount, linkBytes: Amount, through: Amount });

/** A packet that a gateway took over from a client while the unit was away. `device` is empty where nobody signs in. */
export type Stored = {
  readonly seq: number;
  /** Milliseconds since the gateway put it on its disk: not an instant, so that its clock doesn't matter. */
  readonly ageMs: number;
  readonly version: 4 | 5;
  readonly device: string;
  readonly client: string;
  readonly packet: Uint8Array;
};

export type Frame =
  | ({ readonly kind: "hello" } & z.infer<typeof Hello>)
  | ({ readonly kind: "welcome" } & z.infer<typeof Welcome>)
  | { readonly kind: "open"; readonly member: number; readonly secure: boolean; readonly verified: boolean }
  | { readonly kind: "data"; readonly member: number; readonly bytes: Uint8Array }
  | { readonly kind: "part"; readonly member: number; readonly bytes: Uint8Array }
  | { readonly kind: "close"; readonly member: number; readonly why: MemberEnd }
  | { readonly kind: "credit"; readonly member: number; readonly bytes: number }
  | ({ readonly kind: "stored" } & Stored)
  | { readonly kind: "accepted"; readonly through: number };

export type FrameWriter = {
  /** One or several whole packets of a member, or one packet of any length, which is cut where it is longer than a message. Bytes are copied. */
  data(member: number, bytes: Uint8Array): void;
  put(frame: Exclude<Frame, { kind: "data" | "part" }>): void;
  /** Bytes that wait. */
  waiting(): number;
  /** The messages that hold what was put since the last time. */
  take(): readonly Uint8Array<ArrayBuffer>[];
};

/** Collects frames into as few messages as hold them, in their order. */
export function frameWriter(): FrameWriter {
  let sealed: Uint8Array<ArrayBuffer>[] = [];
  let sealedBytes = 0;
  let buffer = new Uint8Array(FIRST_BYTES);
  let length = 0;

  function seal(): void {
    if (length === 0) return;
    sealed.push(buffer.slice(0, length));
    sealedBytes += length;
    length = 0;
  }

  function record(kind: number, member: number, body: Uint8Array): void {
    const needed = HEADER_BYTES + body.length;
    if (length + needed > LINK_MESSAGE_BYTES_MAX) seal();
    if (length + needed > buffer.length) {
      const larger = new Uint8Array(Math.min(LINK_MESSAGE_BYTES_MAX, Math.max(length + needed, buffer.length * 2)));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    buffer[length] = kind;
    buffer[length + 1] = member & 0xff;
    buffer[length + 2] = member >> 8;
    buffer[length + 3] = body.length & 0xff;
    buffer[length + 4] = (body.length >> 8) & 0xff;
    buffer[length + 5] = body.length >> 16;
    buffer.set(body, length + HEADER_BYTES);
    length += needed;
  }

  return {
    data(member, bytes) {
      let at = 0;
      for (; bytes.length - at > BODY_BYTES_MAX; at += BODY_BYTES_MAX) record(KIND.part, member, bytes.subarray(at, at + BODY_BYTES_MAX));
      record(KIND.data, member, at === 0 ? bytes : bytes.subarray(at));
    },
    put: (frame) => record(KIND[frame.kind], "member" in frame ? frame.member : 0, bodyOf(frame)),
    waiting: () => sealedBytes + length,
    take() {
      seal();
      const taken = sealed;
      sealed = [];
      sealedBytes = 0;
      return taken;
    },
  };
}

/** The frames of one message; their bytes are views of it. Refused is the whole message: after it the link can't be trusted. */
export function readFrames(message: Uint8Array): readonly Frame[] | Refusal {
  if (message.length > LINK_MESSAGE_BYTES_MAX) return malformed(`a message of a link has at most ${LINK_MESSAGE_BYTES_MAX} bytes`);
  const frames: Frame[] = [];
  for (let at = 0; at < message.length;) {
    if (at + HEADER_BYTES > message.length) return malformed("a frame ends within its header");
    const kind = KINDS[(message[at] ?? 0) - 1];
    const member = (message[at + 1] ?? 0) | ((message[at + 2] ?? 0) << 8);
    const length = (message[at + 3] ?? 0) | ((message[at + 4] ?? 0) << 8) | ((message[at + 5] ?? 0) << 16);
    const from = at + HEADER_BYTES;
    at = from + length;
    if (kind === undefined) return malformed("a frame of a kind that this version doesn't know");
    if (at > message.length) return malformed("a frame is longer than its message");
    const frame = frameOf(kind, member, message.subarray(from, at));
    if (frame === null) return malformed(`the body of a frame of kind ${kind} can't be read`);
    frames.push(frame);
  }
  return frames;
}

function malformed(rule: string): Refusal {
  return refuse("malformed", rule, "use the same version on both ends of the link");
}

function bodyOf(frame: Exclude<Frame, { kind: "data" | "part" }>): Uint8Array {
  switch (frame.kind) {
    case "hello":
      return text(JSON.stringify({ version: frame.version, gateway: frame.gateway }));
    case "welcome":
      return text(JSON.stringify({ version: frame.version, memberBytes: frame.memberBytes, linkBytes: frame.linkBytes, through: frame.through }));
    case "open":
      return Uint8Array.of((frame.secure ? 1 : 0) | (frame.verified ? 2 : 0));
    case "close":
      return Uint8Array.of(MEMBER_ENDS.indexOf(frame.why));
    case "credit": {
      const body = new Uint8Array(4);
      new DataView(body.buffer).setUint32(0, frame.bytes, true);
      return body;
    }
    case "accepted": {
      const body = new Uint8Array(8);
      new DataView(body.buffer).setFloat64(0, frame.through, true);
      return body;
    }
    case "stored":
      return writeStored(frame);
  }
}

function frameOf(kind: (typeof KINDS)[number], member: number, body: Uint8Array): Frame | null {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  switch (kind) {
    case "data":
    case "part":
      return member === 0 || body.length === 0 ? null : { kind, member, bytes: body };
    case "hello":
      return parsed("hello", Hello, body);
    case "welcome":
      return parsed("welcome", Welcome, body);
    case "open":
      return member === 0 || body.length !== 1 ? null : { kind, member, secure: (view.getUint8(0) & 1) !== 0, verified: (view.getUint8(0) & 2) !== 0 };
    case "close": {
      const why = body.length === 1 ? MEMBER_ENDS[view.getUint8(0)] : undefined;
      return member === 0 || why === undefined ? null : { kind, member, why };
    }
    case "credit":
      return body.length === 4 ? { kind, member, bytes: view.getUint32(0, true) } : null;
    case "accepted":
      return body.length === 8 && isCount(view.getFloat64(0, true)) ? { kind, through: view.getFloat64(0, true) } : null;
    case "stored": {
      const stored = readStored(body);
      return stored === null ? null : { kind, ...stored };
    }
  }
}

const STORED_BYTES = 8 + 4 + 1 + 2 + 2;
/** As in a frame, and so on a gateway's disk. */
export function writeStored({ seq, ageMs, version, device, client, packet }: Stored): Uint8Array<ArrayBuffer> {
  const [who, id] = [text(device), text(client)];
  const body = new Uint8Array(STORED_BYTES + who.length + id.length + packet.length);
  const view = new DataView(body.buffer);
  view.setFloat64(0, seq, true);
  view.setUint32(8, Math.min(ageMs, AGE_MS_MAX), true);
  view.setUint8(12, version);
  view.setUint16(13, who.length, true);
  body.set(who, 15);
  view.setUint16(15 + who.length, id.length, true);
  body.set(id, 17 + who.length);
  body.set(packet, 17 + who.length + id.length);
  return body;
}

/** Null when it is no stored packet. */
export function readStored(body: Uint8Array): Stored | null {
  if (body.length < STORED_BYTES) return null;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const seq = view.getFloat64(0, true);
  const version = view.getUint8(12);
  const whoEnd = 15 + view.getUint16(13, true);
  if (!isCount(seq) || (version !== 4 && version !== 5) || whoEnd + 2 > body.length) return null;
  const idEnd = whoEnd + 2 + view.getUint16(whoEnd, true);
  if (idEnd >= body.length) return null;
  const device = read(body.subarray(15, whoEnd));
  const client = read(body.subarray(whoEnd + 2, idEnd));
  return device === null || client === null ? null : { seq, ageMs: view.getUint32(8, true), version, device, client, packet: body.subarray(idEnd) };
}

/** What 32 bits hold: 49 days, seven times what a gateway keeps. */
const AGE_MS_MAX = 0xffff_ffff;

function parsed<T extends object, K extends "hello" | "welcome">(kind: K, schema: z.ZodType<T>, body: Uint8Array): ({ readonly kind: K } & T) | null {
  try {
    const result = schema.safeParse(JSON.parse(read(body) ?? ""));
    return result.success ? { kind, ...result.data } : null;
  } catch {
    return null;
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function text(value: string): Uint8Array {
  return encoder.encode(value);
}

function read(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}
