/** A burst as one row of its profile's channels: each feature in its channel's uom, a gap where no channel is of a burst or this one can't say. */
import type { BurstFeature, BurstPlan } from "../../contracts/burst.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import type { Channel, DeviceProfile } from "../../contracts/scenario.ts";
import { convert } from "../../contracts/uom.ts";
import { featuresOf, type Features } from "./features.ts";

export type Axis = { readonly id: string; readonly wave: Float32Array };
/** Where a channel's value comes from: feature of an axis, times a factor from the samples' uom. */
type Source = { readonly axis: string; readonly feature: BurstFeature; readonly factor: number };

const sourcesByProfile = new WeakMap<DeviceProfile, readonly (Source | null)[]>();

/** `judge` says whether a value is one that its channel can have: it, or why not. Refusals are handed to `refused`. */
export function rowOfBurst(
  axes: readonly Axis[],
  rate: number,
  profile: DeviceProfile,
  plan: BurstPlan,
  judge: (value: number, channel: Channel) => number | Refusal,
  refused: (refusal: Refusal) => void,
): { readonly values: Float32Array; readonly usable: number } {
  const featuresByAxis = new Map<string, Features>(axes.map(({ id, wave }) => [id, featuresOf(wave, rate, plan)]));
  const values = new Float32Array(profile.channels.length).fill(Number.NaN);
  const sources = sourcesOf(profile, plan);
  let usable = 0;
  for (const [c, channel] of profile.channels.entries()) {
    const source = sources[c];
    const value = source === null || source === undefined ? Number.NaN : (featuresByAxis.get(source.axis)?.[source.feature] ?? Number.NaN) * source.factor;
    if (Number.isNaN(value)) continue;
    const judged = judge(value, channel);
    if (isRefusal(judged)) {
      refused(judged);
      continue;
    }
    values[c] = judged;
    usable++;
  }
  return { values, usable };
}

function sourcesOf(profile: DeviceProfile, plan: BurstPlan): readonly (Source | null)[] {
  const known = sourcesByProfile.get(profile);
  if (known !== undefined) return known;
  const made = profile.channels.map(({ from, uom }): Source | null => (from === undefined ? null : { ...from, factor: factorOf(from.feature, plan.uom, uom) }));
  sourcesByProfile.set(profile, made);
  return made;
}

/** NaN where the two do not measure the same: `faultsOfBurst` has refused such a profile. */
function factorOf(feature: BurstFeature, samples: string, channel: string): number {
  if (feature === "kurtosis" || feature === "crest") return factor("1", channel);
  return feature === "velocity" ? factor(`${samples}.s`, channel) : factor(samples, channel);
}

function factor(from: string, to: string): number {
  const one = convert(1, from, to);
  return isRefusal(one) ? Number.NaN : one;
}
