/** Steps of dispatch as they enter the draft: ask somebody, hear their answer or their silence, and turn to the next. */
import { UNIT, type Cause, type Draft } from "../../contracts/effect.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { EngineerId, NewId, OfferId, TicketId } from "../../contracts/ids.ts";
import type { Offer } from "../../contracts/offer.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Ticket, TicketEvent } from "../../contracts/ticket.ts";
import { trustInJob } from "../../contracts/trust.ts";
import { helperAnswerStep, helperExpiresStep, isHelperOffer } from "./crew.ts";
import { hasSkills } from "./eligible.ts";
import { unfitForOffer, type Unfit } from "./fit.ts";
import { readFacts, siteOf } from "./facts.ts";
import { choose, waitOf, type Choice } from "./offer.ts";
import { questionOf, rank } from "./rank.ts";
import { covers } from "./territory.ts";
import { tellNobody, tellOffer } from "./told.ts";

/** Asks whoever is there soonest; holds the offer for a person where autonomy says so; waits or escalates when there is nobody. */
export function dispatchStep(draft: Draft, ticket: Ticket, cause: Cause, newId: NewId): void {
  apply(draft, ticket, choose(draft.view, ticket, cause.at, newId), cause);
}

/** The wait is over: the same round goes on, or a new one begins when everybody was asked. */
export function dispatchAgainStep(draft: Draft, id: TicketId, cause: Cause, newId: NewId): void {
  const ticket = draft.view.get("ticket", id);
  if ((ticket?.state !== "open" && ticket?.state !== "reopened") || ticket.needsPerson === true) return;
  const choice = choose(draft.view, ticket, cause.at, newId);
  if (choice.outcome === "nobody" && choice.code === "round-over") nextRoundStep(draft, ticket, cause, newId);
  else apply(draft, ticket, choice, cause);
}

/** Everybody may be asked again. */
export function nextRoundStep(draft: Draft, ticket: Ticket, cause: Cause, newId: NewId): void {
  dispatchStep(draft, must(draft, ticket, { type: "round-begun", ...unitSays(cause) }), cause, newId);
}

/** A person lets a held offer run, or has an escalated job tried once more; false when the ticket waits for nobody. */
export function confirmOfferStep(draft: Draft, ticket: Ticket, cause: Cause, newId: NewId): boolean {
  if ((ticket.state !== "open" && ticket.state !== "reopened") || (ticket.needsPerson === undefined && ticket.escalatedAt === undefined)) return false;
  const { needsPerson, escalatedAt: _seen, ...waiting } = ticket;
  if (needsPerson === true) dispatchStep(draft, waiting, cause, newId);
  else nextRoundStep(draft, waiting, cause, newId);
  return true;
}

/**
 * The rules are asked again: an offer that was made by others is as good as withdrawn. Refuses `unknown-offer`, `unknown-engineer`, `not-yours`,
 * `too-late`, `wrong-state`. The same tap again changes nothing.
 */
export function acceptStep(draft: Draft, id: OfferId, by: EngineerId, cause: Cause): "taken" | "again" | Refusal {
  const found = offerAndTicket(draft, id);
  if (isRefusal(found)) return found;
  const { offer, ticket } = found;
  if (offer.engineer !== by) return notYours();
  const why = offer.state === "open" ? unfitForOffer(draft.view, offer, ticket, cause.at) : null;
  if (why !== null) return unfit(why);
  if (isHelperOffer(offer)) return helperAnswerStep(draft, offer, ticket, "accepted", cause);
  const after = draft.advance(ticket, { type: "accepted", by, as: "engineer", offer: id, at: cause.at });
  if (isRefusal(after)) return after;
  if (after === ticket) return "again";
  close(draft, { ...offer, state: "accepted", answeredAt: cause.at });
  draft.put({ family: "assignment", id: ticket.id, after: { id: ticket.id, engineer: by, offer: id, acceptedAt: cause.at } });
  draft.tell(cause, "answer", ticket.id, {
    outcome: "accepted",
    reasons: [{ code: "answered-after", about: { offer: id, engineer: by, ms: cause.at - offer.madeAt } }],
  });
  return "taken";
}

/** The engineer's own words stay on the offer. Refuses as `acceptStep` does. */
export function declineStep(draft: Draft, id: OfferId, by: EngineerId, reason: string, cause: Cause, newId: NewId): "taken" | "again" | Refusal {
  const found = offerAndTicket(draft, id);
  if (isRefusal(found)) return found;
  const { offer, ticket } = found;
  if (offer.engineer !== by) return notYours();
  if (offer.state === "declined") return "again";
  if (isHelperOffer(offer)) return helperAnswerStep(draft, { ...offer, declineReason: reason }, ticket, "declined", cause);
  const event = { type: "declined", by, as: "engineer", at: cause.at, offer: id } as const;
  const after = offer.state === "expired" || offer.state === "withdrawn" ? tooLate() : draft.advance(ticket, event);
  if (isRefusal(after)) return after;
  close(draft, { ...offer, state: "declined", answeredAt: cause.at, declineReason: reason });
  draft.tell(cause, "answer", ticket.id, {
    outcome: "declined",
    reasons: [{ code: "answered-after", about: { offer: id, engineer: by, ms: cause.at - offer.madeAt } }],
  });
  dispatchStep(draft, after, cause, newId);
  return "taken";
}

