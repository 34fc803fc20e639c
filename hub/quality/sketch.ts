/**
 * The profile of one field's live values in bounded room: how many, of which types, how distributed, which texts, which shapes, how many
 * different. Mergeable: days into weeks, units into a tenant. Of a personal field it holds shapes and counts, never a value.
 */
import { type Distinct, addDistinct, countDistinct, emptyDistinct, mergeDistinct } from "./distinct.ts";
import { type Field, isSentinel, textOf } from "./field.ts";
import { type Numbers, type NumbersDraft, addNumber, emptyNumbers, mergeNumbers } from "./numbers.ts";
import { shapeOf } from "./shape.ts";
import { type Tally, type TallyDraft, emptyTally, mergeTallies, tallyOne } from "./tally.ts";

/** Different texts counted one by one. Enumerations of ours have up to 7 values; code lists up to about 30. */
export const TEXTS_MAX = 32;
/** A longer text is no member of an enumeration; so free text is never kept. */
export const TEXT_CHARS_MAX = 32;
const TEXT_WORDS_MAX = 3;
export const SHAPES_MAX = 16;
/** As many sentinels as a contract may name. */
export const SENTINELS_MAX = 20;
/** Lengths by doubling: 0, 1, 2–3, 4–7 … 32,768 and more. */
export const LENGTHS = 17;

export const JSON_TYPES = ["string", "number", "boolean", "object", "array"] as const;
export type JsonType = (typeof JSON_TYPES)[number];

export type Sketch = {
  /** Everything observed; what is below is part of it. */
  readonly count: number;
  /** The attribute was removed. */
  readonly unset: number;
  readonly nulls: number;
  /** Values that the contract names as standing for "none", by their text. */
  readonly sentinels: Tally;
  readonly types: Readonly<Record<JsonType, number>>;
  readonly numbers: Numbers;
  readonly texts: Tally;
  readonly shapes: Tally;
  readonly lengths: readonly number[];
  readonly distinct: Distinct;
};
export type SketchDraft = {
  -readonly [K in keyof Sketch]: K extends "numbers"
    ? NumbersDraft
    : K extends "sentinels" | "texts" | "shapes"
      ? TallyDraft
      : K extends "lengths"
        ? number[]
        : K extends "types"
          ? Record<JsonType, number>
          : Sketch[K];
};

export function emptySketch(): SketchDraft {
  return {
    count: 0,
    unset: 0,
    nulls: 0,
    sentinels: emptyTally(),
    types: { string: 0, number: 0, boolean: 0, object: 0, array: 0 },
    numbers: emptyNumbers(),
    texts: emptyTally(),
    shapes: emptyTally(),
    lengths: Array.from({ length: LENGTHS }, () => 0),
    distinct: emptyDistinct(),
  };
}

/**
 * Takes one value in; `undefined`: the attribute was removed. `at`: when it was written, from which an instant's distance is measured.
 * The one thing here that changes in place: it runs for every value that arrives.
 */
export function observe(sketch: SketchDraft, value: unknown, field: Field, at = 0): void {
  sketch.count++;
  if (value === undefined) sketch.unset++;
  else if (value === null || (typeof value === "number" && !Number.isFinite(value))) sketch.nulls++;
  else if (isSentinel(value, field.nulls.sentinels)) tallyOne(sketch.sentinels, textOf(value).slice(0, TEXT_CHARS_MAX), SENTINELS_MAX);
  else if (Array.isArray(value)) take(sketch, "array", value.length);
  else if (typeof value === "object") take(sketch, "object", 0);
  else if (typeof value === "string") observeText(sketch, value, field);
  else if (typeof value === "number") observeNumber(sketch, value, field, at);
  else if (typeof value === "boolean") {
    sketch.types.boolean++;
    if (!field.personal) tallyOne(sketch.texts, String(value), TEXTS_MAX);
  }
}

/** The profile of both together. Exact but for `texts` and `shapes` beyond their room, whose `short` says by how much. */
export function merge(a: Sketch, b: Sketch): SketchDraft {
  return {
    count: a.count + b.count,
    unset: a.unset + b.unset,
    nulls: a.nulls + b.nulls,
    sentinels: mergeTallies(a.sentinels, b.sentinels, SENTINELS_MAX),
    types: {
      string: a.types.string + b.types.string,
      number: a.types.number + b.types.number,
      boolean: a.types.boolean + b.types.boolean,
      object: a.types.object + b.types.object,
      array: a.types.array + b.types.array,
    },
    numbers: mergeNumbers(a.numbers, b.numbers),
    texts: mergeTallies(a.texts, b.texts, TEXTS_MAX),
    shapes: mergeTallies(a.shapes, b.shapes, SHAPES_MAX),
    lengths: a.lengths.map((count, i) => count + (b.lengths[i] ?? 0)),
    distinct: mergeDistinct(a.distinct, b.distinct),
  };
}

/** Values that are there: neither null nor removed nor a sentinel. */
export function present(sketch: Sketch): number {
  return JSON_TYPES.reduce((sum, type) => sum + sketch.types[type], 0);
}

/** About how many different values; exact while all texts were counted one by one. */
export function variety(sketch: Sketch): number {
  const exact = sketch.texts.short === 0 && sketch.types.number === 0 && total(sketch.texts) === sketch.types.string + sketch.types.boolean;
  return exact ? sketch.texts.counts.size : countDistinct(sketch.distinct);
}

export function total(tally: Tally): number {
  let sum = 0;
  for (const count of tally.counts.values()) sum += count;
  return sum;
}

function observeText(sketch: SketchDraft, text: string, field: Field): void {
  take(sketch, "string", text.length);
  tallyOne(sketch.shapes, shapeOf(text), SHAPES_MAX);
  if (field.personal) return;
  addDistinct(sketch.distinct, text);
  if (field.role !== "reference" && isTerm(text)) tallyOne(sketch.texts, text, TEXTS_MAX);
}

function observeNumber(sketch: SketchDraft, value: number, field: Field, at: number): void {
  sketch.types.number++;
  if (field.personal) return;
  addDistinct(sketch.distinct, String(value));
  addNumber(sketch.numbers, field.role === "instant" ? value - at : value);
}

function take(sketch: SketchDraft, type: JsonType, length: number): void {
  sketch.types[type]++;
  const bin = Math.min(LENGTHS - 1, length === 0 ? 0 : 32 - Math.clz32(length));
  sketch.lengths[bin] = (sketch.lengths[bin] ?? 0) + 1;
}

/** Short enough to be a code or a member of an enumeration. */
function isTerm(text: string): boolean {
  return text.length <= TEXT_CHARS_MAX && text.split(" ", TEXT_WORDS_MAX + 1).length <= TEXT_WORDS_MAX;
}
