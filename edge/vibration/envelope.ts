/**
 * The envelope of a band: what strikes and rings high is heard as how often it strikes. The band is cut out of the spectrum, its analytic
 * signal (R. B. Randall, J. Antoni, as in `bearing.ts`, section 5) is shifted down to 0 Hz, which changes no magnitude, and brought back to
 * time in four times as many points as the band has bins (a magnitude is wider than its band); the magnitude, less its mean, is the envelope,
 * and its transform the spectrum of it.
 */
import type { BandHz } from "../../contracts/burst.ts";
import { spectrumOf, transformComplex, type Spectrum } from "./spectrum.ts";

/** `amplitude[j]`: of the line at j / duration Hz, peak, in the unit of the signal; 0 Hz is left out as 0. */
export type EnvelopeSpectrum = { readonly amplitude: Float64Array; readonly stepHz: number };

/** How far beside a fault's frequency its line may lie: rolling elements slip, and speeds are not what a nameplate says. */
const SLIP = 0.02;

/** Null where the band does not lie within the spectrum, or holds too few bins to be one. */
export function envelopeOf({ n, re, im }: Spectrum, rate: number, { from, to }: BandHz): EnvelopeSpectrum | null {
  const stepHz = rate / n;
  const [low, high] = [Math.ceil(from / stepHz - 1e-9), Math.floor(to / stepHz + 1e-9)];
  if (low < 1 || high > n / 2 || high - low < 8) return null;
  const points = 2 ** Math.ceil(Math.log2(4 * (high - low + 1)));
  // The conjugate goes in, so that the forward transform brings it back to time; a magnitude does not mind.
  const band = new Float64Array(2 * points);
  for (let k = low; k <= high; k++) {
    // At half the sampling rate there is no mirror image to take the place of.
    const part = 2 * k === n ? 1 : 2;
    band[2 * (k - low)] = (part * (re[k] ?? 0)) / n;
    band[2 * (k - low) + 1] = (-part * (im[k] ?? 0)) / n;
  }
  const analytic = transformComplex(band);
  const envelope = new Float64Array(points);
  let mean = 0;
  for (let i = 0; i < points; i++) {
    envelope[i] = Math.sqrt((analytic[2 * i] ?? 0) ** 2 + (analytic[2 * i + 1] ?? 0) ** 2);
    mean += (envelope[i] ?? 0) / points;
  }
  for (let i = 0; i < points; i++) envelope[i] = (envelope[i] ?? 0) - mean;
  const spectrum = spectrumOf(envelope);
  const amplitude = new Float64Array(points / 2);
  for (let j = 1; j < points / 2; j++) amplitude[j] = (2 * Math.sqrt((spectrum.re[j] ?? 0) ** 2 + (spectrum.im[j] ?? 0) ** 2)) / points;
  return { amplitude, stepHz };
}

/** RMS of all lines above 0 Hz and up to `toHz`. */
export function rmsOfEnvelope({ amplitude, stepHz }: EnvelopeSpectrum, toHz: number): number {
  let sum = 0;
  for (let j = 1; j < amplitude.length && j * stepHz <= toHz * (1 + 1e-9); j++) sum += (amplitude[j] ?? 0) ** 2 / 2;
  return Math.sqrt(sum);
}

/**
 * RMS of the strongest line within SLIP of a frequency. Its multiples are left out: three times the outer ring's are, within slip, twice the
 * inner ring's. NaN: the burst is too short or too coarse to tell.
 */
export function rmsOfLine({ amplitude, stepHz }: EnvelopeSpectrum, hz: number): number {
  const at = hz / stepHz;
  const reach = Math.max(0.5, at * SLIP);
  // Two turns at least.
  if (at < 2 || at + reach > amplitude.length - 1) return Number.NaN;
  let strongest = 0;
  for (let j = Math.ceil(at - reach); j <= at + reach; j++) strongest = Math.max(strongest, amplitude[j] ?? 0);
  return strongest / Math.SQRT2;
}
