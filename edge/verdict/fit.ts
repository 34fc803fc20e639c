/**
 * What a unit learns of its own fleet without Python: each device's normal from its own rows, and for each channel the level that 95 % of the
 * fleet's normal rows stay below. That floor goes into the profile: a calm device is then not held to its own few minutes.
 *
 *   normal rows of devices ─▶ normal of each ─▶ the model over them, floor 1 ─▶ levels ─▶ floor of each, floor of the fleet ─▶ profile
 */
import type { Baseline } from "../../contracts/device.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { baselineOf, commissioningRows, FLOOR_QUANTILE, learnFloor, learnNormal, quantile } from "./commission.ts";
import { SCORE_BATCH_MAX, type ScoreAsk, type Scorer } from "./scorer.ts";

/** Fewer devices are no fleet: one of them alone would be a third of what is usual. */
export const FLEET_DEVICES_MIN = 3;
/** From so many devices on, one that stands out is left out. */
const OUTLIERS_FROM = 5;
/** A device whose own level is so many times the fleet's median is not normal, whoever said so. */
const OUTLIER_MEDIANS = 4;

/** Rows of one device while nothing was wrong, oldest first: `[count × channels]`, NaN where there is a gap. */
export type NormalRows = { readonly device: string; readonly rows: Float32Array; readonly count: number };
export type FleetFit = {
  /** Per channel, in the order of the profile. */
  readonly floor: readonly number[];
  readonly baselines: ReadonlyMap<string, Baseline>;
  /** Devices whose rows took no part in the floor, since they stand out. */
  readonly leftOut: readonly string[];
  readonly rows: number;
};

/**
 * Normal and floor of each device from its first `wanted` rows, as commissioning learns them, and the floor of the fleet from all rows, each
 * device with the same weight. Refuses `incomplete` below three devices with as many rows as commissioning takes.
 */
export async function fitFleet(
  scorer: Scorer,
  profile: DeviceProfile,
  heard: readonly NormalRows[],
  wanted: number,
  learntAt: number,
): Promise<FleetFit | Refusal> {
  const channels = profile.channels.length;
  const first = commissioningRows(wanted, channels);
  const usable = heard.filter(({ count }) => count >= first);
  if (usable.length < FLEET_DEVICES_MIN)
    return refuse("incomplete", `a fleet's floor is of ${FLEET_DEVICES_MIN} devices with ${first} normal rows each`, `${usable.length} have as many`);
  const fitted: DeviceLevels[] = [];
  for (let from = 0; from < usable.length; from += SCORE_BATCH_MAX)
    fitted.push(...(await levelsOf(scorer, profile, usable.slice(from, from + SCORE_BATCH_MAX), first)));
  const baselines = new Map(
    fitted.map(
      ({ device, normal, levels }) => [device, baselineOf(normal, learnFloor(levels.subarray(0, first * channels), first, channels), first, learntAt)] as const,
    ),
  );
  const leftOut = standOut(fitted, channels);
  const kept = fitted.filter(({ device }) => !leftOut.includes(device));
  const floor = profile.channels.map((_, c) => pooledQuantile(kept.map(({ levels }) => column(levels, channels, c)).filter((values) => values.length > 0)));
  return { floor, baselines, leftOut, rows: kept.reduce((sum, { levels }) => sum + levels.length / channels, 0) };
}

/**
 * What is normal of a device out of its trace: the rows after the last one that scored at or above the threshold, with a regime those of the one
 * that it was in most. `columns`: time, score, then the channels, oldest first; null where there is none.
 */
export function normalTail(device: string, profile: DeviceProfile, columns: readonly (readonly (number | null)[])[], onScore: number): NormalRows {
  const [times = [], scores = []] = columns;
  const from = scores.findLastIndex((score) => score !== null && score >= onScore) + 1;
  const { channels, regime } = profile;
  const values = (i: number): readonly number[] => channels.map((_, c) => columns[c + 2]?.[i] ?? Number.NaN);
  const rows = times.slice(from).map((_, i) => values(from + i));
  const by = channels.findIndex(({ id }) => id === regime?.channel);
  const bandOf = (row: readonly number[]): number => (regime === undefined ? 0 : regime.bands.findLastIndex((band) => (row[by] ?? Number.NaN) >= band.from));
  const most = [...Map.groupBy(rows, bandOf).values()].toSorted((a, b) => b.length - a.length)[0] ?? [];
  return { device, rows: Float32Array.from(most.flat()), count: most.length };
}

/** Floors that several Intakes found on machines of their own, each weighing as many as it has. */
export function joinFloors(fits: readonly { readonly floor: readonly number[]; readonly devices: number }[]): readonly number[] {
  const devices = fits.reduce((sum, fit) => sum + fit.devices, 0);
  return (fits[0]?.floor ?? []).map((_, c) => fits.reduce((sum, fit) => sum + ((fit.floor[c] ?? 1) * fit.devices) / devices, 0));
}

