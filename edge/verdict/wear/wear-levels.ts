/**
 * The slow wear of one device while it runs: each channel that has a limit, and the level of a wear model, is averaged over quarters of a day; when
 * one is over the forecast is made anew. Between two quarters a sample costs an addition for each such channel. Mutable: the fold owns it.
 *
 *   believed values ─▶ open quarter ─(over)─▶ bins ─▶ forecast ─▶ warned of 30, of 14 days before
 */
import type { WearSeen } from "../../../contracts/wear.ts";
import type { ChannelId } from "../../../contracts/ids.ts";
import type { DeviceProfile } from "../../../contracts/scenario.ts";
import { quantile } from "../commission.ts";
import { boundsOf } from "../limit.ts";
import { BIN_MS, BINS_MAX, type Bin, NO_COURSE } from "./course.ts";
import { type Forecast, forecast, warn, type Warned } from "./due.ts";
import { partOfThreshold } from "./growth.ts";

/** The model whose score is a part of the way to a threshold; what others score says nothing of wear. */
const WEAR_MODEL = "wear";
/** Quarters of a day. */
const DAY_BINS = 4;
/** So near its beginning, as a part of what it had grown: a machine that stands still is further away, below it. */
const MENDED_PART = 0.3;
/** Of a line that is no channel's. */
const OF_MODEL = -1;

/** What is followed: `sign` -1 where a value falls to its limit. `threshold` in the measure of `sign` times the value. */
type Line = { readonly key: string; readonly channel: number; readonly id: ChannelId | null; readonly sign: 1 | -1; readonly threshold: number };
/**
 * Means of quarters from number `first` on, NaN where nothing was said: numbers side by side, since a fleet has thousands of courses of months.
 * `warnedAt`: when this course was first warned of; 0 while it was not.
 */
type Level = { readonly first: number; readonly means: Float32Array; readonly forecast: Forecast; readonly warned: Warned; readonly warnedAt: number };
/** `open`: sum and count of each line in the quarter that began at `openAt`. `changed`: a quarter ended since it was saved. */
export type Wears = { readonly phase: number; openAt: number; open: Float64Array; levels: Level[]; changed: boolean };

const NOTHING_SEEN: Level = { first: 0, means: new Float32Array(0), forecast: { state: "learning" }, warned: null, warnedAt: 0 };
const linesOf = new WeakMap<DeviceProfile, readonly Line[]>();

/** `part`: from 0 to 1, where within a quarter this device's quarters end, so that a fleet is not forecast in one moment. `before`: what is known by line goes on. */
export function openWears(profile: DeviceProfile, part: number, before: ReadonlyMap<string, Level> = new Map()): Wears {
  const all = lines(profile);
  return {
    phase: Math.floor(part * BIN_MS),
    openAt: -1,
    open: new Float64Array(2 * all.length),
    levels: all.map(({ key }) => before.get(key) ?? NOTHING_SEEN),
    // One of whom nothing is known takes the place of what another of its name has left.
    changed: before.size === 0 && all.length > 0,
  };
}

/** Another profile: lines that are in both go on, in the midst of a quarter too. */
export function rewear(wears: Wears, before: DeviceProfile, profile: DeviceProfile): Wears {
  const [was, all] = [lines(before), lines(profile)];
  const known = new Map(was.map(({ key }, i) => [key, wears.levels[i] ?? NOTHING_SEEN]));
  const from = all.map(({ key }) => was.findIndex((line) => line.key === key));
  const open = Float64Array.from(from.flatMap((i) => [wears.open[2 * i] ?? 0, wears.open[2 * i + 1] ?? 0]));
  const changed = wears.changed || from.length !== was.length || from.some((i, at) => i !== at);
  return { ...openWears(profile, 0, known), phase: wears.phase, openAt: wears.openAt, open, changed };
}

/** Takes the believed values of a sample at `ts` (event time), in the order of the profile, NaN for gaps. */
export function wearBy(wears: Wears, profile: DeviceProfile, ts: number, values: Float32Array): void {
  const all = lines(profile);
  if (all.length === 0 || !turn(wears, all, ts)) return;
  for (let i = 0; i < all.length; i++) {
    const { channel, sign } = all[i]!;
    if (channel !== OF_MODEL) add(wears.open, i, sign * values[channel]!);
  }
}

/** Takes the score of the same sample; of any other model than one of wear it changes nothing. */
export function wearByScore(wears: Wears, profile: DeviceProfile, ts: number, score: number): void {
  const all = lines(profile);
  const last = all.length - 1;
  if (all[last]?.channel === OF_MODEL && turn(wears, all, ts)) add(wears.open, last, partOfThreshold(score));
}

/** Courses that were warned of and go on, by what they will reach. */
export function wornOf({ levels }: Wears, profile: DeviceProfile): readonly Omit<WearSeen, "device" | "asset">[] {
  if (levels.every(({ warned }) => warned === null)) return [];
  return lines(profile).flatMap(({ id }, i) => {
    const { forecast: seen, warned, warnedAt } = levels[i] ?? NOTHING_SEEN;
    if (warned === null || seen.state !== "wearing") return [];
    const { reachAt, earliestAt, latestAt } = seen;
    return [{ ...(id === null ? {} : { channel: id }), days: warned, warnedAt, reachAt, earliestAt, latestAt }];
  });
}

