/** After which inputs the whole plan is looked at again. */
import type { Decided } from "../../../contracts/effect.ts";

/** A job came or comes back, is offered to the next one, is done, stands still or is called off; whoever takes or begins what was planned changes nothing. */
const STATES: ReadonlySet<string> = new Set(["open", "reopened", "offered", "paused", "resolved", "cancelled"]);
/** Told by dispatch: an engineer's word, work that goes on too long, somebody away or back. */
const OUTCOMES: ReadonlySet<string> = new Set(["late", "overruns", "absent", "present", "expired", "declined"]);
/** People received, counted or took parts; what is laid aside for a job is no news. */
const PARTS_MOVED = "moved";

export function asksForPlan({ changes, because }: Pick<Decided, "changes" | "because">): boolean {
  return (
    because.some(({ outcome, step }) => OUTCOMES.has(outcome) || (step === "import" && outcome === PARTS_MOVED)) ||
    changes.some(({ family }) => family === "depot") ||
    changes.some(({ family, after }) => family === "engineer" || (family === "ticket" && after !== null && "state" in after && STATES.has(after.state)))
  );
}
