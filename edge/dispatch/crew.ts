/** Visits that need more than one engineer: when somebody holds the job, others are asked to come along, each by an offer of their own. */
import type { Cause, Draft } from "../../contracts/effect.ts";
import type { EngineerId, NewId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Offer } from "../../contracts/offer.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { choose } from "./offer.ts";
import { tellNobody, tellOffer } from "./told.ts";

/**
 * Who said no, or nothing, to this job in either part, is asked to come along again after so long: by then another job may be done. Where nobody
 * can be asked it is looked again as often, without a word: the desk was told.
 */
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

/** Whoever led it does not any more: those who were to come along lose their place with them, and hear of it. They are free for others. */
export function dismissCrewStep(draft: Draft, { id, helpers = [] }: Ticket, cause: Cause): readonly EngineerId[] {
  for (const { engineer } of helpers) unhelpStep(draft, id, engineer, "unit", cause);
  const reasons = helpers.map(({ engineer }) => ({ code: "taken-from", about: { engineer } }));
  if (reasons.length > 0) draft.tell(cause, "answer", id, { outcome: "helper-left", reasons });
  return helpers.map(({ engineer }) => engineer);
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
  const before = helpOffers(draft, ticket);
  const times = Map.groupBy(before, ({ engineer }) => engineer);
  const inVain = [...times].filter(([, offers]) => offers.length > dispatch.roundsMax).map(([engineer]) => engineer);
  // By a word of the desk that more are needed, who was not needed any more is.
  const left = cause.type === "crew" ? [] : before.filter(({ state, answeredAt = 0 }) => state === "withdrawn" && answeredAt > cause.at - HELPER_AGAIN_MS);
  const away = [...ledBefore(draft, ticket, cause.at), ...left].map(({ engineer }) => engineer);
  const asked = [...askedLately(draft, ticket, cause.at), ...away, ...inVain, ...(but === undefined ? [] : [but])];
  const choice = choose(draft.view, { ...ticket, skills: [], asked, round: dispatch.roundsMax }, cause.at, newId, "helper");
  const key = `crew:${ticket.id}`;
  if (choice.outcome === "nobody") {
    const again = Math.min(choice.again ?? Infinity, cause.at + HELPER_AGAIN_MS);
    const code = choice.code === "rounds-over" ? "round-over" : choice.code;
    draft.time({ set: key, at: again, due: { type: "crew-again", ticket: ticket.id } });
    // The desk hears of it once for each lead, by what made it so; what is tried after that is only told.
    const escalate = [...times.values()].every(({ length }) => length <= 1);
    if (cause.type !== "crew-again") draft.tell(cause, escalate ? "escalation" : "offer", ticket.id, tellNobody({ ...choice, code, again, escalate }, ticket));
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

/** Offers to come along with whoever leads now. */
function helpOffers(draft: Draft, ticket: Ticket): readonly Offer[] {
  const since = "acceptedAt" in ticket ? ticket.acceptedAt : 0;
  return draft.view.list("offer", { ticket: ticket.id }).filter((offer) => isHelperOffer(offer) && offer.madeAt >= since);
}

/** By whom it was led before: of those whom the desk sent away, and of those who lost it lately. */
function ledBefore(draft: Draft, { id, reopened, history = [] }: Ticket, now: Millis): readonly Offer[] {
  return draft.view.list("offer", { ticket: id }).filter((offer) => {
    if (isHelperOffer(offer) || offer.state !== "accepted" || offer.madeAt < (reopened?.at ?? 0)) return false;
    const until = history.find(
      ({ at, from, to }) => at >= (offer.answeredAt ?? 0) && from !== undefined && from !== "offered" && (to === "open" || to === "reopened"),
    );
    return until !== undefined && (until.as === "dispatcher" || until.at > now - HELPER_AGAIN_MS);
  });
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
