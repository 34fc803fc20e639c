/**
 * One job for one fault of an asset: its next episode joins the job that is not done yet. Several faults of one asset at about the same time are
 * one visit where the scenario says so: an alarm joins the job that was opened lately.
 */
import type { Alarm } from "../../contracts/alarm.ts";
import type { Cause, Draft } from "../../contracts/effect.ts";
import type { UnitView } from "../../contracts/entity.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { FaultMode } from "../../contracts/scenario.ts";
import { policyOf } from "../../contracts/ticket-policy.ts";
import { ALARMS_MAX, type Priority, type Ticket } from "../../contracts/ticket.ts";
import { unmendedOf } from "./again.ts";
import { faultModeById } from "./fault-mode.ts";
import { isOverState } from "./life.ts";
import { openJobOn } from "./proof.ts";

const SEVERITIES: readonly Alarm["severity"][] = ["low", "medium", "high", "critical"];
const PRIORITIES: readonly Priority[] = ["p1", "p2", "p3"];

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
  const priority = PRIORITIES[Math.min(PRIORITIES.indexOf(job.priority), PRIORITIES.indexOf(mode.priority))] ?? job.priority;
  const severity = SEVERITIES[Math.max(SEVERITIES.indexOf(job.severity), SEVERITIES.indexOf(mode.severity))] ?? job.severity;
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
