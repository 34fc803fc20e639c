/**
 * The record behind each step: trigger, what was known, reasons, outcome, autonomy, actor.
 *
 * The subject is the alarm for what happened to an alarm, and the ticket for everything after it: its offers, answers and kit.
 */
import type { Decision } from "../../contracts/decision.ts";
import type { Because, Cause, Told } from "../../contracts/effect.ts";

export function record(cause: Cause, step: Decision["step"], subject: string, told: Told): Because {
  const { id, outcome, reasons = [], snapshot = {}, autonomy = "act", model } = told;
  return {
    ...(id === undefined ? {} : { id }),
    at: cause.at,
    step,
    trigger: { type: cause.type, ref: cause.ref },
    subject,
    snapshot: { ...snapshot },
    ...(model === undefined ? {} : { model }),
    reasons: [...reasons],
    outcome,
    autonomy,
    actor: cause.actor,
  };
}
