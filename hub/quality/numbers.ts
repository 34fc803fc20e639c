/** What is known of a field's numbers: two histograms, extremes, and the questions asked of them. Every answer is an interval that holds the truth. */
import { type Grid, type GridDraft, LINEAR, LOG, type Scale, addTo, emptyGrid, lifted, mergeGrids, sorted } from "./grid.ts";

export type Numbers = { readonly count: number; readonly whole: number; readonly min: number; readonly max: number; readonly linear: Grid; readonly log: Grid };
export type NumbersDraft = { count: number; whole: number; min: number; max: number; linear: GridDraft; log: GridDraft };
/** Both ends may be the truth. */
export type Interval = { readonly low: number; readonly high: number };

export function emptyNumbers(): NumbersDraft {
  return { count: 0, whole: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, linear: emptyGrid(LINEAR), log: emptyGrid(LOG) };
}

/** `value` is finite. */
export function addNumber(numbers: NumbersDraft, value: number): void {
  numbers.count++;
  if (Number.isInteger(value)) numbers.whole++;
  if (value < numbers.min) numbers.min = value;
  if (value > numbers.max) numbers.max = value;
  addTo(numbers.linear, value, LINEAR);
  addTo(numbers.log, value, LOG);
}

export function mergeNumbers(a: Numbers, b: Numbers): NumbersDraft {
  return {
    count: a.count + b.count,
    whole: a.whole + b.whole,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    linear: mergeGrids(a.linear, b.linear, LINEAR),
    log: mergeGrids(a.log, b.log, LOG),
  };
}

/** The value that a `share` of the numbers does not exceed. NaN at both ends when there are none. */
export function quantile(numbers: Numbers, share: number): Interval {
  if (numbers.count === 0) return { low: Number.NaN, high: Number.NaN };
  const rank = Math.min(numbers.count, Math.max(1, Math.ceil(share * numbers.count)));
  const [a, b] = SCALES.map(({ scale, of }) => binAt(of(numbers), scale, rank));
  const within = (value: number): number => Math.min(numbers.max, Math.max(numbers.min, value));
  const low = within(Math.max(a?.low ?? -Infinity, b?.low ?? -Infinity));
  const high = within(Math.min(a?.high ?? Infinity, b?.high ?? Infinity));
  // What is below `TINY` lies beside its bin.
  return { low: Math.min(low, high), high: Math.max(low, high) };
}

/** Share of the numbers below `x`: no less than those in bins that end there, no more than those in bins that begin before it. */
export function shareBelow(numbers: Numbers, x: number): Interval {
  if (numbers.count === 0 || x <= numbers.min) return { low: 0, high: 0 };
  if (x > numbers.max) return { low: 1, high: 1 };
  let [low, high] = [0, numbers.count];
  for (const { scale, of } of SCALES) {
    const { level, bins } = of(numbers);
    let [under, upTo] = [0, 0];
    for (const [index, count] of bins) {
      if (scale.upper(index, level) <= x) under += count;
      if (scale.lower(index, level) < x) upTo += count;
    }
    low = Math.max(low, under);
    high = Math.min(high, upTo);
  }
  return { low: low / numbers.count, high: high / numbers.count };
}

/** How many lie beyond a value for certain: those in bins that lie wholly on that side of it. */
export function countBeyond(numbers: Numbers, edge: number, side: "above" | "below"): number {
  return Math.max(
    ...SCALES.map(({ scale, of }) => {
      const { level, bins } = of(numbers);
      let count = 0;
      for (const [index, inBin] of bins) if (side === "above" ? scale.lower(index, level) > edge : scale.upper(index, level) < edge) count += inBin;
      return count;
    }),
  );
}

/**
 * Greatest difference between the two cumulative shares (Kolmogorov–Smirnov), at the edges of the bins that both have: exact there, so
 * never more than the distance of the values themselves, and less by what lies within one bin at most. In [0, 1].
 */
export function distance(a: Numbers, b: Numbers): number {
  if (a.count === 0 || b.count === 0) return 0;
  return Math.max(
    ...SCALES.map(({ scale, of }) => {
      let [sumA, sumB, most] = [0, 0, 0];
      for (const [x, y] of paired(of(a), of(b), scale)) {
        sumA += x;
        sumB += y;
        most = Math.max(most, Math.abs(sumA / a.count - sumB / b.count));
      }
      return most;
    }),
  );
}

/** Counts of both in groups that each hold at least 1 / `groups` of the first; on the scale that tells more of them apart. */
export function grouped(a: Numbers, b: Numbers, groups: number): readonly (readonly [number, number])[] {
  const of = SCALES.map(({ scale, of }) => cut(paired(of(a), of(b), scale), a.count / groups));
  return of.toSorted((x, y) => y.length - x.length)[0] ?? [];
}

const SCALES: readonly { readonly scale: Scale; readonly of: (numbers: Numbers) => Grid }[] = [
  { scale: LINEAR, of: (numbers) => numbers.linear },
  { scale: LOG, of: (numbers) => numbers.log },
];

function binAt({ level, bins }: Grid, scale: Scale, rank: number): Interval | undefined {
  let sum = 0;
  for (const [index, count] of sorted(bins)) {
    sum += count;
    if (sum >= rank) return { low: scale.lower(index, level), high: scale.upper(index, level) };
  }
  return undefined;
}

/** Counts of two grids bin by bin at their common level, in the order of the values. */
function paired(a: Grid, b: Grid, scale: Scale): readonly (readonly [number, number])[] {
  const level = Math.max(a.level, b.level);
  const [x, y] = [lifted(a, level, scale), lifted(b, level, scale)];
  return [...new Set([...x.keys(), ...y.keys()])].toSorted((i, j) => i - j).map((index) => [x.get(index) ?? 0, y.get(index) ?? 0]);
}

function cut(bins: readonly (readonly [number, number])[], least: number): readonly (readonly [number, number])[] {
  const groups: [number, number][] = [];
  let [x, y] = [0, 0];
  for (const [inA, inB] of bins) {
    x += inA;
    y += inB;
    if (x < least) continue;
    groups.push([x, y]);
    [x, y] = [0, 0];
  }
  const last = groups.at(-1);
  // What is left over is too few for a group of its own.
  if (last === undefined) return x + y === 0 ? [] : [[x, y]];
  last[0] += x;
  last[1] += y;
  return groups;
}
