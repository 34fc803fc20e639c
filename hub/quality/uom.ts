/**
 * Whether numbers look as if they were given in another uom than the contract says: they are distributed as the baseline would be after a
 * known conversion, and not as before. Or, since what drifts besides has another distribution: they lie near there, and very far from before.
 */
import { isRefusal } from "../../contracts/refusal.ts";
import { convert, dimensionOf } from "../../contracts/uom.ts";
import { type Interval, type Numbers, quantile, shareBelow } from "./numbers.ts";

/** What devices and people are likely to use instead, UCUM codes. The rarer ones would only be matched by chance. */
export const LIKELY: readonly string[] = [
  ["Cel", "[degF]", "K"],
  ["Pa", "kPa", "MPa", "mbar", "bar", "[psi]", "atm"],
  ["m/s", "mm/s", "[in_i]/s", "km/h"],
  ["m/s2", "mm/s2", "[g]"],
  ["m3/h", "L/min", "L/s", "m3/s", "[gal_us]/min"],
  ["s", "ms", "us", "min", "h", "d"],
  ["A", "mA", "V", "mV", "kV", "Hz", "kHz", "/min"],
  ["W", "kW", "MW", "[HP]", "J", "MJ", "W.h", "kW.h"],
  ["1", "%", "deg", "rad"],
  ["m", "mm", "cm", "km", "um", "[in_i]", "[ft_i]", "[mi_i]"],
  ["g", "kg", "t", "[lb_av]", "L", "mL", "m3", "[gal_us]", "N", "kN"],
].flat();
/** In vibration data `g` is the acceleration of free fall; in UCUM it is the gram. Both are thought of. */
const ALSO: Readonly<Record<string, string>> = { g: "[g]" };

/** A uom of the same dimension, and where a value would lie in it. */
export type Candidate = { readonly uom: string; readonly convert: (value: number) => number };

/** None for what is no UCUM code, and none that changes nothing. */
export function candidates(uom: string): readonly Candidate[] {
  const seen = new Set<string>(["1 0"]);
  return [uom, ...(ALSO[uom] === undefined ? [] : [ALSO[uom]])].flatMap((from) => {
    const dimension = dimensionOf(from);
    return LIKELY.filter((to) => dimension !== null && dimensionOf(to) === dimension).flatMap((to): readonly Candidate[] => {
      const [zero, one] = [convert(0, from, to), convert(1, from, to)];
      if (isRefusal(zero) || isRefusal(one)) return [];
      // Two points tell: none of these is a logarithmic scale.
      const [factor, offset] = [one - zero, zero];
      const key = `${factor.toPrecision(6)} ${offset.toPrecision(6)}`.replace(/^1\.00000 0\.00000$/, "1 0");
      if (seen.has(key)) return [];
      seen.add(key);
      return [{ uom: to, convert: (value) => value * factor + offset }];
    });
  });
}

/**
 * `share`: of the live values. `gap`: how far they are from the converted baseline; `before`: how far without a conversion. Both as the
 * greatest difference of cumulative shares, or, where the match is by place only, in widths of what belongs to the baseline (`REACH`).
 */
export type Lookalike = { readonly uom: string; readonly share: number; readonly gap: number; readonly before: number };

/** Values that must speak for another uom. */
const CONVERTED_MIN = 50;
const CONVERTED_SHARE_MIN = 0.05;
/** Different values in the baseline below which a match says nothing: a constant that was set to another value may be anything. */
const VARIETY_MIN = 3;
/** Cumulative shares this close are the same distribution, as far as a conversion is concerned: it may have drifted a little besides. */
const MATCHES_MAX = 0.15;
/** And this far apart they are not. Less, and an ordinary drift of a wide distribution could be taken for a conversion. */
const APART_MIN = 0.35;
/** Quantiles compared: each twentieth. */
const SHARES = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);
/** A converted value was rounded on its way: by so much of the middle half's width. */
const ROUNDING = 0.02;
/** The baseline without its extremes: 1 in 1,000 on either side. */
const CORE = 0.001;
/** Middle halves by which a median may lie beside another and still belong to it: Tukey's fence, 2.7 deviations of a bell curve. */
const REACH = 2;
/** A match by place only: before, the median must have been this many reaches away, so that a drift hits the place by chance in 1 of 10 directions at most. */
const FAR_MIN = 8;
/** And the middle half as wide as that of the converted baseline, within this factor. */
const SPREAD_MAX = 6;

