/** The unit's line to its planner in the time of the day: what its shell does, with an answer that takes as long as its iterations. */
import type { UnitView } from "../../../contracts/entity.ts";
import type { Millis } from "../../../contracts/instant.ts";
import { readFacts } from "../../dispatch/facts.ts";
import { versionOf } from "../../dispatch/plan.ts";
import type { PlanAsk, Proposal, Tour } from "../../dispatch/replan/ask.ts";
import { waitBefore } from "../../dispatch/replan/pace.ts";
import { snapshotOf } from "../../dispatch/replan/problem.ts";
import { advance, problemOf, proposalOf, startSolve } from "../../dispatch/replan/solve.ts";
import { check } from "../../dispatch/route/check.ts";
import { compile } from "../../dispatch/route/model.ts";
import { layRoutes, startPlan, timetableOf } from "../../dispatch/route/plan.ts";

/** What an iteration takes, in the time of this day: as on a small machine. */
const ITERATION_MS = 0.05;

export type Planning = { ask(): void; readonly counted: () => { readonly asks: number; readonly stale: number } };

export type Parts = {
  readonly view: UnitView;
  readonly iterations: number;
  readonly now: () => Millis;
  readonly at: (when: Millis, run: () => void) => void;
  /** False when the proposal was refused as stale. */
  readonly take: (proposal: Proposal) => boolean;
  /** Hears each hard rule that a proposal breaks. */
  readonly breach: (what: string) => void;
};

export function startPlanning({ view, iterations, now, at, take, breach }: Parts): Planning {
  let isAsking = false;
  let planned = "";
  let warm: readonly Tour[] | undefined;
  let asks = 0;
  let stale = 0;
  let late = 0;

  /** When the plan is another one than it was asked about; one ask at a time, and what changes meanwhile is asked together. */
  function ask(): void {
    if (isAsking || iterations === 0) return;
    isAsking = true;
    at(now() + waitBefore(late), () => {
      const facts = readFacts(view, now());
      const version = versionOf(view, facts);
      if (version === planned) return void (isAsking = false);
      planned = version;
      const one: PlanAsk = { snapshot: snapshotOf(view, facts), seed: ++asks, iterations, ...(warm === undefined ? {} : { warm }) };
      const proposal = solved(one, breach);
      at(now() + Math.round(iterations * ITERATION_MS), () => hear(proposal));
    });
  }

  function hear(proposal: Proposal): void {
    isAsking = false;
    const isTaken = take(proposal);
    warm = isTaken ? undefined : proposal.tours;
    late = isTaken ? 0 : late + 1;
    if (isTaken) planned = versionOf(view, readFacts(view, now()));
    else {
      stale++;
      ask();
    }
  }

  return { ask, counted: () => ({ asks, stale }) };
}

function solved(ask: PlanAsk, breach: Parts["breach"]): Proposal {
  const solving = startSolve(ask);
  while (!advance(solving, ask.iterations));
  const proposal = proposalOf(solving);
  const { tickets, routes } = ask.snapshot;
  const problem = problemOf(ask.snapshot, solving.table);
  const plan = startPlan(compile(problem));
  const numbers = new Map(tickets.map((ticket, job) => [ticket, job]));
  const steps = proposal.tours.map((tour, i) => [
    ...tour.tickets.map((ticket) => ({ job: numbers.get(ticket) ?? -1 })),
    ...(routes[i] ?? []).filter((step) => "break" in step),
  ]);
  layRoutes(plan, steps);
  const timetable = timetableOf(plan);
  for (const fault of check(problem, timetable).faults) breach(`a proposal breaks ${JSON.stringify(fault)}`);
  if (timetable.left.length !== proposal.left.length) breach(`a proposal leaves ${proposal.left.length} and its timetable ${timetable.left.length}`);
  return proposal;
}
