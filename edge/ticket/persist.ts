/**
 * When an alarm becomes a job: a truck is not sent for what is over before it starts. What is severe goes at once; all else must have stood
 * for `persist.ms` from its first sign, or have come and gone too often; and where the scenario says so, a model's word alone is shown and
 * counted until something else bears it out.
 *
 *   alarm ─▶ severe? ─▶ alone, and to be borne out? waits for that ─▶ stood long enough, or chatters? ─▶ job
 *                                                                       └▶ else a timer; cleared before: counted
 */
import type { Alarm } from "../../contracts/alarm.ts";
import type { Cause, Draft } from "../../contracts/effect.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { AlarmId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { rankOf } from "../../contracts/severity.ts";
import { policyOf } from "../../contracts/ticket-policy.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { lacksJob } from "./proof.ts";

/** A job is due for the alarm: whether now. Else the alarm is put down with when, or waits for what bears it out. Returns it as it is then. */
export function persistStep(draft: Draft, alarm: Alarm, verdict: Verdict, cause: Cause): { readonly alarm: Alarm; readonly isNow: boolean } {
  const { persist } = policyOf(draft.view.scenario);
  const { opensAt: waited, ...known } = alarm;
  const now = (): { readonly alarm: Alarm; readonly isNow: true } => {
    if (waited === undefined) return { alarm, isNow: true };
    draft.time({ cancel: `persist:${alarm.id}` });
    draft.put({ family: "alarm", id: alarm.id, after: known });
    return { alarm: known, isNow: true };
  };
  if (isSevere(verdict)) return now();
  if (isAlone(draft.view, alarm)) {
    tell(draft, alarm, cause, "model-alone", {});
    return { alarm, isNow: false };
  }
  // The Intake's clock may be ahead of the unit's: what was heard was not heard later than now.
  const opensAt = Math.min(firstSignAt(verdict), cause.at) + persist.ms;
  if (opensAt <= cause.at) return now();
  const times = passedOf(draft.view, alarm, cause.at);
  if (persist.chatter !== undefined && times >= persist.chatter.times) {
    tell(draft, alarm, cause, "chatters", { times });
    return now();
  }
  const after: Alarm = { ...known, opensAt };
  draft.put({ family: "alarm", id: alarm.id, after });
  draft.time({ set: `persist:${alarm.id}`, at: opensAt, due: { type: "alarm-persists", alarm: alarm.id } });
  tell(draft, alarm, cause, "must-persist", { until: opensAt, ms: persist.ms });
  return { alarm: after, isNow: false };
}

/** Only a model says so, where the scenario wants that borne out: nobody is asked for anything, nor told that nobody looks. */
export function isAlone(view: UnitView, { rule }: Pick<Alarm, "rule">): boolean {
  return rule === undefined && policyOf(view.scenario).persist.bornOut === true;
}

/** It cleared. Where no job was opened for it that is counted; one that would have been does not come any more. */
export function passStep(draft: Draft, alarm: Alarm): Alarm {
  const { opensAt, ...known } = alarm;
  if (opensAt !== undefined) draft.time({ cancel: `persist:${alarm.id}` });
  if (alarm.ticket !== undefined || alarm.proposed !== undefined) return alarm;
  const after: Alarm = { ...known, passed: (alarm.passed ?? 0) + 1 };
  draft.put({ family: "alarm", id: alarm.id, after });
  return after;
}

/** Its time has come. The alarm when it still stands and nobody is sent; one that was put aside meanwhile remembers that a job is due. */
export function persistsStep(draft: Draft, id: AlarmId, cause: Cause): Alarm | null {
  const alarm = draft.view.get("alarm", id);
  if (alarm === undefined || alarm.clearedAt !== undefined || alarm.opensAt === undefined) return null;
  if (cause.at < alarm.opensAt) {
    draft.time({ set: `persist:${id}`, at: alarm.opensAt, due: { type: "alarm-persists", alarm: id } });
    return null;
  }
  const { opensAt: _over, shelved, suppressed, ...rest } = alarm;
  const after: Alarm = {
    ...rest,
    ...(shelved === undefined ? {} : { shelved: { ...shelved, due: true } }),
    ...(suppressed === undefined ? {} : { suppressed: { ...suppressed, due: true } }),
  };
  draft.put({ family: "alarm", id, after });
  return shelved === undefined && suppressed === undefined && lacksJob(draft.view, after) ? after : null;
}

function isSevere({ rule, severity = "low" }: Verdict): boolean {
  return rule === "code" || rankOf(severity) >= rankOf("high");
}

/** By the unit's clock: a device's own may be behind. */
function firstSignAt({ arrivedAt, at, since }: Verdict): Millis {
  return arrivedAt - Math.max(0, at - since);
}

/** How often an alarm of this fault of the asset has lately come and gone without a job, this one included. */
function passedOf(view: UnitView, { id, asset, faultMode, passed = 0 }: Alarm, now: Millis): number {
  const { chatter } = policyOf(view.scenario).persist;
  if (chatter === undefined) return 0;
  const others = view
    .list("alarm", { asset, state: "cleared" })
    .filter((one) => one.id !== id && one.faultMode === faultMode && (one.clearedAt ?? 0) > now - chatter.withinMs && one.ticket === undefined);
  return 1 + passed + others.reduce((sum, one) => sum + (one.passed ?? 0), 0);
}

function tell(draft: Draft, alarm: Alarm, cause: Cause, code: string, about: Readonly<Record<string, number>>): void {
  draft.tell(cause, "ticket", alarm.id, { outcome: "waits", model: alarm.model, reasons: [{ code, about: { alarm: alarm.id, ...about } }] });
}
