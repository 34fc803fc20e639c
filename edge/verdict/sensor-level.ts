/** Where a channel usually is: its level and how it moves from row to row, and whether a value has left that. */
import type { Baseline } from "../../contracts/device.ts";
import { FIELDS, KNOWN, LAST, LEVEL, MISSES, STEP, type Sensors } from "./sensor-state.ts";

/** Scales from the mean beyond which a value is none that the channel says otherwise. */
export const FAR_SCALES = 6;
/** Jumps are held against the mean step from row to row and against the level itself. */
const STEPS_FAR = 12;
const LEVEL_PART_FAR = 0.05;
const LEVEL_RATE = 1 / 8;
const STEP_RATE = 1 / 32;
/** Rows after which level and step are worth something. */
export const KNOWN_ROWS = 20;

export function isFar({ numbers: s }: Sensors, c: number, v: number, baseline: Baseline | null): boolean {
  const o = c * FIELDS;
  if (baseline !== null) return Math.abs(v - baseline.mean[c]!) > FAR_SCALES * baseline.scale[c]!;
  return s[o + KNOWN]! < KNOWN_ROWS || hasLeft(s, o, v, s[o + LEVEL]!);
}

export function hasJumped({ numbers: s }: Sensors, c: number, v: number): boolean {
  const o = c * FIELDS;
  return s[o + KNOWN]! >= KNOWN_ROWS && hasLeft(s, o, v, s[o + LEVEL]!);
}

export function hasLeft(s: Float64Array, o: number, v: number, level: number): boolean {
  return Math.abs(v - level) > Math.max(STEPS_FAR * s[o + STEP]!, LEVEL_PART_FAR * Math.abs(level));
}

export function follow({ numbers: s }: Sensors, c: number, v: number): void {
  const o = c * FIELDS;
  const known = s[o + KNOWN]!;
  if (known === 0) {
    s[o + LEVEL] = v;
    s[o + STEP] = 0;
  } else if (known >= KNOWN_ROWS && hasLeft(s, o, v, s[o + LEVEL]!)) {
    // A jump is no step: with a level half-way and steps as long as the jump, whatever comes next would fit some unit. One row may be a slip, or
    // the mean of before and after: what was known holds for one row more.
    const isFirst = s[o + MISSES] === 0;
    s[o + MISSES] = isFirst ? 1 : 0;
    if (isFirst) return;
    s[o + LEVEL] = v;
    s[o + STEP]! += LEVEL_RATE * (Math.abs(v - s[o + LAST]!) - s[o + STEP]!);
    return;
  } else {
    s[o + LEVEL]! += Math.max(LEVEL_RATE, 1 / (known + 1)) * (v - s[o + LEVEL]!);
    // Back from a slip is as long a way.
    if (s[o + MISSES] === 0) s[o + STEP]! += Math.max(STEP_RATE, 1 / known) * (Math.abs(v - s[o + LAST]!) - s[o + STEP]!);
    s[o + MISSES] = 0;
  }
  if (known < KNOWN_ROWS) s[o + KNOWN] = known + 1;
}
