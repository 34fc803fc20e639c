/**
 * Limits that a device learns of itself: the states in which it is usually run, and how far from all of them it may be. ISO 20816-1 and
 * ISO 13373-1 have alarms set so: against the machine's own baseline, by a change that counts. Off until a profile names tolerances.
 *
 *   rows ─▶ blocks of 10 s ─▶ median of a minute ─▶ at rest? stepped by operation? ─▶ known states, new ones are learnt
 *                                                └▶ distance from the nearest state, in tolerances ─▶ inverse time ─▶ sign
 *
 * Operation moves channels together, as `duty` says, within a minute; what it puts the machine into becomes a state of its own. What no step
 * of operation explains is a departure: far ones count soon, small ones late (very inverse time, IEC 60255-151), ten times as soon where the
 * model alarms too. A fault that grows from minutes to days moves away from every known state; a load step arrives at one.
 */
import type { Baseline } from "../../contracts/device.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import type { LimitSign } from "./limit.ts";

const BLOCK_MS = 10_000;
/** Blocks of now and of before a step, and between their beginnings: a step within a minute lies wholly between them. */
const NOW_BLOCKS = 5;
const BLOCKS = 12;
/** Of them with a value, for a median. */
const BLOCKS_MIN = 3;
/** States of a device; the one that was left longest ago is forgotten first, its first never. */
export const STATES_MAX = 24;
/** Channels of a duty below this part of the usual: the machine stands, and says nothing of how it runs. */
const REST_PART = 0.1;
/**
 * A step of operation moves one channel of a pattern by so many tolerances, and each of the others by so many, all as the pattern says. Few of
 * the others': near shut-off a pump's head changes by a sixth of what its flow does (Gülich, ch. 4), and its tolerance is twice as wide.
 */
const STEP = 0.7;
const STEP_BESIDE = 0.1;
/** A step that is of any pattern: the machine stood, or was moved twice. And none. */
const ANY_STEP = -2;
const NO_STEP = -1;
/** After a step or a start: run-up, pipes that fill, a minute's median that is of the new state alone. */
const SETTLE_MS = 180_000;
/** Of a state that operation led to: farther from all known ones it is a new one, if what lies between is such a step too. */
const NEW = 0.7;
/** In a new state, what only counts when it is more begins at most so much above the most that is known, in tolerances. */
const HIGHER_MAX = 0.5;
/** Tolerance-seconds beyond the tolerance: twice the tolerance for ten minutes, or eleven times for one. */
const SPENT_S = 600;
/** Where the model alarms as well. */
const SPENT_S_CONFIRMED = 60;
const DISTANCE_MAX = 11;
/** Channels that gave less of a distance are not named. */
const SHARE_MIN = 0.05;
/** Back within this for so long it is over. */
const BACK = 0.9;
const BACK_MS = 30_000;
/** A tolerance is never within what commissioning saw, in its scales. */
const SCALES = 3;
/** Where a state lies, how far a machine that is regulated wanders about it, and how warm it gets, is learnt over so many blocks in it (6 h), as if the first had been so many. */
const LEARN_BLOCKS = 2_160;
const FIRST_BLOCKS = 30;
/** An hour in it. */
const WELL_KNOWN_BLOCKS = 360;
/** What lags is as warm as it was before a step for at most so long: four times a winding's usual hour. It has risen again by so many tolerances. */
const LAG_MS = 4 * 3_600_000;
const RISEN = 0.1;
/** It follows the seasons: what is older than 30 days weighs 15 %. */
const SEASON_MS = (30 * 86_400_000) / Math.log(1 / 0.15);
/** After a silence as long as this a state is learnt on as if it were new. */
const SILENCE_MS = 86_400_000;
/** A tolerance is widened to so many mean distances, and at most so many times. */
const WANDERS = 4;
const WIDER_MAX = 2;

