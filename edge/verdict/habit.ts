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
import { addRow, BLOCK_MS, closeBlock, mediansOf } from "./habit-blocks.ts";
import { nearestOf } from "./habit-distance.ts";
import { ANY_STEP, motionOf } from "./habit-duty.ts";
import { addState, isNew, learnState, visit } from "./habit-learning.ts";
import { type Habit, NO_STEP, NOW_BLOCKS } from "./habit-state.ts";
import type { LimitSign } from "./limit.ts";

/** After a step or a start: run-up, pipes that fill, a minute's median that is of the new state alone. */
const SETTLE_MS = 180_000;
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
/** What lags is as warm as it was before a step for at most so long: four times a winding's usual hour. */
const LAG_MS = 4 * 3_600_000;
/** After a silence as long as this a state is learnt on as if it were new. */
const SILENCE_MS = 86_400_000;

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
    if (habit.block >= 0) conclude(habit, profile, habit.block * BLOCK_MS + BLOCK_MS, baseline, alarms);
    habit.block = block;
  }
  addRow(habit, values);
  return habit.standing ? signOf(habit, profile) : null;
}

function signOf({ distance, shares }: Habit, { channels }: DeviceProfile): LimitSign {
  const told = channels.flatMap(({ id }, c) => (shares[c]! >= SHARE_MIN ? [{ channel: id, share: Math.round(1_000 * shares[c]!) / 1_000 }] : []));
  const evidence = told.toSorted((a, b) => b.share - a.share).slice(0, 8);
  return { score: Math.max(0.6, 1 - 0.5 / Math.max(1, distance)), severity: "medium", rule: "limit", evidence };
}

/** What the block that ended at `at` says: operation, something new, or a departure. */
function conclude(habit: Habit, profile: DeviceProfile, at: number, baseline: Baseline, alarms: boolean): void {
  closeBlock(habit);
  if (habit.known === 0) addState(habit, Float32Array.from(baseline.mean), at);
  if (habit.blocks < NOW_BLOCKS) return;

  const now = mediansOf(habit.ring, habit.sums.length, 0);
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
