/**
 * A repair is proved by its alarm. Until `proofMs` after it, what its episode still says is the tail of that episode and is counted. When the
 * alarm stands then, comes back later, or the same fault comes up in an episode of its own meanwhile, it was not mended and somebody is sent
 * again. What the desk called off stays called off until there are new signs.
 */
import type { Alarm } from "../../contracts/alarm.ts";
import type { Cause, Draft, TimerChange } from "../../contracts/effect.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { AlarmId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { JudgePolicy } from "../../contracts/scenario.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { isOverState } from "./life.ts";

/** After a repair a machine is started again and settles down: before that, its alarm says nothing about the repair. */
export const REPAIR_PROVED_MS = 10 * 60_000;

type Over = Extract<Ticket, { state: "resolved" | "closed" | "cancelled" }>;
type Done = Extract<Ticket, { state: "resolved" | "closed" }>;

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

/** The machine settles down after this repair, or was not mended: too soon to tell. */
export function isProving(judge: JudgePolicy, ticket: Over, at: Millis): boolean {
  return isDone(ticket) && at < ticket.resolvedAt + proofMs(judge);
}

/** The work after which an alarm's fault was thought mended: its own ticket's, or, for a new alarm, the latest on that fault of the asset that is not proved yet. */
export function repairOf(view: UnitView, alarm: Pick<Alarm, "asset" | "faultMode" | "ticket">, now: Millis): Done | null {
  if (alarm.ticket !== undefined) {
    const own = view.get("ticket", alarm.ticket);
    return own !== undefined && isOver(own) && isDone(own) ? own : null;
  }
  const recent = view
    .list("ticket", { asset: alarm.asset })
    .flatMap((ticket) => (isOver(ticket) && isDone(ticket) && isProving(view.scenario.judge, ticket, now) ? [ticket] : []));
  const same = recent.filter((ticket) => standsForFault(view, ticket, alarm.faultMode));
  return same.toSorted((a, b) => b.resolvedAt - a.resolvedAt)[0] ?? null;
}

/** Somebody is, or is about to be, sent for the same fault of the same asset under another alarm. */
export function isWorkedOn(view: UnitView, { id, asset, faultMode }: Pick<Alarm, "id" | "asset" | "faultMode">): boolean {
  const others = view.list("alarm", { asset, state: "active" }).filter((other) => other.id !== id && other.faultMode === faultMode);
  return others.some(({ proposed }) => proposed !== undefined) || openJobOn(view, { asset, faultMode }) !== undefined;
}

/** Nobody is sent for it yet, or all that was done did not mend it: a job that was due while it was put aside is to be opened. */
export function lacksJob(view: UnitView, alarm: Alarm): boolean {
  return alarm.ticket === undefined ? alarm.proposed === undefined : overOf(view, alarm) !== null && !isWorkedOn(view, alarm);
}

/** The newest job of the asset that is not over and stands for this fault. */
export function openJobOn(view: UnitView, { asset, faultMode }: Pick<Alarm, "asset" | "faultMode">): Ticket | undefined {
  return view.list("ticket", { asset }).findLast((ticket) => !isOver(ticket) && standsForFault(view, ticket, faultMode));
}

/** What a person opened is for what the person said, whatever fault it is filed under; planned maintenance is no answer to a fault that is there. */
function standsForFault(view: UnitView, ticket: Ticket, faultMode: Alarm["faultMode"]): boolean {
  return (
    (ticket.source !== "person" && ticket.source !== "wear" && ticket.faultMode === faultMode) ||
    alarmsOf(view, ticket).some((alarm) => alarm.faultMode === faultMode)
  );
}

/** A repair was reported: every alarm of its faults that still stands, its work over, is looked at again. */
export function watchRepair(draft: Draft, repaired: Ticket, now: Millis): void {
  const modes = new Set(alarmsOf(draft.view, repaired).map((alarm) => alarm.faultMode));
  const standing = draft.view.list("alarm", { asset: repaired.asset, state: "active" }).filter((alarm) => modes.has(alarm.faultMode));
  for (const alarm of standing) if (isDone(overOf(draft.view, alarm))) draft.time(lookAgain(draft.view, alarm.id, now));
}

function isDone(ticket: Over | null): ticket is Done {
  return ticket !== null && ticket.state !== "cancelled";
}

/** Put aside, or under a window: the job is due at the end of that. Null where it is neither. */
function dueLater({ shelved, suppressed, ...alarm }: Alarm): Alarm | null {
  if (shelved !== undefined) return { ...alarm, ...(suppressed === undefined ? {} : { suppressed }), shelved: { ...shelved, due: true } };
  return suppressed === undefined ? null : { ...alarm, suppressed: { ...suppressed, due: true } };
}

/** The alarm whose repair did not mend it, when it is time to say so; null when it cleared, when there is work again, or when the desk called it off. */
export function unprovedStep(draft: Draft, id: AlarmId, cause: Cause): Alarm | null {
  const { view } = draft;
  const alarm = view.get("alarm", id);
  const ticket = alarm === undefined || alarm.clearedAt !== undefined ? null : overOf(view, alarm);
  if (alarm === undefined || !isDone(ticket) || isWorkedOn(view, alarm)) return null;
  if (cause.at < ticket.resolvedAt + proofMs(view.scenario.judge)) {
    draft.time(lookAgain(view, id, ticket.resolvedAt));
    return null;
  }
  const later = dueLater(alarm);
  if (later !== null) {
    draft.put({ family: "alarm", id, after: later });
    return null;
  }
  draft.tell(cause, "timer", id, {
    outcome: "not-mended",
    reasons: [{ code: "alarm-stands", about: { ticket: ticket.id, ms: cause.at - ticket.resolvedAt } }],
  });
  return alarm;
}

/** `from`: of the repair, or of what was heard of it late. */
export function lookAgain(view: UnitView, alarm: AlarmId, from: Millis): TimerChange {
  return { set: `proof:${alarm}`, at: from + proofMs(view.scenario.judge), due: { type: "repair-proved", alarm } };
}
