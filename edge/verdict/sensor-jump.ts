/** Jumps by the factor between two units of measure: held back row by row until the window is full, or the machine was it after all. */
import type { Baseline } from "../../contracts/device.ts";
import { FAR_SCALES, hasLeft, KNOWN_ROWS } from "./sensor-level.ts";
import { COUNT, FAULT, FIELDS, HELD, KNOWN, LAST, LEVEL, MISSES, MOVED, OTHER, STEP, SUM, UOM, begin, calm, goOn, type Sensors } from "./sensor-state.ts";
import type { OtherUom } from "./sensor-uom.ts";

/** Rows in which a jump by the factor of a unit must hold. */
export const UNIT_WINDOW_ROWS = 10;
/** Of these, rows that may lie elsewhere. */
const UNIT_MISSES_MAX = 1;
/** So near to where the unit would put the level: in steps, or as a part of it. */
const STEPS_NEAR = 5;
/** The mean of the whole window lies nearer than each of its rows. */
const STEPS_NEAR_MEAN = 2.5;
const LEVEL_PART_NEAR = 0.02;
/** In another unit the steps are others too, by the same factor: within this of it. */
const STEP_FACTOR = 4;
/** Between the usual load and another, as a logarithm: half or double. */
const LOADS_APART = Math.LN2;

/** A jump by a unit's factor is held back; held for the whole window it is a finding. Answers whether this row is doubted. */
export function inOtherUom(
  sensors: Sensors,
  c: number,
  ts: number,
  v: number,
  baseline: Baseline | null,
  others: readonly OtherUom[],
  begun: (channel: number) => void,
): boolean {
  const s = sensors.numbers;
  const o = c * FIELDS;
  const isKnown = s[o + KNOWN]! >= KNOWN_ROWS;
  // While the device is commissioned there is only what was seen before the jump, which stands still meanwhile.
  const scale = baseline === null ? s[o + STEP]! : baseline.scale[c]!;
  const level = isKnown || baseline === null ? s[o + LEVEL]! : baseline.mean[c]!;
  const step = isKnown ? s[o + STEP]! : scale;
  if (s[o + FAULT] === UOM) {
    const other = others[s[o + OTHER]!];
    const isNormal = (one: number): boolean =>
      baseline === null ? !hasLeft(s, o, one, level) : Math.abs(one - baseline.mean[c]!) <= FAR_SCALES * baseline.scale[c]!;
    const inIt = other === undefined ? Number.NaN : (v - other.b) / other.a;
    if (isNormal(v) || other === undefined || (!isNormal(inIt) && isNearer(v, inIt, baseline === null ? 0 : baseline.mean[c]!))) calm(sensors, c);
    else goOn(sensors, c, ts);
    return s[o + FAULT] === UOM;
  }
  const held = s[o + HELD]!;
  if (held === 0) {
    if (!hasLeft(s, o, v, level)) return false;
    const found = others.findIndex((other) => fits(v, other, level, step, 1));
    if (found < 0) return false;
    s[o + HELD] = 1;
    s[o + MISSES] = 0;
    s[o + MOVED] = 0;
    s[o + SUM] = v;
    s[o + OTHER] = found;
    return true;
  }
  const other = others[s[o + OTHER]!];
  s[o + HELD] = held + 1;
  s[o + MOVED]! += Math.abs(v - s[o + LAST]!);
  s[o + SUM]! += v;
  if (other === undefined || !fits(v, other, level, step, 2)) s[o + MISSES]!++;
  if (other === undefined || s[o + MISSES]! > UNIT_MISSES_MAX) return release(sensors, c, v);
  if (held + 1 < UNIT_WINDOW_ROWS) return true;
  const moved = s[o + MOVED]! / (UNIT_WINDOW_ROWS - 1) / (step * other.a);
  if (isKnown && step > 0 && (moved > STEP_FACTOR || moved < 1 / STEP_FACTOR)) return release(sensors, c, v);
  const off = Math.abs(s[o + SUM]! / UNIT_WINDOW_ROWS - (other.a * level + other.b));
  if (off > other.a * Math.max(STEPS_NEAR_MEAN * Math.max(step, scale), LEVEL_PART_NEAR * Math.abs(level))) return release(sensors, c, v);
  s[o + HELD] = 0;
  begin(sensors, c, UOM, ts, begun);
  s[o + COUNT] = UNIT_WINDOW_ROWS;
  return true;
}

/** Neither value is usual: whether the machine has changed its load in the channel's own unit. At rest nothing tells units apart. */
function isNearer(own: number, inOther: number, usual: number): boolean {
  if (usual <= 0) return true;
  const away = Math.abs(Math.log(own / usual));
  return away < LOADS_APART && !(Math.abs(Math.log(inOther / usual)) <= away);
}

/** Where the unit hardly changes the value, as of a channel about zero, whatever comes would fit it. */
function fits(v: number, { a, b }: OtherUom, level: number, step: number, times: number): boolean {
  const near = a * Math.max(STEPS_NEAR * step, LEVEL_PART_NEAR * Math.abs(level));
  const there = a * level + b;
  return Math.abs(there - level) > near && Math.abs(v - there) <= times * near;
}

/** It was the machine after all: the level is where it is now. */
function release({ numbers: s }: Sensors, c: number, v: number): false {
  const o = c * FIELDS;
  s[o + HELD] = 0;
  s[o + MISSES] = 0;
  s[o + LEVEL] = v;
  s[o + KNOWN] = KNOWN_ROWS;
  return false;
}

/** Another channel jumped as well, and by no unit's factor: that is a machine. */
export function trust(sensors: Sensors, values: Float32Array, out: Float32Array): Float32Array {
  const { channels, numbers: s } = sensors;
  for (let c = 0; c < channels; c++) {
    const o = c * FIELDS;
    if (s[o + HELD] !== 1) continue;
    out[c] = values[c]!;
    release(sensors, c, values[c]!);
  }
  return out;
}
