/**
 * Frames of a WebSocket between a unit that is elsewhere and its hub: JSON, deflated with a dictionary that both sides know, so that one
 * changed field is some 170 bytes. One call, one answer, by a number that the unit gives.
 *
 * ```
 * byte 0     version of this form and of the dictionary
 * bytes 1–4  length of the JSON, big-endian: what it will need is known before it is unpacked
 * rest       raw deflate
 * ```
 *
 * What is longer than a WebSocket message may be goes in pieces, one right after another: a byte that says whether more follow, then the next
 * bytes of the frame.
 */
import { deflateSync, inflateSync, strFromU8, strToU8 } from "fflate";
import { z } from "zod";
import type { Refusal } from "../refusal.ts";
import { StreamName } from "./operation.ts";

const FRAME_VERSION = 1;
const HEAD_BYTES = 5;
/**
 * Bytes of a frame's JSON: a registration at its limits (4 MiB of contracts, 2 MiB of erased subjects) with room. A page of an answer is far
 * below it (`ANSWER_BYTES_MAX`, or one entity of `RECORD_BYTES_MAX`), and so is a batch, or one operation of the 2 MB that a unit's storage keeps.
 */
export const FRAME_JSON_BYTES_MAX = 8 * 1024 * 1024;
/** On the wire: what can't be deflated grows by 5 bytes in 64 KiB. */
export const FRAME_BYTES_MAX = FRAME_JSON_BYTES_MAX + 64 * 1024;
/** Bytes of one piece: the platform takes WebSocket messages of 1 MiB. */
export const PIECE_BYTES_MAX = 512 * 1024;
/** First byte of a piece; a frame that is whole begins with its version. */
const [PIECE_MORE, PIECE_LAST] = [0x70, 0x71] as const;

/** Words that most frames hold, the commonest last: deflate refers to near ones in fewer bits. Never edited: another dictionary is another version. */
const DICTIONARY = strToU8(
  [
    '"refused":"","rule":"","mend":"","field":"","families":"buckets":"digests":{"rows":[{"record":{"version":1,"cells":{"',
    '"restored""expired""forgotten":true,"lost":"","more":false,"collected":0,"next":"","lines":[{"at":1,"deleted":{"hlc":"row":{',
    '"customer@1""asset@1""device@1""repair@1""alarm@1""offer@1""assignment@1""kit@1""engineer@1""customers""assets""people"',
    '"appointment":{"from":1,"to":1}"hold":{"reason":"priority":"p1""severity":"high""state":"open""offered""assigned""travelling""working""resolved""cancelled"',
    '"expiresAt""acceptedAt""respondBy""resolveBy""openedAt""engineer""asset""alarm""offer""unset""delete""settled":[{"seq":1,"outcome":"applied","lost","dead","reason":"cell":{"value":',
    '{"call":1,"reply":{"epoch":1,"through":1,"stable":0,"credit":500,"receivedAt":17953,"dead":[],"versions":[1,2,3],"at":1}}',
    '{"call":1,"ask":"pull","with":{"origin":"@01","stream":"tickets","key":"","after":"","limit":500,"acknowledged":1}}',
    '{"call":1,"ask":"push","with":{"origin":"plant@01","stream":"tickets","key":"","acknowledged":1,"epoch":1,"operations":[{"origin":"plant@01',
    '","stream":"tickets","seq":1,"txId":"01","entity":"ticket","id":"01","attr":"state","op":"set","value":"","hlc":"000mw","baseVersion":0,"actor":"journey","reason":"verdict anomalous","contract":"ticket@1","at":17953',
  ].join(""),
);

/** What the unit asks; `with` is the argument of the call of that name in `HubForUnit`. */
export const FrameUp = z.strictObject({
  call: z.number().int().min(1),
  ask: z.enum(["register", "push", "pull", "load", "digest", "rows", "heard", "note", "models", "blob"]),
  with: z.unknown(),
});
export type FrameUp = z.infer<typeof FrameUp>;

