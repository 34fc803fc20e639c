/**
 * A consumer's place in all streams of a tenant at once. Opaque to its holder: base64url of `1;{stream}:{epoch}.{position};…;{check}`.
 * The check finds cut or mistyped cursors; it keeps nobody out, and need not: what a token may see is decided by the token.
 */
import { StreamName } from "../../contracts/delta/operation.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";

/** The hubSeq of the last item seen, within an epoch. Position 0: nothing yet; epoch 0: not even the epoch. */
export type Place = { readonly epoch: number; readonly position: number };
export type Vector = Readonly<Record<StreamName, Place>>;

export const STREAMS: readonly StreamName[] = StreamName.options;
export const START: Vector = {
  tickets: { epoch: 0, position: 0 },
  assets: { epoch: 0, position: 0 },
  customers: { epoch: 0, position: 0 },
  people: { epoch: 0, position: 0 },
};

/** Four streams with positions of 16 digits are 150 characters. */
const CURSOR_CHARS_MAX = 512;
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export function writeCursor(vector: Vector): string {
  const body = ["1", ...STREAMS.map((stream) => `${stream}:${vector[stream].epoch}.${vector[stream].position}`)].join(";");
  return toText(`${body};${check(body)}`);
}

/** Refuses `bad-cursor`. A stream that the cursor does not name begins at its beginning: streams may be added. */
export function readCursor(cursor: string): Vector | Refusal {
  const text = cursor.length > CURSOR_CHARS_MAX ? null : fromText(cursor);
  const [, body, sum] = /^(1(?:;[a-z]+:\d{1,9}\.\d{1,15})*);([0-9a-z]+)$/.exec(text ?? "") ?? [];
  if (body === undefined || sum !== check(body)) return badCursor("not a cursor of this feed");
  let vector = START;
  for (const part of body.split(";").slice(1)) {
    const [name, epoch, position] = part.split(/[:.]/);
    const stream = StreamName.safeParse(name);
    if (!stream.success) return badCursor("names a stream that this feed does not have");
    vector = { ...vector, [stream.data]: { epoch: Number(epoch), position: Number(position) } };
  }
  return vector;
}

export function badCursor(rule: string): Refusal {
  return refuse("bad-cursor", rule, "send a cursor exactly as it was received, or leave `after` out to begin from the beginning", "after");
}

/** FNV-1a, 32 bits. */
function check(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}

/** Base64url of ASCII; pure code has no `btoa`. */
function toText(ascii: string): string {
  let [bits, count, out] = [0, 0, ""];
  for (let i = 0; i < ascii.length; i++) {
    bits = ((bits & 0xff) << 8) | ascii.charCodeAt(i);
    for (count += 8; count >= 6; count -= 6) out += DIGITS.charAt((bits >> (count - 6)) & 63);
  }
  return count === 0 ? out : out + DIGITS.charAt((bits << (6 - count)) & 63);
}

/** Null for a character that is no digit, and for anything that `toText` would have written otherwise. */
function fromText(text: string): string | null {
  let [bits, count, out] = [0, 0, ""];
  for (let i = 0; i < text.length; i++) {
    const digit = DIGITS.indexOf(text.charAt(i));
    if (digit < 0) return null;
    bits = ((bits & 0xff) << 6) | digit;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += String.fromCharCode((bits >> count) & 0xff);
    }
  }
  return toText(out) === text ? out : null;
}
