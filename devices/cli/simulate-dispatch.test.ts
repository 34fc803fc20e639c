import { expect, test } from "vitest";
import type { DayRun } from "../../edge/sim/dispatch/run.ts";
import { report, tableOf } from "./simulate-dispatch.ts";
import { intervalOf, ratioOf } from "./simulate-interval.ts";

function day(seed: number, policy: "outpost" | "nearest", travel: number): DayRun {
  const by = { p1: 0.01, p2: 0, p3: 0 };
  const figures = { jobs: 190, breach: by, responseMin: { p1: travel, p2: 30, p3: 60 }, appointmentsMissed: 0, travelMinPerJob: travel, unserved: 1 };
  const rest = { reassignmentsPerJob: 0.1, firstVisitFix: 0.97, kept: 0.95, offersKept: 0.85, busy: 0.8 };
  return { seed, policy, figures: { ...figures, ...rest }, decisionMs: [1, 2, 3], planner: { asks: 5, stale: 1 }, breaches: [] };
}

test("a mean over seeds comes with its confidence interval by Student's t", () => {
  // Quantiles of the tables: 12 values have 11 degrees of freedom, t = 2.201.
  const values = Array.from({ length: 12 }, (_, i) => i);
  const half = 2.201 * Math.sqrt(13 / 12);
  const { mean, low, high } = intervalOf(values);
  expect(mean).toBe(5.5);
  expect(high - mean).toBeCloseTo(half, 2);
  expect(mean - low).toBeCloseTo(half, 2);
  expect(intervalOf([3])).toEqual({ mean: 3, low: 3, high: 3 });
});

test("a ratio of means over the same days is exact where each day has it, and unsure where days differ", () => {
  expect(ratioOf([1, 2, 3], [2, 4, 6])).toEqual({ mean: 0.5, low: 0.5, high: 0.5 });
  const { mean, low, high } = ratioOf([1, 3, 2], [4, 4, 4]);
  expect(mean).toBe(0.5);
  expect(low).toBeLessThan(0.3);
  expect(high).toBeGreaterThan(0.7);
});

test("a report is of the days in the order of their seeds, whatever the order in which they were done", () => {
  const runs = [day(2, "outpost", 12), day(1, "nearest", 20), day(1, "outpost", 10), day(2, "nearest", 24)];
  const told = report([1, 2], "outpost", runs);
  expect(told).toEqual(report([1, 2], "outpost", runs.toReversed()));
  expect(told.ratio?.travelPerJob.mean).toBe(0.5);
  expect(told.outpost?.travelMinPerJob.mean).toBe(11);
  expect(told).toMatchObject({ days: 2, rulesBroken: 0, planner: { asks: 20, stale: 4 }, decisionMs: { p99: 3 } });
  expect(tableOf(told)).toContain("travelPerJob");
  expect(
    report(
      [1, 2],
      "nearest",
      runs.filter(({ policy }) => policy === "nearest"),
    ).outpost,
  ).toBeUndefined();
});
