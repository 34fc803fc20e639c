/**
 * A histogram whose bins lie in each other: when more than `BINS_MAX` are taken, neighbours become one, everywhere at once, until they fit.
 * So its state is a function of the values alone, not of their order or grouping: merging loses nothing that observing together would keep.
 * Method: uniform collapse as in UDDSketch (Epicoco et al. 2020), on two scales instead of one.
 *
 * ```
 * linear, level e    │ 0   │ 1   │ 2   │ 3   │   bin i holds [i·2^e, (i+1)·2^e): fine where values lie close together, far from zero
 *         level e+1  │ 0         │ 1         │
 * log,    level k    │1│1.25│1.5│…│2│2.5│ 3│…    bins by exponent and leading bits (HdrHistogram): fine where they span decades
 * ```
 */

/** Bins of one histogram. Of a bell curve with 10⁶ values one is 0.1 to 0.2 deviations wide; JSON stays within 3 KB. */
export const BINS_MAX = 100;
/** Magnitudes below 2^-60 (10^-18) are zero here: no quantity of ours is that small, and it keeps the arithmetic exact. */
const TINY = 2 ** -60;
/** Bits kept of the largest value before any bins are joined: 10^-12 of it, finer than any sensor, and whole numbers stay exact. */
const LINEAR_BITS = 40;
const LINEAR_LEVEL_MIN = -100;
/** Finest bins of the log scale: 256 to a doubling, 0.4 % wide. */
const LOG_BITS = 8;
/** Moves the exponent of `TINY` above zero, so that zero itself has the index 0. */
const LOG_EXPONENT_MIN = -64;

export type Grid = { readonly level: number; readonly bins: ReadonlyMap<number, number> };
export type GridDraft = { level: number; bins: Map<number, number> };

/** One family of nested bins. An index rises with the values. */
export type Scale = {
  readonly levelMin: number;
  /** The lowest level at which this value has an exact index. */
  readonly least: (value: number) => number;
  readonly index: (value: number, level: number) => number;
  /** The index `steps` levels higher. */
  readonly lift: (index: number, steps: number) => number;
  readonly lower: (index: number, level: number) => number;
  readonly upper: (index: number, level: number) => number;
};

export const LINEAR: Scale = {
  levelMin: LINEAR_LEVEL_MIN,
  least: (value) => (Math.abs(value) < TINY ? LINEAR_LEVEL_MIN : Math.max(LINEAR_LEVEL_MIN, exponentOf(value) + 1 - LINEAR_BITS)),
  index: (value, level) => (Math.abs(value) < TINY ? 0 : Math.floor(value * 2 ** -level)),
  lift: (index, steps) => Math.floor(index * 2 ** -steps),
  lower: (index, level) => index * 2 ** level,
  upper: (index, level) => (index + 1) * 2 ** level,
};

export const LOG: Scale = {
  levelMin: 0,
  least: () => 0,
  index: (value, level) => Math.trunc((value < 0 ? -1 : 1) * rankOf(value) * 2 ** -level),
  lift: (index, steps) => Math.trunc(index * 2 ** -steps),
  lower: (index, level) => (index > 0 ? magnitudeOf(index * 2 ** level) : -magnitudeOf((1 - index) * 2 ** level)),
  upper: (index, level) => (index < 0 ? -magnitudeOf(-index * 2 ** level) : magnitudeOf((index + 1) * 2 ** level)),
};

export function emptyGrid(scale: Scale): GridDraft {
  return { level: scale.levelMin, bins: new Map() };
}

/** `value` is finite. */
export function addTo(grid: GridDraft, value: number, scale: Scale): void {
  const least = scale.least(value);
  if (least > grid.level) raise(grid, least, scale);
  const index = scale.index(value, grid.level);
  const before = grid.bins.get(index);
  grid.bins.set(index, (before ?? 0) + 1);
  if (before === undefined) fitIn(grid, scale);
}

export function mergeGrids(a: Grid, b: Grid, scale: Scale): GridDraft {
  const level = Math.max(a.level, b.level);
  const merged: GridDraft = { level, bins: lifted(a, level, scale) };
  for (const [index, count] of lifted(b, level, scale)) merged.bins.set(index, (merged.bins.get(index) ?? 0) + count);
  fitIn(merged, scale);
  return merged;
}

