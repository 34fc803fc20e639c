/** A sketch as JSON, for a row of a table or an answer over HTTP, and back. */
import { z } from "zod";
import { type Refusal, malformed, refuse } from "../../contracts/refusal.ts";
import { emptyDistinct, readDistinct, writeDistinct } from "./distinct.ts";
import { BINS_MAX, readGrid, writeGrid } from "./grid.ts";
import { emptyNumbers } from "./numbers.ts";
import { SHAPE_CHARS_MAX } from "./shape.ts";
import { JSON_TYPES, LENGTHS, SENTINELS_MAX, SHAPES_MAX, type Sketch, type SketchDraft, TEXTS_MAX, TEXT_CHARS_MAX } from "./sketch.ts";
import type { Tally, TallyDraft } from "./tally.ts";

/** The largest JSON form: 2 × 3 KB of bins, 32 texts of 32 escaped characters, the rest small. A usual one has 1 to 2 KB. */
export const SKETCH_BYTES_MAX = 20 * 1024;
const VERSION = 1;

const Count = z.number().int().min(0);
const Bins = z.array(z.number()).max(2 * BINS_MAX + 1);
const tally = (max: number, chars: number) => z.strictObject({ counts: z.array(z.tuple([z.string().max(chars), Count.min(1)])).max(max), short: Count });

const SketchJson = z.strictObject({
  v: z.literal(VERSION),
  count: Count,
  unset: Count,
  nulls: Count,
  sentinels: tally(SENTINELS_MAX, TEXT_CHARS_MAX),
  types: z.strictObject({ string: Count, number: Count, boolean: Count, object: Count, array: Count }),
  /** Absent: no numbers. */
  numbers: z.strictObject({ count: Count.min(1), whole: Count, min: z.number(), max: z.number(), linear: Bins, log: Bins }).optional(),
  texts: tally(TEXTS_MAX, TEXT_CHARS_MAX),
  shapes: tally(SHAPES_MAX, SHAPE_CHARS_MAX),
  lengths: z.array(Count).max(LENGTHS),
  /** Absent: nothing that could differ. */
  distinct: z.string().optional(),
});

/** At most `SKETCH_BYTES_MAX` bytes in UTF-8. */
export function writeSketch(sketch: Sketch): string {
  const { numbers, distinct, lengths, sentinels, texts, shapes, ...rest } = sketch;
  const { linear, log, ...extremes } = numbers;
  return JSON.stringify({
    v: VERSION,
    ...rest,
    sentinels: writeTally(sentinels),
    ...(numbers.count === 0 ? {} : { numbers: { ...extremes, linear: writeGrid(linear), log: writeGrid(log) } }),
    texts: writeTally(texts),
    shapes: writeTally(shapes),
    lengths: lengths.slice(0, lengths.findLastIndex((count) => count > 0) + 1),
    ...(distinct.some((rank) => rank > 0) ? { distinct: writeDistinct(distinct) } : {}),
  });
}

/** Refuses `too-large` and `malformed`. */
export function readSketch(text: string): SketchDraft | Refusal {
  if (text.length > SKETCH_BYTES_MAX) return refuse("too-large", `a sketch of at most ${SKETCH_BYTES_MAX} bytes`, MEND);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse("malformed", "not JSON", MEND);
  }
  const parsed = SketchJson.safeParse(json);
  if (!parsed.success) return malformed(parsed.error, MEND);
  const { v: _, numbers, distinct, lengths, sentinels, texts, shapes, ...rest } = parsed.data;
  const linear = numbers === undefined ? null : readGrid(numbers.linear);
  const log = numbers === undefined ? null : readGrid(numbers.log);
  const registers = distinct === undefined ? emptyDistinct() : readDistinct(distinct);
  if (registers === null || (numbers !== undefined && (linear === null || log === null))) return refuse("malformed", "not the bins of a sketch", MEND);
  return {
    ...rest,
    sentinels: readTally(sentinels),
    numbers: numbers === undefined || linear === null || log === null ? emptyNumbers() : { ...numbers, linear, log },
    texts: readTally(texts),
    shapes: readTally(shapes),
    lengths: Array.from({ length: LENGTHS }, (__, i) => lengths[i] ?? 0),
    distinct: registers,
  };
}

const MEND = `send a sketch as the hub wrote it, of the types ${JSON_TYPES.join(", ")}`;

function writeTally({ counts, short }: Tally): { readonly counts: readonly (readonly [string, number])[]; readonly short: number } {
  return { counts: [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)), short };
}

function readTally({ counts, short }: { readonly counts: readonly (readonly [string, number])[]; readonly short: number }): TallyDraft {
  return { counts: new Map(counts), short };
}
