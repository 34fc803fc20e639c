/**
 * Frames of a WebSocket between a unit that is elsewhere and its hub: JSON, deflated with a dictionary that both sides know, so that one
 * changed field is some 170 bytes. One call, one answer, by a number that the unit gives.
 *
 * ```
 * byte 0     version of this form and of the dictionary
 * bytes 1–4  length of the JSON, big-endian: what it will need is known before it is unpacked
 * rest       raw deflate
 * ```
 */
import { deflateSync, inflateSync, strFromU8, strToU8 } from "fflate";
import { z } from "zod";
import type { Refusal } from "../refusal.ts";
import { StreamName } from "./operation.ts";

const FRAME_VERSION = 1;
const HEAD_BYTES = 5;
/** Bytes of a frame on the wire, and of its JSON: four full batches, or 256 rows of 2 KiB with room. */
export const FRAME_BYTES_MAX = 1024 * 1024;
export const FRAME_JSON_BYTES_MAX = 4 * 1024 * 1024;

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
  ask: z.enum(["register", "push", "pull", "load", "digest", "rows", "heard", "note"]),
  with: z.unknown(),
});
export type FrameUp = z.infer<typeof FrameUp>;

/** An answer, or word that somebody wrote something for the unit. */
export const FrameDown = z.union([
  z.strictObject({ call: z.number().int().min(1), reply: z.unknown() }),
  z.strictObject({ call: z.number().int().min(1), failed: z.string() }),
  z.strictObject({ nudge: StreamName }),
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

/** Refuses `malformed` and `too-large`. */
export function readFrame(frame: Uint8Array): unknown {
  if (frame.byteLength <= HEAD_BYTES || frame[0] !== FRAME_VERSION) return malformed("not a frame of this version");
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
