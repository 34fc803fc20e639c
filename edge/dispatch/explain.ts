/** Why not the others: one entry for each engineer who was not chosen, those who came closest first. */
import { COST_TERMS, type CostTerm, type NotChosen } from "../../contracts/offer.ts";
import type { Candidate } from "../../contracts/plan.ts";
import type { Ranking } from "./rank.ts";

/** Entries on one offer, about 100 bytes each: a synced value holds 32 KiB. */
export const NOT_CHOSEN_MAX = 200;

const CLOSENESS: readonly NotChosen["code"][] = [
  "later",
  "costs-more",
  "on-it",
  "has-offer",
  "declined",
  "no-answer",
  "had-it",
  "break",
  "misses-appointment",
  "breaks-appointment",
  "shift-ends",
  "lacks-part",
  "outside-territory",
  "off-shift",
  "absent",
  "unreachable",
  "lacks-skill",
];

export function explain({ ranked, kept }: Ranking): NotChosen[] {
  const [chosen, ...others] = ranked;
  const behind = chosen === undefined ? [] : others.map((other) => behindOf(chosen, other));
  return [...behind, ...[...kept].sort((a, b) => CLOSENESS.indexOf(a.code) - CLOSENESS.indexOf(b.code))].slice(0, NOT_CHOSEN_MAX);
}

/** Why one candidate stands behind another. */
export function behindOf(chosen: Candidate, other: Candidate): NotChosen {
  const { engineer, travelMs, queueMs } = other;
  const byMs = other.arriveAt - chosen.arriveAt;
  if (byMs > 0 && mostOf(chosen, other) !== "preference") return { engineer, code: "later", byMs, travelMs, queueMs };
  const term = mostOf(chosen, other);
  return {
    engineer,
    code: "costs-more",
    byMs: other.cost.total - chosen.cost.total,
    term,
    termMs: other.cost[term] - chosen.cost[term],
    earlierMs: -byMs,
  };
}

/** The term that speaks most against the other one. */
function mostOf(chosen: Candidate, other: Candidate): CostTerm {
  return COST_TERMS.reduce((most, term) => (other.cost[term] - chosen.cost[term] > other.cost[most] - chosen.cost[most] ? term : most));
}
