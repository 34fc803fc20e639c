/** How far a machine is from its known states: channel by channel in tolerances, the worst of them; the nearest state counts. */
import type { Baseline } from "../../contracts/device.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import type { Habit } from "./habit-state.ts";

/** A tolerance is widened to so many mean distances, and at most so many times. */
const WANDERS = 4;
const WIDER_MAX = 2;
/** A tolerance is never within what commissioning saw, in its scales. */
const SCALES = 3;

export type Near = { readonly state: number; readonly distance: number };

/** The nearest known state, and how far it is: the worst channel, in its tolerances. `shares` become those of that distance. */
export function nearestOf(habit: Habit, { channels }: DeviceProfile, baseline: Baseline, now: Float32Array): Near {
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

export function toleranceOf(tolerance: DeviceProfile["channels"][number]["tolerance"], usual: number, scale: number): number {
  return Math.max((tolerance?.part ?? 0) * Math.abs(usual), tolerance?.by ?? 0, SCALES * scale);
}

/** Of two of which one may be none. */
export function highest(a: number, b: number): number {
  return Number.isNaN(b) ? a : Number.isNaN(a) ? b : Math.max(a, b);
}
