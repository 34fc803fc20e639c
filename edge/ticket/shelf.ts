/** Alarms that a person has put aside (ISA-18.2 shelving): they stand, are counted, and ask nobody for anything until their time is over. */
import { SHELVED_MS_MAX, type Alarm } from "../../contracts/alarm.ts";
import type { Answer, Cause, Draft } from "../../contracts/effect.ts";
import type { AlarmId } from "../../contracts/ids.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import { lacksJob } from "./proof.ts";

/** Refuses `unknown-alarm`, `wrong-state` for one that has cleared, `malformed` for an instant that is past or too far. The same again changes nothing. */
export function shelveStep(draft: Draft, answer: Extract<Answer, { type: "shelve" }>, cause: Cause): Refusal | null {
  const alarm = draft.view.get("alarm", answer.alarm);
  if (alarm === undefined) return refuse("unknown-alarm", "the alarm must exist", "load the board again", "alarm");
  if (alarm.clearedAt !== undefined) return refuse("wrong-state", "an alarm that has cleared asks for nothing", "there is nothing to put aside");
  const { until, why, by } = answer;
  if (until <= cause.at || until > cause.at + SHELVED_MS_MAX)
    return refuse(
      "malformed",
      `shelved until a later instant, within ${SHELVED_MS_MAX / 86_400_000} days (SHELVED_MS_MAX)`,
      "choose an instant within that",
      "until",
    );
  if (alarm.shelved?.until === until && alarm.shelved.why === why) return null;
  const due = alarm.shelved?.due;
  const shelved = { at: cause.at, until, by, why, ...(due === undefined ? {} : { due }) };
  draft.put({ family: "alarm", id: alarm.id, after: { ...alarm, shelved } });
  draft.time({ set: `shelf:${alarm.id}`, at: until, due: { type: "shelf-ends", alarm: alarm.id } });
  draft.tell(cause, "alarm", alarm.id, { outcome: "shelved", model: alarm.model, reasons: [{ code: "shelved", about: { until, ms: until - cause.at } }] });
  return null;
}

/**
 * Its time is over, or a person says so before. The alarm when a job was asked for meanwhile and it still stands; null otherwise. A timer that
 * fires early is set again. Refuses `unknown-alarm` to a person.
 */
export function unshelveStep(draft: Draft, id: AlarmId, cause: Cause): Alarm | Refusal | null {
  const alarm = draft.view.get("alarm", id);
  if (alarm === undefined) return cause.type === "unshelve" ? refuse("unknown-alarm", "the alarm must exist", "load the board again", "alarm") : null;
  if (alarm.shelved === undefined) return null;
  if (cause.type === "shelf-ends" && cause.at < alarm.shelved.until) {
    draft.time({ set: `shelf:${id}`, at: alarm.shelved.until, due: { type: "shelf-ends", alarm: id } });
    return null;
  }
  const { shelved, ...after } = alarm;
  draft.time({ cancel: `shelf:${id}` });
  draft.put({ family: "alarm", id, after });
  draft.tell(cause, "alarm", id, { outcome: "unshelved", model: alarm.model, reasons: [{ code: "shelved-for", about: { ms: cause.at - shelved.at } }] });
  if (after.clearedAt !== undefined) return null;
  if (after.suppressed === undefined) return shelved.due === true && lacksJob(draft.view, after) ? after : null;
  if (shelved.due === true) draft.put({ family: "alarm", id, after: { ...after, suppressed: { ...after.suppressed, due: true } } });
  return null;
}