/** Mutable: the fold owns it. Channel by channel in the order of the profile; NaN where nothing is known. */
export type Habit = {
  readonly sums: Float64Array;
  readonly counts: Float64Array;
  block: number;
  readonly ring: Float32Array;
  blocks: number;
  readonly states: Float32Array;
  /** Mean distance from it of each channel of each state. */
  readonly wander: Float32Array;
  /** Of each state: when it was last visited, and in how many blocks in all. */
  readonly visitedAt: Float64Array;
  readonly visits: Float64Array;
  known: number;
  steppedAt: number;
  /** The step that led to where it is, until that has been looked at. */
  stepped: number;
  /** Of what lags, the least since the last step or rest, while it may still be of the time before; else NaN. */
  readonly warm: Float32Array;
  spentS: number;
  backAt: number;
  distance: number;
  standing: boolean;
  readonly shares: Float32Array;
};
/** As it is saved: of the states only those that are known. */
export type SavedHabit = Habit;

export function saveHabit(habit: Habit | null): SavedHabit | null {
  if (habit === null) return null;
  const size = habit.known * habit.sums.length;
  return { ...habit, states: habit.states.slice(0, size), wander: habit.wander.slice(0, size) };
}

/** Null for a profile without tolerances. */
export function openHabit(profile: DeviceProfile, saved?: SavedHabit | null): Habit | null {
  const { channels } = profile;
  if (!channels.some(({ tolerance }) => tolerance !== undefined)) return null;
  const width = channels.length;
  const fits = saved !== undefined && saved !== null && saved.sums.length === width;
  const numbers = (of: Float64Array | undefined, length: number): Float64Array => (fits && of !== undefined ? of.slice() : new Float64Array(length));
  const singles = (of: Float32Array | undefined, length: number): Float32Array => {
    const all = new Float32Array(length).fill(Number.NaN);
    if (fits && of !== undefined) all.set(of);
    return all;
  };
  return {
    sums: numbers(saved?.sums, width),
    counts: numbers(saved?.counts, width),
    block: fits ? saved.block : -1,
    ring: singles(saved?.ring, BLOCKS * width),
    blocks: fits ? saved.blocks : 0,
    states: singles(saved?.states, STATES_MAX * width),
    wander: singles(saved?.wander, STATES_MAX * width),
    visitedAt: numbers(saved?.visitedAt, STATES_MAX),
    visits: numbers(saved?.visits, STATES_MAX),
    known: fits ? saved.known : 0,
    steppedAt: fits ? saved.steppedAt : -1,
    stepped: fits ? saved.stepped : NO_STEP,
    warm: singles(saved?.warm, width),
    spentS: fits ? saved.spentS : 0,
    backAt: fits ? saved.backAt : -1,
    distance: fits ? saved.distance : 0,
    standing: fits && saved.standing,
    shares: singles(saved?.shares, width),
  };
}

/**
 * Takes one row, in order of event time; `values` as they can be believed, NaN for gaps. `alarms`: whether the model alarms. What stands, or null.
 * Nothing is said before the device is commissioned.
 */
export function holdHabit(
  habit: Habit,
  profile: DeviceProfile,
  ts: number,
  values: Float32Array,
  baseline: Baseline | null,
  alarms: boolean,
): LimitSign | null {
  if (baseline === null) return null;
  const block = Math.floor(ts / BLOCK_MS);
  if (block !== habit.block) {
    if (habit.block >= 0 && (block - habit.block) * BLOCK_MS > SILENCE_MS) habit.visits.fill(0);
    if (habit.block >= 0) closeBlock(habit, profile, habit.block * BLOCK_MS + BLOCK_MS, baseline, alarms);
    habit.block = block;
  }
  const { sums, counts } = habit;
  for (let c = 0; c < values.length; c++) {
    const value = values[c]!;
    if (Number.isNaN(value)) continue;
    sums[c]! += value;
    counts[c]!++;
  }
  return habit.standing ? signOf(habit, profile) : null;
}

function signOf({ distance, shares }: Habit, { channels }: DeviceProfile): LimitSign {
  const told = channels.flatMap(({ id }, c) => (shares[c]! >= SHARE_MIN ? [{ channel: id, share: Math.round(1_000 * shares[c]!) / 1_000 }] : []));
  const evidence = told.toSorted((a, b) => b.share - a.share).slice(0, 8);
  return { score: Math.max(0.6, 1 - 0.5 / Math.max(1, distance)), severity: "medium", rule: "limit", evidence };
}

