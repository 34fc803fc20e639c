/** Vibration as a sum of harmonics of the shaft, the vanes and the bearing; its RMS is what a sensor module sends once a second. */
import type { Effect } from "./fault.ts";
import type { Plate } from "./plate.ts";
import { noise, type Random } from "./random.ts";

/** Ball pass frequency of the outer ring over shaft speed, for a 6308 bearing. */
const BPFO = 3.05;
/** Resonance of the base frame, passed at each start. */
const RESONANCE_GAIN = 0.35;

type Tone = { readonly orders: number; readonly a: number; readonly b: number };

/** RMS in g at the drive end (A) and at the mounting foot (B). */
export function vibrationRms(plate: Plate, load: number, starting: number, effect: Effect, random: Random): { readonly a: number; readonly b: number } {
  const tones = tonesOf(plate, load, effect);
  const broadband = plate.broadbandG * (0.6 + 0.4 * load) * effect.broadband;
  const gain = 1 + RESONANCE_GAIN * starting;
  const rms = (end: "a" | "b", share: number): number => {
    const tonal = tones.reduce((sum, tone) => sum + tone[end] ** 2 / 2, 0);
    return Math.sqrt(tonal + (broadband * share) ** 2) * gain * (1 + 0.015 * noise(random));
  };
  return { a: rms("a", 1), b: rms("b", plate.footShare) };
}

/** Amplitudes in g. Centrifugal force goes with the square of the speed, and speed follows the load. */
function tonesOf(plate: Plate, load: number, effect: Effect): readonly Tone[] {
  const speed = 0.6 + 0.4 * load;
  const imbalance = plate.imbalanceG * speed ** 2;
  const foot = plate.footShare;
  const vanes = 0.3 * plate.imbalanceG * load;
  const misalignment = plate.misalignmentG * (0.7 + 0.3 * load);
  return [
    { orders: 0.5, a: 0.03 * effect.looseness * imbalance, b: effect.looseness * imbalance },
    { orders: 1, a: imbalance, b: imbalance * foot },
    { orders: 2, a: misalignment, b: misalignment * foot },
    { orders: BPFO, a: effect.bearing * imbalance, b: 0.8 * effect.bearing * imbalance * foot },
    { orders: plate.vanes, a: vanes, b: vanes * foot },
  ];
}
