/** Numbers: bounds, multiples and single values, decided exactly. */
import type { Literal } from "./formula.ts";
import { TRIED_VALUES_MAX } from "./limit.ts";
import { commonMultiple, compareRational, isMultiple, type Rational, stepsBelow, times, toRational } from "./rational.ts";

type Bound = { readonly at: Rational; readonly open: boolean };

/** Whether no number satisfies all literals; positive `values` are tried elsewhere. */
export function isNumberless(literals: readonly Literal[]): boolean {
  const low = tightest(literals, "above");
  const high = tightest(literals, "below");
  const step = literals.reduce<Rational | null>(
    (one, other) => (other.is !== "multiple" || other.not ? one : one === null ? other.of : commonMultiple(one, other.of)),
    null,
  );
  if (low !== null && high !== null) {
    const order = compareRational(low.at, high.at);
    if (order > 0 || (order === 0 && (low.open || high.open))) return true;
    if (order === 0) return !fits(low.at, literals);
  }
  if (step === null) return false;
  if (literals.some((one) => one.is === "multiple" && one.not && isMultiple(step, one.of))) return true;
  if (low === null || high === null) return false;
  const first = firstStep(low, step);
  const last = lastStep(high, step);
  if (first > last) return true;
  if (last - first >= BigInt(TRIED_VALUES_MAX)) return false;
  for (let at = first; at <= last; at++) if (fits(times(step, at), literals)) return false;
  return true;
}

/** How many whole steps lie within the bounds: `Infinity` without bounds or without a step. */
export function countNumbersAtMost(literals: readonly Literal[]): number {
  const [low, high] = [tightest(literals, "above"), tightest(literals, "below")];
  const step = literals.find((one) => one.is === "multiple" && !one.not);
  if (low === null || high === null || step?.is !== "multiple") return Infinity;
  const count = lastStep(high, step.of) - firstStep(low, step.of) + 1n;
  return count < 0n ? 0 : Number(count);
}

/** Whether a number satisfies every literal that speaks of numbers. */
export function fits(value: Rational, literals: readonly Literal[]): boolean {
  return literals.every((one) => {
    if (one.is === "above") return compareRational(value, one.bound) > (one.open ? 0 : -1);
    if (one.is === "below") return compareRational(value, one.bound) < (one.open ? 0 : 1);
    if (one.is === "multiple") return isMultiple(value, one.of) !== one.not;
    if (one.is !== "values") return true;
    return [...one.values.values()].some((known) => typeof known === "number" && compareRational(toRational(known), value) === 0) !== one.not;
  });
}

function tightest(literals: readonly Literal[], is: "above" | "below"): Bound | null {
  let best: Bound | null = null;
  for (const one of literals) {
    if (one.is !== is) continue;
    const order: number = best === null ? 1 : compareRational(one.bound, best.at) * (is === "above" ? 1 : -1);
    if (order > 0 || (order === 0 && one.open)) best = { at: one.bound, open: one.open };
  }
  return best;
}

function firstStep(low: Bound, step: Rational): bigint {
  const below = stepsBelow(low.at, step);
  return !low.open && compareRational(times(step, below), low.at) === 0 ? below : below + 1n;
}

function lastStep(high: Bound, step: Rational): bigint {
  const below = stepsBelow(high.at, step);
  return high.open && compareRational(times(step, below), high.at) === 0 ? below - 1n : below;
}
