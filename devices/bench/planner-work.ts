/** What a planner did in between: both are counted since its unit woke. */
import type { PlannerWork } from "../../contracts/planner.ts";

export function workBetween(before: PlannerWork, after: PlannerWork): PlannerWork {
  const { resting, sliceMsMax } = after;
  const since = (name: Exclude<keyof PlannerWork, "resting" | "sliceMsMax" | "sliceMs" | "sliceIterations">): number => after[name] - before[name];
  const spread = (name: "sliceMs" | "sliceIterations"): number[] => after[name].map((count, i) => count - (before[name][i] ?? 0));
  return {
    asked: since("asked"),
    answered: since("answered"),
    adopted: since("adopted"),
    kept: since("kept"),
    stale: since("stale"),
    failed: since("failed"),
    iterations: since("iterations"),
    slices: since("slices"),
    workMs: since("workMs"),
    sliceMsMax,
    sliceMs: spread("sliceMs"),
    slicesLong: since("slicesLong"),
    sliceIterations: spread("sliceIterations"),
    resting,
  };
}
