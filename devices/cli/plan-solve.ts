/** Runs the optimiser for a time of this process's processor, or for a number of iterations. */
import type { Progress } from "../../edge/dispatch/route/anneal.ts";
import { beginPlan, bestPlan, iterationsOf, stepPlan } from "../../edge/dispatch/route/decompose.ts";
import type { Problem, Routes } from "../../edge/dispatch/route/problem.ts";

export type Effort = { readonly seed: number; readonly seconds?: number; readonly iterations?: number };
export type Solved = { readonly routes: Routes; readonly iterations: number; readonly solvingMs: number };

/** Between two looks at the clock, which costs as much as some iterations. */
const LOOK_MS = 1;
const FIRST_LOOK = 16;

/** `seconds` of processor time, `iterations`, or whichever ends first; only `iterations` alone give the same plan again. */
export function solve(problem: Problem, routes: Routes, { seed, seconds = Infinity, iterations = Infinity }: Effort, tell?: (done: number) => void): Solved {
  const startedAt = cpuMs();
  const budgetMs = seconds * 1_000;
  const planning = beginPlan(problem, { seed, routes });
  let spentMs = cpuMs() - startedAt;
  let some = FIRST_LOOK;
  const timed = Number.isFinite(budgetMs);
  // One search looks at its progress many times between two looks at the clock.
  const progress: Progress = (done) => Math.max(done / iterations, timed ? spentMs / budgetMs : 0);
  while (spentMs < budgetMs && iterationsOf(planning) < iterations) {
    stepPlan(planning, Math.min(some, iterations - iterationsOf(planning)), progress);
    const before = spentMs;
    spentMs = cpuMs() - startedAt;
    some = spentMs - before < LOOK_MS ? some * 2 : Math.max(FIRST_LOOK, Math.floor(some / 2));
    tell?.(progress(iterationsOf(planning)));
  }
  return { routes: bestPlan(planning), iterations: iterationsOf(planning), solvingMs: cpuMs() - startedAt };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
