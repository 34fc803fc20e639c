/**
 * A consumer's place in all streams of a tenant at once. Opaque to its holder: base64url of `2;{stream}:{epoch}.{position}.{tag};…;{check}`.
 * The check finds cut or mistyped cursors; it keeps nobody out, and need not: what a token may see is decided by the token.
 */
import { checkSum, fromText, toText } from "../../contracts/delta/base64.ts";
import { StreamName } from "../../contracts/delta/operation.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { NOWHERE, type Place, readPlace, writePlace } from "../merge/place.ts";

/** `1;…` without tags is read too: cursors that were given out before. */
export type Vector = Readonly<Record<StreamName, Place>>;

export const STREAMS: readonly StreamName[] = StreamName.options;
export const START: Vector = {
  tickets: NOWHERE,
  assets: NOWHERE,
  customers: NOWHERE,
  people: NOWHERE,
};

/** Four streams with positions of 16 digits are 150 characters. */
const CURSOR_CHARS_MAX = 512;

export function writeCursor(vector: Vector): string {
  const body = ["2", ...STREAMS.map((stream) => `${stream}:${writePlace(vector[stream])}`)].join(";");
  return toText(`${body};${checkSum(body)}`);
}

/** Refuses `bad-cursor`. A stream that the cursor does not name begins at its beginning: streams may be added. */
export function readCursor(cursor: string): Vector | Refusal {
  const text = cursor.length > CURSOR_CHARS_MAX ? null : fromText(cursor);
  const [, body, sum] = /^([12](?:;[a-z]+:\d{1,9}\.\d{1,15}(?:\.[0-9a-f]{0,16})?)*);([0-9a-z]+)$/.exec(text ?? "") ?? [];
  if (body === undefined || sum !== checkSum(body)) return badCursor("not a cursor of this feed");
  let vector = START;
  for (const part of body.split(";").slice(1)) {
    const [name, ...place] = part.split(/[:.]/);
    const stream = StreamName.safeParse(name);
    if (!stream.success) return badCursor("names a stream that this feed does not have");
    vector = { ...vector, [stream.data]: readPlace(place.join(".")) ?? NOWHERE };
  }
  return vector;
}

export function badCursor(rule: string): Refusal {
  return refuse("bad-cursor", rule, "send a cursor exactly as it was received, or leave `after` out to begin from the beginning", "after");
}
