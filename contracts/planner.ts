/** What a unit's planner has done since its unit woke: how often it was asked, what came of it, and what it took. */
import { z } from "zod";

const count = () => z.number().int().min(0);

/** Buckets of a spread, each ending a quarter of an octave higher; the last takes what is beyond. */
export const SPREAD_BUCKETS = 50;
/** How many fell into each bucket. */
const spread = () => z.array(count()).length(SPREAD_BUCKETS);
/** Where the first buckets end: in ms, and in iterations. */
export const SLICE_MS_FROM = 0.25;
export const SLICE_ITERATIONS_FROM = 1;
/** A slice is to be shorter. */
export const SLICE_MS_LONG = 5;

export function emptySpread(): number[] {
  return Array.from({ length: SPREAD_BUCKETS }, () => 0);
}

/** Of a value that is counted from `from`. */
export function bucketOf(value: number, from: number): number {
  return Math.min(SPREAD_BUCKETS - 1, Math.max(0, Math.ceil(4 * Math.log2(value / from) - 1e-9)));
}

/** The end of the bucket in which the quantile lies; NaN where nothing was counted. Infinite beyond the last but one. */
export function quantileIn(counts: readonly number[], at: number, from: number): number {
  const all = counts.reduce((sum, one) => sum + one, 0);
  if (all === 0) return Number.NaN;
  let seen = 0;
  const bucket = counts.findIndex((one) => (seen += one) >= at * all);
  return bucket === SPREAD_BUCKETS - 1 ? Infinity : from * 2 ** (bucket / 4);
}

export const PlannerWork = z.strictObject({
  asked: count(),
  answered: count(),
  /** Of the answers: what changed something, what changed nothing, and what came too late. */
  adopted: count(),
  kept: count(),
  stale: count(),
  /** Asks that ended in an error: the plan stayed as it was. */
  failed: count(),
  iterations: count(),
  slices: count(),
  /** In slices, by the clock on the wall and with whoever had their turn between a slice and its end; the longest of them. */
  workMs: z.number().min(0),
  sliceMsMax: z.number().min(0),
  /** Of the slices alone, without the turns of others: how long each took by that clock, how many took longer than they are to, and how many iterations
   *  those of the search did. Slices that take much longer than others for no more iterations were not at work all the time. */
  sliceMs: spread(),
  slicesLong: count(),
  sliceIterations: spread(),
  /** It has nothing to do. */
  resting: z.boolean(),
});
export type PlannerWork = z.infer<typeof PlannerWork>;
