/**
 * Bytes of a payload → the value that they say, once: JSON in UTF-8, or CBOR (RFC 8949). Its first byte tells which: an array, a map or a
 * tag of CBOR begins with a byte that no JSON text in UTF-8 begins with. Strict in both: what is neither is refused with the rule.
 */
import { decode as decodeCbor } from "cborg";
import { type Refusal, refuse } from "../../contracts/refusal.ts";

/** First bytes of a CBOR array, map or tag. Below are its numbers and texts, with which JSON begins too; above its simple values, and the mark of UTF-8. */
const CBOR_FROM = 0x80;
const CBOR_BEFORE = 0xe0;
/** Tag 55799, "what follows is CBOR". */
const SELF_DESCRIBED = [0xd9, 0xd9, 0xf7] as const;

const MEND = `send {"ts": …, "channels": {…}} or an array of these, as JSON in UTF-8 or as CBOR; write null where there is no value`;

/** Dates of CBOR stay what they are written as: a text (0), a number of seconds (1). Other tags are refused. */
const TAGS = { 0: (content: () => unknown) => content(), 1: (content: () => unknown) => content() };
const CBOR = { coerceUndefinedToNull: true, allowBigInt: false, rejectDuplicateMapKeys: true, tags: TAGS };

/** A value that came from outside; wrapped, since one may look like a refusal. */
export type Decoded = { readonly value: unknown };

/** Never throws. Refuses `malformed`. */
export function decodePayload(payload: Uint8Array): Decoded | Refusal {
  const first = payload[0] ?? 0;
  return first >= CBOR_FROM && first < CBOR_BEFORE ? readCbor(payload) : readJson(payload);
}

function readJson(payload: Uint8Array): Decoded | Refusal {
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload)) as unknown };
  } catch (error) {
    return refuse("malformed", error instanceof SyntaxError ? "not JSON (a bare NaN is not JSON either)" : "not UTF-8", MEND);
  }
}

function readCbor(payload: Uint8Array): Decoded | Refusal {
  const described = SELF_DESCRIBED.every((byte, i) => payload[i] === byte);
  try {
    return { value: decodeCbor(described ? payload.subarray(SELF_DESCRIBED.length) : payload, CBOR) as unknown };
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CBOR decode error: /, "") : "";
    return refuse("malformed", `neither JSON nor CBOR: ${why.slice(0, 100)}`, MEND);
  }
}
