/**
 * The unit's planner in virtual time: asked after what may change a plan, once for all that comes together, one ask at a time, and answered a
 * moment later; an answer that came too late is where the next ask begins. As `edge/shell/planner-link.ts` does it, at the same pace.
 */
import type { Decided } from "../../contracts/effect.ts";
import type { Tour } from "../../edge/dispatch/replan/ask.ts";
import { LATE_MAX, nextAsk, planVersion, waitBefore } from "../../edge/dispatch/replan/pace.ts";
import { solve } from "../../edge/dispatch/replan/solve.ts";
import { asksForPlan } from "../../edge/dispatch/replan/trigger.ts";
import { whole } from "../../edge/dispatch/route/pieces.ts";
import type { Agenda } from "./agenda.ts";
import type { LiveUnit } from "./unit-live.ts";

/** What a plan of some tens of jobs takes, with the turns of everybody else in between. */
const PLANNING_MS = 800;

export type PlannerCounts = { asked: number; adopted: number; stale: number };

export type VirtualPlanner = {
  /** What the unit committed, but for what a proposal changed: that asks for no other one. */
  hear(decided: Decided, at: number): void;
  readonly counts: Readonly<PlannerCounts>;
};

export function startVirtualPlanner(unit: () => LiveUnit, agenda: Agenda): VirtualPlanner {
  const counts: PlannerCounts = { asked: 0, adopted: 0, stale: 0 };
  let [isAsking, isDue, again, late, planned] = [false, false, 0, 0, ""];
  let warm: readonly Tour[] | undefined;

  function askLater(at: number): void {
    isAsking = true;
    const askAt = at + waitBefore(late);
    agenda.plan(askAt, () => ask(askAt));
  }

  function ask(at: number): void {
    isDue = false;
    const { version, ask: question } = whole(nextAsk(unit().world.view, at, { planned, asks: counts.asked, ...(warm === undefined ? {} : { warm }) }));
    planned = version;
    if (question === null) return rest(at);
    counts.asked++;
    const proposal = solve(question);
    agenda.plan(at + PLANNING_MS, () => {
      const now = at + PLANNING_MS;
      if (unit().take(proposal, now) === null) {
        counts.adopted++;
        [warm, again, late, planned] = [undefined, 0, 0, planVersion(unit().world.view, now)];
      } else {
        counts.stale++;
        warm = proposal.tours;
        again++;
        late++;
        isDue = again <= LATE_MAX;
      }
      rest(now);
    });
  }

  function rest(at: number): void {
    isAsking = false;
    if (isDue) askLater(at);
    else again = 0;
  }

  return {
    counts,
    hear(decided, at) {
      if (!asksForPlan(decided)) return;
      isDue = true;
      if (!isAsking) askLater(at);
    },
  };
}
