/** What people report: progress of a job, an alarm seen, where they are. */
import type { Answer } from "../../contracts/effect.ts";
import type { EngineerId, NewId, RepairId } from "../../contracts/ids.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { isOnShift, shiftEndAt } from "../dispatch/shift.ts";
import { acknowledge } from "../ticket/alarm.ts";
import { advance, type TicketEvent } from "../ticket/ticket.ts";
import type { Draft } from "./draft.ts";
import { record, type Cause } from "./record.ts";

type Taken<T extends Answer["type"]> = Extract<Answer, { type: T }>;

/** Work done becomes part of the asset's history. Refuses `unknown-ticket`, `not-yours`, `wrong-state`; the same tap again changes nothing. */
export function progressStep(draft: Draft, answer: Taken<"progress">, cause: Cause, newId: NewId): Refusal | null {
  const before = draft.view.get("ticket", answer.ticket);
  if (before === undefined) return refuse("unknown-ticket", "the ticket must exist", "load your tickets again", "ticket");
  const ticket = advance(before, eventOf(answer, cause));
  if (isRefusal(ticket)) return ticket;
  if (ticket === before) return null;
  draft.put({ family: "ticket", id: ticket.id, after: ticket });
  if (ticket.state === "resolved") putRepair(draft, ticket, newId);
  draft.because(record(cause, "progress", ticket.id, { outcome: ticket.state, reasons: [{ code: "reported", about: { from: before.state } }] }));
  return null;
}

/** Refuses `unknown-alarm`; the first acknowledgement stays. */
export function acknowledgeStep(draft: Draft, answer: Taken<"acknowledge">, cause: Cause): Refusal | null {
  const before = draft.view.get("alarm", answer.alarm);
  const alarm = acknowledge(before, answer.by, cause.at);
  if (isRefusal(alarm)) return alarm;
  if (alarm === before) return null;
  draft.put({ family: "alarm", id: alarm.id, after: alarm });
  draft.because(record(cause, "answer", alarm.id, { outcome: "acknowledged", reasons: [{ code: "seen-after", about: { ms: cause.at - alarm.raisedAt } }] }));
  return null;
}

/**
 * Keeps the last place of an engineer who agreed to it, until the shift ends. No record: a place is a personal value.
 * Refuses `unknown-engineer` and, without consent or off shift, `not-permitted`. An older report changes nothing.
 */
export function positionStep(draft: Draft, answer: Taken<"position">, now: number): Refusal | null {
  const { scenario } = draft.view;
  const engineer = draft.view.get("engineer", answer.by);
  if (engineer === undefined) return refuse("unknown-engineer", "the engineer must exist", "ask the desk to add them", "by");
  if (!engineer.locatable) return refuse("not-permitted", "a position is kept only of those who agreed to it", "agree to be located, or stop sending positions");
  if (!isOnShift(engineer.shifts, now, scenario.timeZone)) return refuse("not-permitted", "a position is kept only during a shift", "stop sending positions until the shift begins");
  const before = draft.view.get("position", engineer.id);
  const at = Math.min(answer.at, now);
  if (before !== undefined && before.at >= at) return null;
  draft.put({ family: "position", id: engineer.id, after: { id: engineer.id, at, place: answer.place } });
  const endAt = shiftEndAt(engineer.shifts, now, scenario.timeZone);
  const key = `position:${engineer.id}`;
  draft.time(endAt === undefined ? { cancel: key } : { set: key, at: endAt, due: { type: "position-ends", engineer: engineer.id } });
  return null;
}

export function forgetPositionStep(draft: Draft, id: EngineerId, cause: Cause): void {
  if (draft.view.get("position", id) === undefined) return;
  draft.put({ family: "position", id, after: null });
  draft.because(record(cause, "timer", id, { outcome: "position-forgotten", reasons: [{ code: "shift-ended", about: {} }] }));
}

function eventOf(answer: Taken<"progress">, { at }: Cause): TicketEvent {
  if (answer.to !== "resolved") return { type: answer.to, by: answer.by, at };
  return { type: "resolved", by: answer.by, at, cause: answer.cause ?? "", action: answer.action ?? "", partsUsed: answer.partsUsed ?? [] };
}

function putRepair(draft: Draft, ticket: Extract<Ticket, { state: "resolved" }>, newId: NewId): void {
  const { asset, faultMode, cause, action, partsUsed, to, resolvedAt } = ticket;
  const id = newId() as RepairId;
  draft.put({ family: "repair", id, after: { id, asset, ticket: ticket.id, faultMode, cause, action, parts: partsUsed, engineer: to, doneAt: resolvedAt } });
}
