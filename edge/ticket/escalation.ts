/** When nobody looks: an alarm that is not acknowledged, a ticket that nobody accepts. Level by level somebody else is told, as the scenario names them. */
import type { Alarm } from "../../contracts/alarm.ts";
import type { Cause, Draft } from "../../contracts/effect.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { AlarmId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { policyOf, type Escalation } from "../../contracts/ticket-policy.ts";
import type { Priority, Ticket } from "../../contracts/ticket.ts";
import { faultModeById } from "./fault-mode.ts";
import { isWaitingState } from "./life.ts";

/** From `from` on, until the next level of an alarm. */
export function watchAlarm(draft: Draft, alarm: Alarm, from: Millis): void {
  const level = levelsOf(draft.view, "unacknowledged", priorityOf(draft.view, alarm))[alarm.escalation?.level ?? 0];
  if (level !== undefined) draft.time({ set: `unseen:${alarm.id}`, at: from + level.afterMs, due: { type: "alarm-unseen", alarm: alarm.id } });
}

/** The same for a ticket that waits for an engineer. */
export function watchTicket(draft: Draft, ticket: Ticket): void {
  const level = levelsOf(draft.view, "unaccepted", ticket.priority)[ticket.escalation?.level ?? 0];
  if (level !== undefined)
    draft.time({ set: `untaken:${ticket.id}`, at: waitsSince(ticket) + level.afterMs, due: { type: "ticket-untaken", ticket: ticket.id } });
}

/** A job that was accepted waits again: from now on, by its first level. One of another priority waits by the levels of that. */
export function watchAgain(draft: Draft, before: Ticket | undefined, after: Ticket): void {
  if (before === undefined || !isWaiting(after)) return;
  if (waitsSince(after) !== waitsSince(before) || after.priority !== before.priority) watchTicket(draft, after);
}

/** What rose to which level; `since`: how long it waits. */
export type Escalated = {
  readonly when: Escalation["when"];
  readonly level: number;
  readonly since: Millis;
  readonly to: Escalation["to"];
  readonly priority: Priority;
  readonly subject: Alarm | Ticket;
};

/** Nothing where somebody saw it, where it cleared, and, until that is over, where it is shelved or suppressed. */
export function alarmUnseenStep(draft: Draft, id: AlarmId, cause: Cause): Escalated | null {
  const alarm = draft.view.get("alarm", id);
  if (alarm === undefined || alarm.clearedAt !== undefined || alarm.acknowledgedAt !== undefined) return null;
  const quietUntil = alarm.shelved?.until ?? alarm.suppressed?.until;
  if (quietUntil !== undefined) {
    watchAlarm(draft, alarm, Math.max(cause.at, quietUntil));
    return null;
  }
  const before = alarm.escalation?.level ?? 0;
  const priority = priorityOf(draft.view, alarm);
  const level = levelsOf(draft.view, "unacknowledged", priority)[before];
  if (level === undefined) return null;
  const after: Alarm = { ...alarm, escalation: { level: before + 1, at: cause.at } };
  draft.put({ family: "alarm", id, after });
  draft.tell(cause, "escalation", id, {
    outcome: "escalated",
    model: alarm.model,
    reasons: [{ code: "unacknowledged", about: { level: before + 1, ms: cause.at - alarm.raisedAt } }],
  });
  const next = levelsOf(draft.view, "unacknowledged", priority)[before + 1];
  if (next !== undefined) watchAlarm(draft, after, Math.max(alarm.raisedAt, cause.at - level.afterMs));
  return { when: "unacknowledged", level: before + 1, since: alarm.raisedAt, to: level.to, priority, subject: after };
}

/** Nothing where somebody has accepted. */
export function ticketUntakenStep(draft: Draft, id: TicketId, cause: Cause): Escalated | null {
  const ticket = draft.view.get("ticket", id);
  if (ticket === undefined || !isWaiting(ticket)) return null;
  const before = ticket.escalation?.level ?? 0;
  const level = levelsOf(draft.view, "unaccepted", ticket.priority)[before];
  if (level === undefined) return null;
  if (cause.at < waitsSince(ticket) + level.afterMs) {
    watchTicket(draft, ticket);
    return null;
  }
  const after = draft.advance(ticket, { type: "raised", level: before + 1, at: cause.at, by: cause.actor, as: "unit" });
  if (isRefusal(after)) return null;
  draft.tell(cause, "escalation", id, {
    outcome: "escalated",
    reasons: [{ code: "unaccepted", about: { level: before + 1, ms: cause.at - waitsSince(ticket) } }],
  });
  watchTicket(draft, after);
  return { when: "unaccepted", level: before + 1, since: waitsSince(ticket), to: level.to, priority: ticket.priority, subject: after };
}

function isWaiting({ state }: Ticket): boolean {
  return isWaitingState(state) || state === "offered";
}

/** Since it was opened, reopened or given back, whichever was last; an offer that came to nothing is part of the waiting. */
function waitsSince({ openedAt, history = [] }: Ticket): Millis {
  return history.findLast(({ from, to }) => isWaitingState(to) && from !== "offered")?.at ?? openedAt;
}

function levelsOf(view: UnitView, when: Escalation["when"], priority: Priority): readonly Escalation[] {
  return policyOf(view.scenario).escalations.filter((one) => one.when === when && (one.priorities === undefined || one.priorities.includes(priority)));
}

function priorityOf(view: UnitView, { faultMode }: Alarm): Priority {
  return faultModeById(view.scenario, faultMode)?.priority ?? "p3";
}
