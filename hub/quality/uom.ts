/**
 * Whether numbers look as if they were given in another uom than the contract says: their quantiles lie where those of the baseline would
 * lie after a known conversion, and not where they lay before.
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

/** `share`: of the live values. `gap`: greatest difference of cumulative shares after the conversion; `before`: the same without one. */
export type Lookalike = { readonly uom: string; readonly share: number; readonly gap: number; readonly before: number };

/** Values that must speak for another uom. */
const CONVERTED_MIN = 50;
const CONVERTED_SHARE_MIN = 0.05;
/** Different values in the baseline below which a match says nothing: a constant is matched by anything. */
const VARIETY_MIN = 8;
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

/** The best match, if there is one: of all live values, or of those that lie outside the baseline (some senders have changed, others not). */
export function looksLike(baseline: Numbers, live: Numbers, uom: string): Lookalike | null {
  if (baseline.linear.bins.size < VARIETY_MIN || live.count < CONVERTED_MIN) return null;
  const core = { low: quantile(baseline, CORE).low, high: quantile(baseline, 1 - CORE).high };
  const all = portionOf(live, { low: -Infinity, high: Infinity });
  const of = (share: number): Interval => quantile(baseline, share);
  const before = gapOf(of, all, (value) => value);
  const matches = candidates(uom).flatMap(({ uom: code, convert }): readonly Lookalike[] => {
    const whole = gapOf(of, all, convert);
    if (before >= APART_MIN && whole <= MATCHES_MAX && whole <= before / 2) return [{ uom: code, share: 1, gap: whole, before }];
    const there = { low: convert(core.low), high: convert(core.high) };
    const beyond = there.low > core.high ? { low: core.high, high: Infinity } : there.high < core.low ? { low: -Infinity, high: core.low } : null;
    const some = beyond === null ? null : portionOf(live, beyond);
    if (some === null || some.share < CONVERTED_SHARE_MIN || some.share * live.count < CONVERTED_MIN) return [];
    const gap = gapOf(of, some, convert);
    return gap <= MATCHES_MAX ? [{ uom: code, share: some.share, gap, before: 1 }] : [];
  });
  return matches.toSorted((a, b) => a.gap - b.gap)[0] ?? null;
}

/** Part of some numbers: what lies between two values, as a distribution of its own. */
export type Portion = { readonly share: number; readonly below: (x: number) => Interval };

/** `low` and `high` are values that bins end at, or infinite; else what lies in a cut bin counts as outside. */
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
  };
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
