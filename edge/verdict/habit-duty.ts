/** How a machine is operated, by its profile's duty: whether it stands, and whether channels moved together as a step of operation moves them. */
import type { Baseline } from "../../contracts/device.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import { mediansOf } from "./habit-blocks.ts";
import { toleranceOf } from "./habit-distance.ts";
import { BLOCKS, type Habit, NOW_BLOCKS } from "./habit-state.ts";

/** Channels of a duty below this part of the usual: the machine stands, and says nothing of how it runs. */
export const REST_PART = 0.1;

/**
 * A step of operation moves one channel of a pattern by so many tolerances, and each of the others by so many, all as the pattern says. Few of
 * the others': near shut-off a pump's head changes by a sixth of what its flow does (Gülich, ch. 4), and its tolerance is twice as wide.
 */
const STEP = 0.7;
const STEP_BESIDE = 0.1;
/** A step that is of any pattern: the machine stood, or was moved twice. */
export const ANY_STEP = -2;

/** The number of the profile's step by which channels moved together, or that all of the load stands. */
export function motionOf({ ring, states, blocks }: Habit, profile: DeviceProfile, baseline: Baseline, now: Float32Array): "steady" | "resting" | number {
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

export function stepBetween(
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
export function dutyOf(profile: DeviceProfile): DutyByChannel {
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
