/** What people say about their own plan, and what follows for the jobs in it: the stages of ticket and dispatch, in order. */
import { UNIT, type Answer, type Cause, type Draft } from "../../contracts/effect.ts";
import type { EngineerId, KitId, NewId, TicketId } from "../../contracts/ids.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import { absentStep } from "../dispatch/absence.ts";
import { crewStep, dismissCrewStep, isHelperOffer, unhelpStep, withdrawHelp } from "../dispatch/crew.ts";
import { atRiskStep, lateStep, overrunStep } from "../dispatch/delay.ts";
import { unfitForJob, unfitForOffer, unkeptOf, type Unfit, type Unkept } from "../dispatch/fit.ts";
import { joinRouteStep, retellStep } from "../dispatch/order.ts";
import { keepPosition } from "../dispatch/position.ts";
import { silentStep } from "../dispatch/silence.ts";
import { anewStep, dispatchAgainStep, dispatchStep, freedStep, tryStep, withdrawStep } from "../dispatch/steps.ts";
import { urgentStep } from "../dispatch/replan/hand-over.ts";
import { returnStep } from "../ticket/desk.ts";
import { amend } from "../ticket/progress.ts";
import { withdrawOffers } from "../ticket/steps.ts";

type Taken<T extends Answer["type"]> = Extract<Answer, { type: T }>;

/** Refuses as `lateStep`. */
export function late(draft: Draft, answer: Taken<"late">, cause: Cause, newId: NewId): Refusal | null {
  const taken = lateStep(draft, answer, cause);
  if (isRefusal(taken)) return taken;
  if (taken === "taken") delayed(draft, answer.by, "comes too late", cause, newId);
  return null;
}

export function overruns(draft: Draft, ticket: TicketId, cause: Cause, newId: NewId): void {
  const engineer = overrunStep(draft, ticket, cause);
  if (engineer !== null) delayed(draft, engineer, "work before it takes longer", cause, newId);
}

/** A job is more urgent than it was, or asks for more: at once by whoever is there for it now, and what stands behind it by whoever can keep it. */
export function urged(draft: Draft, id: TicketId, cause: Cause, newId: NewId): void {
  const ticket = draft.view.get("ticket", id);
  if (ticket?.state !== "assigned") return ticket === undefined ? undefined : anewStep(draft, ticket, cause, newId);
  joinRouteStep(draft, id, ticket.to, cause);
  const freed = urgentStep(draft, ticket, cause, newId);
  if (freed === null) delayed(draft, ticket.to, "a job before it is more urgent", cause, newId);
  else freedStep(draft, freed, cause, newId);
}

/** Whoever has it is not heard of: somebody else is asked, once the desk has had time to call them. */
export function silent(draft: Draft, ticket: TicketId, told: boolean, cause: Cause, newId: NewId): void {
  if (silentStep(draft, ticket, told, cause)) giveAway(draft, [ticket], "its engineer is not heard of", cause, newId);
}

/** Refuses as `absentStep`. */
export function absent(draft: Draft, answer: Taken<"absent">, cause: Cause, newId: NewId): Refusal | null {
  const away = absentStep(draft, answer, cause);
  if (isRefusal(away)) return away;
  giveAway(draft, away.jobs, AWAY, cause, newId);
  for (const ticket of away.help) sendHome(draft, ticket, answer.engineer, "absent", cause, newId);
  takeBack(draft, unkeptOf(draft, answer.engineer, cause.at).offers, cause, newId);
  return null;
}

/** Somebody is another than they were, or is not there any more: what they can't keep goes to others, and whatever waits for somebody like them is tried. */
export function changed(draft: Draft, engineer: EngineerId, cause: Cause, newId: NewId): void {
  keepPosition(draft, engineer, cause.at);
  const { offers, jobs, help, left } = unkeptOf(draft, engineer, cause.at);
  for (const { ticket, why } of jobs) {
    draft.tell(cause, "offer", ticket.id, { outcome: "given-away", reasons: [{ code: "cannot-keep", about: { engineer, why, state: ticket.state } }] });
    giveAway(draft, [ticket.id], WHY[why], cause, newId);
  }
  for (const { ticket, why } of help) sendHome(draft, ticket.id, engineer, why, cause, newId);
  takeBack(draft, offers, cause, newId);
  for (const { id, state } of left)
    draft.tell(cause, "escalation", id, { outcome: "at-risk", reasons: [{ code: "left-mid-job", about: { engineer, state } }] });
  const isHolding = draft.view.list("ticket", { state: "assigned", engineer }).length > 0;
  if (isHolding) delayed(draft, engineer, "its engineer's hours have changed", cause, newId);
  freedStep(draft, engineer, cause, newId);
}

