import { expect, test } from "vitest";
import fc from "fast-check";
import { isRefusal } from "../../../contracts/refusal.ts";
import { check } from "./check.ts";
import { beginPlan, bestPlan, stepPlan } from "./decompose.ts";
import { world } from "./fixture/world.ts";
import type { Job, Problem, Vehicle } from "./problem.ts";
import { refuseProblem } from "./refuse.ts";
import { timetableIn, whyAllLeft } from "./tours.ts";
import type { WhyNot } from "./why.ts";

const job: Job = { place: 1, service: 10 };
const vehicle: Vehicle = { start: 0, end: 0, window: [0, 1_000] };
const fine: Problem = { places: 3, profiles: [{ time: (a, b) => 10 * Math.abs(a - b) }], jobs: [job, { ...job, place: 2 }], vehicles: [vehicle] };
const withJob = (more: Partial<Job>): Problem => ({ ...fine, jobs: [{ ...job, ...more }] });
const withVehicle = (more: Partial<Vehicle>): Problem => ({ ...fine, vehicles: [{ ...vehicle, ...more }] });

test.each<[field: string, problem: Problem]>([
  ["jobs[0].place", withJob({ place: 3 })],
  ["jobs[0].place", withJob({ place: 0.5 })],
  ["jobs[0].service", withJob({ service: -1 })],
  ["jobs[0].setup", withJob({ setup: NaN })],
  ["jobs[0].pickup", withJob({ pickup: [1, -1] })],
  ["jobs[0].only", withJob({ only: [1] })],
  ["jobs[0].not", withJob({ not: [-1] })],
  ["jobs[0].told.vehicle", withJob({ told: { vehicle: 9 } })],
  ["jobs[0].due", withJob({ due: NaN })],
  ["jobs[0].windows", withJob({ windows: [[50, 40]] })],
  ["jobs[0].windows", withJob({ windows: [[NaN, 40]] })],
  [
    "jobs[0].windows",
    withJob({
      windows: [
        [50, 60],
        [10, 20],
      ],
    }),
  ],
  ["vehicles[0].start", withVehicle({ start: 7 })],
  ["vehicles[0].profile", withVehicle({ profile: 1 })],
  ["vehicles[0].capacity", withVehicle({ capacity: [NaN] })],
  ["vehicles[0].pinned", withVehicle({ pinned: [2] })],
  ["vehicles[0].pinned", withVehicle({ pinned: [1, 1] })],
  ["vehicles[0].window", withVehicle({ window: [10, 0] })],
  ["vehicles[0].breaks[0].service", withVehicle({ breaks: [{ service: -5, windows: [[0, 10]] }] })],
  ["vehicles[1].window", { ...fine, vehicles: [vehicle, { ...vehicle, window: [1e12, 1e12 + 5] }] }],
  ["pairs[0]", { ...fine, pairs: [[0, 2]] }],
  ["pairs[0]", { ...fine, pairs: [[0, 0]] }],
])("RT8 what is no problem is refused by field, rule and mend, and never planned: %s", (field, problem) => {
  const refusal = refuseProblem(problem);
  expect(refusal).toMatchObject({ refused: "malformed", field });
  expect(isRefusal(refusal) ? refusal.mend.length : 0).toBeGreaterThan(5);
  expect(() => beginPlan(problem, { seed: 1 })).toThrow(field);
});

test("RT8 a problem with everything in it is none that is refused", () => {
  fc.assert(
    fc.property(world("rich"), (problem) => {
      expect(refuseProblem(problem)).toBeNull();
    }),
    { numRuns: 200 },
  );
});

const EPOCH_S = 1_763_800_000;
test.each<[name: string, problem: Problem, left: readonly (readonly [job: number, code: WhyNot["code"] | undefined])[]]>([
  [
    "nobody is there",
    { ...fine, vehicles: [] },
    [
      [0, undefined],
      [1, undefined],
    ],
  ],
  ["there is nothing to do", { ...fine, jobs: [] }, []],
  ["a place can't be reached", { ...fine, profiles: [{ time: (a, b) => (a === 2 || b === 2 ? NaN : 10 * Math.abs(a - b)) }] }, [[1, "unreachable"]]],
  ["a way takes less than no time", { ...fine, profiles: [{ time: (a, b) => (a === 2 || b === 2 ? -5 : 10 * Math.abs(a - b)) }] }, [[1, "unreachable"]]],
  ["a window is beyond all shifts", withJob({ windows: [[2e9, 2e9 + 10]] }), [[0, "window"]]],
  ["a window is over before the first shift", withJob({ windows: [[-50, -10]] }), [[0, "window"]]],
  ["work takes longer than anybody lives", withJob({ service: 1e15 }), [[0, "too-long"]]],
  ["nobody has a shift, and times are those of the calendar", { ...withJob({ windows: [[EPOCH_S, EPOCH_S]] }), vehicles: [{ start: 0 }] }, []],
])("RT8 what nobody can do is left out, with its reason: %s", (_, problem, left) => {
  const planning = beginPlan(problem, { seed: 1 });
  stepPlan(planning, 200, (done) => done / 200);
  const routes = bestPlan(planning);
  const timetable = timetableIn(problem, routes);
  expect(check(problem, timetable).faults).toEqual([]);
  expect(timetable.left).toEqual(left.map(([one]) => one));
  expect(whyAllLeft(problem, routes, timetable.left).map(({ closest }) => closest?.code)).toEqual(left.map(([, code]) => code));
});

test("RT8 why many jobs are left is worked out with one model for many of them, not with one for each job and vehicle", () => {
  const [vehicles, each, left] = [20, 30, 500];
  let asked = 0;
  const profile = { time: (a: number, b: number) => (asked++, a === b ? 0 : 10) };
  const jobs = Array.from({ length: vehicles * each + left }, (_, job) => ({ place: job + 1, service: 10 }));
  const problem: Problem = {
    places: jobs.length + 1,
    profiles: [profile],
    jobs,
    vehicles: Array.from({ length: vehicles }, () => ({ start: 0, end: 0, window: [0, 20 * each + 10] as const })),
  };
  const routes = problem.vehicles.map((_, vehicle) => Array.from({ length: each }, (__, i) => ({ job: vehicle * each + i })));
  const whys = whyAllLeft(
    problem,
    routes,
    Array.from({ length: left }, (_, i) => vehicles * each + i),
  );
  expect(whys.map(({ count }) => count)).toEqual(whys.map(() => ({ "time-left": vehicles })));
  expect(asked).toBeLessThan(2_500_000);
});
