/** Visits that need more than one engineer: when somebody holds the job, others are asked to come along, each by an offer of their own. */
import type { Cause, Draft } from "../../contracts/effect.ts";
import type { EngineerId, NewId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Offer } from "../../contracts/offer.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { choose } from "./offer.ts";
import { tellNobody, tellOffer } from "./told.ts";

/** Who said no, or nothing, to this job in either part, is asked to come along again after so long: by then another job may be done. */
const HELPER_AGAIN_MS = 30 * 60_000;

export function isHelperOffer(offer: Offer): boolean {
  return offer.as === "helper";
}

/**
 * Asks as many as are missing and not being asked; whoever has no skill of the ticket may come along too. Waits where there is nobody, and a person
 * looks. `but`: whom the desk has just sent away.
 */
export function crewStep(draft: Draft, id: TicketId, cause: Cause, newId: NewId, but?: EngineerId): void {
  for (;;) {
    const ticket = draft.view.get("ticket", id);
    if (ticket === undefined || missing(draft, ticket) <= 0) return;
    if (!askHelper(draft, ticket, cause, newId, but)) return;
  }
}

/** Fewer are needed than are asked: the latest offers are taken back. Those who were asked. */
export function uncrewStep(draft: Draft, id: TicketId, cause: Cause): readonly EngineerId[] {
  const ticket = draft.view.get("ticket", id);
  const tooMany = ticket === undefined ? 0 : -missing(draft, ticket);
  if (tooMany < 0 || ticket === undefined) return [];
  draft.time({ cancel: `crew:${id}` });
  const asked = tooMany === 0 ? [] : asking(draft, ticket).slice(-tooMany);
  for (const offer of asked) withdrawHelp(draft, offer, cause);
  return asked.map(({ engineer }) => engineer);
}

/** Whoever had said yes does not come: by their own word, which is a no, or since they were sent away. */
export function unhelpStep(draft: Draft, id: TicketId, engineer: EngineerId, as: "engineer" | "dispatcher" | "unit", cause: Cause): void {
  const said = draft.view.list("offer", { ticket: id, engineer }).findLast((offer) => isHelperOffer(offer) && offer.state === "accepted");
  if (said !== undefined) close(draft, { ...said, state: as === "engineer" ? "declined" : "withdrawn", answeredAt: cause.at });
}

/** An offer to come along that nobody has answered is taken back. */
export function withdrawHelp(draft: Draft, offer: Offer, cause: Cause): void {
  close(draft, { ...offer, state: "withdrawn", answeredAt: cause.at });
}

/** Whether somebody is still to be asked to come along. */
export function lacksHelper(draft: Draft, ticket: Ticket): boolean {
  return missing(draft, ticket) > 0;
}

/** Refuses `too-late`. The job's own life decides whether there is still room. */
export function helperAnswerStep(draft: Draft, offer: Offer, ticket: Ticket, answer: "accepted" | "declined", cause: Cause): "taken" | "again" | Refusal {
  if (offer.state === answer) return "again";
  if (offer.state !== "open" || (answer === "accepted" && cause.at > offer.expiresAt)) return tooLate();
  if (answer === "accepted") {
    const after = draft.advance(ticket, { type: "helper-joined", offer: offer.id, at: cause.at, by: offer.engineer, as: "engineer" });
    if (isRefusal(after)) return after;
  }
  close(draft, { ...offer, state: answer, answeredAt: cause.at });
  draft.tell(cause, "answer", ticket.id, {
    outcome: answer === "accepted" ? "helper-accepted" : "helper-declined",
    reasons: [{ code: "answered-after", about: { offer: offer.id, engineer: offer.engineer, ms: cause.at - offer.madeAt } }],
  });
  return "taken";
}

/** The engineer who did not answer; null when it is too early, and the timer is set again. */
export function helperExpiresStep(draft: Draft, offer: Offer, cause: Cause): EngineerId | null {
  if (cause.at < offer.expiresAt) {
    draft.time({ set: `offer:${offer.id}`, at: offer.expiresAt, due: { type: "offer-expires", offer: offer.id } });
    return null;
  }
  close(draft, { ...offer, state: "expired" });
  draft.tell(cause, "timer", offer.ticket, {
    outcome: "helper-expired",
    reasons: [{ code: "no-answer", about: { offer: offer.id, engineer: offer.engineer, afterMs: offer.expiresAt - offer.madeAt } }],
  });
  return offer.engineer;
}

function askHelper(draft: Draft, ticket: Ticket, cause: Cause, newId: NewId, but?: EngineerId): boolean {
  const { autonomy, dispatch } = draft.view.scenario;
  const asked = [...askedLately(draft, ticket, cause.at), ...(but === undefined ? [] : [but])];
  const choice = choose(draft.view, { ...ticket, skills: [], asked, round: 0 }, cause.at, newId, "helper");
  const key = `crew:${ticket.id}`;
  if (choice.outcome === "nobody") {
    const again = choice.again ?? cause.at + dispatch.retryMs;
    draft.time({ set: key, at: again, due: { type: "crew-again", ticket: ticket.id } });
    draft.tell(cause, "escalation", ticket.id, tellNobody({ ...choice, again, escalate: true }, ticket));
    return false;
  }
  const runs = autonomy.offer === "act" || cause.allows === "offer";
  draft.tell(cause, "offer", ticket.id, tellOffer(runs ? "offered" : "held", choice, ticket.round, autonomy.offer));
  if (!runs) return false;
  const offer: Offer = { ...choice.offer, as: "helper" };
  draft.time({ cancel: key }, { set: `offer:${offer.id}`, at: offer.expiresAt, due: { type: "offer-expires", offer: offer.id } });
  draft.put({ family: "offer", id: offer.id, after: offer });
  return true;
}

function missing(draft: Draft, ticket: Ticket): number {
  if (ticket.state !== "assigned" && ticket.state !== "travelling" && ticket.state !== "working" && ticket.state !== "paused") return 0;
  return (ticket.crew ?? 1) - 1 - (ticket.helpers ?? []).length - asking(draft, ticket).length;
}

function asking(draft: Draft, ticket: Ticket): readonly Offer[] {
  return draft.view.list("offer", { ticket: ticket.id, state: "open" }).filter(isHelperOffer);
}

function askedLately(draft: Draft, ticket: Ticket, now: Millis): EngineerId[] {
  return draft.view
    .list("offer", { ticket: ticket.id })
    .filter(({ state }) => state === "declined" || state === "expired")
    .filter((offer) => (offer.answeredAt ?? offer.expiresAt) > now - HELPER_AGAIN_MS)
    .map((offer) => offer.engineer);
}

function close(draft: Draft, offer: Offer): void {
  draft.put({ family: "offer", id: offer.id, after: offer });
  draft.time({ cancel: `offer:${offer.id}` });
}

function tooLate(): Refusal {
  return refuse("too-late", "an offer can be answered until it expires or is withdrawn", "wait for the next offer");
}