/** A job goes on: with whoever has it, or with somebody else where they can't. */
export function goesOn(draft: Draft, id: TicketId, cause: Cause, newId: NewId): void {
  const ticket = draft.view.get("ticket", id);
  if (ticket?.state !== "assigned") return;
  const why = unfitForJob(draft.view, ticket.to, { ticket }, cause.at, cause.at);
  if (why !== null) giveAway(draft, [id], WHY[why], cause, newId);
}

/** The warehouse has what a job waits for, or lacks what somebody is being asked to bring: who is there with the parts is asked. */
export function partsTold(draft: Draft, id: KitId, cause: Cause, newId: NewId): void {
  const job = draft.view.get("kit", id)?.ticket;
  const ticket = job === undefined ? undefined : draft.view.get("ticket", job);
  if (ticket === undefined) return;
  if (ticket.state !== "offered") return cause.type === "reserved" ? tryStep(draft, ticket, cause, newId) : undefined;
  const offer = draft.view.get("offer", ticket.offer);
  const why = offer === undefined ? null : unfitForOffer(draft.view, offer, ticket, cause.at);
  if (offer === undefined || why === null) return;
  takeBack(draft, [{ offer, ticket, why }], cause, newId);
  freedStep(draft, offer.engineer, cause, newId);
}

const AWAY = "its engineer is away";
const WHY: Readonly<Record<Unfit, string>> = {
  gone: "its engineer is not there any more",
  absent: AWAY,
  "off-shift": "its engineer has no shift any more",
  "shift-ends": "its engineer's shift ends before",
  "lacks-skill": "its engineer lacks a skill",
  "outside-territory": "its engineer does not go there any more",
  "lacks-part": "its parts are not there any more",
};

/** Offers that may not be taken any more go to the next. */
function takeBack(draft: Draft, offers: Unkept["offers"], cause: Cause, newId: NewId): void {
  for (const { offer, ticket, why } of offers) {
    draft.tell(cause, "offer", ticket.id, {
      outcome: "withdrawn",
      reasons: [{ code: "cannot-keep", about: { offer: offer.id, engineer: offer.engineer, why } }],
    });
    if (isHelperOffer(offer)) {
      withdrawHelp(draft, offer, cause);
      crewStep(draft, ticket.id, cause, newId, offer.engineer);
    } else {
      withdrawStep(draft, ticket, cause);
      dispatchAgainStep(draft, ticket.id, cause, newId);
    }
  }
}

/** Whoever would have come along does not; the desk hears of it, and somebody else is asked. */
function sendHome(draft: Draft, ticket: TicketId, engineer: EngineerId, why: Unfit, cause: Cause, newId: NewId): void {
  const event = { type: "helper-left", engineer, at: cause.at, by: UNIT, as: "unit" } as const;
  const told = { outcome: "helper-left", reasons: [{ code: "taken-from", about: { engineer } }] };
  if (amend(draft, ticket, event, cause, "answer", () => told) !== null) return;
  unhelpStep(draft, ticket, engineer, "unit", cause);
  draft.tell(cause, "escalation", ticket, { outcome: "at-risk", reasons: [{ code: "helper-missing", about: { engineer, why } }] });
  crewStep(draft, ticket, cause, newId, engineer);
}

function delayed(draft: Draft, engineer: EngineerId, why: string, cause: Cause, newId: NewId): void {
  giveAway(draft, atRiskStep(draft, engineer, cause), why, cause, newId);
  retellStep(draft, engineer, cause);
}

/** Taken from whoever has them, and offered anew. */
function giveAway(draft: Draft, tickets: readonly TicketId[], why: string, cause: Cause, newId: NewId): void {
  for (const id of tickets) {
    const byUnit = { ...cause, actor: UNIT };
    const returned = returnStep(draft, id, why, byUnit, "unit");
    if (isRefusal(returned)) continue;
    const freed = [...withdrawOffers(draft, id, byUnit), ...dismissCrewStep(draft, returned.before, byUnit)];
    dispatchStep(draft, returned.ticket, byUnit, newId);
    for (const engineer of freed) freedStep(draft, engineer, byUnit, newId);
    crewStep(draft, id, byUnit, newId);
  }
}
