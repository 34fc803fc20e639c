/**
 * Whether a channel can be believed, kept apart from whether the machine is well. Row by row, in event time:
 *
 *   sentinel   a value that loggers write for "none" (-9999, 999.9 …), far from what the channel says otherwise
 *   stuck      the very same value for longer than commissioning ever showed; a channel in coarse steps repeats itself, and may for an hour
 *   drop-out   no value while the other channels go on
 *   uom        the level jumps by the factor between two units of measure and stays there: noticed after UNIT_WINDOW_ROWS rows
 *   unlearnt   a channel that said nothing to be believed while its device was commissioned, or one value all the time: nobody knows what
 *              is normal for it
 *
 * What is doubted is a gap to the model from its first row on, and comes back when it turns out to be the machine. A finding clears after
 * CLEAR_ROWS rows that are as they should be. Mutable numbers side by side, a column for each channel: this is the hot path.
 */
import type { Baseline } from "../../contracts/device.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import {
  STUCK,
  DROP_OUT,
  SENTINEL,
  UOM,
  UNLEARNT,
  LAST,
  RUN,
  RUN_MAX,
  SEEN_AT,
  GAP_ROWS,
  GAP_MAX,
  KNOWN,
  LEVEL,
  STEP,
  FAULT,
  COUNT,
  SLIPS,
  HELD,
  MISSES,
  OTHER,
  MOVED,
  SUM,
  FIELDS,
  begin,
  calm,
  CLEAR_ROWS,
  expected,
  goOn,
  type Sensors,
} from "./sensor-state.ts";
import type { OtherUom } from "./sensor-uom.ts";

/** Rows in which a jump by the factor of a unit must hold. */
export const UNIT_WINDOW_ROWS = 10;
/** Of these, rows that may lie elsewhere. */
const UNIT_MISSES_MAX = 1;
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
/** One such value may be a slip of the line; two are a habit. */
const SENTINEL_ROWS = 2;
/** Scales from the mean beyond which a value is none that the channel says otherwise. */
const FAR_SCALES = 6;
/** Jumps are held against the mean step from row to row and against the level itself. */
const STEPS_FAR = 12;
const LEVEL_PART_FAR = 0.05;
const STEPS_NEAR = 5;
/** The mean of the whole window lies nearer than each of its rows. */
const STEPS_NEAR_MEAN = 2.5;
const LEVEL_PART_NEAR = 0.02;
/** In another unit the steps are others too, by the same factor: within this of it. */
const STEP_FACTOR = 4;
/** Between the usual load and another, as a logarithm: half or double. */
const LOADS_APART = Math.LN2;
const LEVEL_RATE = 1 / 8;
const STEP_RATE = 1 / 32;
/** Rows after which level and step are worth something. */
const KNOWN_ROWS = 20;

/** Texts such as "N/A" are gaps already; these are numbers. As float32, as values come here. */
const SENTINELS: ReadonlySet<number> = new Set(
  [
    99.9, 99.99, 999, 999.9, 999.99, 9_999, 9_999.9, 99_999, 999_999, 999.25, 9_999.99, 6_553.5, 32_767, 32_768, 65_535, 65_534, 3_276.7, 3_276.8, 327.67,
    327.68, 655.35, 850, 1e10, 2_147_483_647, 2_147_483_648, 4_294_967_295,
  ].flatMap((value) => [Math.fround(value), Math.fround(-value)]),
);
const SENTINEL_MIN = 99;

/**
 * The values that can be believed: the very array where all can, else a copy with NaN in place of the others. `values` in the order of the
 * profile, NaN for gaps; `baseline` is null while the device is commissioned. `begun` hears the channels whose finding begins with this row.
 */
