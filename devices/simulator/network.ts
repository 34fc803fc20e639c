/**
 * What happens to samples between a sensor and the link: late ones, doubled ones, lost ones, times when nothing gets out. Pure.
 *
 *   sample ─▶ sensor drop-out? ─▶ held back a little? ─▶ doubled? ─▶ outage? waits ─▶ out
 */
import type { TelemetryDraft } from "../sdk/device.ts";
import type { Fault } from "./fault.ts";
import { between, noise, type Random } from "./random.ts";

/** Chances are per sample. */
export type Mischief = {
  readonly duplicate: number;
  readonly reorder: number;
  /** The sensor gives nothing: this sample never existed. */
  readonly lose: number;
  /** The link is silent for a while; what is measured meanwhile follows in one go. */
  readonly outage: number;
  readonly outageSamplesMax: number;
  /** Deviation of the device's clock from sample to sample. */
  readonly jitterMs: number;
};

/** A plant's wireless as it is. An outage is short against the minute within which samples still count as now. */
export const MISCHIEF: Mischief = { duplicate: 0.02, reorder: 0.01, lose: 0.005, outage: 0.001, outageSamplesMax: 8, jitterMs: 8 };
/** A machine that shakes shakes its antenna: while a fault is fresh every sample goes out twice and many out of order. */
const SHAKEN: Mischief = { duplicate: 1, reorder: 0.15, lose: 0, outage: 0, outageSamplesMax: 0, jitterMs: 8 };
const SHAKEN_MS = 30_000;
export const NO_MISCHIEF: Mischief = { duplicate: 0, reorder: 0, lose: 0, outage: 0, outageSamplesMax: 0, jitterMs: 0 };

export function mischiefOf({ fault }: { readonly fault: Fault | null }): Mischief {
  return fault !== null && fault.ageMs < SHAKEN_MS ? SHAKEN : MISCHIEF;
}

export type MischiefCounts = { readonly duplicates: number; readonly reordered: number; readonly lost: number; readonly outages: number };

export type Network = {
  /** Held back until the next sample has passed it. */
  readonly held: TelemetryDraft | null;
  readonly waiting: readonly TelemetryDraft[];
  readonly outageLeft: number;
  readonly counts: MischiefCounts;
};

export const CALM_NETWORK: Network = { held: null, waiting: [], outageLeft: 0, counts: { duplicates: 0, reordered: 0, lost: 0, outages: 0 } };

/** What goes out now that `sample` was measured, in this order. */
export function pass(
  before: Network,
  sample: TelemetryDraft,
  mischief: Mischief,
  random: Random,
): { readonly network: Network; readonly out: readonly TelemetryDraft[] } {
  // Always the same number of draws a sample, so that one chance more or less does not shift all that follows.
  const [doubled, swapped, lost, cut, length] = [random(), random(), random(), random(), random()];
  const jittered = { ...sample, ts: Math.round(sample.ts + mischief.jitterMs * noise(random)) };

  // The usual case, and the one that must be quick: nothing happens, and nothing is under way.
  const quiet = lost >= mischief.lose && swapped >= mischief.reorder && doubled >= mischief.duplicate && cut >= mischief.outage;
  if (quiet && before.held === null && before.outageLeft === 0) return { network: before, out: [jittered] };
  const counts = { ...before.counts };
  if (lost < mischief.lose) return { network: { ...before, counts: { ...counts, lost: counts.lost + 1 } }, out: [] };
  if (before.held === null && swapped < mischief.reorder)
    return { network: { ...before, held: jittered, counts: { ...counts, reordered: counts.reordered + 1 } }, out: [] };

  const passed = before.held === null ? [jittered] : [jittered, before.held];
  if (doubled < mischief.duplicate) {
    counts.duplicates += 1;
    passed.push(jittered);
  }
  const begins = before.outageLeft === 0 && cut < mischief.outage;
  const outageLeft = begins ? Math.ceil(between(() => length, 1, mischief.outageSamplesMax)) : Math.max(0, before.outageLeft - 1);
  if (begins) counts.outages += 1;
  const out = [...before.waiting, ...passed];
  return outageLeft > 0
    ? { network: { held: null, waiting: out, outageLeft, counts }, out: [] }
    : { network: { held: null, waiting: [], outageLeft, counts }, out };
}
