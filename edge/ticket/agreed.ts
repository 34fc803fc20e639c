/** Agreements and calendars that were written anew: every job that is not done gets the promise that it has by them. */
import { sameJson } from "../../contracts/delta/json.ts";
import { UNIT, type Draft } from "../../contracts/effect.ts";
import type { Millis } from "../../contracts/instant.ts";
import { watchCoverage } from "./coverage.ts";
import { reentitled } from "./entitled.ts";
import { ACTIVE } from "./life.ts";

export function agreedStep(draft: Draft, now: Millis): void {
  for (const before of ACTIVE.flatMap((state) => draft.view.list("ticket", { state }))) {
    watchCoverage(draft, before, now);
    const after = reentitled(draft.view, before, now);
    if (sameJson(after, before)) continue;
    draft.put({ family: "ticket", id: after.id, after });
    const { respondBy, resolveBy, agreement = "" } = after;
    const reasons = [{ code: "promise", about: { priority: after.priority, respondBy, resolveBy, ...(agreement === "" ? {} : { agreement }) } }];
    draft.tell({ at: now, type: "agreed", ref: agreement, actor: UNIT }, "heard", after.id, { outcome: "promised-again", reasons });
  }
}
