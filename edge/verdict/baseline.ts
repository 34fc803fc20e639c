/**
 * Of which channels a baseline is, and the same baseline for a profile whose channels were put into another order or another unit of measure.
 * A number without its channel and unit is no normal of anything.
 */
import type { Baseline } from "../../contracts/device.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import { convert } from "../../contracts/uom.ts";
import type { Normal } from "./commission.ts";

type Measured = { readonly id: string; readonly uom: string };
type Profile = { readonly channels: readonly Measured[] };
export type Of = NonNullable<Baseline["of"]>;

/** What a baseline that is learnt with this profile says that it is of. */
export function ofProfile({ channels }: DeviceProfile): Of {
  return channels.map(({ id, uom }) => ({ id, uom }));
}

/** The order of channels and their units: equal texts mean that a number of one profile is the same of the other. */
export function measuresOf({ channels }: Profile): string {
  return channels.map(({ id, uom }) => `${id} ${uom}`).join("\n");
}

/**
 * The baseline in the order and the units of `profile`; null where it lacks a channel of it or a unit does not convert: then it is learnt
 * again. One from before baselines said what they are of is taken as of `learntWith`.
 */
export function baselineFor(baseline: Baseline, profile: DeviceProfile, learntWith: DeviceProfile = profile): Baseline | null {
  const from = baseline.of ?? ofProfile(learntWith);
  const { mean, scale, floor } = baseline;
  if ([mean, scale, floor].some((row) => row.length !== from.length)) return null;
  if (measuresOf({ channels: from }) === measuresOf(profile)) return baseline.of === undefined ? { ...baseline, of: from } : baseline;
  const normal = normalFor(baseline, from, profile);
  if (normal === null) return null;
  // A floor is a level of the model: it has no unit.
  const floors = profile.channels.map(({ id }) => floor[from.findIndex((one) => one.id === id)] ?? 1);
  return { ...baseline, ...normal, floor: floors, of: ofProfile(profile) };
}

/** Whether what was learnt is to stand in place of what is known: that is none, is of other channels, or does not say what it is of and is older. */
export function isBetter(known: Baseline | undefined, learnt: Baseline, profile: DeviceProfile): boolean {
  if (known === undefined || baselineFor(known, profile) === null) return true;
  return known.of === undefined && known.learntAt < learnt.learntAt && baselineFor(learnt, profile) !== null;
}

/** Location and scale in the order and the units of `to`; null where a channel is lacking or its unit does not convert. */
export function normalFor({ mean, scale }: Normal, from: readonly Measured[], to: Profile): { mean: number[]; scale: number[] } | null {
  const out = { mean: [] as number[], scale: [] as number[] };
  for (const { id, uom } of to.channels) {
    const c = from.findIndex((one) => one.id === id);
    const [was, m, s] = [from[c], mean[c], scale[c]];
    if (was === undefined || m === undefined || s === undefined) return null;
    const isSame = was.uom === uom || isNothing(m, s);
    const [at, beyond] = isSame ? [m, m + s] : [convert(m, was.uom, uom), convert(m + s, was.uom, uom)];
    if (isRefusal(at) || isRefusal(beyond)) return null;
    const width = isSame ? s : Math.abs(beyond - at);
    if (!(width > 0)) return null;
    out.mean.push(at);
    out.scale.push(width);
  }
  return out;
}

/** `learnNormal` of no values, in whatever unit. */
function isNothing(mean: number, scale: number): boolean {
  return mean === 0 && scale === 1;
}
