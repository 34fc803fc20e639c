/** Steps of a job as they enter the draft: each puts what its stage concluded, with the record that belongs to it. */
import type { Alarm } from "../../contracts/alarm.ts";
import type { Diagnosis } from "../../contracts/diagnosis.ts";
import { UNIT, type Cause, type Draft } from "../../contracts/effect.ts";
import type { EngineerId, KitId, NewId, TicketId } from "../../contracts/ids.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { trustIn } from "../../contracts/trust.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { settle, type AlarmStep } from "./alarm.ts";
import { watchAlarm, watchTicket } from "./escalation.ts";
import type { UnitView } from "../../contracts/entity.ts";
import { comesBackStep, lateSignStep, unmendedOf } from "./again.ts";
import { isWaitingState } from "./life.ts";
import { isAlone, passStep, persistStep } from "./persist.ts";
import { lookAgain, repairOf } from "./proof.ts";
import { suppressStep } from "./suppression.ts";
import { openTicket } from "./job.ts";
import { tellAlarm, tellTicket } from "./told.ts";

/**
 * What a transition makes of an alarm. Under a window or on the shelf it asks for no job, and remembers that one was due. `diagnosis`: what the
 * knowledge made of it, where it was asked.
 */
export function alarmStep(draft: Draft, verdict: Verdict, cause: Cause, newId: NewId, diagnosis: Diagnosis | null = null): AlarmStep | null {
  const settled = settle(draft.view, verdict, cause.at, newId);
  if (settled === null) return null;
  draft.put({ family: "alarm", id: settled.alarm.id, after: settled.alarm });
  const late = settled.ticketDue ? lateSignStep(draft, settled.alarm, cause) : null;
  const found: AlarmStep = late === null ? settled : { ...settled, alarm: late, ticketDue: false, proofFrom: cause.at };
  if (found.proofFrom !== undefined) draft.time(lookAgain(draft.view, found.alarm.id, found.proofFrom));
  draft.tell(cause, "alarm", found.alarm.id, tellAlarm(found.outcome, found.alarm, verdict, diagnosis));
  const isUp = found.outcome === "raised" || found.outcome === "raised-again";
  if (isUp && !isAlone(draft.view, found.alarm)) watchAlarm(draft, found.alarm, cause.at);
  if (found.outcome === "cleared") {
    draft.time({ cancel: `unseen:${found.alarm.id}` });
    return { ...found, alarm: passStep(draft, found.alarm) };
  }
  const stood = found.ticketDue ? persistStep(draft, found.alarm, verdict, cause) : { alarm: found.alarm, isNow: false };
  const alarm = suppressStep(draft, stood.alarm, verdict, stood.isNow, cause);
  if (!stood.isNow || alarm.suppressed !== undefined) return { ...found, alarm, ticketDue: false };
  if (alarm.shelved === undefined) return { ...found, alarm };
  const shelved: Alarm = { ...alarm, shelved: { ...alarm.shelved, due: true } };
  draft.put({ family: "alarm", id: alarm.id, after: shelved });
  return { ...found, alarm: shelved, ticketDue: false };
}

/** So often a job goes on by itself whose fault is back after each repair: one more visit of the same kind would not mend it, and a person looks. */
const REOPENED_MAX = 3;

