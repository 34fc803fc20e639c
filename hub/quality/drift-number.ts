/** What has changed in the numbers of a field: their uom, their range, their distribution; the first explains the other two. */
import { type Drift, moved, percent } from "./drift-finding.ts";
import type { Field } from "./field.ts";
import { countBeyond, distance, grouped, quantile } from "./numbers.ts";
import type { Sketch } from "./sketch.ts";
import { DISTRIBUTION_SAMPLE_MIN, GROUPS, KS_MAJOR, KS_MATTERS, PSI_MAJOR, SHARE_MAJOR, SHARE_SAMPLE_MIN, ksTest, newcomersMin, psiTest } from "./statistic.ts";
import { looksLike } from "./uom.ts";

/** Beyond the baseline's extremes by more than this part of its width is far. */
const FAR = 0.5;
/** No instant was written further from its time than this (31 years): it is in another uom. */
const INSTANT_FAR_MS = 1e12;
/** Fewer are slips, which the range tells of. */
const INSTANT_SHARE_MIN = 0.02;
/**
 * So much further out than any window of the baseline must a new one lie, on Fisher's scale (artanh), which does not end at 1. Simulated
 * days with levels of their own: with 28 windows 1 in 1,000 or fewer lie beyond, with 10 about 1 in 100.
 */
const ORDINARY_TIMES = 2;

export function numberDrifts(baseline: Sketch, live: Sketch, field: Field, ordinary: number): readonly Drift[] {
  const [a, b] = [baseline.numbers, live.numbers];
  if (a.count < SHARE_SAMPLE_MIN || b.count < SHARE_SAMPLE_MIN || field.role === "running") return [];
  const other = field.role === "instant" ? instantUom(baseline, live) : field.uom === undefined ? null : looksLike(a, b, field.uom);
  if (other !== null) {
    const declared = field.uom ?? "ms";
    return [
      {
        kind: "uom",
        code: "other-uom",
        severity: "major",
        statistic: other.gap,
        threshold: other.before,
        params: { path: field.path, uom: other.uom, declared, share: other.share },
        sentence: `${field.path}: ${other.share > 0.99 ? "the values look" : `${percent(other.share)} of the values look`} like ${other.uom}, the contract says ${declared}`,
      },
    ];
  }
  const found: Drift[] = [...beyond(baseline, live, field, ordinary)];
  if (a.count < DISTRIBUTION_SAMPLE_MIN || b.count < DISTRIBUTION_SAMPLE_MIN) return found;
  const ks = ksTest(distance(a, b), a.count, b.count);
  const psi = psiTest(grouped(a, b, GROUPS));
  if (Math.atanh(ks.statistic) <= ORDINARY_TIMES * Math.atanh(ordinary)) return found;
  if (ks.statistic <= ks.threshold && psi.statistic <= psi.threshold) return found;
  const [test, major] = ks.statistic > ks.threshold ? [ks, KS_MAJOR] : [psi, PSI_MAJOR];
  const [was, is] = [middleOf(baseline), middleOf(live)];
  return [...found, moved("numbers-moved", test, major, field, `the values (median ${was}, now ${is})`, { was, is })];
}

/** The median, with no more digits than a sentence needs. */
function middleOf({ numbers }: Sketch): number {
  const { low, high } = quantile(numbers, 0.5);
  return Number(((low + high) / 2).toPrecision(3));
}

function beyond(baseline: Sketch, live: Sketch, field: Field, ordinary: number): readonly Drift[] {
  const [a, b] = [baseline.numbers, live.numbers];
  const enough = newcomersMin(a.count, b.count, 1);
  const width = a.max - a.min;
  return (["above", "below"] as const).flatMap((code): readonly Drift[] => {
    const edge = code === "above" ? a.max : a.min;
    const count = countBeyond(b, edge, code);
    const share = count / b.count;
    if (count < enough) return [];
    const reach = code === "above" ? b.max : b.min;
    const far = Math.abs(reach - edge) > FAR * width;
    // Where days differ by more than chance, a day somewhat beyond all others is one of them.
    if (!far && ordinary > KS_MATTERS) return [];
    return [
      {
        kind: "range",
        code,
        severity: far && share >= SHARE_MAJOR / 10 ? "major" : "minor",
        statistic: count,
        threshold: enough,
        params: { path: field.path, share, edge, reach },
        sentence: `${field.path}: ${percent(share)} of the values lie ${code} ${edge}, the baseline's ${code === "above" ? "highest" : "lowest"}, as far as ${reach}`,
      },
    ];
  });
}

/** An instant in seconds lies a whole epoch before its time, one in microseconds far behind it. */
function instantUom(baseline: Sketch, live: Sketch): { readonly uom: string; readonly share: number; readonly gap: number; readonly before: number } | null {
  const shareOf = (sketch: Sketch, side: "above" | "below"): number =>
    countBeyond(sketch.numbers, side === "above" ? INSTANT_FAR_MS : -INSTANT_FAR_MS, side) / sketch.numbers.count;
  const [early, late] = [shareOf(live, "below"), shareOf(live, "above")];
  const [side, share] = early >= late ? (["below", early] as const) : (["above", late] as const);
  if (share < INSTANT_SHARE_MIN || shareOf(baseline, side) >= share / 2) return null;
  return { uom: side === "below" ? "s" : "us", share, gap: 0, before: share };
}
