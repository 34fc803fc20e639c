/** Rows of watched devices → the tensors of one call. */
import type { Baseline } from "../../contracts/device.ts";
import type { ModelHash } from "../../contracts/ids.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import type { Normal } from "./commission.ts";
import type { ScoreAsk } from "./scorer.ts";
import type { Prepared, Watch } from "./watch.ts";

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
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r]!;
    const { values } = row;
    const { numbers } = preparedFor(row, profile);
    for (let c = 0; c < channels; c++) {
      const at = r * channels + c;
      const value = values[c]!;
      if (!Number.isNaN(value)) {
        x[at] = value;
        mask[at] = 1;
      }
      mean[at] = numbers[c]!;
      scale[at] = numbers[channels + c]!;
      floor[at] = row.ts < 0 ? 1 : numbers[2 * channels + c]!;
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

/** What a row is held against, as the tensors want it; made again only when one of the three is another one. */
function preparedFor({ watch, normal: ofRegime }: Row, profile: DeviceProfile): Prepared {
  const { baseline, prepared } = watch;
  const normal = ofRegime ?? baseline ?? watch.learning?.normal ?? null;
  if (prepared !== null && prepared.normal === normal && prepared.baseline === baseline && prepared.profile === profile) return prepared;
  const channels = profile.channels.length;
  const numbers = new Float32Array(3 * channels);
  for (let c = 0; c < channels; c++) {
    numbers[c] = normal?.mean[c] ?? 0;
    numbers[channels + c] = normal?.scale[c] ?? 1;
    numbers[2 * channels + c] = baseline === null ? 1 : floorOf(baseline, profile, c);
  }
  return (watch.prepared = { normal, baseline, profile, numbers });
}

/** Below the greater of the fleet's and the device's own, a level is noise. */
function floorOf(baseline: Baseline, profile: DeviceProfile, c: number): number {
  return Math.max(baseline.floor[c] ?? 1, profile.channels[c]?.floor ?? 0);
}
