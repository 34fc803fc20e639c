/**
 * One device under watch: its commissioning, its normal, its model's state, its verdict.
 *
 *   learning (rows are gathered) → calibrating (the model runs over them, with a floor of 1) → live
 *
 * A device that arrives with a baseline is live at once. Mutable: the fold owns it.
 */
import type { Baseline } from "../../contracts/device.ts";
import type { ModelHash } from "../../contracts/ids.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import { baselineFor, measuresOf, ofProfile } from "./baseline.ts";
import { baselineOf, commissioningRows, forgetStuck, learnFloor, learnNormal, type Normal } from "./commission.ts";
import { AT_REST, type Judged } from "./judge.ts";

export type Learning = {
  readonly rows: Float32Array;
  readonly wanted: number;
  count: number;
  lastAt: number;
  normal: Normal | null;
  readonly levels: Float32Array;
  calibrated: number;
};
/** Mean, scale and floor of each channel, `[3 × channels]`, and what they were made of. */
export type Prepared = {
  readonly normal: Normal | null;
  readonly baseline: Baseline | null;
  readonly profile: DeviceProfile;
  readonly numbers: Float32Array;
};
export type Watch = {
  channels: number;
  model: ModelHash;
  baseline: Baseline | null;
  learning: Learning | null;
  /** A row of the fold's table: written in place. */
  state: Float32Array | null;
  /** Rows that are in the state. */
  warm: number;
  prepared: Prepared | null;
  judged: Judged;
  score: number;
};

/** Opens on a device; a baseline that is not of the profile's channels, and can't be put into its units, counts as none. */
export function openWatch(profile: DeviceProfile, model: ModelHash, rows: number, given: Baseline | undefined): Watch {
  const channels = profile.channels.length;
  const baseline = given === undefined ? null : baselineFor(given, profile);
  const learning = baseline === null ? openLearning(channels, rows) : null;
  return { channels, model, baseline, learning, state: null, warm: 0, prepared: null, judged: AT_REST, score: 0 };
}

export function openLearning(channels: number, rows: number): Learning {
  const wanted = commissioningRows(rows, channels);
  return { rows: new Float32Array(wanted * channels), wanted, count: 0, lastAt: 0, normal: null, levels: new Float32Array(wanted * channels), calibrated: 0 };
}

/** Takes one commissioning row. True while the row was taken; false once there are enough. */
export function learnRow(learning: Learning, values: Float32Array, arrivedAt: number, profile: DeviceProfile): boolean {
  if (learning.normal !== null) return false;
  learning.lastAt = arrivedAt;
  learning.rows.set(values, learning.count * values.length);
  learning.count++;
  if (learning.count < learning.wanted) return true;
  forgetStuck(learning.rows, learning.count, values.length);
  learning.normal = learnNormal(learning.rows, learning.count, values.length, profile.channels);
  return true;
}

/** The row that the model is to see next, while calibrating. */
export function calibrationRow(learning: Learning, channels: number): Float32Array {
  return learning.rows.subarray(learning.calibrated * channels, (learning.calibrated + 1) * channels);
}

/** Notes the level that the model reached on it; answers the baseline when it was the last. */
export function calibrate(watch: Watch, learning: Learning, normal: Normal, level: Float32Array, profile: DeviceProfile): Baseline | null {
  learning.levels.set(level, learning.calibrated * watch.channels);
  learning.calibrated++;
  if (learning.calibrated < learning.count) return null;
  const floor = learnFloor(learning.levels, learning.count, watch.channels);
  const baseline = { ...baselineOf(normal, floor, learning.count, learning.lastAt), of: ofProfile(profile) };
  watch.baseline = baseline;
  watch.learning = null;
  return baseline;
}

/** A new model starts from nothing. */
export function remodel(watch: Watch, model: ModelHash): void {
  if (watch.model !== model) {
    watch.model = model;
    watch.state = null;
    if (watch.learning !== null) watch.learning.calibrated = 0;
  }
}

/**
 * The profile is another one, or the unit has `news` of what is normal: that wins over what was learnt here. What is of other channels is put into
 * their order and units, or learnt again; rows that commissioning gathered in other units are no rows of it.
 */
export function rebase(watch: Watch, before: DeviceProfile, profile: DeviceProfile, rows: number, news: Baseline | undefined): void {
  const own = watch.baseline === null ? null : baselineFor(watch.baseline, profile, before);
  const fitted = (news === undefined ? null : baselineFor(news, profile)) ?? own;
  if (fitted !== null) {
    watch.baseline = fitted;
    watch.learning = null;
  } else if (measuresOf(before) !== measuresOf(profile)) {
    Object.assign(watch, { ...openWatch(profile, watch.model, rows, undefined), judged: watch.judged });
  }
}

/** Learnt at the same instant from as many rows: one and the same, whatever units it was put into since. */
export function isOne(a: Baseline | undefined, b: Baseline): boolean {
  return a !== undefined && a.learntAt === b.learntAt && a.rows === b.rows;
}
