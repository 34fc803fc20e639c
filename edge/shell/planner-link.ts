/**
 * The unit's line to its planner: asked after what may change a plan, once for all that comes together, one ask at a time. The answer comes
 * back as an input that is held against the plan as it is then; one that came too late is where the next ask begins.
 */
import type { UnitView } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import { emptySpread, type PlannerWork } from "../../contracts/planner.ts";
import type { PlanAsk, Proposal, Tour } from "../dispatch/replan/ask.ts";
import { LATE_MAX, nextAsk, planVersion, waitBefore, type Next } from "../dispatch/replan/pace.ts";
import type { PlannerAdoption, Taken } from "./planner-adoption.ts";
import type { Planned } from "./planner-slices.ts";

export type PlannerLink = {
  /** Something was committed that may change the plan; `again`: the plan stands and what it was made by does not, as when ways are known better. */
  readonly ask: (again?: "again") => void;
  readonly work: () => PlannerWork;
};

export type LinkParts = {
  readonly view: UnitView;
  readonly propose: (ask: PlanAsk) => Promise<Planned & Partial<Disposable>>;
  /** Takes proposals, each piece an input of its own. */
  readonly adoption: PlannerAdoption;
  readonly until: (work: Promise<void>) => void;
  readonly sleep: (ms: number) => Promise<void>;
  readonly now: () => Millis;
};

const SPREADS = ["sliceMs", "sliceIterations"] as const;
type Spread = (typeof SPREADS)[number];
type Counts = { -readonly [Name in Exclude<keyof PlannerWork, "resting" | Spread>]: number } & { readonly [Name in Spread]: number[] };

export function plannerLink(parts: LinkParts): PlannerLink {
  const counts: Counts = {
    asked: 0,
    answered: 0,
    adopted: 0,
    kept: 0,
    stale: 0,
    failed: 0,
    iterations: 0,
    slices: 0,
    workMs: 0,
    sliceMsMax: 0,
    sliceMs: emptySpread(),
    slicesLong: 0,
    sliceIterations: emptySpread(),
  };
  let isAsking = false;
  let isDue = false;
  let planned = "";
  let warm: readonly Tour[] | undefined;
  /** Answers in a row that came too late. */
  let late = 0;

  async function askAll(): Promise<void> {
    // What an object that ended in between has left half adopted.
    if (parts.adoption.isBegun()) await adopt(parts.adoption.goOn());
    for (let again = 0; isDue && again <= LATE_MAX;) {
      await parts.sleep(waitBefore(late));
      isDue = false;
      const { version, ask } = await read();
      // What came while it was read makes the answer come too late, and the next ask begins there: a unit where something is always said gets plans, too.
      planned = version;
      if (ask === null) continue;
      if (await adopt(parts.adoption.take(await answerTo(ask)))) continue;
      again++;
      isDue = true;
    }
  }

  /** In pieces, each an event of its own: whoever came meanwhile has had their turn. */
  async function read(): Promise<Next> {
    const pieces = nextAsk(parts.view, parts.now(), { planned, asks: counts.asked, ...(warm === undefined ? {} : { warm }) });
    for (;;) {
      const piece = pieces.next();
      if (piece.done === true) return piece.value;
      await parts.sleep(0);
    }
  }

  async function answerTo(ask: PlanAsk): Promise<Proposal> {
    counts.asked++;
    const answer = await parts.propose(ask);
    const { proposal, slices, workMs, sliceMsMax, slicesLong, ...spread } = structuredClone({ ...answer });
    answer[Symbol.dispose]?.();
    counts.answered++;
    counts.iterations += proposal.iterations;
    counts.slices += slices;
    counts.workMs += workMs;
    counts.sliceMsMax = Math.max(counts.sliceMsMax, sliceMsMax);
    counts.slicesLong += slicesLong;
    for (const name of SPREADS) for (const [i, more] of spread[name].entries()) counts[name][i] = (counts[name][i] ?? 0) + more;
    return proposal;
  }

  /** To its last piece; false when it, or the rest of it, came too late. */
  async function adopt(first: Taken | null): Promise<boolean> {
    let taken = first;
    while (taken === "more") {
      await parts.sleep(0);
      taken = parts.adoption.goOn();
    }
    if (taken === null) return true;
    if (typeof taken === "object") {
      counts[taken.made > 0 ? "adopted" : "stale"]++;
      late++;
      warm = taken.warm;
      // What its first pieces made is no plan that anybody found.
      if (taken.made > 0) planned = "";
      return false;
    }
    counts[taken]++;
    late = 0;
    warm = undefined;
    planned = planVersion(parts.view, parts.now());
    return true;
  }

  return {
    ask: (again) => {
      isDue = true;
      if (again !== undefined) planned = "";
      if (isAsking) return;
      isAsking = true;
      const work = askAll()
        .catch((error: unknown) => {
          counts.failed++;
          console.warn("the plan stays as it is", error);
        })
        .finally(() => {
          isAsking = false;
        });
      parts.until(work);
    },
    work: () => ({ ...counts, resting: !isAsking }),
  };
}
