/**
 * A job that was over goes on as the same ticket, with its history and another kit: at somebody's word, or because its fault is back before the
 * job was closed. What is closed stays as it is, and another job follows it.
 *
 *   fault is back ─┬─ resolved ──▶ reopened, by the unit
 *                  └─ closed, cancelled, or too late ──▶ a job that follows it
 */
import type { Alarm } from "../../contracts/alarm.ts";
import type { Cause, Draft } from "../../contracts/effect.ts";
import type { View } from "../../contracts/entity.ts";
import type { KitId, NewId } from "../../contracts/ids.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import { policyOf } from "../../contracts/ticket-policy.ts";
import { ALARMS_MAX, type Actor, type Ticket } from "../../contracts/ticket.ts";
import { overSince } from "./condition.ts";
import { watchTicket } from "./escalation.ts";
import { isOverState } from "./life.ts";
import { overAt, repairOf } from "./proof.ts";

type Resolved = Extract<Ticket, { state: "resolved" }>;

/** To be dispatched; the very same ticket where it was reopened before. Refuses `wrong-state` where it is not over or another one follows it, `too-late`. */
export function goOnStep(draft: Draft, before: Ticket, why: string, as: Actor, cause: Cause, newId: NewId): Ticket | Refusal {
  const next = followerOf(draft.view, before);
  if (next !== undefined) return refuse("wrong-state", `${next.id} follows it already`, "go on with that one");
  const until = (overSince(before) ?? cause.at) + policyOf(draft.view.scenario).reopenMs;
  const ticket = draft.advance(before, { type: "reopened", why, kit: newId() as KitId, until, at: cause.at, by: cause.actor, as });
  if (isRefusal(ticket) || ticket === before) return ticket;
  draft.put({ family: "assignment", id: before.id, after: null });
  draft.time({ cancel: `close:${before.id}` });
  draft.tell(cause, as === "unit" ? "ticket" : "answer", before.id, {
    outcome: "reopened",
    reasons: [
      { code: "reopened", about: { from: before.state, times: ticket.reopened?.times ?? 1 } },
      ...(as === "unit" ? [{ code: why, about: { ms: cause.at - (overSince(before) ?? cause.at) } }] : []),
    ],
  });
  watchTicket(draft, ticket);
  return ticket;
}

/** The job whose repair did not last, where it can go on; null where a job of its own is to be opened. */
export function unmendedOf(draft: Draft, alarm: Alarm, cause: Cause): Resolved | null {
  const repair = repairOf(draft.view, alarm, cause.at);
  if (repair?.state !== "resolved" || followerOf(draft.view, repair) !== undefined) return null;
  if (cause.at > repair.resolvedAt + policyOf(draft.view.scenario).reopenMs) return null;
  return isKnown(repair, alarm) || (repair.alarms ?? []).length < ALARMS_MAX ? repair : null;
}

/** Its alarm, which may be another one than before, is the job's from then on. */
export function comesBackStep(draft: Draft, repair: Resolved, alarm: Alarm, cause: Cause, newId: NewId): Ticket {
  const ticket = goOnStep(draft, repair, cause.type === "repair-proved" ? "alarm-stands" : "came-back", "unit", cause, newId);
  if (isRefusal(ticket)) throw new Error(`${repair.id} can't go on: ${ticket.rule}`);
  const { proposed: _proposed, ...rest } = alarm;
  draft.put({ family: "alarm", id: alarm.id, after: { ...rest, ticket: repair.id } });
  return isKnown(ticket, alarm) ? ticket : joined(draft, ticket, alarm, cause);
}

/** A sign from before the end of a repair, heard after it in an episode of its own: the job that was done stands for it too. Null where it is none. */
export function lateSignStep(draft: Draft, alarm: Alarm, cause: Cause): Alarm | null {
  const repair = unmendedOf(draft, alarm, cause);
  if (repair === null || alarm.ticket !== undefined || alarm.sampleAt > overAt(repair)) return null;
  joined(draft, repair, alarm, cause);
  const after: Alarm = { ...alarm, ticket: repair.id };
  draft.put({ family: "alarm", id: alarm.id, after });
  return after;
}

function joined(draft: Draft, ticket: Ticket, alarm: Alarm, cause: Cause): Ticket {
  const { priority, severity } = ticket;
  const after = draft.advance(ticket, { type: "joined", alarm: alarm.id, skills: [], priority, severity, at: cause.at, by: cause.actor, as: "unit" });
  return isRefusal(after) ? ticket : after;
}

function isKnown({ alarm, alarms = [] }: Ticket, { id }: Alarm): boolean {
  return alarm === id || alarms.includes(id);
}

function followerOf(view: View, { id, asset }: Ticket): Ticket | undefined {
  return view.list("ticket", { asset }).find((ticket) => ticket.follows === id && !isOverState(ticket.state));
}
