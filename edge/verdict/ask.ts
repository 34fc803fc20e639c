/** Rows of watched devices → the tensors of one call. */
import type { Baseline } from "../../contracts/device.ts";
import type { ModelHash } from "../../contracts/ids.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import type { Normal } from "./commission.ts";
import type { ScoreAsk } from "./scorer.ts";
import type { Watch } from "./watch.ts";

/** `values` holds NaN for gaps; `ts` is below 0 for a calibration row. */
export type Row = {
  readonly device: string;
  readonly watch: Watch;
  readonly ts: number;
  readonly values: Float32Array;
  /** Of the regime in which the machine runs; null: of the device. */
  readonly normal: Normal | null;
};

/** All rows are of `profile` and `model`. A gap becomes x 0 with mask 0. */
export function askOf(rows: readonly Row[], profile: DeviceProfile, model: ModelHash): ScoreAsk {
  const channels = profile.channels.length;
  const tensor = (): Float32Array => new Float32Array(rows.length * channels);
  const [x, mask, mean, scale, floor] = [tensor(), tensor(), tensor(), tensor(), tensor()];
  for (const [r, { watch, values, ts, normal: ofRegime }] of rows.entries()) {
    const normal = ofRegime ?? watch.baseline ?? watch.learning?.normal;
    for (let c = 0; c < channels; c++) {
      const at = r * channels + c;
      const value = values[c] ?? Number.NaN;
      const known = !Number.isNaN(value);
      x[at] = known ? value : 0;
      mask[at] = known ? 1 : 0;
      mean[at] = normal?.mean[c] ?? 0;
      scale[at] = normal?.scale[c] ?? 1;
      floor[at] = ts < 0 || watch.baseline === null ? 1 : floorOf(watch.baseline, profile, c);
    }
  }
  return {
    model,
    profile: profile.id,
    devices: rows.map((row) => row.device),
    ts: Float64Array.from(rows, (row) => row.ts),
    channels,
    x,
    mask,
    mean,
    scale,
    floor,
    states: rows.map((row) => row.watch.state),
  };
}

/** Below the greater of the fleet's and the device's own, a level is noise. */
function floorOf(baseline: Baseline, profile: DeviceProfile, c: number): number {
  return Math.max(baseline.floor[c] ?? 1, profile.channels[c]?.floor ?? 0);
}