function closeBlock(habit: Habit, profile: DeviceProfile, at: number, baseline: Baseline, alarms: boolean): void {
  const { sums, counts, ring } = habit;
  const width = sums.length;
  ring.copyWithin(width, 0, (BLOCKS - 1) * width);
  for (let c = 0; c < width; c++) ring[c] = counts[c] === 0 ? Number.NaN : sums[c]! / counts[c]!;
  sums.fill(0);
  counts.fill(0);
  habit.blocks = Math.min(BLOCKS, habit.blocks + 1);
  if (habit.known === 0) addState(habit, Float32Array.from(baseline.mean), at);
  if (habit.blocks < NOW_BLOCKS) return;

  const now = mediansOf(ring, width, 0);
  const motion = motionOf(habit, profile, baseline, now);
  if (motion !== "steady") {
    habit.steppedAt = at;
    habit.stepped = motion === "resting" || (habit.stepped !== NO_STEP && habit.stepped !== motion) ? ANY_STEP : motion;
    habit.warm.set(now);
    return;
  }
  cool(habit, now, at);
  if (at - habit.steppedAt < SETTLE_MS && habit.steppedAt >= 0) return;
  const near = nearestOf(habit, profile, baseline, now);
  habit.distance = near.distance;
  const by = habit.stepped;
  habit.stepped = NO_STEP;
  if (by !== NO_STEP && !habit.standing && isNew(habit, profile, baseline, now, by)) {
    learnState(habit, profile, baseline, now, near.state, at);
    habit.distance = 0;
    return;
  }
  visit(habit, profile, baseline, now, near, at);
  judge(habit, near.distance, at, alarms);
}

/** What was warm before a step cools down: it is never warmer again than it was since. */
function cool({ warm, steppedAt }: Habit, now: Float32Array, at: number): void {
  if (at - steppedAt > LAG_MS) warm.fill(Number.NaN);
  else for (let c = 0; c < warm.length; c++) if (warm[c]! > now[c]!) warm[c] = now[c]!;
}

/** The number of the profile's step by which channels moved together, or that all of the load stands. */
function motionOf({ ring, states, blocks }: Habit, profile: DeviceProfile, baseline: Baseline, now: Float32Array): "steady" | "resting" | number {
  const { channels } = profile;
  const { load, steps } = dutyOf(profile);
  const width = channels.length;
  const before = blocks === BLOCKS ? mediansOf(ring, width, BLOCKS - NOW_BLOCKS) : null;
  let [resting, told] = [0, 0];
  for (let c = 0; c < width; c++) {
    if (!load[c]) continue;
    if (!Number.isNaN(ring[c]!)) told++;
    if (ring[c]! < REST_PART * states[c]! || now[c]! < REST_PART * states[c]!) resting++;
  }
  if (told > 0 && resting >= told) return "resting";
  if (before === null) return "steady";
  const step = stepBetween(channels, steps, baseline, states, before, now);
  return step < 0 ? "steady" : step;
}

function stepBetween(
  channels: DeviceProfile["channels"],
  steps: DutyByChannel["steps"],
  baseline: Baseline,
  usual: Float32Array,
  from: Float32Array,
  to: Float32Array,
): number {
  const moved = to.map((value, c) => (value - from[c]!) / toleranceOf(channels[c]!.tolerance, usual[c]!, baseline.scale[c]!));
  return steps.findIndex((pattern) => follows(moved, pattern));
}

/** Far from each known state in how it is operated, and away from the nearest as the step that led there says: what else is off is no operation. */
function isNew(habit: Habit, profile: DeviceProfile, baseline: Baseline, now: Float32Array, by: number): boolean {
  const { channels } = profile;
  const { load, steps } = dutyOf(profile);
  const operated = now.map((value, c) => (channels[c]!.tolerance?.side === "high" ? Number.NaN : value));
  const { state, distance } = nearestOf(habit, profile, baseline, operated);
  // Without flow a motor under current was put into nothing.
  if (distance <= NEW || load.some((isLoad, c) => isLoad && now[c]! < REST_PART * habit.states[c]!)) return false;
  const from = habit.states.subarray(state * channels.length, (state + 1) * channels.length);
  const between = stepBetween(channels, by === ANY_STEP ? steps : steps.slice(by, by + 1), baseline, habit.states, from, now);
  return between >= 0;
}

