/** Where engineers are: kept for as long as it serves dispatch and they agreed to, and then forgotten. */
import type { Answer, Cause, Draft } from "../../contracts/effect.ts";
import type { View } from "../../contracts/entity.ts";
import type { EngineerId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import { dutyOf, type Duty } from "./duty.ts";

/** Where somebody was a working day ago serves nothing, on a shift that never ends either. */
export const POSITION_KEEP_MS = 8 * 3_600_000;

/**
 * Keeps the last place of an engineer who agreed to it, until the shift ends or an absence begins, at most `POSITION_KEEP_MS`. No record: a place is
 * a personal value. Refuses `unknown-engineer` and, without consent or off shift, `not-permitted`. An older report changes nothing.
 */
export function positionStep(draft: Draft, answer: Extract<Answer, { type: "position" }>, now: Millis): Refusal | null {
  const { scenario } = draft.view;
  const engineer = draft.view.get("engineer", answer.by);
  if (engineer === undefined) return refuse("unknown-engineer", "the engineer must exist", "ask the desk to add them", "by");
  if (!engineer.locatable)
    return refuse("not-permitted", "a position is kept only of those who agreed to it", "agree to be located, or stop sending positions");
  const duty = dutyOf(engineer, now, scenario.timeZone);
  if (duty.state !== "on" || !isOut(draft.view, engineer.id, duty))
    return refuse("not-permitted", "a position is kept only during a shift", "stop sending positions until the shift begins");
  const before = draft.view.get("position", engineer.id);
  const at = Math.min(answer.at, now);
  // A report that waited tells of when it was made, which may have been before the shift.
  if (dutyOf(engineer, at, scenario.timeZone).state !== "on") return null;
  if (at <= now - POSITION_KEEP_MS || (before !== undefined && before.at >= at)) return null;
  draft.put({ family: "position", id: engineer.id, after: { id: engineer.id, at, place: answer.place } });
  keepPosition(draft, engineer.id, now);
  return null;
}

/** How long a position may be kept is reckoned anew, its engineer's times or consent being others now; what may not be kept is forgotten at once. */
export function keepPosition(draft: Draft, id: EngineerId, now: Millis): void {
  const engineer = draft.view.get("engineer", id);
  const position = draft.view.get("position", id);
  if (position === undefined) return;
  const duty = engineer === undefined ? undefined : dutyOf(engineer, now, draft.view.scenario.timeZone);
  const key = `position:${id}`;
  if (engineer?.locatable !== true || duty?.state !== "on" || !isOut(draft.view, id, duty)) {
    draft.put({ family: "position", id, after: null });
    draft.time({ cancel: key });
    return;
  }
  const at = Math.min(duty.endAt ?? Infinity, position.at + POSITION_KEEP_MS);
  draft.time({ set: key, at, due: { type: "position-ends", engineer: id } });
}

/** On call somebody is at home, which is nobody's business until they have taken a job. */
function isOut(view: View, id: EngineerId, duty: Duty): boolean {
  return !("onCall" in duty) || OUT.some((state) => view.list("ticket", { state, engineer: id }).length > 0);
}
const OUT = ["assigned", "travelling", "working"] as const;

export function forgetPositionStep(draft: Draft, id: EngineerId, cause: Cause): void {
  if (draft.view.get("position", id) === undefined) return;
  draft.put({ family: "position", id, after: null });
  draft.tell(cause, "timer", id, { outcome: "position-forgotten", reasons: [{ code: "shift-ended", about: {} }] });
}
