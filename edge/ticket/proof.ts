/**
 * A repair is proved by its alarm: when the work is over and the alarm still stands some time later, or comes back with new signs, the
 * fault was not mended and somebody is sent again. What the desk called off stays called off until there are new signs.
 */
import type { Alarm } from "../../contracts/alarm.ts";
import type { Cause, Draft, TimerChange } from "../../contracts/effect.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { AlarmId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { JudgePolicy } from "../../contracts/scenario.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { isOverState } from "./life.ts";
import { isQuiet } from "./shelf.ts";

/** After a repair a machine is started again and settles down: before that, its alarm says nothing about the repair. */
export const REPAIR_PROVED_MS = 10 * 60_000;

type Over = Extract<Ticket, { state: "resolved" | "closed" | "cancelled" }>;

/** How long after a repair its alarm is looked at again: a repeated fault code may hold a mended episode for a hold-off and an off-delay. */
export function proofMs(judge: JudgePolicy): Millis {
  return Math.max(REPAIR_PROVED_MS, judge.holdOffMs + judge.offDelayMs);
}

/** The last ticket of an alarm when the work on it is over and none is proposed; null while there is work, or was none yet. */
export function overOf(view: UnitView, alarm: Alarm): Over | null {
  const ticket = alarm.ticket === undefined || alarm.proposed !== undefined ? undefined : view.get("ticket", alarm.ticket);
  return ticket !== undefined && isOver(ticket) ? ticket : null;
}

export function isOver(ticket: Ticket): ticket is Over {
  return isOverState(ticket.state);
}

export function overAt(ticket: Over): Millis {
  return ticket.state === "cancelled" ? ticket.cancelledAt : ticket.resolvedAt;
}

/** What is known as its alarms: its own, and those that joined it. */
export function alarmsOf(view: UnitView, ticket: Ticket): readonly Alarm[] {
  return [...(ticket.alarm === undefined ? [] : [ticket.alarm]), ...(ticket.alarms ?? [])].flatMap((id) => view.get("alarm", id) ?? []);
}

/** Somebody is, or is about to be, sent for the same fault of the same asset under another alarm. */
export function isWorkedOn(view: UnitView, { id, asset, faultMode }: Alarm): boolean {
  const others = view.list("alarm", { asset, state: "active" }).filter((other) => other.id !== id && other.faultMode === faultMode);
  return others.some((other) => (other.ticket ?? other.proposed) !== undefined && overOf(view, other) === null);
}

/** A repair was reported: every alarm of its faults that still stands, its work over, is looked at again. */
export function watchRepair(draft: Draft, repaired: Ticket, now: Millis): void {
  const modes = new Set(alarmsOf(draft.view, repaired).map((alarm) => alarm.faultMode));
  const standing = draft.view.list("alarm", { asset: repaired.asset, state: "active" }).filter((alarm) => modes.has(alarm.faultMode));
  for (const alarm of standing) if (isDone(overOf(draft.view, alarm))) draft.time(lookAgain(draft.view, alarm.id, now));
}

function isDone(ticket: Over | null): ticket is Extract<Ticket, { state: "resolved" | "closed" }> {
  return ticket !== null && ticket.state !== "cancelled";
}

/** The alarm whose repair did not mend it, when it is time to say so; null when it cleared, when there is work again, or when the desk called it off. */
export function unprovedStep(draft: Draft, id: AlarmId, cause: Cause): Alarm | null {
  const { view } = draft;
  const alarm = view.get("alarm", id);
  const ticket = alarm === undefined || alarm.clearedAt !== undefined ? null : overOf(view, alarm);
  if (alarm === undefined || !isDone(ticket) || isQuiet(alarm) || isWorkedOn(view, alarm)) return null;
  if (cause.at < ticket.resolvedAt + proofMs(view.scenario.judge)) {
    draft.time(lookAgain(view, id, ticket.resolvedAt));
    return null;
  }
  draft.tell(cause, "timer", id, {
    outcome: "not-mended",
    reasons: [{ code: "alarm-stands", about: { ticket: ticket.id, ms: cause.at - ticket.resolvedAt } }],
  });
  return alarm;
}

export function lookAgain(view: UnitView, alarm: AlarmId, from: Millis): TimerChange {
  return { set: `proof:${alarm}`, at: from + proofMs(view.scenario.judge), due: { type: "repair-proved", alarm } };
}
