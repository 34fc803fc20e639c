/** What people report about a job: how far it is, and that they saw its alarm. */
import type { Answer, Cause, Draft } from "../../contracts/effect.ts";
import type { NewId, RepairId } from "../../contracts/ids.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Ticket, TicketEvent } from "../../contracts/ticket.ts";
import { acknowledge } from "./alarm.ts";
import { watchRepair } from "./proof.ts";

type Taken<T extends Answer["type"]> = Extract<Answer, { type: T }>;

/** Work done becomes part of the asset's history. Refuses `unknown-ticket`, `not-yours`, `wrong-state`; the same tap again changes nothing. */
export function progressStep(draft: Draft, answer: Taken<"progress">, cause: Cause, newId: NewId): Refusal | null {
  const before = draft.view.get("ticket", answer.ticket);
  if (before === undefined) return refuse("unknown-ticket", "the ticket must exist", "load your tickets again", "ticket");
  const ticket = draft.advance(before, eventOf(answer, cause));
  if (isRefusal(ticket)) return ticket;
  if (ticket === before) return null;
  if (ticket.state === "resolved") {
    putRepair(draft, ticket, newId);
    watchRepair(draft, ticket, cause.at);
  }
  draft.tell(cause, "progress", ticket.id, { outcome: ticket.state, reasons: [{ code: "reported", about: { from: before.state } }] });
  return null;
}

/** Refuses `unknown-alarm`; the first acknowledgement stays. */
export function acknowledgeStep(draft: Draft, answer: Taken<"acknowledge">, cause: Cause): Refusal | null {
  const before = draft.view.get("alarm", answer.alarm);
  const alarm = acknowledge(before, answer.by, cause.at);
  if (isRefusal(alarm)) return alarm;
  if (alarm === before) return null;
  draft.put({ family: "alarm", id: alarm.id, after: alarm });
  draft.tell(cause, "answer", alarm.id, { outcome: "acknowledged", reasons: [{ code: "seen-after", about: { ms: cause.at - alarm.raisedAt } }] });
  return null;
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