/** The counts at a higher level. */
export function lifted(grid: Grid, level: number, scale: Scale): Map<number, number> {
  if (level === grid.level) return new Map(grid.bins);
  const bins = new Map<number, number>();
  for (const [index, count] of grid.bins) {
    // Adding 0 makes -0 a 0.
    const above = scale.lift(index, level - grid.level) + 0;
    bins.set(above, (bins.get(above) ?? 0) + count);
  }
  return bins;
}

/** Bins in the order of their values, as `[index, count]`. */
export function sorted(bins: ReadonlyMap<number, number>): readonly (readonly [number, number])[] {
  return [...bins].toSorted(([a], [b]) => a - b);
}

/** `[level, index, count, step to the next index, count, …]`: the JSON form. */
export function writeGrid(grid: Grid): readonly number[] {
  const out = [grid.level];
  let last = 0;
  for (const [index, count] of sorted(grid.bins)) {
    out.push(index - last, count);
    last = index;
  }
  return out;
}

/** Null for what `writeGrid` would not have written. */
export function readGrid(numbers: readonly number[]): GridDraft | null {
  const [level, ...rest] = numbers;
  if (level === undefined || !Number.isSafeInteger(level) || rest.length % 2 !== 0 || rest.length > 2 * BINS_MAX) return null;
  const bins = new Map<number, number>();
  let index = 0;
  for (let i = 0; i < rest.length; i += 2) {
    const [step, count] = [rest[i] ?? 0, rest[i + 1] ?? 0];
    if (!Number.isSafeInteger(step) || !Number.isSafeInteger(count) || count < 1 || (i > 0 && step < 1)) return null;
    index += step;
    bins.set(index, count);
  }
  return { level, bins };
}

function raise(grid: GridDraft, level: number, scale: Scale): void {
  grid.bins = lifted(grid, level, scale);
  grid.level = level;
}

/** Raises to the lowest level at which the bins fit. Neighbours join at the level where their indices become one: so many pairs as there are bins too many must have. */
function fitIn(grid: GridDraft, scale: Scale): void {
  const beyond = grid.bins.size - BINS_MAX;
  if (beyond <= 0) return;
  const order = Float64Array.from(grid.bins.keys()).sort();
  const joins = order.slice(1).map((index, i) => stepsToJoin(order[i] ?? index, index, scale));
  raise(grid, grid.level + (joins.sort()[beyond - 1] ?? 0), scale);
}

/** Indices have 53 bits at most; two that have not met after so many steps lie on either side of the linear scale's zero, where they never do. */
const STEPS_MAX = 54;

function stepsToJoin(a: number, b: number, scale: Scale): number {
  for (let steps = Math.floor(Math.log2(b - a)); steps <= STEPS_MAX; steps++) if (scale.lift(a, steps) === scale.lift(b, steps)) return steps;
  return Number.POSITIVE_INFINITY;
}

const scratch = new DataView(new ArrayBuffer(8));

/** Sign-free upper 31 bits of a double. */
function upperBits(value: number): number {
  scratch.setFloat64(0, value);
  return scratch.getUint32(0) & 0x7fffffff;
}

function exponentOf(value: number): number {
  return (upperBits(value) >>> 20) - 1023;
}

/** Exponent and leading bits of a magnitude as one whole number, 0 for what counts as zero. */
function rankOf(value: number): number {
  return Math.abs(value) < TINY ? 0 : (upperBits(value) >>> (20 - LOG_BITS)) - ((1023 + LOG_EXPONENT_MIN) << LOG_BITS);
}

function magnitudeOf(rank: number): number {
  const perOctave = 2 ** LOG_BITS;
  const exponent = Math.floor(rank / perOctave) + LOG_EXPONENT_MIN;
  if (exponent < -60) return 0;
  return exponent > 1023 ? Number.POSITIVE_INFINITY : (1 + (rank % perOctave) / perOctave) * 2 ** exponent;
}
