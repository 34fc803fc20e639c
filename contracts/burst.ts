/**
 * Bursts: raw waveforms of vibration, sampled far faster than telemetry, and what a profile says is made of them. A device sends the
 * waveform (`burst-wire.ts`); the unit reckons the features and goes on with them as with any channel.
 */
import { z } from "zod";
import { dimensionOf } from "./uom.ts";

/** What an axis is called in a burst: `horizontal`, `x`. */
export const AxisId = z.string().regex(/^[a-z][a-z0-9]{0,15}$/, "use 1 to 16 lower-case letters and digits, beginning with a letter");

/** Axes of one sensor: three, and a tachometer beside them. */
export const BURST_AXES_MAX = 4;
/** Bands of a spectrum that can be channels. */
export const BURST_BANDS_MAX = 8;

/** What is reckoned of one axis of one burst. Formulas and their sources: edge/vibration. */
export const BurstFeature = z.enum([
  "rms",
  "peak",
  "kurtosis",
  "crest",
  "band.0",
  "band.1",
  "band.2",
  "band.3",
  "band.4",
  "band.5",
  "band.6",
  "band.7",
  "velocity",
  "envelope",
  "bpfo",
  "bpfi",
  "bsf",
  "ftf",
]);
export type BurstFeature = z.infer<typeof BurstFeature>;

/** Which feature a channel is. Channels without it come by telemetry, as ever. */
export const FromBurst = z.strictObject({ axis: AxisId, feature: BurstFeature });
export type FromBurst = z.infer<typeof FromBurst>;

/** A rolling bearing and the shaft that turns it: what gives the frequencies at which its faults strike. The outer ring stands still. */
export const BearingGeometry = z
  .strictObject({
    /** Of the shaft. */
    rpm: z.number().positive().max(100_000),
    /** Rolling elements of one row. */
    rollers: z.number().int().min(3).max(200),
    rollerMm: z.number().positive().max(1_000),
    pitchMm: z.number().positive().max(10_000),
    contactDeg: z.number().min(0).lt(90),
  })
  .refine(({ rollerMm, pitchMm }) => rollerMm < pitchMm, { error: "a rolling element is smaller than the circle it runs on", path: ["rollerMm"] });
export type BearingGeometry = z.infer<typeof BearingGeometry>;

const hz = () => z.number().positive().max(1_000_000);
const range = () => z.strictObject({ from: hz(), to: hz() }).refine(({ from, to }) => from < to, "a band goes up");
export type BandHz = z.infer<ReturnType<typeof range>>;

/** What a profile's bursts are and how they are looked at. */
export const BurstPlan = z.strictObject({
  axes: z
    .array(AxisId)
    .min(1)
    .max(BURST_AXES_MAX)
    .refine((axes) => new Set(axes).size === axes.length, "each axis is named once"),
  /** Of the samples, an acceleration. */
  uom: z.string().refine((uom) => dimensionOf(uom) === dimensionOf("m/s2"), "samples are of an acceleration, in [g], m/s2 or their like"),
  /** What the sensor can say at most, up or down. A burst with more is refused. */
  max: z.number().positive(),
  /** Where bands begin and end, rising: the first is `band.0`. */
  bandsHz: z
    .array(hz())
    .min(2)
    .max(BURST_BANDS_MAX + 1)
    .refine((edges) => edges.every((edge, i) => i === 0 || edge > (edges[i - 1] ?? edge)), "each band begins above the one before"),
  /** Of the velocity. ISO 20816-1 asks for 10 Hz to 1 kHz, from 2 Hz below 600 rpm. */
  velocityHz: range(),
  /** What the envelope is of: where the structure rings. */
  envelopeHz: range(),
  /** Up to where the envelope's spectrum counts. */
  envelopeToHz: hz(),
  bearing: BearingGeometry.optional(),
});
export type BurstPlan = z.infer<typeof BurstPlan>;

/** What a feature is measured in, as a dimension of `uom.ts`. */
function dimensionOfFeature(feature: BurstFeature): string | null {
  if (feature === "kurtosis" || feature === "crest") return dimensionOf("1");
  return dimensionOf(feature === "velocity" ? "mm/s" : "m/s2");
}

/** What is wrong with a profile's bursts and the channels made of them: each with the field at fault. */
export function faultsOfBurst(profile: {
  readonly burst?: BurstPlan | undefined;
  readonly channels: readonly { readonly uom: string; readonly from?: FromBurst | undefined }[];
}): readonly { readonly path: readonly (string | number)[]; readonly message: string }[] {
  const { burst, channels } = profile;
  const faults: { path: (string | number)[]; message: string }[] = [];
  const told = new Set<string>();
  for (const [i, { uom, from }] of channels.entries()) {
    if (from === undefined) continue;
    const at = ["channels", i, "from"];
    const say = (field: string, message: string): void => void faults.push({ path: [...at, field], message });
    const key = `${from.axis} ${from.feature}`;
    if (burst === undefined || !burst.axes.includes(from.axis)) say("axis", "an axis that the profile's bursts have");
    else if (from.feature.startsWith("band.") && Number(from.feature.slice(5)) > burst.bandsHz.length - 2)
      say("feature", "a band that the profile's bursts have");
    else if (isFaultLine(from.feature) && burst.bearing === undefined) say("feature", "a fault frequency needs the bearing's geometry");
    if (told.has(key)) say("feature", "each feature of an axis is one channel");
    told.add(key);
    if (dimensionOf(uom) !== dimensionOfFeature(from.feature))
      faults.push({ path: ["channels", i, "uom"], message: `${from.feature} is not measured in this uom` });
  }
  return faults;
}

export function isFaultLine(feature: BurstFeature): feature is "bpfo" | "bpfi" | "bsf" | "ftf" {
  return feature === "bpfo" || feature === "bpfi" || feature === "bsf" || feature === "ftf";
}
