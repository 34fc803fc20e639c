/**
 * What a text looks like, without what it says: `E12` → `A9`, `2026-03-01` → `9-9-9`, `Li Wei` → `Aa Aa`, `叶轮` → `L`.
 * Few shapes mean a format; a new shape means that somebody began to write something else into the field.
 */

/** Characters looked at. Formats show in their beginning. */
const LOOKED_CHARS_MAX = 64;
/** Characters of a shape; longer ones are cut and end in `~`. */
export const SHAPE_CHARS_MAX = 24;
/** More words than this are a sentence, whose shape says nothing. */
const WORDS_MAX = 3;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Hashes and tokens: their letters and digits fall at random. */
const HEX = /^[0-9a-f]{16,}$/i;

/** ASCII, at most `SHAPE_CHARS_MAX` characters. */
export function shapeOf(text: string): string {
  const looked = text.slice(0, LOOKED_CHARS_MAX).trim();
  if (looked === "") return "empty";
  if (UUID.test(looked)) return "uuid";
  if (HEX.test(looked) && /[0-9]/.test(looked) && /[a-f]/i.test(looked)) return "hex";
  const runs = looked.match(/[\p{L}\p{M}\p{N}]+|\s+|[^\p{L}\p{M}\p{N}\s]/gu) ?? [];
  if (runs.filter((run) => /^\s/.test(run)).length >= WORDS_MAX) return "text";
  let shape = "";
  for (const run of runs) {
    const next = classOf(run);
    // The same mark repeated, as in `----`, is one.
    if (/[A-Za-z0-9]/.test(next) || !shape.endsWith(next)) shape += next;
  }
  return shape.length > SHAPE_CHARS_MAX ? `${shape.slice(0, SHAPE_CHARS_MAX - 1)}~` : shape;
}

/** What kind of thing a shape is: two kinds in one field are two meanings. */
export type ShapeKind = "empty" | "id" | "number" | "date" | "address" | "text" | "word" | "code";

export function kindOfShape(shape: string): ShapeKind {
  if (shape === "empty") return "empty";
  if (shape === "uuid" || shape === "hex") return "id";
  if (/^[-+]?9([.,]9)?%?$/.test(shape)) return "number";
  if (/^9([-/.])9\1[9x]/.test(shape)) return "date";
  if (/[^ ]@[^ ]/.test(shape) || /^[a-z]+:\//.test(shape)) return "address";
  if (shape.includes(" ") || shape === "text") return "text";
  return /[9x]/.test(shape) ? "code" : "word";
}

function classOf(run: string): string {
  if (/^\s/.test(run)) return " ";
  if (/^[0-9]+$/.test(run)) return "9";
  if (/^[a-z]+$/.test(run)) return "a";
  if (/^[A-Z]+$/.test(run)) return "A";
  if (/^[A-Z][a-z]+$/.test(run)) return "Aa";
  if (/^[a-z]+[0-9]+$/.test(run)) return "a9";
  if (/^[A-Z]+[0-9]+$/.test(run)) return "A9";
  if (/^[A-Za-z0-9]+$/.test(run)) return "x";
  if (/^[\p{L}\p{M}\p{N}]/u.test(run)) return "L";
  return /^[!-~]$/.test(run) ? run : ".";
}