/** Whether the channels of a pattern moved as it says, one way or the other; those without a value say nothing. */
function follows(moved: Float32Array, pattern: readonly number[]): boolean {
  let [seen, most, least, way] = [0, 0, Infinity, 0];
  for (let c = 0; c < pattern.length; c++) {
    const sign = pattern[c]!;
    const by = sign * moved[c]!;
    if (sign === 0 || Number.isNaN(by)) continue;
    if (seen++ > 0 && Math.sign(by) !== way) return false;
    way = Math.sign(by);
    most = Math.max(most, Math.abs(by));
    least = Math.min(least, Math.abs(by));
  }
  return seen > 0 && most >= STEP && least >= STEP_BESIDE;
}

type DutyByChannel = { readonly load: readonly boolean[]; readonly steps: readonly (readonly number[])[] };
const duties = new WeakMap<DeviceProfile, DutyByChannel>();

/** Of each channel whether it is load, and of each step 1, -1 or 0. */
function dutyOf(profile: DeviceProfile): DutyByChannel {
  const known = duties.get(profile);
  if (known !== undefined) return known;
  const { load = [], steps = [] } = profile.duty ?? {};
  const made = {
    load: profile.channels.map(({ id }) => load.includes(id)),
    steps: steps.map(({ up, down = [] }) => profile.channels.map(({ id }) => Number(up.includes(id)) - Number(down.includes(id)))),
  };
  duties.set(profile, made);
  return made;
}

type Near = { readonly state: number; readonly distance: number };

/** The nearest known state, and how far it is: the worst channel, in its tolerances. `shares` become those of that distance. */
function nearestOf(habit: Habit, { channels }: DeviceProfile, baseline: Baseline, now: Float32Array): Near {
  const { states, known, shares } = habit;
  const width = channels.length;
  let state = 0;
  let distance = Infinity;
  for (let s = 0; s < known; s++) {
    let worst = 0;
    for (let c = 0; c < width && worst < distance; c++) worst = Math.max(worst, awayOf(habit, channels, baseline, s, c, now[c]!));
    if (worst >= distance) continue;
    distance = worst;
    state = s;
  }
  let sum = 0;
  for (let c = 0; c < width; c++) {
    shares[c] = awayOf(habit, channels, baseline, state, c, now[c]!) ** 2;
    sum += shares[c]!;
  }
  for (let c = 0; c < width; c++) shares[c] = sum === 0 || Number.isNaN(states[c]!) ? 0 : shares[c]! / sum;
  return { state, distance };
}

function awayOf({ states, wander, warm }: Habit, channels: DeviceProfile["channels"], baseline: Baseline, state: number, c: number, now: number): number {
  const { tolerance } = channels[c]!;
  const known = states[state * channels.length + c]!;
  if (tolerance === undefined || Number.isNaN(now) || Number.isNaN(known)) return 0;
  const usual = tolerance.lags === true ? highest(known, warm[c]!) : known;
  const away = now - usual;
  if (tolerance.side === "high" && away < 0) return 0;
  const own = toleranceOf(tolerance, Math.max(Math.abs(usual), Math.abs(states[c]!)), baseline.scale[c]!);
  return Math.abs(away) / Math.max(own, Math.min(WIDER_MAX * own, WANDERS * wander[state * channels.length + c]!));
}

function toleranceOf(tolerance: DeviceProfile["channels"][number]["tolerance"], usual: number, scale: number): number {
  return Math.max((tolerance?.part ?? 0) * Math.abs(usual), tolerance?.by ?? 0, SCALES * scale);
}

/** What operation led to. What only gets worse when it is more begins near what is known of it: a fault is not learnt by a load step. */
function learnState(habit: Habit, { channels }: DeviceProfile, baseline: Baseline, now: Float32Array, near: number, at: number): void {
  const { states, known } = habit;
  const width = channels.length;
  const state = now.map((value, c) => {
    const { tolerance } = channels[c]!;
    if (tolerance?.lags === true) {
      const known = states[near * width + c]!;
      return Number.isNaN(known) ? value : known;
    }
    if (Number.isNaN(value) || tolerance?.side !== "high") return value;
    let most = -Infinity;
    for (let s = 0; s < known; s++) most = highest(most, states[s * width + c]!);
    return most === -Infinity ? value : Math.min(value, most + HIGHER_MAX * toleranceOf(tolerance, most, baseline.scale[c]!));
  });
  addState(habit, state, at);
}