/** The profile with the fleet's floor, four digits: a device's own counts only above it. */
export function withFloor(profile: DeviceProfile, floor: readonly number[]): DeviceProfile {
  return { ...profile, channels: profile.channels.map((channel, c) => ({ ...channel, floor: Number((floor[c] ?? 1).toPrecision(4)) })) };
}

type DeviceLevels = { readonly device: string; readonly normal: ReturnType<typeof learnNormal>; readonly levels: Float32Array };

/** The model over all rows of these devices, side by side; levels are NaN where there was no value. */
async function levelsOf(scorer: Scorer, profile: DeviceProfile, heard: readonly NormalRows[], first: number): Promise<readonly DeviceLevels[]> {
  const channels = profile.channels.length;
  const out = heard.map(({ device, rows, count }) => ({
    device,
    rows,
    count,
    normal: learnNormal(rows.subarray(0, first * channels), first, channels, profile.channels),
    levels: new Float32Array(count * channels).fill(Number.NaN),
    state: null as Float32Array | null,
  }));
  const longest = Math.max(0, ...heard.map(({ count }) => count));
  for (let i = 0; i < longest; i++) {
    const live = out.filter(({ count }) => i < count);
    const scores = await scorer.run(
      askOfRows(
        scorer,
        profile,
        live.map((one) => ({ ...one, row: one.rows.subarray(i * channels, (i + 1) * channels) })),
      ),
    );
    for (const [r, one] of live.entries()) {
      one.state = scores.states.slice(r * scores.stateWidth, (r + 1) * scores.stateWidth);
      for (let c = 0; c < channels; c++)
        if (!Number.isNaN(one.rows[i * channels + c])) one.levels[i * channels + c] = scores.level[r * channels + c] ?? Number.NaN;
    }
  }
  return out;
}

type LiveRow = { readonly device: string; readonly normal: DeviceLevels["normal"]; readonly state: Float32Array | null; readonly row: Float32Array };

function askOfRows(scorer: Scorer, profile: DeviceProfile, live: readonly LiveRow[]): ScoreAsk {
  const channels = profile.channels.length;
  const tensor = (of: (one: LiveRow, c: number) => number): Float32Array =>
    Float32Array.from({ length: live.length * channels }, (_, k) => {
      const one = live[Math.floor(k / channels)];
      return one === undefined ? 0 : of(one, k % channels);
    });
  const known = (one: LiveRow, c: number): boolean => !Number.isNaN(one.row[c]);
  return {
    model: scorer.hash,
    profile: profile.id,
    devices: live.map(({ device }) => device),
    ts: new Float64Array(live.length),
    channels,
    x: tensor((one, c) => (known(one, c) ? (one.row[c] ?? 0) : 0)),
    mask: tensor((one, c) => (known(one, c) ? 1 : 0)),
    mean: tensor(({ normal }, c) => normal.mean[c] ?? 0),
    scale: tensor(({ normal }, c) => normal.scale[c] ?? 1),
    floor: tensor(() => 1),
    states: live.map(({ state }) => state),
  };
}

function standOut(fitted: readonly DeviceLevels[], channels: number): readonly string[] {
  if (fitted.length < OUTLIERS_FROM) return [];
  const own = fitted.map(({ levels }) => Array.from({ length: channels }, (_, c) => quantile(column(levels, channels, c), FLOOR_QUANTILE)));
  const medians = Array.from({ length: channels }, (_, c) =>
    quantile(
      own.map((levels) => levels[c] ?? 0),
      0.5,
    ),
  );
  return fitted.flatMap(({ device }, d) => (medians.some((median, c) => median > 0 && (own[d]?.[c] ?? 0) > OUTLIER_MEDIANS * median) ? [device] : []));
}

/** The value that 95 % of the weight stays below, each list weighing the same. 1 of nothing: a floor that changes nothing. */
function pooledQuantile(lists: readonly (readonly number[])[]): number {
  const all = lists.flatMap((values) => values.map((value) => ({ value, weight: 1 / values.length }))).sort((a, b) => a.value - b.value);
  let left = FLOOR_QUANTILE * lists.length;
  for (const { value, weight } of all) {
    left -= weight;
    if (left <= 1e-9) return Math.max(value, Number.EPSILON);
  }
  return 1;
}

function column(levels: Float32Array, channels: number, c: number): number[] {
  const values: number[] = [];
  for (let i = c; i < levels.length; i += channels) {
    const value = levels[i] ?? Number.NaN;
    if (!Number.isNaN(value)) values.push(value);
  }
  return values;
}
