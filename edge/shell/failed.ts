/** The record of a step that threw: a bug, kept where people look, so that nothing is passed over in silence. */
import type { Decision } from "../../contracts/decision.ts";
import { NOTHING, UNIT, type Decided } from "../../contracts/effect.ts";
import type { Millis } from "../../contracts/instant.ts";

const WHY_MAX = 200;

export function failed(step: Decision["step"], ref: string, error: unknown, now: Millis, snapshot: Decision["snapshot"] = {}): Decided {
  const why = (error instanceof Error ? error.message : String(error)).slice(0, WHY_MAX);
  const reasons = [{ code: "bug", about: { why } }];
  const because = { at: now, step, trigger: { type: step, ref }, subject: ref, snapshot, reasons, outcome: "failed", autonomy: "act" as const, actor: UNIT };
  return { ...NOTHING, because: [because] };
}