/** The engineer who did not answer; null when there is nothing to expire. A timer that fires early is set again. */
export function expireStep(draft: Draft, id: OfferId, cause: Cause, newId: NewId): EngineerId | null {
  const offer = draft.view.get("offer", id);
  const ticket = offer === undefined ? undefined : draft.view.get("ticket", offer.ticket);
  if (offer?.state === "open" && ticket !== undefined && isHelperOffer(offer)) return helperExpiresStep(draft, offer, cause);
  if (offer?.state !== "open" || ticket?.state !== "offered" || ticket.offer !== id) return null;
  if (cause.at < offer.expiresAt) {
    draft.time({ set: `offer:${id}`, at: offer.expiresAt, due: { type: "offer-expires", offer: id } });
    return null;
  }
  const after = must(draft, ticket, { type: "expired", offer: id, ...unitSays(cause) });
  close(draft, { ...offer, state: "expired" });
  draft.tell(cause, "timer", ticket.id, {
    outcome: "expired",
    reasons: [{ code: "no-answer", about: { offer: id, engineer: offer.engineer, afterMs: offer.expiresAt - offer.madeAt } }],
  });
  dispatchStep(draft, after, cause, newId);
  return offer.engineer;
}

/** An open offer is taken back, since nobody is to be sent now. The engineer who held it; null when there was none. */
export function withdrawStep(draft: Draft, ticket: Ticket, cause: Cause): EngineerId | null {
  if (ticket.state !== "offered") return null;
  const offer = draft.view.get("offer", ticket.offer);
  must(draft, ticket, { type: "withdrawn", offer: ticket.offer, at: cause.at, by: cause.actor, as: cause.type === "heard" ? "crm" : "unit" });
  if (offer !== undefined) close(draft, { ...offer, state: "withdrawn", answeredAt: cause.at });
  return ticket.to;
}

/** Waiting jobs that are held against one engineer who is free, most urgent first: whatever can't be theirs is passed over in microseconds. */
const FREED_LOOKED_MAX = 200;
/** Of those that could be theirs, so many are decided about with everybody else in view: some milliseconds each, with sixty engineers. */
const FREED_TRIED_MAX = 4;

/** An engineer holds no offer any more: of the jobs that wait and that they can have, the one whose promise ends first is tried again, until they are asked. */
export function freedStep(draft: Draft, id: EngineerId, cause: Cause, newId: NewId): void {
  const engineer = draft.view.get("engineer", id);
  if (engineer === undefined) return;
  const waiting = waitingIn(draft.view).filter((ticket) => ticket.needsPerson !== true && !ticket.asked.includes(id) && hasSkills(engineer, ticket));
  if (waiting.length === 0) return;
  const alone = readFacts(draft.view, cause.at, undefined, (one) => one.id === id);
  const own = { ...alone, workers: alone.workers.filter((worker) => worker.engineer.id === id) };
  let tried = 0;
  for (const ticket of waiting.slice(0, FREED_LOOKED_MAX)) {
    if (waitOf(ticket, cause.at) !== null || rank(own, questionOf(draft.view, ticket)).ranked.length === 0) continue;
    if (tried++ === FREED_TRIED_MAX) return;
    const choice = choose(draft.view, ticket, cause.at, newId);
    if (choice.outcome !== "offer") continue;
    apply(draft, ticket, choice, cause);
    // Somebody else is better placed for that one; whoever is free is still free.
    if (choice.offer.engineer === id) return;
  }
}

/** Those that wait for an engineer, most urgent first. */
function waitingIn(view: UnitView): readonly Extract<Ticket, { state: "open" | "reopened" }>[] {
  return [...view.list("ticket", { state: "open" }), ...view.list("ticket", { state: "reopened" })]
    .flatMap((ticket) => (ticket.state === "open" || ticket.state === "reopened" ? [ticket] : []))
    .toSorted((a, b) => a.respondBy - b.respondBy || (a.id < b.id ? -1 : 1));
}

