/** Where engineers are: kept for as long as it serves dispatch and they agreed to, and then forgotten. */
import type { Answer, Cause, Draft } from "../../contracts/effect.ts";
import type { EngineerId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import { isThere } from "./duty.ts";
import { shiftEndAt } from "./shift.ts";

/**
 * Keeps the last place of an engineer who agreed to it, until the shift ends. No record: a place is a personal value.
 * Refuses `unknown-engineer` and, without consent or off shift, `not-permitted`. An older report changes nothing.
 */
export function positionStep(draft: Draft, answer: Extract<Answer, { type: "position" }>, now: Millis): Refusal | null {
  const { scenario } = draft.view;
  const engineer = draft.view.get("engineer", answer.by);
  if (engineer === undefined) return refuse("unknown-engineer", "the engineer must exist", "ask the desk to add them", "by");
  if (!engineer.locatable)
    return refuse("not-permitted", "a position is kept only of those who agreed to it", "agree to be located, or stop sending positions");
  if (!isThere(engineer, now, scenario.timeZone))
    return refuse("not-permitted", "a position is kept only during a shift", "stop sending positions until the shift begins");
  const before = draft.view.get("position", engineer.id);
  const at = Math.min(answer.at, now);
  if (before !== undefined && before.at >= at) return null;
  draft.put({ family: "position", id: engineer.id, after: { id: engineer.id, at, place: answer.place } });
  const endAt = shiftEndAt(engineer.shifts, now, scenario.timeZone);
  const key = `position:${engineer.id}`;
  draft.time(endAt === undefined ? { cancel: key } : { set: key, at: endAt, due: { type: "position-ends", engineer: engineer.id } });
  return null;
}

export function forgetPositionStep(draft: Draft, id: EngineerId, cause: Cause): void {
  if (draft.view.get("position", id) === undefined) return;
  draft.put({ family: "position", id, after: null });
  draft.tell(cause, "timer", id, { outcome: "position-forgotten", reasons: [{ code: "shift-ended", about: {} }] });
}
