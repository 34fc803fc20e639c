/** A unit's planner: asked over its line, its proposals taken piece by piece. A scenario may be without one; then nothing is asked, and what one has begun is left. */
import { uuidv7 } from "uuidv7";
import { plannerAdoption } from "./planner-adoption.ts";
import { type PlannerLink, plannerLink } from "./planner-link.ts";
import type { Runner } from "./runner.ts";
import { type Db, readMeta, writeMeta } from "./unit-tables.ts";

/** The row of a proposal that is adopted in pieces. */
const ADOPTION = "planAdoption";

export type UnitPlanner = PlannerLink & {
  /** Pieces of a proposal wait to be taken. */
  readonly isAdopting: () => boolean;
};

export type PlannerParts = Pick<Runner, "view" | "input"> & { readonly ctx: DurableObjectState; readonly db: Db; readonly isWithout: boolean };

export function unitPlanner({ ctx, db, view, input, isWithout }: PlannerParts): UnitPlanner {
  const adoption = plannerAdoption({
    view,
    read: () => readMeta(db, ADOPTION),
    write: (text) => writeMeta(db, ADOPTION, text),
    input,
    newId: uuidv7,
    now: Date.now,
  });
  const { ask, work } = plannerLink({
    view,
    adoption,
    propose: async (asked) => await ctx.exports.Planner.propose(asked),
    until: (working) => ctx.waitUntil(working),
    sleep: (ms) => scheduler.wait(ms),
    now: Date.now,
  });
  return {
    ask: (again) => {
      if (!isWithout) ask(again);
    },
    work,
    isAdopting: () => !isWithout && adoption.isBegun(),
  };
}