/** Opens the ticket of an alarm, or has the one go on whose repair did not last; null while a person must confirm it first. */
export function ticketStep(draft: Draft, alarm: Alarm, cause: Cause, newId: NewId): Ticket | null {
  const { view } = draft;
  const { autonomy, reasons: adrift } = trustIn(view, alarm);
  const unmended = unmendedOf(draft, alarm, cause);
  const ticket = unmended ?? newTicket(view, alarm, cause, newId);
  const inVain = (unmended?.reopened?.times ?? 0) >= REOPENED_MAX;
  if ((autonomy !== "act" || inVain) && cause.allows !== "ticket") {
    draft.put({ family: "alarm", id: alarm.id, after: { ...alarm, proposed: ticket.id } });
    const { reasons = [], ...told } = tellTicket("held", ticket, autonomy, adrift);
    const why = inVain ? [{ code: "mended-in-vain", about: { count: (unmended?.reopened?.times ?? 0) + 1 } }] : [];
    draft.tell(cause, "ticket", ticket.id, { ...told, reasons: [...why, ...reasons] });
    return null;
  }
  if (unmended !== null) return comesBackStep(draft, unmended, alarm, cause, newId);
  const { proposed: _proposed, ...rest } = alarm;
  draft.put({ family: "alarm", id: alarm.id, after: { ...rest, ticket: ticket.id } }, { family: "ticket", id: ticket.id, after: ticket });
  draft.tell(cause, "ticket", ticket.id, tellTicket("opened", ticket, autonomy));
  watchTicket(draft, ticket);
  return ticket;
}

function newTicket(view: UnitView, alarm: Alarm, cause: Cause, newId: NewId): Ticket {
  // What was proposed may have been a job that has been closed since.
  const proposed = alarm.proposed !== undefined && view.get("ticket", alarm.proposed) === undefined ? alarm.proposed : undefined;
  const ids = { ticket: proposed ?? (newId() as TicketId), kit: newId() as KitId };
  const follows = alarm.ticket ?? repairOf(view, alarm, cause.at)?.id;
  return openTicket(view, alarm, ids, { at: cause.at, by: cause.actor, as: cause.actor === UNIT ? "unit" : "dispatcher" }, follows);
}

/** The fault went away before anybody accepted the job. Whether it is still to be looked at is for a person to say. */
export function clearedStep(draft: Draft, alarm: Alarm, cause: Cause): void {
  const ticket = alarm.ticket === undefined ? undefined : draft.view.get("ticket", alarm.ticket);
  if (ticket === undefined || (!isWaitingState(ticket.state) && ticket.state !== "offered")) return;
  draft.tell(cause, "ticket", ticket.id, { outcome: "kept", reasons: [{ code: "cleared-before-accepted", about: { alarm: alarm.id, state: ticket.state } }] });
}

/** Cancels the job with everything that hangs on it but its kit. The engineers who are asked no more. Refuses `unknown-ticket` and `wrong-state`. */
export function cancelStep(
  draft: Draft,
  id: TicketId,
  why: string,
  cause: Cause,
  as: "dispatcher" | "crm" = "dispatcher",
): { readonly freed: readonly EngineerId[] } | Refusal {
  const before = draft.view.get("ticket", id);
  if (before === undefined) return refuse("unknown-ticket", "the ticket must exist", "load the board again", "ticket");
  const ticket = draft.advance(before, { type: "cancelled", at: cause.at, by: cause.actor, as, why });
  if (isRefusal(ticket)) return ticket;
  if (ticket === before) return { freed: [] };
  for (const key of ["dispatch", "pause", "untaken"]) draft.time({ cancel: `${key}:${id}` });
  draft.tell(cause, "answer", id, {
    outcome: "cancelled",
    reasons: [{ code: as === "crm" ? "crm-wrote" : "cancelled-by-person", about: { from: before.state } }],
  });
  if ("acceptedAt" in before) draft.put({ family: "assignment", id, after: null });
  return { freed: withdrawOffers(draft, id, cause) };
}

/** Offers of a job to which nobody is to be sent any more. Those who were asked. */
export function withdrawOffers(draft: Draft, ticket: TicketId, cause: Cause): readonly EngineerId[] {
  draft.time({ cancel: `crew:${ticket}` });
  return draft.view.list("offer", { ticket, state: "open" }).map((offer) => {
    draft.time({ cancel: `offer:${offer.id}` });
    draft.put({ family: "offer", id: offer.id, after: { ...offer, state: "withdrawn", answeredAt: cause.at } });
    return offer.engineer;
  });
}