/** What there is something of for the unit: a stream, or the releases of models, of which only who asks for them is told. */
export const Nudge = z.union([StreamName, z.literal("models")]);
export type Nudge = z.infer<typeof Nudge>;

/** An answer, or word that there is something for the unit. */
export const FrameDown = z.union([
  z.strictObject({ call: z.number().int().min(1), reply: z.unknown() }),
  z.strictObject({ call: z.number().int().min(1), failed: z.string() }),
  z.strictObject({ nudge: Nudge }),
]);
export type FrameDown = z.infer<typeof FrameDown>;

export function writeFrame(message: FrameUp | FrameDown): Uint8Array<ArrayBuffer> {
  const json = strToU8(JSON.stringify(message));
  const packed = deflateSync(json, { level: 6, dictionary: DICTIONARY });
  const frame = new Uint8Array(HEAD_BYTES + packed.byteLength);
  frame[0] = FRAME_VERSION;
  new DataView(frame.buffer).setUint32(1, json.byteLength);
  frame.set(packed, HEAD_BYTES);
  return frame;
}

/** A message as WebSocket messages, to be sent without another in between. Refuses `too-large` what nobody would take. */
export function cutFrame(message: FrameUp | FrameDown): readonly Uint8Array<ArrayBuffer>[] | Refusal {
  const frame = writeFrame(message);
  if (new DataView(frame.buffer).getUint32(1) > FRAME_JSON_BYTES_MAX) return tooLarge();
  if (frame.byteLength <= PIECE_BYTES_MAX) return [frame];
  const count = Math.ceil(frame.byteLength / PIECE_BYTES_MAX);
  return Array.from({ length: count }, (_, i) => {
    const part = frame.subarray(i * PIECE_BYTES_MAX, (i + 1) * PIECE_BYTES_MAX);
    const piece = new Uint8Array(1 + part.byteLength);
    piece[0] = i === count - 1 ? PIECE_LAST : PIECE_MORE;
    piece.set(part, 1);
    return piece;
  });
}

/** Reads the messages of one connection, in order: what a frame holds, a refusal as `readFrame` does, or undefined while the rest of it is still to come. */
export function frameReader(): (message: Uint8Array) => unknown {
  let pieces: Uint8Array[] = [];
  const done = (): Uint8Array => {
    const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.byteLength;
    }
    pieces = [];
    return whole;
  };
  return (message) => {
    const [head] = message;
    if (head !== PIECE_MORE && head !== PIECE_LAST) {
      if (pieces.length === 0) return readFrame(message);
      pieces = [];
      return malformed("a frame between the pieces of another");
    }
    pieces.push(message.subarray(1));
    if (pieces.reduce((sum, piece) => sum + piece.byteLength, 0) > FRAME_BYTES_MAX) {
      pieces = [];
      return tooLarge();
    }
    return head === PIECE_MORE ? undefined : readFrame(done());
  };
}

/** Refuses `malformed` and `too-large`. */
export function readFrame(frame: Uint8Array): unknown {
  if (frame.byteLength <= HEAD_BYTES || frame[0] !== FRAME_VERSION) return malformed(`not a frame of version ${FRAME_VERSION}`);
  if (frame.byteLength > FRAME_BYTES_MAX) return tooLarge();
  const length = new DataView(frame.buffer, frame.byteOffset).getUint32(1);
  if (length > FRAME_JSON_BYTES_MAX) return tooLarge();
  try {
    const json = inflateSync(frame.subarray(HEAD_BYTES), { out: new Uint8Array(length), dictionary: DICTIONARY });
    return json.byteLength === length ? (JSON.parse(strFromU8(json)) as unknown) : malformed("its length is not the one it says");
  } catch {
    return malformed("can't be unpacked");
  }
}

function malformed(rule: string): Refusal {
  return { refused: "malformed", rule, mend: "send frames as contracts/delta/frame.ts writes them" };
}

function tooLarge(): Refusal {
  return { refused: "too-large", rule: `a frame of at most ${FRAME_BYTES_MAX} bytes, ${FRAME_JSON_BYTES_MAX} unpacked`, mend: "send less in one call" };
}
