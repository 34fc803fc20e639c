/**
 * What lies between sensors and unit: values that repeat, channels that fall silent, slips of a logger, wild values, rows told twice, a link
 * that is down. As a plant's line is when it is well (a few of each a week), and, for a sensor that fails, for hours.
 */
import { between, type Random } from "../random.ts";
import { CHANNEL_COUNT } from "./machine.ts";

const DAY_S = 86_400;

/** Times a day that each begins. */
const LINK_DOWN = 0.5;
const SILENT = 0.3;
const STUCK = 0.1;
const SLIP = 1;
const WILD = 0.5;
const TWICE = 3;

export const SENSOR_FAULTS = ["stuck", "silent", "sentinel", "uom", "drift-noise"] as const;
export type SensorFault = (typeof SENSOR_FAULTS)[number];
/** A sensor that fails: from `onset` for `lengthS`. */
export type Failing = { readonly kind: SensorFault; readonly channel: number; readonly onset: number; readonly lengthS: number };

export type Line = {
  downUntil: number;
  readonly silentUntil: Float64Array;
  readonly stuckUntil: Float64Array;
  readonly held: Float64Array;
};

export function startLine(): Line {
  const at = (): Float64Array => new Float64Array(CHANNEL_COUNT).fill(-1);
  return { downUntil: -1, silentUntil: at(), stuckUntil: at(), held: at() };
}

/** `out` is what the unit is told of `values`, NaN for none. How often this row is told: 0 where the link is down. */
export function tellRow(line: Line, values: Float64Array, out: Float64Array, second: number, failing: Failing | null, random: Random): number {
  out.set(values);
  if (second % 60 === 0) {
    if (random() < (LINK_DOWN * 60) / DAY_S) line.downUntil = second + Math.round(60 * 360 ** random());
    if (random() < (SILENT * 60) / DAY_S) line.silentUntil[channelOf(random)] = second + Math.round(30 * 120 ** random());
    if (random() < (STUCK * 60) / DAY_S) {
      const c = channelOf(random);
      line.stuckUntil[c] = second + Math.round(120 * 90 ** random());
      line.held[c] = values[c]!;
    }
  }
  const chance = random();
  if (chance < SLIP / DAY_S) out[channelOf(random)] = -9_999;
  else if (chance < (SLIP + WILD) / DAY_S) out[channelOf(random)]! *= between(random, 1.5, 4);
  for (let c = 0; c < CHANNEL_COUNT; c++) {
    if (second < line.stuckUntil[c]!) out[c] = line.held[c]!;
    if (second < line.silentUntil[c]!) out[c] = Number.NaN;
  }
  if (failing !== null && second >= failing.onset && second < failing.onset + failing.lengthS) fail(line, failing, out, second, random);
  if (second < line.downUntil) return 0;
  return chance > 1 - TWICE / DAY_S ? 2 : 1;
}

/** g as m/s², A as mA, bar as psi, °C as °F, V as kV, L/min as m³/h. */
const OTHER_UOM: readonly (readonly [number, number])[] = [
  [9.80665, 0],
  [9.80665, 0],
  [1_000, 0],
  [14.5038, 0],
  [1.8, 32],
  [1.8, 32],
  [0.001, 0],
  [0.06, 0],
];

function fail(line: Line, { kind, channel, onset }: Failing, out: Float64Array, second: number, random: Random): void {
  if (second === onset) line.held[channel] = out[channel]!;
  switch (kind) {
    case "stuck":
      out[channel] = line.held[channel]!;
      break;
    case "silent":
      out[channel] = Number.NaN;
      break;
    case "sentinel":
      if (random() < 0.3) out[channel] = -9_999;
      break;
    case "uom":
      out[channel] = OTHER_UOM[channel]![0] * out[channel]! + OTHER_UOM[channel]![1];
      break;
    case "drift-noise":
      // A contact that is loose: single values far off, more and more of them.
      if (random() < 0.02) out[channel]! *= between(random, 0, 3);
      break;
  }
}

function channelOf(random: Random): number {
  return Math.floor(random() * CHANNEL_COUNT);
}
