/**
 * One job for one fault of an asset: its next episode joins the job that is not done yet. Several faults of one asset at about the same time are
 * one visit where the scenario says so: an alarm joins the job that was opened lately.
 */
import type { Alarm } from "../../contracts/alarm.ts";
import type { Cause, Draft } from "../../contracts/effect.ts";
import type { UnitView } from "../../contracts/entity.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { FaultMode } from "../../contracts/scenario.ts";
import { worse } from "../../contracts/severity.ts";
import { policyOf } from "../../contracts/ticket-policy.ts";
import { ALARMS_MAX, type Ticket } from "../../contracts/ticket.ts";
import { unmendedOf } from "./again.ts";
import { faultModeById } from "./fault-mode.ts";
import { isOverState } from "./life.ts";
import { openJobOn } from "./proof.ts";
import { urgencyOf } from "./urgency.ts";

/** `asksMore`: the job is more urgent than it was, or needs a skill that it did not. */
export type Grouped = { readonly job: Ticket; readonly asksMore: boolean };

/** The job that took the alarm up, with the skills and the promise that it then needs; null where the alarm needs one of its own. */
export function groupStep(draft: Draft, alarm: Alarm, cause: Cause): Grouped | null {
  const { view } = draft;
  const mode = faultModeById(view.scenario, alarm.faultMode);
  if (mode === undefined || alarm.ticket !== undefined) return null;
  const found = jobOf(draft, alarm, mode, cause);
  if (found === null || (found.job.alarms ?? []).length >= ALARMS_MAX) return null;
  const { job, code } = found;
  const own = urgencyOf(mode.priority, mode.severity, alarm.severity);
  const priority = own < job.priority ? own : job.priority;
  const severity = worse(worse(job.severity, mode.severity), alarm.severity);
  const by = { at: cause.at, by: cause.actor, as: "unit" } as const;
  const { skills, crew, photosMin } = mode;
  const needs = { skills, priority, severity, ...(crew === undefined ? {} : { crew }), ...(photosMin === undefined ? {} : { photosMin }) };
  const joined = draft.advance(job, { type: "joined", alarm: alarm.id, ...needs, ...by });
  if (isRefusal(joined)) return null;
  const { proposed: _proposed, ...rest } = alarm;
  draft.put({ family: "alarm", id: alarm.id, after: { ...rest, ticket: job.id } });
  draft.tell(cause, "ticket", job.id, {
    outcome: "grouped",
    reasons: [{ code, about: { alarm: alarm.id, faultMode: mode.id, priority } }],
  });
  return { job: joined, asksMore: joined.priority !== job.priority || joined.skills.length > job.skills.length };
}

/** The alarm got worse than its job is held to be: the job is as bad from then on, and as urgent as that asks for. Null: it is not, or the work is over. */
export function riseStep(draft: Draft, alarm: Alarm, cause: Cause): Grouped | null {
  const job = alarm.ticket === undefined ? undefined : draft.view.get("ticket", alarm.ticket);
  if (job === undefined || isOverState(job.state) || alarm.shelved !== undefined || alarm.suppressed !== undefined) return null;
  const severity = worse(job.severity, alarm.severity);
  if (severity === job.severity) return null;
  const priority = urgencyOf(job.priority, job.severity, severity);
  const risen = draft.advance(job, { type: "joined", alarm: alarm.id, skills: [], priority, severity, at: cause.at, by: cause.actor, as: "unit" });
  if (isRefusal(risen) || risen === job) return null;
  const about = { alarm: alarm.id, from: job.severity, severity, priority };
  draft.tell(cause, "ticket", job.id, { outcome: "risen", reasons: [{ code: "alarm-worse", about }] });
  return { job: risen, asksMore: risen.priority !== job.priority };
}

/** What its last repair did not mend goes on as that job, unless somebody is being sent already. */
function jobOf(draft: Draft, alarm: Alarm, mode: FaultMode, cause: Cause): { readonly job: Ticket; readonly code: string } | null {
  const { view } = draft;
  const same = openJobOn(view, alarm);
  if (same !== undefined) return { job: same, code: "same-fault" };
  const complained = complainedOf(view, alarm, mode);
  if (complained !== undefined) return { job: complained, code: "complaint" };
  const lately = unmendedOf(draft, alarm, cause) === null ? jobFor(view, alarm, mode, cause.at) : undefined;
  return lately === undefined ? null : { job: lately, code: "same-asset" };
}

/** The newest job of the asset that was opened lately and whose engineer can do this too; where nobody is asked or on one, the newest that waits. */
function jobFor(view: UnitView, alarm: Alarm, mode: FaultMode, now: number): Ticket | undefined {
  const { groupMs } = policyOf(view.scenario);
  if (groupMs === 0) return undefined;
  const jobs = view
    .list("ticket", { asset: alarm.asset })
    .filter((ticket) => !isOverState(ticket.state) && ticket.source !== "wear" && now - ticket.openedAt <= groupMs && canDo(view, ticket, mode));
  return jobs.findLast((ticket) => "to" in ticket) ?? jobs.at(-1);
}

/** A customer complained of the machine, and nobody knew of what: now the machine says it. */
function complainedOf(view: UnitView, { asset }: Alarm, mode: FaultMode): Ticket | undefined {
  return view
    .list("ticket", { asset })
    .findLast(
      (ticket) =>
        ticket.source === "complaint" && ticket.alarm === undefined && ticket.alarms === undefined && !isOverState(ticket.state) && canDo(view, ticket, mode),
    );
}

function canDo(view: UnitView, ticket: Ticket, { skills }: FaultMode): boolean {
  return !("to" in ticket) || skills.every((skill) => view.get("engineer", ticket.to)?.skills.includes(skill) === true);
}
