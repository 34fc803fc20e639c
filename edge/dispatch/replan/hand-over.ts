/** A job goes from one engineer to another, or is offered to whom a plan names: each offer passes the rules again as they are now. */
import { UNIT, type Cause, type Draft } from "../../../contracts/effect.ts";
import type { UnitView } from "../../../contracts/entity.ts";
import type { EngineerId, NewId, TicketId } from "../../../contracts/ids.ts";
import type { Millis } from "../../../contracts/instant.ts";
import type { Candidate } from "../../../contracts/plan.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { trustInJob } from "../../../contracts/trust.ts";
import { plannedUntil } from "../ahead.ts";
import { dismissCrewStep } from "../crew.ts";
import { explain } from "../explain.ts";
import { readFacts, type Facts } from "../facts.ts";
import { isOnHold, offerTo, waitOf } from "../offer.ts";
import { asOpen, questionOf, rank, type Ranking } from "../rank.ts";
import { offerStep, withdrawStep } from "../steps.ts";
import { REASSIGN_MS } from "./problem.ts";

/** Taken from whoever accepted it and offered to `to`; false where a rule is in the way by now, or, unless a person says so, it would come too late. */
export function moveStep(draft: Draft, ticket: Extract<Ticket, { state: "assigned" }>, to: EngineerId, cause: Cause, newId: NewId): boolean {
  const { to: from } = ticket;
  // Nobody new is asked for what the customer wants to wait; whoever has it goes on.
  if (isOnHold(ticket, cause.at)) return false;
  // An offer that would wait for a person is no reason to take the job from anybody.
  if (cause.allows !== "offer" && trustInJob(draft.view, ticket).autonomy !== "act") return false;
  const waiting = { ...ticket, state: "open" } as Ticket;
  const chosen = candidateFor(draft.view, waiting, to, cause.at, ticket.id);
  // Whoever is asked may be silent, and then nobody has it: it is worth that only where the promise is kept.
  if (chosen === null || (cause.actor === UNIT && chosen.first.arriveAt > ticket.respondBy)) return false;
  const returned = draft.advance(ticket, {
    type: "returned",
    why: "the plan is better so",
    at: cause.at,
    by: cause.actor,
    as: cause.actor === UNIT ? "unit" : "dispatcher",
  });
  if (isRefusal(returned)) return false;
  draft.put({ family: "assignment", id: ticket.id, after: null });
  dismissCrewStep(draft, ticket, cause);
  offerStep(
    draft,
    returned,
    { outcome: "offer", offer: offerTo(draft.view, returned, chosen.first, chosen.notChosen, cause.at, newId), ranked: chosen.ranked },
    cause,
  );
  draft.tell(cause, "offer", ticket.id, { outcome: "moved", reasons: [{ code: "costs-less", about: { from, to } }] });
  return true;
}

/**
 * A job that was accepted is more urgent than it was: it goes to whoever costs so much less that a plan would move it, without waiting for one.
 * Where a person has the say on offers the desk is told. Whom it was taken from; null where it stays.
 */
export function urgentStep(draft: Draft, ticket: Extract<Ticket, { state: "assigned" }>, cause: Cause, newId: NewId): EngineerId | null {
  const { ranked } = rank(readFacts(draft.view, cause.at, ticket.id), questionOf(draft.view, asOpen(ticket)));
  const [best] = ranked;
  const own = ranked.find(({ engineer }) => engineer === ticket.to);
  if (best === undefined || best === own) return null;
  const gainMs = (own?.cost.total ?? Infinity) - best.cost.total;
  if (gainMs <= REASSIGN_MS[ticket.priority]) return null;
  if (trustInJob(draft.view, ticket).autonomy === "act") return moveStep(draft, ticket, best.engineer, { ...cause, actor: UNIT }, newId) ? ticket.to : null;
  const about = { from: ticket.to, to: best.engineer, ...(own === undefined ? {} : { gainMs }) };
  draft.tell(cause, "escalation", ticket.id, { outcome: "at-risk", reasons: [{ code: "costs-less", about }] });
  return null;
}

/** The offer that nobody has answered is taken back, and `to` is asked; false where a rule is in the way by now. */
export function offerAgainStep(draft: Draft, ticket: Extract<Ticket, { state: "offered" }>, to: EngineerId, cause: Cause, newId: NewId): boolean {
  const waiting = { ...ticket, state: "open" } as Ticket;
  if (isOnHold(ticket, cause.at)) return false;
  if (candidateFor(draft.view, waiting, to, cause.at, ticket.id) === null) return false;
  withdrawStep(draft, ticket, cause);
  const free = draft.view.get("ticket", ticket.id);
  return free !== undefined && offerToStep(draft, readFacts(draft.view, cause.at), free, to, cause, newId);
}

/** `facts`: of the draft as it is. Whom it is planned for later is looked at alone: the others are reckoned for an offer that is made. */
export function offerToStep(draft: Draft, facts: Facts, ticket: Ticket, to: EngineerId, cause: Cause, newId: NewId): boolean {
  if (waitOf(ticket, cause.at) !== null) return false;
  const question = questionOf(draft.view, ticket);
  const [alone] = rank({ ...facts, workers: facts.workers.filter(({ engineer }) => engineer.id === to) }, question).ranked;
  if (alone === undefined || plannedUntil(draft.view.scenario.dispatch, ticket, alone, cause.at) !== null) return false;
  const chosen = chosenOf(rank(facts, question), to);
  if (chosen === null) return false;
  offerStep(
    draft,
    ticket,
    { outcome: "offer", offer: offerTo(draft.view, ticket, chosen.first, chosen.notChosen, cause.at, newId), ranked: chosen.ranked },
    cause,
  );
  return true;
}

type Chosen = { readonly first: Candidate; readonly ranked: readonly Candidate[]; readonly notChosen: ReturnType<typeof explain> };

/** The engineer with their figures, if every hard rule lets them have the ticket now; the others behind, with their reasons. */
export function candidateFor(view: UnitView, ticket: Ticket, to: EngineerId, now: Millis, without?: TicketId): Chosen | null {
  return chosenOf(rank(readFacts(view, now, without), questionOf(view, ticket)), to);
}

function chosenOf(ranking: Ranking, to: EngineerId): Chosen | null {
  const first = ranking.ranked.find(({ engineer }) => engineer === to);
  if (first === undefined) return null;
  const ranked = [first, ...ranking.ranked.filter((one) => one !== first)];
  return { first, ranked, notChosen: explain({ ...ranking, ranked }) };
}
