/** What dispatch tells of itself: who was considered and with which figures. Distances, never places. */
import type { Autonomy, Reason } from "../../contracts/decision.ts";
import type { Told } from "../../contracts/effect.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import type { Choice } from "./offer.ts";

/** Candidates whose figures are kept, cheapest first: more explain nothing. */
const CANDIDATES_MAX = 20;

/** An offer that was made, or one that waits for a person and has no id yet. `because`: why one is asked though the scenario does not ask for one. */
export function tellOffer(
  outcome: "offered" | "held",
  { offer, ranked }: Extract<Choice, { outcome: "offer" }>,
  round: number,
  autonomy: Autonomy,
  because: readonly Reason[] = [],
): Told {
  const { distanceM, travelMs, queueMs, arriveAt = 0 } = offer.because;
  const candidates = ranked.slice(0, CANDIDATES_MAX).map((one) => ({
    engineer: one.engineer,
    distanceM: one.distanceM,
    travelMs: one.travelMs,
    queueMs: one.queueMs,
    ...(one.positionAgeMs === undefined ? {} : { positionAgeMs: one.positionAgeMs }),
    costMs: one.cost.total,
  }));
  const isSoonest = ranked.every((other) => other.arriveAt >= arriveAt);
  return {
    outcome,
    autonomy,
    snapshot: { ...(outcome === "offered" ? { offer: offer.id, expiresAt: offer.expiresAt } : {}), round, candidates, notChosen: offer.notChosen },
    reasons: [{ code: isSoonest ? "soonest" : "fits-best", about: { engineer: offer.engineer, distanceM, travelMs, queueMs } }, ...because],
  };
}

export function tellNobody({ code, again, escalate, notChosen }: Extract<Choice, { outcome: "nobody" }>, ticket: Ticket): Told {
  return {
    outcome: escalate ? "escalated" : "waits",
    snapshot: { notChosen, asked: ticket.asked },
    reasons: [{ code, about: { round: ticket.round, ...(again === undefined ? {} : { again }) } }],
  };
}