/** People are others than they were: jobs that wait for a person since nobody could ever have them are tried again, or it is known when somebody can. */
export function peopleStep(draft: Draft, engineers: readonly EngineerId[], cause: Cause, newId: NewId): void {
  const anew = engineers.flatMap((id) => draft.view.get("engineer", id) ?? []);
  for (const ticket of waitingIn(draft.view)
    .filter(({ escalatedAt }) => escalatedAt !== undefined)
    .slice(0, FREED_LOOKED_MAX))
    if (anew.some((engineer) => hasSkills(engineer, ticket) && covers(engineer, siteOf(draft.view, ticket)))) tryStep(draft, ticket, cause, newId);
}

/** What kept everybody from a job that waits is gone: who can have it is asked, or it is known when somebody can. A round that waits for its time goes on waiting. */
export function tryStep(draft: Draft, ticket: Ticket, cause: Cause, newId: NewId): void {
  if ((ticket.state !== "open" && ticket.state !== "reopened") || ticket.needsPerson === true) return;
  const choice = choose(draft.view, ticket, cause.at, newId);
  if (choice.outcome === "offer" || (choice.again !== undefined && choice.code !== "round-over")) apply(draft, ticket, choice, cause);
}

/** A job asks for more than it did: it is decided about anew at once. */
export function anewStep(draft: Draft, ticket: Ticket, cause: Cause, newId: NewId): void {
  if ((ticket.state !== "open" && ticket.state !== "reopened") || ticket.needsPerson === true) return;
  dispatchStep(draft, ticket, cause, newId);
}

function apply(draft: Draft, ticket: Ticket, choice: Choice, cause: Cause): void {
  if (choice.outcome === "offer") return offerStep(draft, ticket, choice, cause);
  const { again } = choice;
  draft.put({ family: "ticket", id: ticket.id, after: ticket });
  if (choice.escalate) must(draft, ticket, { type: "escalated", ...unitSays(cause) });
  const key = `dispatch:${ticket.id}`;
  draft.time(again === undefined ? { cancel: key } : { set: key, at: again, due: { type: "dispatch-again", ticket: ticket.id } });
  draft.tell(cause, choice.escalate ? "escalation" : "offer", ticket.id, tellNobody(choice, ticket));
}

/** The one place where an offer is made, and so the one place that asks whether a person must say so first. */
export function offerStep(draft: Draft, ticket: Ticket, choice: Extract<Choice, { outcome: "offer" }>, cause: Cause): void {
  const { id, engineer, expiresAt } = choice.offer;
  const { autonomy, reasons } = trustInJob(draft.view, ticket);
  const runs = autonomy === "act" || cause.allows === "offer";
  draft.time({ cancel: `dispatch:${ticket.id}` });
  draft.tell(cause, "offer", ticket.id, tellOffer(runs ? "offered" : "held", choice, ticket.round, autonomy, reasons));
  must(draft, ticket, runs ? { type: "offered", to: engineer, offer: id, expiresAt, ...unitSays(cause) } : { type: "held", ...unitSays(cause) });
  if (!runs) return;
  draft.put({ family: "offer", id, after: choice.offer });
  draft.time({ set: `offer:${id}`, at: expiresAt, due: { type: "offer-expires", offer: id } });
}

function close(draft: Draft, offer: Offer): void {
  draft.put({ family: "offer", id: offer.id, after: offer });
  draft.time({ cancel: `offer:${offer.id}` });
}

function offerAndTicket(draft: Draft, id: OfferId): { readonly offer: Offer; readonly ticket: Ticket } | Refusal {
  const offer = draft.view.get("offer", id);
  const ticket = offer === undefined ? undefined : draft.view.get("ticket", offer.ticket);
  return offer === undefined || ticket === undefined ? refuse("unknown-offer", "the offer must exist", "load your offers again", "offer") : { offer, ticket };
}

/** A step that the unit itself takes and has checked: a refusal here is a bug. */
function must(draft: Draft, ticket: Ticket, event: TicketEvent): Ticket {
  const after = draft.advance(ticket, event);
  if (isRefusal(after)) throw new Error(`ticket ${ticket.id}: ${after.rule}`);
  return after;
}

/** The unit takes the step, on its own or by a person's word. */
function unitSays({ at, actor }: Cause): { readonly at: number; readonly by: string; readonly as: "unit" } {
  return { at, by: actor === "" ? UNIT : actor, as: "unit" };
}

function notYours(): Refusal {
  return refuse("not-yours", "only the engineer who was asked may answer", "sign in as that engineer");
}

function unfit(why: Unfit): Refusal {
  if (why === "gone") return refuse("unknown-engineer", "an engineer of this unit", "ask the desk to add you again", "by");
  return refuse("too-late", `an offer holds as long as the rules by which it was made: ${why}`, "wait for the next offer; the desk sees why");
}

function tooLate(): Refusal {
  return refuse("too-late", "an offer can be answered until it expires or is withdrawn", "wait for the next offer");
}
