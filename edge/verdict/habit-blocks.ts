/** Rows gathered into blocks of ten seconds, and the median of a minute of them: what single rows and short strokes do is not seen. */
import { BLOCKS, type Habit, NOW_BLOCKS } from "./habit-state.ts";

export const BLOCK_MS = 10_000;
/** Blocks with a value, for a median. */
const BLOCKS_MIN = 3;

/** One row into the block under way; NaN for gaps. */
export function addRow({ sums, counts }: Habit, values: Float32Array): void {
  for (let c = 0; c < values.length; c++) {
    const value = values[c]!;
    if (Number.isNaN(value)) continue;
    sums[c]! += value;
    counts[c]!++;
  }
}

/** The block under way becomes the newest of the ring. */
export function closeBlock(habit: Habit): void {
  const { sums, counts, ring } = habit;
  const width = sums.length;
  ring.copyWithin(width, 0, (BLOCKS - 1) * width);
  for (let c = 0; c < width; c++) ring[c] = counts[c] === 0 ? Number.NaN : sums[c]! / counts[c]!;
  sums.fill(0);
  counts.fill(0);
  habit.blocks = Math.min(BLOCKS, habit.blocks + 1);
}

const sorted = new Float64Array(NOW_BLOCKS);

/** Of NOW_BLOCKS blocks from `from` on, counted back from the newest; NaN where too few have a value. */
export function mediansOf(ring: Float32Array, width: number, from: number): Float32Array {
  const out = new Float32Array(width);
  for (let c = 0; c < width; c++) {
    let n = 0;
    for (let b = from; b < from + NOW_BLOCKS; b++) {
      const value = ring[b * width + c]!;
      if (Number.isNaN(value)) continue;
      let i = n++;
      for (; i > 0 && sorted[i - 1]! > value; i--) sorted[i] = sorted[i - 1]!;
      sorted[i] = value;
    }
    out[c] = n < BLOCKS_MIN ? Number.NaN : n % 2 === 1 ? sorted[(n - 1) / 2]! : (sorted[n / 2 - 1]! + sorted[n / 2]!) / 2;
  }
  return out;
}
