/**
 * Whether what a profile's devices measure, or what its model makes of it, has moved from what it was: per channel the population stability
 * index (Karakoulas 2004) of a day against the first days, over bins of standardised values. How much one of those first days differs from the
 * others sets the limit, so that a plant with a rhythm of its own is not adrift every Monday. Rows in which the model sees a fault do not count:
 * a fault is an alarm, no drift.
 */
import { ModelHash, ProfileId } from "../../../contracts/ids.ts";
import type { Drift } from "../../../contracts/model-binding.ts";

const DAY_MS = 86_400_000;
/** Days that say what is usual. */
const REFERENCE_DAYS = 3;
/** A day with fewer rows says nothing. */
const ROWS_MIN = 500;
/** The usual rule for the index: above a quarter the population is another one. */
const LIMIT = 0.25;
/** Or as many times what the first days differ among themselves. */
const LIMIT_TIMES = 2;
/** Days in a row beyond the limit until it counts as drift. */
const DAYS_MIN = 2;
/** Upper ends of the bins of a standardised value; above the last is one more. */
const VALUE_ENDS = [-8, -4, -2, -1, -0.5, 0, 0.5, 1, 2, 4, 8] as const;
const BINS = VALUE_ENDS.length + 1;

type Day = { readonly bins: Float64Array; rows: number; from: number };
export type DriftWatch = {
  readonly profile: ProfileId;
  readonly channels: readonly string[];
  readonly model: ModelHash;
  readonly reference: Day[];
  day: Day;
  /** Days in a row that were beyond the limit, and the worst of the latest. */
  beyond: number;
  since: number;
  drift: Drift | null;
};
export type SavedDrift = {
  readonly profile: string;
  readonly channels: readonly string[];
  readonly model: string;
  readonly reference: readonly Day[];
  readonly day: Day;
  readonly beyond: number;
  readonly since: number;
  readonly drift: Drift | null;
};

export function openDrift(profile: ProfileId, channels: readonly string[], model: ModelHash): DriftWatch {
  return { profile, channels, model, reference: [], day: openDay(channels.length, -1), beyond: 0, since: -1, drift: null };
}

/** As it was saved. */
export function loadDrift(saved: SavedDrift): DriftWatch {
  return { ...saved, profile: ProfileId.parse(saved.profile), model: ModelHash.parse(saved.model), reference: [...saved.reference] };
}

/** One row of a device whose live model sees nothing: `z` are its standardised values from `at` on, NaN where there is a gap; `score` in [0, 1]. */
export function addRow(watch: DriftWatch, ts: number, z: Float32Array, at: number, score: number): void {
  const channels = watch.channels.length;
  if (watch.day.from < 0) watch.day.from = ts;
  if (ts - watch.day.from >= DAY_MS) closeDay(watch, ts);
  const { bins } = watch.day;
  for (let c = 0; c < channels; c++) {
    const value = z[at + c] ?? Number.NaN;
    if (!Number.isNaN(value)) bins[c * BINS + binOf(value)]! += 1;
  }
  bins[channels * BINS + Math.min(BINS - 1, Math.floor(score * BINS))]! += 1;
  watch.day.rows++;
}

function binOf(value: number): number {
  let bin = 0;
  while (bin < VALUE_ENDS.length && value > VALUE_ENDS[bin]!) bin++;
  return bin;
}

function closeDay(watch: DriftWatch, ts: number): void {
  const { day, reference } = watch;
  watch.day = openDay(watch.channels.length, ts);
  if (day.rows < ROWS_MIN) return;
  if (reference.length < REFERENCE_DAYS) {
    reference.push(day);
    return;
  }
  const worst = worstOf(watch, day);
  if (worst.index <= worst.limit) {
    watch.beyond = 0;
    watch.drift = null;
    return;
  }
  watch.beyond++;
  if (watch.beyond === 1) watch.since = day.from;
  if (watch.beyond >= DAYS_MIN) watch.drift = { ...worst, since: watch.since };
}

function worstOf(watch: DriftWatch, day: Day): Omit<Drift, "since"> {
  const all = sumOf(watch.reference);
  let worst: Omit<Drift, "since"> = { of: "score", index: 0, limit: LIMIT };
  for (let c = 0; c <= watch.channels.length; c++) {
    const among = Math.max(...watch.reference.map((one) => indexOf(one.bins, sumOf(watch.reference.filter((other) => other !== one)), c)));
    const limit = Math.max(LIMIT, LIMIT_TIMES * among);
    const index = indexOf(day.bins, all, c);
    if (index / limit <= worst.index / worst.limit) continue;
    const channel = watch.channels[c];
    worst = { of: channel === undefined ? "score" : "input", index, limit, ...(channel === undefined ? {} : { channel }) };
  }
  return worst;
}

/** Of one channel; half a row in each bin, so that an empty one is not infinitely far from a full one. */
function indexOf(now: Float64Array, before: Float64Array, channel: number): number {
  const part = (bins: Float64Array): Float64Array => bins.subarray(channel * BINS, (channel + 1) * BINS);
  const [a, b] = [part(now), part(before)];
  const [allA, allB] = [sum(a), sum(b)];
  if (allA === 0 || allB === 0) return 0;
  let index = 0;
  for (let i = 0; i < BINS; i++) {
    const p = (a[i]! + 0.5) / (allA + BINS / 2);
    const q = (b[i]! + 0.5) / (allB + BINS / 2);
    index += (p - q) * Math.log(p / q);
  }
  return index;
}

function sumOf(days: readonly Day[]): Float64Array {
  const out = new Float64Array(days[0]?.bins.length ?? 0);
  for (const { bins } of days) for (let i = 0; i < out.length; i++) out[i]! += bins[i] ?? 0;
  return out;
}

function sum(values: Float64Array): number {
  let all = 0;
  for (const value of values) all += value;
  return all;
}

function openDay(channels: number, from: number): Day {
  return { bins: new Float64Array((channels + 1) * BINS), rows: 0, from };
}
