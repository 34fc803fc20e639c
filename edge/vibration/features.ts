/**
 * What is made of one axis of one burst. The mean is taken off first (an accelerometer's is gravity or drift); nothing else is, and no
 * window is laid over it: then the bands' squares and the square of the RMS add up (Parseval), and a band is what passed in it.
 *
 *   feature    formula, x the n samples less their mean, X their transform          after
 *   rms        √(Σ x² / n)                                                          ISO 13373-1, ISO 2041
 *   peak       max |x|                                                              ISO 2041
 *   kurtosis   n Σ x⁴ / (Σ x²)²: 3 for noise, 1.5 for a sine, more where it strikes  ISO 13373-2, annex on bearings
 *   crest      peak / rms                                                           ISO 2041
 *   band.i     √(Σ 2 |X|² / n²) over the bins from an edge up to the next           ISO 13373-2
 *   velocity   the same of X / 2πf, ends included; RMS in 10 to 1,000 Hz is what zones are of  ISO 20816-1
 *   envelope   RMS of the envelope's spectrum: see envelope.ts
 *   bpfo …     the line of a bearing's fault in it, for bsf at twice that: see bearing.ts
 *
 * All in the uom of the samples but the velocity, which is in it times seconds, and the two ratios. NaN: this burst can't say it, being too
 * short, too slow for the band, or flat. A line that is in no bin spreads into its neighbours: at 0.1 s, ten hertz apart, a velocity is
 * coarse, and a second is what ISO 20816 means.
 */
import type { BandHz, BurstFeature, BurstPlan } from "../../contracts/burst.ts";
import { faultHzOf } from "./bearing.ts";
import { envelopeOf, rmsOfEnvelope, rmsOfLine } from "./envelope.ts";
import { spectrumOf, type Spectrum } from "./spectrum.ts";

export type Features = Readonly<Partial<Record<BurstFeature, number>>>;

/** `rate` in Hz. The wave's length is one that `isBurstLength` allows. */
export function featuresOf(wave: Float32Array, rate: number, plan: BurstPlan): Features {
  const x = lessMean(wave);
  const n = x.length;
  let [squares, fourths, peak] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const value = x[i] ?? 0;
    const square = value * value;
    squares += square;
    fourths += square * square;
    peak = Math.max(peak, Math.abs(value));
  }
  const rms = Math.sqrt(squares / n);
  const isFlat = !(squares > 0);
  const spectrum = spectrumOf(x);
  const features: Partial<Record<BurstFeature, number>> = {
    rms,
    peak,
    kurtosis: isFlat ? Number.NaN : (n * fourths) / squares ** 2,
    crest: isFlat ? Number.NaN : peak / rms,
    velocity: velocityOf(spectrum, rate, plan.velocityHz),
  };
  for (let i = 0; i + 1 < plan.bandsHz.length; i++)
    features[`band.${i}` as BurstFeature] = bandOf(spectrum, rate, plan.bandsHz[i] ?? 0, plan.bandsHz[i + 1] ?? 0);
  const envelope = envelopeOf(spectrum, rate, plan.envelopeHz);
  features.envelope = envelope === null ? Number.NaN : rmsOfEnvelope(envelope, plan.envelopeToHz);
  if (plan.bearing !== undefined) {
    const { bpfo, bpfi, bsf, ftf } = faultHzOf(plan.bearing);
    const line = (hz: number): number => (envelope === null ? Number.NaN : rmsOfLine(envelope, hz));
    // A spot on a rolling element strikes both rings in each of its turns.
    Object.assign(features, { bpfo: line(bpfo), bpfi: line(bpfi), bsf: line(2 * bsf), ftf: line(ftf) });
  }
  return features;
}

function lessMean(wave: Float32Array): Float64Array {
  let sum = 0;
  for (let i = 0; i < wave.length; i++) sum += wave[i] ?? 0;
  const mean = sum / wave.length;
  const x = new Float64Array(wave.length);
  for (let i = 0; i < wave.length; i++) x[i] = (wave[i] ?? 0) - mean;
  return x;
}

/** RMS from one frequency up to below another; half the sampling rate, where a band ends there, is in it. NaN: the band goes beyond. */
function bandOf(spectrum: Spectrum, rate: number, from: number, to: number): number {
  const stepHz = rate / spectrum.n;
  const half = spectrum.n / 2;
  const [low, end] = [Math.ceil(from / stepHz - 1e-9), Math.ceil(to / stepHz - 1e-9)];
  if (end > half) return Number.NaN;
  return Math.sqrt(powerOf(spectrum, Math.max(1, low), end === half ? half : end - 1, () => 1));
}

/** RMS of the velocity, ends included. NaN: the band goes beyond what the burst holds, or begins below its first bin. */
function velocityOf(spectrum: Spectrum, rate: number, { from, to }: BandHz): number {
  const stepHz = rate / spectrum.n;
  const [low, high] = [Math.ceil(from / stepHz - 1e-9), Math.floor(to / stepHz + 1e-9)];
  if (stepHz > from * (1 + 1e-9) || high > spectrum.n / 2) return Number.NaN;
  return Math.sqrt(powerOf(spectrum, low, high, (k) => 1 / (2 * Math.PI * k * stepHz) ** 2));
}

/** Mean square of the bins `low` to `high`, each times what `weight` gives it. */
function powerOf({ n, re, im }: Spectrum, low: number, high: number, weight: (k: number) => number): number {
  let sum = 0;
  for (let k = low; k <= high; k++) {
    // Each bin stands for its mirror image too; the one at half the sampling rate is its own.
    const sides = 2 * k === n ? 1 : 2;
    sum += sides * ((re[k] ?? 0) ** 2 + (im[k] ?? 0) ** 2) * weight(k);
  }
  return sum / n ** 2;
}
