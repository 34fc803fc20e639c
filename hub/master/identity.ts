/**
 * Which records stand for one customer, machine or engineer: blocking, comparison field by field, a probability, a decision, groups.
 *
 * ```
 * records ─ profile (normal forms) ─ block ─ compare ─ weigh ─┬─ ≥ SAME_MIN ──▶ same: may be merged by itself
 *                                                              ├─ ≥ REVIEW_MIN ▶ a person looks
 *                                                              └─ below ───────▶ distinct, not told
 * ```
 */
import { candidatePairs } from "./block.ts";
import { type Edge, clusterOf } from "./cluster.ts";
import { type Belief, weigh } from "./evidence.ts";
import { type Attributes, type MasterFamily, type Profile, compareProfiles, profileOf } from "./profile.ts";
import { MODELS } from "./weights.ts";

/** Merging what is not one thing is worse than a look too many: on generated registers one in a hundred is wrong at this, of people two to three. */
export const SAME_MIN = 0.9;
/** Below it less than one look in twenty would find something. */
export const REVIEW_MIN = 0.05;

export type MasterRecord = { readonly id: string; readonly attributes: Attributes };
/** `a` < `b`. `chained`: sure by itself, but it would have joined records that are not alike. No values: those are personal. */
export type Judged = Belief & { readonly a: string; readonly b: string; readonly decision: "same" | "review"; readonly chained?: true };
/** `pairs`: the surest first. `clusters`: records of one thing, two and more. `compared`: pairs that were looked at. */
export type Matched = { readonly pairs: readonly Judged[]; readonly clusters: readonly (readonly string[])[]; readonly compared: number };

export type MatchOptions = {
  /** Of phone numbers without a prefix, such as `CN`. */
  readonly country: string;
  /** Only pairs with one of these ids: the rows of an import. */
  readonly fresh?: ReadonlySet<string>;
  /** Pairs that a person has told apart, by `pairKey`: never brought up again, nor joined by way of others. */
  readonly apart?: ReadonlySet<string>;
};

/** The same whatever the order of `records`, whose ids are unique. */
export function matchRecords(family: MasterFamily, records: readonly MasterRecord[], options: MatchOptions): Matched {
  const profiles = new Map(records.map(({ id, attributes }) => [id, profileOf(family, id, attributes, options.country)]));
  const beliefOf = (a: Profile, b: Profile): Belief => weigh(MODELS[family], compareProfiles(family, a, b), records.length);
  const isApart = (a: string, b: string): boolean => options.apart?.has(pairKey(a, b)) === true;
  const judged: (Belief & Edge)[] = [];
  let compared = 0;
  for (const [one, other] of candidatePairs(family, [...profiles.values()], options.fresh)) {
    compared++;
    if (isApart(one.id, other.id)) continue;
    const belief = beliefOf(one, other);
    if (belief.score >= REVIEW_MIN) judged.push({ a: one.id, b: other.id, ...belief });
  }
  const scoreOf = (a: string, b: string): number => {
    const [one, other] = [profiles.get(a), profiles.get(b)];
    return one === undefined || other === undefined || isApart(a, b) ? 0 : beliefOf(one, other).score;
  };
  const { clusters, refused } = clusterOf(
    judged.filter(({ score }) => score >= SAME_MIN),
    scoreOf,
    REVIEW_MIN,
  );
  const clusterById = new Map(clusters.flatMap((ids) => ids.map((id) => [id, ids] as const)));
  const chained = new Set(refused.map(({ a, b }) => pairKey(a, b)));
  const decided = judged.map((pair): Judged => {
    const together = clusterById.get(pair.a)?.includes(pair.b) === true;
    return { ...pair, decision: together ? "same" : "review", ...(chained.has(pairKey(pair.a, pair.b)) && !together ? { chained: true } : {}) };
  });
  return { pairs: decided.toSorted((x, y) => y.score - x.score || (pairKey(x.a, x.b) < pairKey(y.a, y.b) ? -1 : 1)), clusters, compared };
}

/** One key for a pair, whichever comes first. */
export function pairKey(a: string, b: string): string {
  return a < b ? `${a}\n${b}` : `${b}\n${a}`;
}
