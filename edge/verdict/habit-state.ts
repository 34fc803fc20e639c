/** What a device has learnt of how it is usually run: its known states, the blocks under way, and where it stands; opened and saved. */
import type { DeviceProfile } from "../../contracts/scenario.ts";

/** Blocks of now and of before a step, and between their beginnings: a step within a minute lies wholly between them. */
export const NOW_BLOCKS = 5;
export const BLOCKS = 12;
/** States of a device; the one that was left longest ago is forgotten first, its first never. */
export const STATES_MAX = 24;
/** Nothing has stepped since it was looked at. */
export const NO_STEP = -1;

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
