/**
 * The unit's line to its planner: asked after what may change a plan, once for all that comes together, one ask at a time. The answer comes
 * back as an input that is held against the plan as it is then; one that came too late is where the next ask begins.
 */
import type { UnitView } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Refusal } from "../../contracts/refusal.ts";
import { readFacts } from "../dispatch/facts.ts";
import { versionOf } from "../dispatch/plan.ts";
import type { PlanAsk, Proposal, Tour } from "../dispatch/replan/ask.ts";
import { snapshotOf } from "../dispatch/replan/problem.ts";
import type { Planned } from "./planner-slices.ts";

/** What comes within so long is asked together: an alarm often brings others. */
const COALESCE_MS = 250;
/** Iterations for each job of the plan: from there on a plan of this size gets hardly better. */
const ITERATIONS_A_JOB = 20;
const ITERATIONS_MIN = 200;
const ITERATIONS_MAX = 4_000;
/** Asks in a row that came too late: then it waits for the next change, so that a busy hour is not spent on plans that nobody gets. */
const STALE_MAX = 3;

export type PlannerLink = {
  /** Something was committed that may change the plan. */
  readonly ask: () => void;
};

export type LinkParts = {
  readonly view: UnitView;
  readonly propose: (ask: PlanAsk) => Promise<Planned & Partial<Disposable>>;
  /** Takes a proposal as an input. */
  readonly take: (proposal: Proposal) => Refusal | null;
  readonly until: (work: Promise<void>) => void;
  readonly sleep: (ms: number) => Promise<void>;
  readonly now: () => Millis;
};

export function plannerLink(parts: LinkParts): PlannerLink {
  let isAsking = false;
  let isDue = false;
  let planned = "";
  let asks = 0;
  let warm: readonly Tour[] | undefined;

  async function askAll(): Promise<void> {
    for (let stale = 0; isDue && stale <= STALE_MAX;) {
      await parts.sleep(COALESCE_MS);
      isDue = false;
      const ask = askOf();
      if (ask === null) continue;
      const answer = await parts.propose(ask);
      const proposal = structuredClone(answer.proposal);
      answer[Symbol.dispose]?.();
      const refused = parts.take(proposal);
      warm = refused === null ? undefined : proposal.tours;
      if (refused === null) planned = versionNow();
      else {
        stale++;
        isDue = true;
      }
    }
  }

  /** Null where there is nothing to gain, or the plan is as it was planned. */
  function askOf(): PlanAsk | null {
    const now = parts.now();
    const facts = readFacts(parts.view, now);
    const version = versionOf(parts.view, facts);
    if (version === planned) return null;
    planned = version;
    const snapshot = snapshotOf(parts.view, facts);
    const jobs = snapshot.tickets.length;
    if (jobs === 0) return null;
    const iterations = Math.min(ITERATIONS_MAX, Math.max(ITERATIONS_MIN, jobs * ITERATIONS_A_JOB));
    return { snapshot, seed: ++asks, iterations, ...(warm === undefined ? {} : { warm }) };
  }

  function versionNow(): string {
    const now = parts.now();
    return versionOf(parts.view, readFacts(parts.view, now));
  }

  return {
    ask: () => {
      isDue = true;
      if (isAsking) return;
      isAsking = true;
      const work = askAll()
        .catch((error: unknown) => console.warn("the plan stays as it is", error))
        .finally(() => {
          isAsking = false;
        });
      parts.until(work);
    },
  };
}
