/** What a device learns: states that operation led to, and in each of them where it lies, how far the machine wanders about it and how warm it gets. */
import type { Baseline } from "../../contracts/device.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import { BLOCK_MS } from "./habit-blocks.ts";
import { highest, type Near, nearestOf, toleranceOf } from "./habit-distance.ts";
import { ANY_STEP, dutyOf, REST_PART, stepBetween } from "./habit-duty.ts";
import { type Habit, STATES_MAX } from "./habit-state.ts";

/** Of a state that operation led to: farther from all known ones it is a new one, if what lies between is such a step too. */
const NEW = 0.7;
/** In a new state, what only counts when it is more begins at most so much above the most that is known, in tolerances. */
const HIGHER_MAX = 0.5;
/** Where a state lies, how far a machine that is regulated wanders about it, and how warm it gets, is learnt over so many blocks in it (6 h), as if the first had been so many. */
const LEARN_BLOCKS = 2_160;
const FIRST_BLOCKS = 30;
/** An hour in it. */
const WELL_KNOWN_BLOCKS = 360;
/** What lags has risen again after a step by so many tolerances. */
const RISEN = 0.1;
/** What lags follows the seasons: what is older than 30 days weighs 15 %. */
const SEASON_MS = (30 * 86_400_000) / Math.log(1 / 0.15);

/** Far from each known state in how it is operated, and away from the nearest as the step that led there says: what else is off is no operation. */
export function isNew(habit: Habit, profile: DeviceProfile, baseline: Baseline, now: Float32Array, by: number): boolean {
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

/** What operation led to. What only gets worse when it is more begins near what is known of it: a fault is not learnt by a load step. */
export function learnState(habit: Habit, { channels }: DeviceProfile, baseline: Baseline, now: Float32Array, near: number, at: number): void {
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

export function addState(habit: Habit, state: Float32Array, at: number): void {
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
export function visit(habit: Habit, profile: DeviceProfile, baseline: Baseline, now: Float32Array, { state, distance }: Near, at: number): void {
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
