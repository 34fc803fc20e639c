/**
 * The first stretch of a device, in which its normal is learnt: per channel a location and a scale from the rows, then a floor, the
 * level that the model itself reaches on those same rows. Nothing later than these rows takes part.
 */
import type { Baseline } from "../../contracts/device.ts";

/** Numbers held for one device while it is commissioned (256 KiB). A scenario that asks for more rows gets as many as fit. */
export const COMMISSIONING_VALUES_MAX = 65_536;
/** The floor is the level that this share of normal rows stays below. */
export const FLOOR_QUANTILE = 0.95;
/** And it is at most so many times the median level (2.9 times is usual): more is rows of a fault, which must not become what is normal. */
const FLOOR_MEDIANS = 6;
/** A channel that hardly moved in those few minutes still has a scale: this part of its location (a day's warming is a few of them), or this much where the location is 0. */
const SCALE_PART_MIN = 0.02;
const SCALE_MIN = 1e-6;
/** A value within half a step of what a channel tells is told as the same. */
const STEP_PART = 0.5;
/** Of the range that a profile gives a channel: what one that stood at 0 may move before it says anything. */
const SPAN_PART = 1e-3;
/** Fewer values that are all the same say nothing of a sensor. */
const STILL_ROWS = 30;
/** So much of commissioning may be of a fault. */
const FAULTY_PART = 0.2;
/** A floor of 0 would make any movement infinite evidence. */
const FLOOR_MIN = 0.25;

/** Values further from the median are not of the same stretch. Of 10,000 normal ones five are. */
const KEPT_SPREADS = 3.5;
/** Standard deviations of normal noise in one median distance. */
const MAD_OF_NORMAL = 1.4826;

export type Range = { readonly min: number; readonly max: number };
export type Normal = { readonly mean: readonly number[]; readonly scale: readonly number[] };

/** Rows that commissioning takes: what the scenario asks for, within the bound. */
export function commissioningRows(asked: number, channels: number): number {
  return Math.max(1, Math.min(asked, Math.floor(COMMISSIONING_VALUES_MAX / channels)));
}

/**
 * `rows` is `[count × channels]`, NaN where there is a gap; `ranges`: from where to where each channel can measure. A channel without any value
 * gets location 0 and scale 1.
 */
export function learnNormal(rows: Float32Array, count: number, channels: number, ranges: readonly Range[] = []): Normal {
  const mean: number[] = [];
  const scale: number[] = [];
  for (let c = 0; c < channels; c++) {
    const values = column(rows, count, channels, c);
    const { centre, spread, step } = usual(values);
    const { min, max } = ranges[c] ?? { min: 0, max: 0 };
    const finest = values.length > 0 && step === 0 && centre === 0 ? (max - min) * SPAN_PART : STEP_PART * step;
    mean.push(centre);
    scale.push(Math.max(spread, Math.abs(centre) * SCALE_PART_MIN, finest, SCALE_MIN));
  }
  return { mean, scale };
}

/**
 * A channel that said one and the same value throughout, other than 0, has shown nothing of itself: its sensor may have been stuck. Its rows become
 * gaps, so that nothing is learnt of it. At 0 it may just not have run.
 */
export function forgetStuck(rows: Float32Array, count: number, channels: number): void {
  for (let c = 0; c < channels; c++) {
    const [first = 0, ...others] = column(rows, count, channels, c);
    if (first === 0 || others.length + 1 < STILL_ROWS || others.some((value) => value !== first)) continue;
    for (let i = 0; i < count; i++) rows[i * channels + c] = Number.NaN;
  }
}

/** `levels` is `[count × channels]`: what the model called the level of each row while its floor was 1. */
export function learnFloor(levels: Float32Array, count: number, channels: number): readonly number[] {
  return Array.from({ length: channels }, (_, c) => {
    const reached = column(levels, count, channels, c);
    return Math.max(FLOOR_MIN, Math.min(quantile(reached, FLOOR_QUANTILE), FLOOR_MEDIANS * quantile(reached, 0.5)));
  });
}

export function baselineOf(normal: Normal, floor: readonly number[], rows: number, learntAt: number): Baseline {
  return { mean: [...normal.mean], scale: [...normal.scale], floor: [...floor], rows, learntAt };
}

function column(rows: Float32Array, count: number, channels: number, c: number): number[] {
  const values: number[] = [];
  for (let i = 0; i < count; i++) {
    const value = rows[i * channels + c] ?? Number.NaN;
    if (!Number.isNaN(value)) values.push(value);
  }
  return values;
}

function average(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}

/**
 * Location and scale of most of the values: mean and standard deviation of those within KEPT_SPREADS of the median, where the spread is
 * the median distance from it, as of normal noise. Of values that lie together that is their mean and standard deviation; a fifth that
 * lies elsewhere changes neither much (Huber 1981, hard rejection).
 */
function usual(values: readonly number[]): { readonly centre: number; readonly spread: number; readonly step: number } {
  const middle = quantile(values, 0.5);
  const away = values.map((value) => Math.abs(value - middle));
  const half = quantile(away, 0.5);
  const near = KEPT_SPREADS * (half > 0 ? MAD_OF_NORMAL * half : nextStep(away, middle));
  const kept = near === 0 ? values : values.filter((_, i) => (away[i] ?? 0) <= near);
  const centre = average(kept);
  const spread = values.length === 0 ? 1 : Math.sqrt(average(kept.map((value) => (value - centre) ** 2)));
  return { centre, spread, step: leastStep(kept) };
}

/**
 * A channel in coarse steps may lie on one of them for most of the time: then its next step counts, which is the usual way of what is elsewhere
 * once a fault had its share of that, nearest first. What is elsewhere for no longer than a fault may be is held against the level alone.
 */
function nextStep(away: readonly number[], middle: number): number {
  const elsewhere = away.filter((one) => one > 0);
  const part = elsewhere.length / Math.max(1, away.length);
  const way = part > FAULTY_PART ? quantile(elsewhere, (1 - FAULTY_PART / part) / 2) : 0;
  return Math.max(MAD_OF_NORMAL * way, SCALE_PART_MIN * Math.abs(middle));
}

/** Between neighbours of what was told; 0 where that was one value. */
function leastStep(values: readonly number[]): number {
  const told = [...new Set(values)].sort((a, b) => a - b);
  let least = Infinity;
  for (let i = 1; i < told.length; i++) least = Math.min(least, (told[i] ?? 0) - (told[i - 1] ?? 0));
  return least === Infinity ? 0 : least;
}

/** Linear between neighbours; 0 of nothing. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}
