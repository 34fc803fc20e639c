/**
 * The search: ruin, recreate, and accept what is better or, while it is warm, not much worse. It goes in steps of any size, and any cutting into
 * steps gives the same plan; the best plan so far can be read between any two.
 */
import { startNode, type Model } from "./model.ts";
import { whole, type Pieces } from "./pieces.ts";
import { layRoutes, planCost, startPlan } from "./plan.ts";
import type { Routes, Step } from "./problem.ts";
import { draw } from "./random.ts";
import { recreate, recreateInPieces } from "./recreate.ts";
import { ruin } from "./ruin.ts";
import { bestSteps, change, keepBest, mark, startSearch, takeBack, type Search } from "./search.ts";

/** How much worse a plan may be than the one before, in its mean legs (see `meanLeg`), in the beginning and in the end. */
const WARM_LEGS = 2;
const COLD_LEGS = 0.1;
/**
 * When it has cooled down for the first time, as a share of the way, and how warm it is then made again. A search that cools down once ends now
 * and then in a good plan of the wrong kind, some per cent dearer: the second time it seldom does.
 */
const AGAIN_AT = 0.5;
const AGAIN_HEAT = 0.6;
/** Iterations at one temperature. */
export const LEVEL = 16;
/** Iterations after which sums of fractions are made anew. */
const SETTLE = 4_096;

export type Start = {
  readonly seed: number;
  /** Routes to begin with, as far as they hold: yesterday's plan, or a proposal that came too late. */
  readonly routes?: Routes;
  /** How warm it begins, as a share of the usual; for plans that are good already. */
  readonly heat?: number;
};

/** How far the search is, from 0 to 1, when that many iterations are done: by iterations, or by a clock that the caller has. */
export type Progress = (iterations: number) => number;

/** A first plan: what holds of `routes`, and the rest inserted where it is cheapest. */
export function begin(model: Model, start: Start): Search {
  return whole(beginInPieces(model, start));
}

/** As `begin`, in pieces that each take some tenths of a millisecond. */
export function* beginInPieces(model: Model, { seed, routes = [], heat = 1 }: Start): Pieces<Search> {
  const plan = startPlan(model);
  layRoutes(plan, routes);
  yield;
  const search = startSearch(plan, seed);
  const { now, removed, absent } = search;
  removed.set(absent.subarray(0, now.absent));
  now.removed = now.absent;
  now.absent = 0;
  mark(search);
  yield;
  yield* recreateInPieces(search);
  now.cost = planCost(plan);
  now.leg = meanLeg(search);
  now.heat = heat;
  keepBest(search);
  return search;
}

/** Some iterations more. */
export function step(search: Search, iterations: number, progress: Progress): void {
  const { now } = search;
  for (let i = 0; i < iterations; i++) {
    if (now.iterations % LEVEL === 0) now.warmth = warmthAt(now.leg, now.heat, progress(now.iterations));
    iterate(search);
    now.iterations++;
    if (now.iterations % SETTLE === 0) now.cost = planCost(search.plan);
  }
}

/** The best plan so far. */
export function best(search: Search): Routes {
  return Array.from({ length: search.model.vehicles }, (_, vehicle): readonly Step[] => bestSteps(search, vehicle));
}

function iterate(search: Search): void {
  const { now, random } = search;
  mark(search);
  ruin(search);
  // Chance is drawn before, so that a plan which is too dear half-way is given up half-way.
  const limit = now.cost - now.warmth * Math.log(draw(random) + 1e-12);
  const cost = recreate(search, now.cost + change(search) - now.lifted, limit);
  if (cost >= limit) {
    takeBack(search);
    return;
  }
  now.cost = cost;
  if (cost >= search.best.cost - 1e-6) return;
  // Beside what leaving jobs out costs, fractions get lost on the way.
  now.cost = planCost(search.plan);
  keepBest(search);
}

/** It cools down, is warmed up again once, less, and cools down again. */
function warmthAt(leg: number, heat: number, progress: number): number {
  const again = progress >= AGAIN_AT;
  const warm = Math.max(COLD_LEGS, WARM_LEGS * heat * (again ? AGAIN_HEAT : 1));
  const cooled = again ? (progress - AGAIN_AT) / (1 - AGAIN_AT) : progress / AGAIN_AT;
  return leg * warm * Math.pow(COLD_LEGS / warm, Math.min(1, cooled));
}

/**
 * A leg of the plan, in the mean. Where vehicles differ in their homes or skills it is the root of the mean square, in which the long ways weigh
 * more: in clusters most legs are short, and warmth measured by those never sends somebody else out from home.
 */
function meanLeg({ plan, model }: Search): number {
  const differ = model.kinds > 1;
  const ways = model.rich ? plan.hop : plan.way;
  let [sum, squares, legs] = [0, 0, 0];
  for (let vehicle = 0; vehicle < model.vehicles; vehicle++) {
    if (plan.size[vehicle] === 0) continue;
    legs += plan.size[vehicle]! + 1;
    sum += model.rich ? plan.legs[vehicle]! : plan.cost[vehicle]! - model.fixedCost[vehicle]!;
    if (!differ) continue;
    for (let node = plan.next[startNode(model, vehicle)]!; node !== -1; node = plan.next[node]!) {
      if (model.isBreak[node] === 0) squares += ways[node]! * ways[node]!;
    }
  }
  if (legs === 0) return 1;
  return Math.max(differ ? Math.sqrt(squares / legs) : sum / legs, Number.MIN_VALUE);
}
