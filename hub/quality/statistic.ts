/**
 * The tests behind a finding: each gives a statistic and the threshold that stationary data pass with the chance `ALPHA` at most.
 * A threshold is also never below a size that matters: with a million values everything is significant.
 */

export type Test = { readonly statistic: number; readonly threshold: number };

/** Chance of a false finding per test. Nine tests on 200 fields: one false finding in about 50 scans. */
export const ALPHA = 1e-5;
/** Standard normal deviations beyond which lies `ALPHA`, both sides and one side. */
const Z_TWO_SIDED = 4.417;
const Z_ONE_SIDED = 4.265;

/** Values on each side below which a distribution is not judged: 20 in each tenth. Cochran 1954 asks for 5; the far tail needs more. */
export const DISTRIBUTION_SAMPLE_MIN = 200;
/** Values on each side below which shares are not judged. */
export const SHARE_SAMPLE_MIN = 100;

/** Groups in which shares are compared: the usual tenths. */
export const GROUPS = 10;
/** Population stability index: below 0.1 little has changed, from 0.25 much (Siddiqi 2006, Credit Risk Scorecards). */
const PSI_MATTERS = 0.1;
export const PSI_MAJOR = 0.25;
/** Kolmogorov–Smirnov distance: a shift of a quarter of a deviation moves a bell curve by 0.1, of two thirds by 0.25. */
export const KS_MATTERS = 0.1;
export const KS_MAJOR = 0.25;
/** Difference of two shares that anybody would act on. */
const SHARE_MATTERS = 0.02;
export const SHARE_MAJOR = 0.1;

/** Two-sample Kolmogorov–Smirnov: D against √(−ln(α/2)/2 · (1/n + 1/m)) (Smirnov 1948), in [0, 1]. */
export function ksTest(distance: number, n: number, m: number): Test {
  return { statistic: distance, threshold: Math.max(KS_MATTERS, Math.sqrt((-Math.log(ALPHA / 2) / 2) * (1 / n + 1 / m))) };
}

/**
 * Population stability index of counts in the same groups, `[baseline, live]`. On stationary data it is (1/n + 1/m) times a χ² of
 * groups − 1 degrees of freedom (Yurdakul 2018); so small samples need a higher threshold than the rule of thumb.
 */
export function psiTest(groups: readonly (readonly [number, number])[]): Test {
  const n = groups.reduce((sum, [a]) => sum + a, 0);
  const m = groups.reduce((sum, [, b]) => sum + b, 0);
  if (groups.length < 2 || n === 0 || m === 0) return { statistic: 0, threshold: PSI_MATTERS };
  let psi = 0;
  for (const [a, b] of groups) {
    // Half a value more in each group (Jeffreys): an empty one would be infinitely far.
    const [p, q] = [(a + 0.5) / (n + groups.length / 2), (b + 0.5) / (m + groups.length / 2)];
    psi += (q - p) * Math.log(q / p);
  }
  return { statistic: psi, threshold: Math.max(PSI_MATTERS, (1 / n + 1 / m) * chiSquare(groups.length - 1)) };
}

/** Difference of two shares, `x` of `n` and `y` of `m`, as |difference|; by the adjusted test of Agresti and Caffo 2000, which holds for shares near 0 too. */
export function shareTest(x: number, n: number, y: number, m: number): Test {
  const [p, q] = [(x + 1) / (n + 2), (y + 1) / (m + 2)];
  const deviation = Math.sqrt((p * (1 - p)) / (n + 2) + (q * (1 - q)) / (m + 2));
  return { statistic: Math.abs(y / m - x / n), threshold: Math.max(SHARE_MATTERS, Z_TWO_SIDED * deviation) };
}

/**
 * How often something must be seen on one side of `m` values, when it never was on the other of `n`, to be no chance: if the sides were
 * alike, all k would fall here with probability (m / (n + m))^k at most (Fisher's exact test). `among`: of so many things at once.
 */
export function newcomersMin(n: number, m: number, among: number): number {
  return Math.ceil(Math.log(ALPHA / among) / Math.log(m / (n + m)));
}

/** The value that a χ² of `degrees` passes with the chance `ALPHA`: Wilson and Hilferty 1931, which is 2 % too high so far out. */
function chiSquare(degrees: number): number {
  const part = 2 / (9 * degrees);
  return degrees * (1 - part + Z_ONE_SIDED * Math.sqrt(part)) ** 3;
}
