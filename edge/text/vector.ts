/** A note → the vectors by which it is compared: by its letters, by its meaning, or by both. Which one is used for what stands here, with why. */
import type { Encoder } from "./encoder.ts";
import { hashedOf } from "./hashed.ts";

export const METHODS = ["hashed", "encoder", "both"] as const;
export type Method = (typeof METHODS)[number];

/** By which the nearest notes are found: both together find more than either (`bench text`, and the card beside the model). */
export const NEAR_METHOD: Method = "both";
/** By which notes are grouped: letters group by language and style, the encoder by fault. */
export const GROUP_METHOD: Method = "encoder";

/** The encoder's part in a likeness of both. Chosen of 0.05, 0.1, 0.15 and 0.2 on `train/notes/desk.tsv`, by the nearest note. */
export const ENCODED_SHARE = 0.1;
/** Less alike than this is not shown. On desk.tsv 86 % of the nearest notes from here on are of the same fault, of those below it half. */
export const NEAR_LIKENESS_MIN = 0.25;
/** Mean likeness within a group. Chosen on desk.tsv by the adjusted Rand index. */
export const GROUP_LIKENESS_MIN = 0.7;

/** Each of length 1; `group` is all zeros where the encoder knows no word: such a note is of no group. */
export type Vectors = { readonly near: Float32Array; readonly group: Float32Array };

/** Null where nothing can be read. Never throws. */
export async function vectorsOf(text: string, encode: Encoder): Promise<Vectors | null> {
  const hashed = hashedOf(text);
  if (hashed.every((value) => value === 0)) return null;
  const encoded = await encode(text);
  const group = vectorBy(GROUP_METHOD, hashed, encoded);
  return { near: vectorBy(NEAR_METHOD, hashed, encoded), group: encode.tells(text) ? group : new Float32Array(group.length) };
}

export function vectorBy(method: Method, hashed: Float32Array, encoded: Float32Array): Float32Array {
  switch (method) {
    case "hashed":
      return hashed;
    case "encoder":
      return encoded;
    case "both": {
      const vector = new Float32Array(hashed.length + encoded.length);
      vector.set(hashed.map((value) => value * Math.sqrt(1 - ENCODED_SHARE)));
      vector.set(
        encoded.map((value) => value * Math.sqrt(ENCODED_SHARE)),
        hashed.length,
      );
      return vector;
    }
  }
}
