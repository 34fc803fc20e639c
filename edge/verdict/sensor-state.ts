/**
 * What is remembered of a device's sensors: numbers side by side, FIELDS of them for each channel, since this is the hot path; and the
 * findings that they stand for. Mutable: the fold owns it.
 */
import type { DeviceProfile } from "../../contracts/scenario.ts";
import type { SensorFault, SensorFinding } from "../../contracts/sensor.ts";
import { otherUoms, type OtherUom } from "./sensor-uom.ts";

/** Rows as they should be before a finding is over. */
export const CLEAR_ROWS = 10;

/** Without a value for so long, so many of its periods, and so many times the longest silence of its commissioning. */
export const DROP_OUT_MS = 60_000;
const DROP_OUT_PERIODS = 10;

const FAULTS: readonly SensorFault[] = ["stuck", "drop-out", "sentinel", "uom", "unlearnt"];
export const [STUCK, DROP_OUT, SENTINEL, UOM, UNLEARNT] = [1, 2, 3, 4, 5];

/** Where each number of a channel lies: `FIELDS` of them in a row. */
export const LAST = 0;
export const RUN = 1;
export const RUN_MAX = 2;
export const SEEN_AT = 3;
export const GAP_ROWS = 4;
export const GAP_MAX = 5;
export const KNOWN = 6;
export const LEVEL = 7;
export const STEP = 8;
export const FAULT = 9;
export const SINCE = 10;
export const LAST_AT = 11;
export const COUNT = 12;
export const CALM = 13;
export const SLIPS = 14;
/** A jump that may be another unit: rows since, those that lay elsewhere (without such a jump: 1 when the row before left the level), which unit, what it moved meanwhile, the sum of its values. */
export const HELD = 15;
export const MISSES = 16;
export const OTHER = 17;
export const MOVED = 18;
export const SUM = 19;
export const FIELDS = 20;

/** `rows`: of commissioning, 0 where nobody looked while it was learnt. */
export type Sensors = { readonly channels: number; readonly numbers: Float64Array; rows: number };
/** Plain, for a checkpoint. */
export type SavedSensors = { readonly numbers: Float64Array; readonly rows: number };

export function openSensors(channels: number): Sensors {
  const numbers = new Float64Array(FIELDS * channels);
  for (let o = 0; o < numbers.length; o += FIELDS) {
    numbers[o + LAST] = Number.NaN;
    numbers[o + SEEN_AT] = -1;
  }
  return { channels, numbers, rows: 0 };
}

export function saveSensors({ numbers, rows }: Sensors): SavedSensors {
  return { numbers, rows };
}

/** What was saved by another layout counts as nothing. */
export function loadSensors(channels: number, saved: SavedSensors | undefined): Sensors {
  const opened = openSensors(channels);
  if (saved === undefined || saved.numbers.length !== opened.numbers.length) return opened;
  opened.numbers.set(saved.numbers);
  opened.rows = saved.rows;
  return opened;
}

/** Channels in another unit of measure: what is known of their values is of the unit before. `isAnew`: the device is commissioned again. */
export function remeasure(sensors: Sensors, before: DeviceProfile, profile: DeviceProfile, isAnew: boolean): void {
  const { numbers } = sensors;
  if (isAnew) {
    numbers.set(openSensors(sensors.channels).numbers);
    sensors.rows = 0;
    return;
  }
  for (const [c, { uom }] of profile.channels.entries()) {
    if (before.channels[c]?.uom === uom) continue;
    const o = c * FIELDS;
    for (const field of [RUN, KNOWN, LEVEL, STEP, SLIPS, HELD, MISSES, OTHER, MOVED, SUM]) numbers[o + field] = 0;
    if (numbers[o + FAULT] === UOM) numbers[o + FAULT] = 0;
  }
}

type Expected = { readonly others: readonly (readonly OtherUom[])[]; readonly silentMs: Float64Array };

const expectedOf = new WeakMap<DeviceProfile, Expected>();

