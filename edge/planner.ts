/**
 * Looks at a whole day for a unit: a snapshot of its plan, a seed and a budget of iterations in, a proposal for that version of the plan out.
 * It keeps nothing. Its unit, its Intake and it may share one thread, so it works in slices, lets everybody else have their turn in between,
 * and rests for longer than it works.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import type { PlanAsk } from "./dispatch/replan/ask.ts";
import { planInSlices, type Planned } from "./shell/planner-slices.ts";

export class Planner extends WorkerEntrypoint<Env> {
  async propose(ask: PlanAsk): Promise<Planned> {
    return await planInSlices(ask, { now: () => performance.now(), turn: (ms) => scheduler.wait(ms) });
  }
}
