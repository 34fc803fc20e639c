/**
 * A straight line through a course, that no outlier pulls and that forgets: evidence older than 30 days weighs at most 15 %, whatever is
 * missing of the days since. Robust by iterated weights: least absolute residuals first, then Tukey's biweight (Beaton & Tukey 1974).
 */
import type { Bin } from "./course.ts";

const DAY_MS = 86_400_000;
export const OLD_DAYS = 30;
export const OLD_SHARE_MAX = 0.15;
/** Weight falls to 1/e in these days: an unbroken past older than 30 days then weighs 15 %. */
const FADE_DAYS = OLD_DAYS / Math.log(1 / OLD_SHARE_MAX);
/** Residuals beyond this many scales count nothing: 95 % efficient on normal noise. */
const BIWEIGHT = 4.685;
const ABSOLUTE_ROUNDS = 15;
const BIWEIGHT_ROUNDS = 5;
/** A scale of 0 (a course without noise) would divide by it. */
const SCALE_MIN = 1e-9;

/**
 * `level` is the line's at `centreAt`, `perDay` its slope; `noise` the scale of the residuals; `spreadDays2` the weighted variance of the days;
 * `count` how many independent bins the evidence is worth: neighbours that wander together are worth fewer.
 */
export type Trend = {
  readonly centreAt: number;
  readonly level: number;
  readonly perDay: number;
  readonly noise: number;
  readonly spreadDays2: number;
  readonly count: number;
};

/** Null when no two bins stand apart, or all of them are older than 30 days. */
export function trendOf(bins: readonly Bin[], now: number): Trend | null {
  const fading = fadingWeights(bins, now);
  if (fading === null) return null;
  const days = bins.map((bin) => (bin.at - now) / DAY_MS);
  const values = bins.map((bin) => bin.value);
  const first = lineThrough(days, values, fading);
  if (first === null) return null;
  const scaleOf = (line: Line): number => Math.max(SCALE_MIN, 1.4826 * weightedMedian(residualsOf(line, days, values).map(Math.abs), fading));
  const refit = (line: Line, weigh: (residual: number) => number): Line =>
    lineThrough(
      days,
      values,
      residualsOf(line, days, values).map((r, i) => (fading[i] ?? 0) * weigh(r)),
    ) ?? line;
  let line = first;
  const least = scaleOf(line) / 100;
  for (let round = 0; round < ABSOLUTE_ROUNDS; round++) line = refit(line, (r) => 1 / Math.max(Math.abs(r), least));
  const bound = BIWEIGHT * scaleOf(line);
  for (let round = 0; round < BIWEIGHT_ROUNDS; round++) line = refit(line, (r) => biweight(r / bound));
  const residuals = residualsOf(line, days, values);
  const noise = scaleOf(line);
  const kept = residuals.map((r, i) => (fading[i] ?? 0) * biweight(r / bound));
  return {
    centreAt: now + line.centre * DAY_MS,
    level: line.level,
    perDay: line.perDay,
    noise,
    spreadDays2: line.spread,
    count: worth(residuals, kept, noise),
  };
}

/** Weights that sum to 1; what is older than 30 days has at most its share. */
export function fadingWeights(bins: readonly Bin[], now: number): readonly number[] | null {
  const ages = bins.map((bin) => Math.max(0, (now - bin.at) / DAY_MS));
  const raw = ages.map((age) => Math.exp(-age / FADE_DAYS));
  const sumOf = (old: boolean): number => raw.reduce((sum, weight, i) => sum + ((ages[i] ?? 0) > OLD_DAYS === old ? weight : 0), 0);
  const [fresh, old] = [sumOf(false), sumOf(true)];
  if (fresh === 0) return null;
  const oldAllowed = Math.min(old, (fresh * OLD_SHARE_MAX) / (1 - OLD_SHARE_MAX));
  const oldFactor = old === 0 ? 0 : oldAllowed / old;
  return raw.map((weight, i) => (weight * ((ages[i] ?? 0) > OLD_DAYS ? oldFactor : 1)) / (fresh + oldAllowed));
}

type Line = { readonly centre: number; readonly level: number; readonly perDay: number; readonly spread: number };

function lineThrough(days: readonly number[], values: readonly number[], weights: readonly number[]): Line | null {
  let [sum, x, y] = [0, 0, 0];
  for (const [i, w] of weights.entries()) {
    sum += w;
    x += w * (days[i] ?? 0);
    y += w * (values[i] ?? 0);
  }
  if (!(sum > 0)) return null;
  const [centre, level] = [x / sum, y / sum];
  let [xx, xy] = [0, 0];
  for (const [i, w] of weights.entries()) {
    const away = (days[i] ?? 0) - centre;
    xx += w * away * away;
    xy += w * away * ((values[i] ?? 0) - level);
  }
  return xx > 0 ? { centre, level, perDay: xy / xx, spread: xx / sum } : null;
}

function residualsOf(line: Line, days: readonly number[], values: readonly number[]): readonly number[] {
  return values.map((value, i) => value - line.level - line.perDay * ((days[i] ?? 0) - line.centre));
}

function biweight(u: number): number {
  return Math.abs(u) >= 1 ? 0 : (1 - u * u) ** 2;
}

/** Kish's effective number, less what neighbours say twice (AR(1), Bartlett 1946). Outliers are held to three scales: one pair must not hide a wandering. */
function worth(residuals: readonly number[], weights: readonly number[], noise: number): number {
  const bounded = residuals.map((r) => Math.max(-3 * noise, Math.min(3 * noise, r)));
  let [sum, squares, own, beside] = [0, 0, 0, 0];
  for (const [i, w] of weights.entries()) {
    const r = bounded[i] ?? 0;
    sum += w;
    squares += w * w;
    own += w * r * r;
    if (i > 0) beside += Math.min(w, weights[i - 1] ?? 0) * r * (bounded[i - 1] ?? 0);
  }
  // What lies on the line to the last digit has no neighbours that wander.
  if (noise <= SCALE_MIN) return (sum * sum) / Math.max(squares, Number.MIN_VALUE);
  const alike = Math.max(0, Math.min(0.98, own === 0 ? 0 : beside / own));
  return squares === 0 ? 0 : ((sum * sum) / squares) * ((1 - alike) / (1 + alike));
}

function weightedMedian(values: readonly number[], weights: readonly number[]): number {
  const order = values.map((value, i) => ({ value, weight: weights[i] ?? 0 })).sort((a, b) => a.value - b.value);
  const half = order.reduce((sum, one) => sum + one.weight, 0) / 2;
  let sum = 0;
  for (const one of order) {
    sum += one.weight;
    if (sum >= half) return one.value;
  }
  return 0;
}
