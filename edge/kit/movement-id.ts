/** Ids of movements that follow from what they are for, so that the same step again is the same movement. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { MovementId } from "../../contracts/ids.ts";

/** An id's length, as `ids.ts` has it. */
const CHARS_MAX = 128;
/** Characters that stay readable where the rest is a digest. */
const PLAIN_CHARS = 60;

export function movementId(...of: readonly (string | number)[]): MovementId {
  const whole = of.join(":");
  return (whole.length <= CHARS_MAX ? whole : `${whole.slice(0, PLAIN_CHARS)}:${bytesToHex(sha256(utf8ToBytes(whole)))}`) as MovementId;
}