/** The best match, if there is one: of all live values, or of those beyond half the way to where they would lie (some senders have changed, others not). */
export function looksLike(baseline: Numbers, live: Numbers, uom: string): Lookalike | null {
  if (baseline.linear.bins.size < VARIETY_MIN || live.count < CONVERTED_MIN) return null;
  const core = { low: quantile(baseline, CORE).low, high: quantile(baseline, 1 - CORE).high };
  const all = portionOf(live, { low: -Infinity, high: Infinity });
  const of = (share: number): Interval => quantile(baseline, share);
  const before = gapOf(of, all, (value) => value);
  const matches = candidates(uom).map(({ uom: code, convert }): { readonly same: readonly Lookalike[]; readonly near: readonly Lookalike[] } => {
    const gap = gapOf(of, all, convert);
    if (before >= APART_MIN && gap <= MATCHES_MAX && gap <= before / 2) return { same: [{ uom: code, share: 1, gap, before }], near: [] };
    const there = { low: convert(core.low), high: convert(core.high) };
    // Half-way between the two: what has only drifted stays on its side.
    const above = { low: (core.high + there.low) / 2, high: Infinity };
    const below = { low: -Infinity, high: (core.low + there.high) / 2 };
    const beyond = there.low > core.high ? above : there.high < core.low ? below : null;
    const some = beyond === null ? null : portionOf(live, beyond);
    if (some === null || some.share < CONVERTED_SHARE_MIN || some.share * live.count < CONVERTED_MIN) return { same: [], near: [] };
    const part = gapOf(of, some, convert);
    if (part <= MATCHES_MAX) return { same: [{ uom: code, share: some.share, gap: part, before: 1 }], near: [] };
    const place = nearOf(of, some, convert);
    return { same: [], near: place === null ? [] : [{ uom: code, share: some.share, ...place }] };
  });
  const best = (of: readonly Lookalike[]): Lookalike | undefined => of.toSorted((a, b) => a.gap - b.gap)[0];
  return best(matches.flatMap(({ same }) => same)) ?? best(matches.flatMap(({ near }) => near)) ?? null;
}

/** Part of some numbers: what lies between two values, as a distribution of its own. */
export type Portion = { readonly share: number; readonly below: (x: number) => Interval; readonly quantile: (share: number) => Interval };

/** What lies in a bin that is cut counts as outside. */
export function portionOf(numbers: Numbers, { low, high }: Interval): Portion {
  const from = low === -Infinity ? 0 : shareBelow(numbers, low).high;
  const to = high === Infinity ? 1 : shareBelow(numbers, high).low;
  const share = Math.max(0, to - from);
  const within = (at: number): number => (share === 0 ? 0 : Math.min(1, Math.max(0, (at - from) / share)));
  return {
    share,
    below: (x) => {
      const { low: least, high: most } = shareBelow(numbers, x);
      return { low: within(least), high: within(most) };
    },
    quantile: (of) => quantile(numbers, from + of * share),
  };
}

/** How far the median lies from the converted baseline's and from the baseline's own, in reaches of each; null when it is not near the one and far from the other. */
function nearOf(
  quantileOf: (share: number) => Interval,
  live: Portion,
  convert: (value: number) => number,
): { readonly gap: number; readonly before: number } | null {
  const [low, middle, high] = [quantileOf(0.25), quantileOf(0.5), quantileOf(0.75)].map(({ low: a, high: b }) => (a + b) / 2);
  const [from, at, to] = [live.quantile(0.25), live.quantile(0.5), live.quantile(0.75)].map(({ low: a, high: b }) => (a + b) / 2);
  if (low === undefined || middle === undefined || high === undefined || from === undefined || at === undefined || to === undefined) return null;
  const width = Math.abs(convert(high) - convert(low));
  // The wider of the two: seen from either, the other must be far.
  const reach = REACH * Math.max(width, high - low);
  const [gap, before] = [Math.abs(at - convert(middle)) / (REACH * width), Math.abs(at - middle) / reach];
  const alike = to - from <= SPREAD_MAX * width && width <= SPREAD_MAX * (to - from);
  return width > 0 && gap <= 1 && before >= FAR_MIN && alike ? { gap, before } : null;
}

/** Greatest difference between the cumulative shares of converted quantiles and the portion's; what bins leave open counts as agreement. */
export function gapOf(quantileOf: (share: number) => Interval, live: Portion, convert: (value: number) => number): number {
  const width = Math.abs(convert(quantileOf(0.75).high) - convert(quantileOf(0.25).low));
  let gap = 0;
  for (const share of SHARES) {
    const at = quantileOf(share);
    const [low, high] = [convert(at.low) - ROUNDING * width, convert(at.high) + ROUNDING * width];
    gap = Math.max(gap, share - live.below(high).high, live.below(low).low - share);
  }
  return gap;
}
