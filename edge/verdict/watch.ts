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
import { baselineOf, commissioningRows, learnFloor, learnNormal, type Normal } from "./commission.ts";
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

/** Opens on a device; a baseline that does not fit the channels counts as none. */
export function openWatch(channels: number, model: ModelHash, rows: number, baseline: Baseline | undefined): Watch {
  const fits = baseline !== undefined && fitsChannels(baseline, channels);
  const learning = fits ? null : openLearning(channels, rows);
  return { channels, model, baseline: fits ? baseline : null, learning, state: null, warm: 0, prepared: null, judged: AT_REST, score: 0 };
}

export function fitsChannels(baseline: Baseline, channels: number): boolean {
  return baseline.mean.length === channels && baseline.scale.length === channels && baseline.floor.length === channels;
}

function openLearning(channels: number, rows: number): Learning {
  const wanted = commissioningRows(rows, channels);
  return { rows: new Float32Array(wanted * channels), wanted, count: 0, lastAt: 0, normal: null, levels: new Float32Array(wanted * channels), calibrated: 0 };
}

/** Takes one commissioning row. True while the row was taken; false once there are enough. */
export function learnRow(learning: Learning, values: Float32Array, arrivedAt: number): boolean {
  if (learning.normal !== null) return false;
  learning.lastAt = arrivedAt;
  learning.rows.set(values, learning.count * values.length);
  learning.count++;
  if (learning.count === learning.wanted) learning.normal = learnNormal(learning.rows, learning.count, values.length);
  return true;
}

/** The row that the model is to see next, while calibrating. */
export function calibrationRow(learning: Learning, channels: number): Float32Array {
  return learning.rows.subarray(learning.calibrated * channels, (learning.calibrated + 1) * channels);
}

/** Notes the level that the model reached on it; answers the baseline when it was the last. */
export function calibrate(watch: Watch, learning: Learning, normal: Normal, level: Float32Array): Baseline | null {
  learning.levels.set(level, learning.calibrated * watch.channels);
  learning.calibrated++;
  if (learning.calibrated < learning.count) return null;
  const baseline = baselineOf(normal, learnFloor(learning.levels, learning.count, watch.channels), learning.count, learning.lastAt);
  watch.baseline = baseline;
  watch.learning = null;
  return baseline;
}

/** The unit's baseline wins over one learnt here: the first one it heard of stays. A new model starts from nothing. */
export function rewatch(watch: Watch, model: ModelHash, baseline: Baseline | undefined): void {
  if (watch.model !== model) {
    watch.model = model;
    watch.state = null;
    if (watch.learning !== null) watch.learning.calibrated = 0;
  }
  if (baseline !== undefined && fitsChannels(baseline, watch.channels)) {
    watch.baseline = baseline;
    watch.learning = null;
  }
}