/** Of two of which one may be none. */
function highest(a: number, b: number): number {
  return Number.isNaN(b) ? a : Number.isNaN(a) ? b : Math.max(a, b);
}

function addState(habit: Habit, state: Float32Array, at: number): void {
  const { states, wander, visitedAt, visits } = habit;
  let place = habit.known;
  if (habit.known === STATES_MAX) {
    place = 1;
    for (let s = 2; s < STATES_MAX; s++) if (visitedAt[s]! < visitedAt[place]!) place = s;
  } else habit.known++;
  states.set(state, place * state.length);
  visitedAt[place] = at;
  wander.fill(0, place * state.length, (place + 1) * state.length);
  visits[place] = 0;
}

/** Time in a state: where it lies and how far the machine wanders about it are learnt on for a while, and what lags as long as it rises. */
function visit(habit: Habit, profile: DeviceProfile, baseline: Baseline, now: Float32Array, { state, distance }: Near, at: number): void {
  const { channels } = profile;
  const { states, wander, visitedAt, visits, warm } = habit;
  visitedAt[state] = at;
  // A departure is nothing to learn from.
  if (distance > 1) return;
  const width = channels.length;
  for (let c = 0; c < width; c++) {
    if (channels[c]!.tolerance?.lags !== true || Number.isNaN(now[c]!) || !Number.isNaN(warm[c]!)) continue;
    // The air is that of all states.
    const by = (BLOCK_MS / SEASON_MS) * (now[c]! - states[state * width + c]!);
    for (let s = 0; s < habit.known; s++) states[s * width + c]! += by;
  }
  const count = ++visits[state]!;
  if (count > LEARN_BLOCKS) return;
  const gain = 1 / (FIRST_BLOCKS + count);
  for (let c = 0; c < channels.length; c++) {
    const o = state * channels.length + c;
    const { tolerance } = channels[c]!;
    const value = now[c]!;
    if (Number.isNaN(value)) continue;
    if (Number.isNaN(states[o]!)) states[o] = value;
    else if (tolerance?.lags === true) {
      // What only cools down is not of this state.
      const rises = Number.isNaN(warm[c]!) || value > warm[c]! + RISEN * toleranceOf(tolerance, warm[c]!, baseline.scale[c]!);
      if (rises) states[o] = Math.max(states[o]!, Math.min(value, warmestOf(habit, profile, baseline, state, c)));
    } else {
      const own = toleranceOf(tolerance, states[o]!, baseline.scale[c]!);
      const away = Math.max(-own, Math.min(own, value - states[o]!));
      states[o]! += gain * away;
      wander[o]! += gain * (Math.abs(away) - wander[o]!);
    }
  }
}

/** How warm a state is learnt to be: hardly warmer than one of more load that is well known. Without such a one as warm as it gets. */
function warmestOf({ states, visits, known }: Habit, profile: DeviceProfile, baseline: Baseline, state: number, c: number): number {
  const { load } = dutyOf(profile);
  const width = load.length;
  let most = -Infinity;
  for (let s = 0; s < known; s++) {
    const isMore = s !== state && visits[s]! >= WELL_KNOWN_BLOCKS && load.every((is, l) => !is || states[s * width + l]! >= states[state * width + l]!);
    if (isMore) most = highest(most, states[s * width + c]!);
  }
  return most === -Infinity ? Infinity : most + HIGHER_MAX * toleranceOf(profile.channels[c]!.tolerance, most, baseline.scale[c]!);
}

function judge(habit: Habit, distance: number, at: number, alarms: boolean): void {
  const beyond = Math.min(distance, DISTANCE_MAX) - 1;
  if (beyond > 0) {
    habit.backAt = -1;
    habit.spentS += (beyond * BLOCK_MS) / 1_000;
    if (habit.spentS >= (alarms ? SPENT_S_CONFIRMED : SPENT_S)) habit.standing = true;
    return;
  }
  if (distance > BACK) return;
  if (habit.backAt < 0) habit.backAt = at;
  if (at - habit.backAt < BACK_MS) return;
  habit.spentS = 0;
  habit.standing = false;
}

const sorted = new Float64Array(NOW_BLOCKS);

/** Of NOW_BLOCKS blocks from `from` on, counted back from the newest; NaN where too few have a value. */
function mediansOf(ring: Float32Array, width: number, from: number): Float32Array {
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