export function expected(profile: DeviceProfile): Expected {
  const known = expectedOf.get(profile);
  if (known !== undefined) return known;
  const made = {
    others: profile.channels.map((channel) => otherUoms(channel.uom)),
    silentMs: Float64Array.from(profile.channels, (channel) => Math.max(DROP_OUT_MS, DROP_OUT_PERIODS * channel.periodMs)),
  };
  expectedOf.set(profile, made);
  return made;
}

/** What stands of the channels, in the order of the profile. */
export function findingsOf(sensors: Sensors, profile: DeviceProfile): readonly SensorFinding[] {
  return profile.channels.flatMap((_, c) => findingOf(sensors, profile, c) ?? []);
}

export function findingOf({ numbers: s }: Sensors, profile: DeviceProfile, c: number): SensorFinding | null {
  const o = c * FIELDS;
  const fault = FAULTS[s[o + FAULT]! - 1];
  const channel = profile.channels[c];
  if (fault === undefined || channel === undefined) return null;
  return {
    channel: channel.id,
    fault,
    ...said(fault, channel.uom, expected(profile).others[c]?.[s[o + OTHER]!]?.uom ?? "another unit"),
    since: s[o + SINCE]!,
    lastAt: s[o + LAST_AT]!,
    count: s[o + COUNT]!,
  };
}

/** Whether a finding stands: the channel is no evidence of anything. */
export function isDoubted({ numbers }: Sensors, c: number): boolean {
  return numbers[c * FIELDS + FAULT] !== 0;
}

/** What fixed limits are held against: they need no commissioning. The very array where that makes no difference. */
export function withUnlearnt({ channels, numbers }: Sensors, measured: Float32Array, believed: Float32Array): Float32Array {
  let out = believed;
  for (let c = 0; c < channels; c++) {
    if (numbers[c * FIELDS + FAULT] !== UNLEARNT) continue;
    if (out === believed) out = believed.slice();
    out[c] = measured[c]!;
  }
  return out;
}

function said(fault: SensorFault, uom: string, other: string): { readonly rule: string; readonly mend: string } {
  switch (fault) {
    case "stuck":
      return { rule: "a measured value moves", mend: "check the sensor: it repeats one value, longer than it ever did when it was commissioned" };
    case "drop-out":
      return { rule: "a channel goes on while the others do", mend: "check the sensor and its cable: it says nothing" };
    case "sentinel":
      return { rule: "a value is measured, or null", mend: "check the sensor; have the logger send null where it has no value" };
    case "uom":
      return { rule: `values are in ${uom}`, mend: `its level fits ${other}: set the sensor back, or change the channel's uom` };
    case "unlearnt":
      return {
        rule: "a channel is learnt before it is judged",
        mend: "import the device with a baseline that has this channel: it said nothing, or one value all the time, while the device was commissioned",
      };
    case "clock":
      return { rule: "a timestamp is of when the value was measured", mend: "set the device's clock" };
  }
}

export function begin(sensors: Sensors, c: number, fault: number, ts: number, begun: (channel: number) => void): void {
  const s = sensors.numbers;
  const o = c * FIELDS;
  s[o + FAULT] = fault;
  s[o + SINCE] = ts;
  s[o + LAST_AT] = ts;
  s[o + COUNT] = 1;
  s[o + CALM] = 0;
  s[o + HELD] = 0;
  begun(c);
}

export function goOn({ numbers: s }: Sensors, c: number, ts: number): void {
  const o = c * FIELDS;
  s[o + COUNT]!++;
  s[o + LAST_AT] = ts;
  s[o + CALM] = 0;
}

export function calm({ numbers: s }: Sensors, c: number): void {
  const o = c * FIELDS;
  s[o + CALM]!++;
  if (s[o + CALM]! < CLEAR_ROWS) return;
  s[o + FAULT] = 0;
  s[o + SLIPS] = 0;
  s[o + KNOWN] = 0;
}
