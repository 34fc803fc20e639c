import { expect, test } from "vitest";
import { KINDS, problemOf } from "../../../devices/bench/plan-problem.ts";
import { check } from "./check.ts";
import { beginPlan, bestPlan, iterationsOf, stepPlan, type Planning } from "./decompose.ts";
import { compile } from "./model.ts";
import { layRoutes, startPlan, timetableOf } from "./plan.ts";
import { isJob, type Problem } from "./problem.ts";

const TOTAL = 3_000;
const byCount = (iterations: number) => iterations / TOTAL;
const [kind] = KINDS.filter(({ spread, team }) => spread === "clustered" && team);
if (kind === undefined) throw new Error("no such kind");
const made = problemOf(5, kind, 360);
/** With a pair, a pin, a decline and a job that nobody can do. */
const large: Problem = {
  ...made,
  jobs: made.jobs.map((job, i) =>
    i === 7 ? { ...job, skills: ["nobody's"] } : i < 4 ? { ...job, windows: [[21_600, 64_800]], skills: [] } : i === 20 ? { ...job, not: [0, 1, 2] } : job,
  ),
  vehicles: made.vehicles.map((vehicle, i) => (i === 3 ? { ...vehicle, pinned: [2] } : vehicle)),
  pairs: [[0, 1]],
};

function judge(problem: Problem, planning: Planning) {
  const plan = startPlan(compile(problem));
  layRoutes(plan, bestPlan(planning));
  const timetable = timetableOf(plan);
  return { ...check(problem, timetable), left: timetable.left, planned: bestPlan(planning).flat().filter(isJob).length };
}

test("RT7 a large plan is made in parts: at any time no rule is broken, and every job is in a route or among those left out", () => {
  const planning = beginPlan(large, { seed: 1 });
  expect(planning.whole).toBeNull();
  const costs: number[] = [];
  for (let i = 0; i < TOTAL; i += TOTAL / 6) {
    const { faults, costs: now, left, planned } = judge(large, planning);
    expect(faults).toEqual([]);
    expect(planned + left.length).toBe(360);
    if (left.length === 1) costs.push(now.total);
    stepPlan(planning, TOTAL / 6, byCount);
  }
  const end = judge(large, planning);
  expect(end.left).toEqual([7]);
  expect(end.costs.total).toBeLessThan((costs[0] ?? 0) * 0.98);
  expect(iterationsOf(planning)).toBe(TOTAL);
});

test("RT7 a large plan is the same however its iterations are cut into steps", () => {
  const whole = beginPlan(large, { seed: 2 });
  stepPlan(whole, TOTAL, byCount);
  const sliced = beginPlan(large, { seed: 2 });
  for (let left = TOTAL, next = 1; left > 0; left -= next, next = Math.min(left, (next * 3) % 101 || 1)) stepPlan(sliced, next, byCount);
  expect(iterationsOf(sliced)).toBe(TOTAL);
  expect(bestPlan(sliced)).toEqual(bestPlan(whole));
});