export function believe(
  sensors: Sensors,
  profile: DeviceProfile,
  ts: number,
  values: Float32Array,
  baseline: Baseline | null,
  begun: (channel: number) => void,
): Float32Array {
  const { channels, numbers: s } = sensors;
  const { others, silentMs } = expected(profile);
  let out = values;
  let jumps = 0;
  let held = 0;
  for (let c = 0; c < channels; c++) {
    const o = c * FIELDS;
    const v = values[c]!;
    if (Number.isNaN(v)) {
      silent(sensors, c, ts, baseline === null, silentMs[c]!, begun);
      continue;
    }
    const fault = s[o + FAULT]!;
    const far = isFar(sensors, c, v, baseline);
    const isSentinel = far && (v >= SENTINEL_MIN || v <= -SENTINEL_MIN) && SENTINELS.has(v);
    s[o + GAP_ROWS] = 0;
    if (baseline === null && s[o + SEEN_AT]! >= 0) s[o + GAP_MAX] = Math.max(s[o + GAP_MAX]!, ts - s[o + SEEN_AT]!);
    s[o + SEEN_AT] = ts;
    let doubted = false;
    if (isSentinel) {
      doubted = true;
      s[o + SLIPS]!++;
      if ((fault === 0 || fault === UNLEARNT) && s[o + SLIPS]! >= SENTINEL_ROWS) begin(sensors, c, SENTINEL, ts, begun);
      else if (fault === SENTINEL) goOn(sensors, c, ts);
    } else if (isUnlearnt(sensors, c, baseline)) {
      doubted = true;
      if (fault === UNLEARNT) goOn(sensors, c, ts);
      else begin(sensors, c, UNLEARNT, ts, begun);
    } else {
      const same = v === s[o + LAST];
      s[o + RUN] = same ? s[o + RUN]! + 1 : 0;
      if (baseline === null && same) s[o + RUN_MAX] = Math.max(s[o + RUN_MAX]!, s[o + RUN]!);
      const isStuck = same && baseline !== null && v !== 0 && s[o + RUN]! >= stuckRows(sensors, c);
      if (isStuck && fault === 0) begin(sensors, c, STUCK, ts, begun);
      const now = s[o + FAULT]!;
      if (now === STUCK) {
        doubted = true;
        if (same) goOn(sensors, c, ts);
        else calm(sensors, c);
      } else if (now === SENTINEL || now === DROP_OUT || now === UNLEARNT) calm(sensors, c);
      else if ((baseline !== null || s[o + KNOWN]! >= KNOWN_ROWS) && (far || s[o + HELD]! > 0 || now === UOM)) {
        const was = s[o + HELD]!;
        doubted = inOtherUom(sensors, c, ts, v, baseline, others[c]!, begun);
        if (was === 0 && s[o + HELD] === 1) held++;
        else if (!doubted && hasJumped(sensors, c, v)) jumps++;
      }
      if (now === 0) s[o + SLIPS] = Math.max(0, s[o + SLIPS]! - 1 / CLEAR_ROWS);
      if (!doubted) follow(sensors, c, v);
      s[o + LAST] = v;
    }
    if (doubted) {
      if (out === values) out = values.slice();
      out[c] = Number.NaN;
    }
  }
  if (held > 0 && jumps > 0) out = trust(sensors, values, out);
  if (baseline === null) sensors.rows++;
  return out;
}

function silent(sensors: Sensors, c: number, ts: number, learning: boolean, silentMs: number, begun: (channel: number) => void): void {
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
function isUnlearnt({ numbers: s, rows }: Sensors, c: number, baseline: Baseline | null): boolean {
  if (baseline === null || rows === 0 || baseline.mean[c] !== 0 || baseline.scale[c] !== 1) return false;
  const o = c * FIELDS;
  return Number.isNaN(s[o + LAST]!) || s[o + RUN_MAX]! >= rows * STILL_PART;
}

function stuckRows({ numbers, rows }: Sensors, c: number): number {
  if (rows === 0) return STUCK_COARSE_ROWS;
  const most = numbers[c * FIELDS + RUN_MAX]!;
  if (most >= rows * STILL_PART) return Infinity;
  return most <= 1 ? STUCK_ROWS : Math.max(STUCK_COARSE_ROWS, STUCK_COARSE_TIMES * most);
}

function isFar({ numbers: s }: Sensors, c: number, v: number, baseline: Baseline | null): boolean {
  const o = c * FIELDS;
  if (baseline !== null) return Math.abs(v - baseline.mean[c]!) > FAR_SCALES * baseline.scale[c]!;
  return s[o + KNOWN]! < KNOWN_ROWS || hasLeft(s, o, v, s[o + LEVEL]!);
}

function hasJumped({ numbers: s }: Sensors, c: number, v: number): boolean {
  const o = c * FIELDS;
  return s[o + KNOWN]! >= KNOWN_ROWS && hasLeft(s, o, v, s[o + LEVEL]!);
}

function hasLeft(s: Float64Array, o: number, v: number, level: number): boolean {
  return Math.abs(v - level) > Math.max(STEPS_FAR * s[o + STEP]!, LEVEL_PART_FAR * Math.abs(level));
}

/** A jump by a unit's factor is held back; held for the whole window it is a finding. Answers whether this row is doubted. */
function inOtherUom(
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
function trust(sensors: Sensors, values: Float32Array, out: Float32Array): Float32Array {
  const { channels, numbers: s } = sensors;
  for (let c = 0; c < channels; c++) {
    const o = c * FIELDS;
    if (s[o + HELD] !== 1) continue;
    out[c] = values[c]!;
    release(sensors, c, values[c]!);
  }
  return out;
}

function follow({ numbers: s }: Sensors, c: number, v: number): void {
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
