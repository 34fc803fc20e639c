/** One day of one seed: dispatched by a unit, and by the baseline in the very same town. */
import type { Scenario } from "../../../contracts/scenario.ts";
import { greatCircle } from "../../dispatch/travel.ts";
import { figuresOf, type Figures } from "./figures.ts";
import { nearestIdle } from "./nearest.ts";
import { runDay } from "./day.ts";
import { watchRules } from "./rules.ts";
import { drawTown, SIZE, type DaySize } from "./town.ts";
import { unitPolicy, type UnitPolicy } from "./unit.ts";

export type PolicyName = "outpost" | "nearest";

export type DayRun = {
  readonly seed: number;
  readonly policy: PolicyName;
  readonly figures: Figures;
  /** What each input of dispatch took, as the given clock says; none of the baseline. */
  readonly decisionMs: readonly number[];
  readonly planner: { readonly asks: number; readonly stale: number };
  /** Rules that were broken, each as a sentence. */
  readonly breaches: readonly string[];
};

/** Told apart from the figures: the same seed gives the same figures on any machine. `clock` in ms. */
export type DayOptions = { readonly template: Scenario; readonly iterations?: number; readonly clock?: () => number; readonly size?: DaySize };

/** Of one answer of the planner: a unit's own budget for a plan of this size. */
const ITERATIONS = 250;
/** Breaches that are told; more say nothing new. */
const BREACHES_MAX = 20;

export function runSeed(seed: number, policy: PolicyName, { template, iterations = ITERATIONS, clock = () => 0, size = SIZE }: DayOptions): DayRun {
  const town = drawTown(seed, template, size);
  const travel = greatCircle(town.scenario.dispatch);
  const decisionMs: number[] = [];
  const breaches: string[] = [];
  const tell = (what: string): void => void (breaches.length < BREACHES_MAX && breaches.push(what));
  if (policy === "nearest") {
    const day = runDay(town, travel, nearestIdle(travel, town.scenario.dispatch.offerMs));
    return { seed, policy, figures: figuresOf(day, 0), decisionMs, planner: { asks: 0, stale: 0 }, breaches };
  }
  let unit: UnitPolicy | null = null;
  const day = runDay(town, travel, (opened) => {
    const watch = watchRules(opened, tell);
    unit = unitPolicy(opened, travel, iterations, {
      begins: clock,
      ended: (begun, input) => void (input !== "position" && decisionMs.push(clock() - begun)),
      committed: watch,
      breach: tell,
    });
    return unit;
  });
  const { withdrawn, planner } = unitOf(unit).counted();
  return { seed, policy, figures: figuresOf(day, withdrawn), decisionMs, planner, breaches };
}

function unitOf(unit: UnitPolicy | null): UnitPolicy {
  if (unit === null) throw new Error("a day without a policy");
  return unit;
}