/** What is written when a quarter has ended; the open one is in `open` with the rest of the device. */
export type SavedLevel = Level & { readonly key: string };

export function saveWears({ levels }: Wears, profile: DeviceProfile): readonly SavedLevel[] {
  return lines(profile).map(({ key }, i) => ({ key, ...(levels[i] ?? NOTHING_SEEN) }));
}

/** The open quarter as numbers: when it began, then sum and count of each line. */
export function saveOpen({ openAt, open }: Wears): Float64Array {
  return Float64Array.of(openAt, ...open);
}

export function loadWears(profile: DeviceProfile, part: number, open: Float64Array | undefined, saved: readonly SavedLevel[]): Wears {
  const known = saved.map(({ key, ...level }) => [key, level] as const);
  const wears = openWears(profile, part, new Map(known));
  const [openAt = -1, ...numbers] = open ?? [];
  return numbers.length === wears.open.length && numbers.length > 0 ? { ...wears, openAt, open: Float64Array.from(numbers) } : wears;
}

function add(open: Float64Array, line: number, value: number): void {
  if (Number.isNaN(value)) return;
  open[2 * line]! += value;
  open[2 * line + 1]!++;
}

/** Ends the quarter when `ts` lies behind it. False for what lies before it. */
function turn(wears: Wears, all: readonly Line[], ts: number): boolean {
  if (ts < Math.max(wears.openAt, wears.phase)) return false;
  if (wears.openAt >= 0 && ts < wears.openAt + BIN_MS) return true;
  if (wears.openAt >= 0) {
    const quarter = Math.round((wears.openAt - wears.phase) / BIN_MS);
    const { phase, open } = wears;
    wears.levels = all.map((line, i) => closed(wears.levels[i] ?? NOTHING_SEEN, line, quarter, phase, open[2 * i] ?? 0, open[2 * i + 1] ?? 0));
    wears.open.fill(0);
    wears.changed = true;
  }
  wears.openAt = Math.floor((ts - wears.phase) / BIN_MS) * BIN_MS + wears.phase;
  return true;
}

/** `quarter`: the number of the one that has ended. */
function closed(was: Level, { threshold }: Line, quarter: number, phase: number, sum: number, count: number): Level {
  if (count === 0) return was;
  const now = (quarter + 1) * BIN_MS + phase;
  const grown = appended(was, quarter, sum / count);
  if (was.warned !== null && isMended(grown.means)) return { ...NOTHING_SEEN, first: quarter + 1 - DAY_BINS, means: grown.means.slice(-DAY_BINS) };
  const { first, means } = grown;
  const bins: Bin[] = [];
  for (const [i, value] of means.entries()) if (!Number.isNaN(value)) bins.push({ at: (first + i + 0.5) * BIN_MS + phase, value });
  const seen = forecast({ ...NO_COURSE, bins }, threshold, now);
  const { warned } = warn(was.warned, now, seen);
  return { first, means, forecast: seen, warned, warnedAt: warned === null ? 0 : was.warned === null ? now : was.warnedAt };
}

/** What wore has been at the level that it began with for a day: it was mended, and what was learnt of the old part says nothing of the new one. */
function isMended(means: Float32Array): boolean {
  const known = Array.from(means).filter((mean) => !Number.isNaN(mean));
  const begun = quantile(known.slice(0, 2 * DAY_BINS), 0.5);
  // Of the week before, in which it may have stood still for days.
  const worn = quantile(known.slice(-8 * DAY_BINS, -DAY_BINS), 0.9);
  const day = known.slice(-DAY_BINS);
  return worn > begun && known.length > 3 * DAY_BINS && day.every((mean) => Math.abs(mean - begun) <= MENDED_PART * (worn - begun));
}

function appended({ first, means }: Level, quarter: number, mean: number): Pick<Level, "first" | "means"> {
  const from = means.length === 0 ? quarter : Math.max(first, quarter + 1 - BINS_MAX);
  const all = new Float32Array(quarter + 1 - from).fill(Number.NaN);
  const kept = means.subarray(Math.min(means.length, Math.max(0, from - first)));
  all.set(kept);
  all[quarter - from] = mean;
  return { first: from, means: all };
}

function lines(profile: DeviceProfile): readonly Line[] {
  const known = linesOf.get(profile);
  if (known !== undefined) return known;
  const ofChannels = boundsOf(profile).flatMap(({ channel, id, high, low }): readonly Line[] => [
    ...(Number.isFinite(high) ? [{ key: `${id} up`, channel, id, sign: 1 as const, threshold: high }] : []),
    ...(Number.isFinite(low) ? [{ key: `${id} down`, channel, id, sign: -1 as const, threshold: -low }] : []),
  ]);
  const isOfWear = profile.model === WEAR_MODEL && profile.modelHash === undefined;
  const made: readonly Line[] = isOfWear ? [...ofChannels, { key: "model", channel: OF_MODEL, id: null, sign: 1, threshold: 1 }] : ofChannels;
  linesOf.set(profile, made);
  return made;
}
