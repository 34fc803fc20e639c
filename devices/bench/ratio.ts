/**
 * How many times as long something takes with a load as without, from phases that took turns: what else the machine did falls on both alike. The
 * interval is drawn from whole pairs of phases (bootstrap by blocks, Künsch 1989), since what was measured in one phase has company.
 */
import type { Random } from "../simulator/random.ts";
import { quantile } from "./machine.ts";

/** One phase of each, beside one another; each with what it measured. */
export type Pair = { readonly with: readonly number[]; readonly without: readonly number[] };
/** `low` and `high`: 95 % of what was drawn lies between. */
export type Ratio = { readonly ratio: number; readonly low: number; readonly high: number };

const DRAWS = 300;

/** Of the quantiles at `share`. */
export function ratioOf(pairs: readonly Pair[], share: number, random: Random): Ratio {
  const of = (some: readonly Pair[]): number =>
    quantile(
      some.flatMap((pair) => pair.with),
      share,
    ) /
    quantile(
      some.flatMap((pair) => pair.without),
      share,
    );
  const drawn = Array.from({ length: DRAWS }, () => of(pairs.map(() => pairs[Math.floor(random() * pairs.length)] ?? { with: [], without: [] })));
  return { ratio: of(pairs), low: quantile(drawn, 0.025), high: quantile(drawn, 0.975) };
}
