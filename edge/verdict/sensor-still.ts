/** Channels that say nothing, or the same all the time: how long is too long, by what commissioning showed. */
import type { Baseline } from "../../contracts/device.ts";
import { DROP_OUT, FAULT, FIELDS, GAP_MAX, GAP_ROWS, LAST, RUN_MAX, SEEN_AT, begin, goOn, type Sensors } from "./sensor-state.ts";

/** The same value so often is no chance where commissioning never showed it more than twice in a row. */
export const STUCK_ROWS = 30;
/** A channel in coarse steps: so many times what commissioning showed, and at least an hour at 1 Hz. */
const STUCK_COARSE_TIMES = 20;
const STUCK_COARSE_ROWS = 3_600;
/** A channel that lay still for a quarter of its commissioning may always lie still. */
const STILL_PART = 0.25;
const DROP_OUT_TIMES = 3;
/** Rows of the other channels in which it must have been missing. */
const DROP_OUT_ROWS = 10;

export function silent(sensors: Sensors, c: number, ts: number, learning: boolean, silentMs: number, begun: (channel: number) => void): void {
  const s = sensors.numbers;
  const o = c * FIELDS;
  const seenAt = s[o + SEEN_AT]!;
  // What never spoke has not dropped out.
  if (seenAt < 0 || learning) return;
  const rows = ++s[o + GAP_ROWS]!;
  const fault = s[o + FAULT]!;
  if (fault === DROP_OUT) return goOn(sensors, c, ts);
  const limitMs = Math.max(silentMs, DROP_OUT_TIMES * s[o + GAP_MAX]!);
  if (rows < DROP_OUT_ROWS || ts - seenAt <= limitMs) return;
  begin(sensors, c, DROP_OUT, ts, begun);
}

/** Nothing was learnt of it here, and nobody has said since what is normal: `learnNormal` of no values. */
export function isUnlearnt({ numbers: s, rows }: Sensors, c: number, baseline: Baseline | null): boolean {
  if (baseline === null || rows === 0 || baseline.mean[c] !== 0 || baseline.scale[c] !== 1) return false;
  const o = c * FIELDS;
  return Number.isNaN(s[o + LAST]!) || s[o + RUN_MAX]! >= rows * STILL_PART;
}

export function stuckRows({ numbers, rows }: Sensors, c: number): number {
  if (rows === 0) return STUCK_COARSE_ROWS;
  const most = numbers[c * FIELDS + RUN_MAX]!;
  if (most >= rows * STILL_PART) return Infinity;
  return most <= 1 ? STUCK_ROWS : Math.max(STUCK_COARSE_ROWS, STUCK_COARSE_TIMES * most);
}
