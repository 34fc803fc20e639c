/**
 * The unit's planner in virtual time: asked after what may change a plan, once for all that comes together, one ask at a time, and answered a
 * moment later; an answer that came too late is where the next ask begins. As `edge/shell/planner-link.ts` does it, with its figures.
 */
import type { Decided } from "../../contracts/effect.ts";
import { readFacts } from "../../edge/dispatch/facts.ts";
import { versionOf } from "../../edge/dispatch/plan.ts";
import type { PlanAsk, Tour } from "../../edge/dispatch/replan/ask.ts";
import { snapshotOf } from "../../edge/dispatch/replan/problem.ts";
import { solve } from "../../edge/dispatch/replan/solve.ts";
import { asksForPlan } from "../../edge/dispatch/replan/trigger.ts";
import type { Agenda } from "./agenda.ts";
import type { LiveUnit } from "./unit-live.ts";

const COALESCE_MS = 250;
/** What a plan of some tens of jobs takes, with the turns of everybody else in between. */
const PLANNING_MS = 500;
const ITERATIONS_A_JOB = 20;
const ITERATIONS_MIN = 200;
const ITERATIONS_MAX = 4_000;
const STALE_MAX = 3;

export type PlannerCounts = { asked: number; adopted: number; stale: number };

export type VirtualPlanner = {
  /** What the unit committed, but for what a proposal changed: that asks for no other one. */
  hear(decided: Decided, at: number): void;
  readonly counts: Readonly<PlannerCounts>;
};

export function startVirtualPlanner(unit: () => LiveUnit, agenda: Agenda): VirtualPlanner {
  const counts: PlannerCounts = { asked: 0, adopted: 0, stale: 0 };
  let [isAsking, isDue, stale, planned] = [false, false, 0, ""];
  let warm: readonly Tour[] | undefined;

  function askLater(at: number): void {
    isAsking = true;
    agenda.plan(at + COALESCE_MS, () => ask(at + COALESCE_MS));
  }

  function ask(at: number): void {
    isDue = false;
    const question = questionOf(at);
    if (question === null) return rest(at);
    counts.asked++;
    const proposal = solve(question);
    agenda.plan(at + PLANNING_MS, () => {
      const now = at + PLANNING_MS;
      if (unit().take(proposal, now) === null) {
        counts.adopted++;
        [warm, stale, planned] = [undefined, 0, versionAt(now)];
      } else {
        counts.stale++;
        warm = proposal.tours;
        stale += 1;
        isDue = stale <= STALE_MAX;
      }
      rest(now);
    });
  }

  /** Null where there is nothing to gain, or the plan is as it was planned. */
  function questionOf(at: number): PlanAsk | null {
    const { view } = unit().world;
    const facts = readFacts(view, at);
    const version = versionOf(view, facts);
    if (version === planned) return null;
    planned = version;
    const snapshot = snapshotOf(view, facts);
    const jobs = snapshot.tickets.length;
    if (jobs === 0) return null;
    const iterations = Math.min(ITERATIONS_MAX, Math.max(ITERATIONS_MIN, jobs * ITERATIONS_A_JOB));
    return { snapshot, seed: counts.asked + 1, iterations, ...(warm === undefined ? {} : { warm }) };
  }

  function versionAt(at: number): string {
    const { view } = unit().world;
    return versionOf(view, readFacts(view, at));
  }

  function rest(at: number): void {
    isAsking = false;
    if (isDue) askLater(at);
    else stale = 0;
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
