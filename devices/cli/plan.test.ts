import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { ROOT } from "../server/paths.ts";
import { planFor } from "./plan.ts";
import { readPlan } from "./plan-input.ts";
import type { PlanOutput } from "./plan-output.ts";

const RECORDINGS = join(ROOT, "..", "shared", "data");
const ITERATIONS = { seed: 1, iterations: 500 };

/** Five places on a line, 100 s and 1,000 m apart. */
const line = (unit: number) => Array.from({ length: 5 }, (_, a) => Array.from({ length: 5 }, (_, b) => unit * Math.abs(a - b)));
const matrices = { car: { durations: line(100), distances: line(1_000) } };
const vehicle = { id: 1, start_index: 0, end_index: 0 };
const job = (id: number, more: object = {}) => ({ id, location_index: id, ...more });

function solved(input: object, effort = ITERATIONS): PlanOutput {
  const task = readPlan(input);
  if (isRefusal(task)) throw new Error(JSON.stringify(task));
  return planFor(task, effort);
}

/** Type, id, arrival and waiting of each step. */
const told = (output: PlanOutput) => output.routes.map(({ steps }) => steps.map((step) => [step.type, step.id, step.arrival, step.waiting_time]));

test("RT20 a problem in VROOM's format is answered in VROOM's format: costs, loads, arrivals, waiting, distances", () => {
  const output = solved({
    vehicles: [{ ...vehicle, capacity: [3], time_window: [0, 5_000], costs: { fixed: 7, per_hour: 3_600, per_km: 1 }, description: "van" }],
    jobs: [
      job(1, { service: 50, delivery: [1], priority: 3, time_windows: [[0, 900]] }),
      job(3, { setup: 20, service: 30, pickup: [2], delivery: [1], time_windows: [[1_000, 1_200]] }),
    ],
    matrices,
  });
  expect(output).toMatchObject({
    code: 0,
    unassigned: [],
    travel: { by: "matrices" },
    summary: {
      cost: 7 + 600 + 6,
      routes: 1,
      unassigned: 0,
      delivery: [2],
      pickup: [2],
      setup: 20,
      service: 80,
      duration: 600,
      distance: 6_000,
      priority: 3,
      waiting_time: 0,
      violations: [],
    },
  });
  // It leaves so late that it waits nowhere.
  expect(output.routes[0]).toMatchObject({ vehicle: 1, description: "van", cost: 613 });
  expect(output.routes[0]?.steps.map(({ load }) => load)).toEqual([[2], [1], [2], [2]]);
  expect(told(output)).toEqual([
    [
      ["start", undefined, 650, 0],
      ["job", 1, 750, 0],
      ["job", 3, 1_000, 0],
      ["end", undefined, 1_350, 0],
    ],
  ]);
});

test("RT20 breaks, shipments, skills, several windows, limits, speeds and pins are VROOM's", () => {
  const output = solved({
    vehicles: [
      { ...vehicle, skills: [1, 2], capacity: [1], breaks: [{ id: 9, service: 60, time_windows: [[150, 400]] }], time_window: [0, 5_000] },
      { ...vehicle, id: 2, capacity: [1], max_tasks: 1, speed_factor: 2, steps: [{ type: "start" }, { type: "job", id: 4, pinned: true }] },
    ],
    jobs: [
      job(4, { time_windows: [[0, 100]] }),
      job(2, {
        skills: [2],
        time_windows: [
          [0, 100],
          [700, 800],
        ],
      }),
    ],
    shipments: [{ amount: [1], pickup: { id: 3, location_index: 3 }, delivery: { id: 3, location_index: 1, service: 10 } }],
    matrices,
  });
  const [first, second] = output.routes;
  expect(output.unassigned).toEqual([]);
  expect(first?.steps.map(({ type }) => type)).toEqual(expect.arrayContaining(["start", "break", "pickup", "delivery", "job", "end"]));
  expect(first?.steps.findIndex(({ type }) => type === "pickup")).toBeLessThan(first?.steps.findIndex(({ type }) => type === "delivery") ?? 0);
  const begins = first?.steps.find(({ type }) => type === "job");
  expect((begins?.arrival ?? 0) + (begins?.waiting_time ?? 0)).toBeGreaterThanOrEqual(700);
  // Twice as fast, and pinned although it is too late: a fact with a violation, not a plan that is refused.
  expect(second?.steps).toMatchObject([
    { type: "start" },
    { type: "job", id: 4, duration: 200, violations: [{ cause: "delay", duration: 100 }] },
    { type: "end", duration: 400 },
  ]);
  expect(output.summary.violations).toEqual([{ cause: "delay", duration: 100 }]);
});

test("RT20 what is pinned and breaks a rule says which, by step, route and plan, in VROOM's words", () => {
  const pinned = (...ids: number[]) => ids.map((id) => ({ type: "job", id, pinned: true }));
  const output = solved({
    vehicles: [
      { ...vehicle, capacity: [1], max_tasks: 1, max_travel_time: 300, max_distance: 2_500, steps: pinned(1, 2) },
      { ...vehicle, id: 2, time_window: [0, 700], capacity: [9], breaks: [{ id: 1, service: 10, time_windows: [[0, 50]] }], steps: pinned(3, 4) },
    ],
    jobs: [
      job(1, { skills: [7], delivery: [1] }),
      job(2, {
        delivery: [1],
        time_windows: [
          [0, 50],
          [400, 500],
        ],
      }),
      job(3, { pickup: [1], time_windows: [[0, 100]] }),
      job(4, { pickup: [1], time_windows: [[0, 150]] }),
    ],
    matrices,
  });
  const causes = output.routes.map(({ steps }) => steps.map(({ violations }) => violations.map(({ cause }) => cause)));
  expect(causes[0]).toEqual([["load"], ["skills"], ["delay", "max_tasks"], ["max_travel_time", "max_distance"]]);
  // Between two windows it is late for the first.
  expect(output.routes[0]?.violations).toEqual([
    { cause: "load" },
    { cause: "skills" },
    { cause: "delay", duration: 150 },
    { cause: "max_tasks" },
    { cause: "max_travel_time" },
    { cause: "max_distance" },
  ]);
  const delays = output.routes[1]?.steps.flatMap(({ violations }) => violations) ?? [];
  expect([...new Set(delays.map(({ cause }) => cause))]).toEqual(["delay"]);
  expect(delays.length).toBeGreaterThan(2);
  const sum = delays.reduce((seconds, { duration = 0 }) => seconds + duration, 0);
  expect(output.routes[1]?.violations).toEqual([{ cause: "delay", duration: sum }]);
  expect(output.summary.violations).toContainEqual({ cause: "delay", duration: 150 + sum });
  expect(output.summary.violations.map(({ cause }) => cause)).toEqual(["load", "skills", "delay", "max_tasks", "max_travel_time", "max_distance"]);
});

test("RT20 a break splits the way, and what is left of it is travelled after", () => {
  const output = solved({
    vehicles: [{ ...vehicle, breaks: [{ id: 1, service: 50, time_windows: [[100, 100]] }], time_window: [0, 5_000] }],
    jobs: [job(4, { time_windows: [[450, 450]] })],
    matrices,
  });
  expect(told(output)).toEqual([
    [
      ["start", undefined, 0, 0],
      ["break", 1, 100, 0],
      ["job", 4, 450, 0],
      ["end", undefined, 850, 0],
    ],
  ]);
});

test("RT21 without matrices travel is the great circle times options.detour at options.speed_kmh, and the output says so", () => {
  const input = { vehicles: [{ id: 1, start: [112.9, 28.2] }], jobs: [{ id: 1, location: [112.9, 28.3] }] };
  const output = solved({ ...input, options: { detour: 2, speed_kmh: 36 } });
  expect(output.travel).toEqual({ by: "great-circle", detour: 2, speed_kmh: 36 });
  // A tenth of a degree of latitude is 11.12 km.
  expect(output.summary.duration).toBeCloseTo(2_224, -1);
  expect(output.summary.distance).toBeCloseTo(22_239, -2);
  expect(solved(input).travel).toEqual({ by: "great-circle", detour: 1.3, speed_kmh: 40 });
});

test("RT22 the same seed and iterations print the same plan", () => {
  const jobs = Array.from({ length: 40 }, (_, i) => ({ id: i, location_index: i % 5, service: 10 * i, time_windows: [[i * 20, i * 20 + 2_000]] }));
  const input = { vehicles: [vehicle, { ...vehicle, id: 2 }], jobs, matrices };
  const plain = (output: PlanOutput) => ({ ...output, summary: { ...output.summary, computing_times: null } });
  expect(plain(solved(input))).toEqual(plain(solved(input)));
});

const fine = { vehicles: [vehicle], jobs: [job(1)], matrices };
/** Nothing leads to or from the last place. */
const islands = line(100).map((row, a) => row.map((way, b) => (a !== b && (a === 4 || b === 4) ? null : way)));

test.each<[name: string, input: object, field: string, rule: RegExp]>([
  ["an empty fleet", { ...fine, vehicles: [] }, "vehicles", /one vehicle at least/],
  ["no fleet", { jobs: [], matrices }, "vehicles", /list of vehicles/],
  [
    "a window that ends before it begins",
    { ...fine, jobs: [job(1, { time_windows: [[500, 100]] })] },
    "jobs[0].time_windows[0]",
    /does not end before it begins/,
  ],
  [
    "windows that overlap",
    {
      ...fine,
      jobs: [
        job(1, {
          time_windows: [
            [0, 100],
            [50, 200],
          ],
        }),
      ],
    },
    "jobs[0].time_windows",
    /apart/,
  ],
  ["a negative time", { ...fine, jobs: [job(1, { service: -5 })] }, "jobs[0].service", /0 or more/],
  ["a time that is no number", { ...fine, jobs: [job(1, { service: "5 min" })] }, "jobs[0].service", /number of seconds/],
  ["a missing matrix", { ...fine, vehicles: [{ ...vehicle, profile: "bike" }] }, "vehicles[0].profile", /'bike'/],
  ["a missing matrix of a name that every object has", { ...fine, vehicles: [{ ...vehicle, profile: "constructor" }] }, "vehicles[0].profile", /'constructor'/],
  ["rows and no matrices", { vehicles: [vehicle], jobs: [] }, "matrices", /row/],
  ["a matrix that is not square", { ...fine, matrices: { car: { durations: [[0, 1], [1]] } } }, "matrices.car.durations", /square/],
  [
    "a negative leg",
    {
      ...fine,
      matrices: {
        car: {
          durations: [
            [0, -1],
            [1, 0],
          ],
        },
      },
    },
    "matrices.car.durations[0][1]",
    /0 or more/,
  ],
  ["a row beyond the matrix", { ...fine, jobs: [job(7)] }, "jobs[0].location_index", /from 0 to 4/],
  ["a job nowhere", { ...fine, jobs: [{ id: 1 }] }, "jobs[0].location_index", /somewhere/],
  ["latitude and longitude swapped", { vehicles: [{ id: 1, start: [28.2, 112.9] }], jobs: [] }, "vehicles[0].start[1]", /latitude/],
  ["an id twice", { ...fine, jobs: [job(1), job(1)] }, "jobs[1].id", /names one thing/],
  [
    "amounts of different length",
    { ...fine, vehicles: [{ ...vehicle, capacity: [1, 2] }], jobs: [job(1, { delivery: [1] })] },
    "vehicles[0].capacity",
    /as many entries/,
  ],
  ["amounts without capacity", { ...fine, jobs: [job(1, { delivery: [1] })] }, "vehicles[0].capacity", /given where jobs have amounts/],
  [
    "a limit of distance without distances",
    { ...fine, vehicles: [{ ...vehicle, max_distance: 5 }], matrices: { car: { durations: line(1) } } },
    "matrices.car.distances",
    /by distance/,
  ],
  ["a step that is no job", { ...fine, vehicles: [{ ...vehicle, steps: [{ type: "job", id: 77 }] }] }, "vehicles[0].steps[0].id", /job of this file/],
  [
    "a pin behind what is not pinned",
    {
      ...fine,
      jobs: [job(1), job(2)],
      vehicles: [
        {
          ...vehicle,
          steps: [
            { type: "job", id: 1 },
            { type: "job", id: 2, pinned: true },
          ],
        },
      ],
    },
    "vehicles[0].steps[1].pinned",
    /first jobs/,
  ],
  ["what is not supported", { ...fine, vehicles: [{ ...vehicle, breaks: [{ id: 1, max_load: [1] }] }] }, "vehicles[0].breaks[0].max_load", /not supported/],
  ["a cost matrix of another size", { ...fine, matrices: { car: { durations: line(1), costs: [[0]] } } }, "matrices.car.costs", /as many rows/],
  [
    "shifts on two clocks",
    { ...fine, vehicles: [vehicle, { ...vehicle, id: 2, time_window: [1_763_800_000, 1_763_900_000] }, { ...vehicle, id: 3, time_window: [0, 100] }] },
    "vehicles[1].time_window[0]",
    /earliest shift, at 0/,
  ],
  [
    "a window in another age",
    { ...fine, jobs: [job(1, { time_windows: [[1e12, 1e12]] }), job(2, { time_windows: [[0, 5]] })] },
    "jobs[0].time_windows[0][0]",
    /earliest window, at 0/,
  ],
  [
    "a pin that no way leads to",
    {
      ...fine,
      jobs: [job(1), job(4)],
      vehicles: [
        {
          ...vehicle,
          steps: [{ type: "start" }, { type: "job", id: 1, pinned: true }, { type: "job", id: 4, pinned: true }],
        },
      ],
      matrices: { car: { durations: islands } },
    },
    "vehicles[0].steps[2].id",
    /pinned where there is a way, from the stop before it/,
  ],
  [
    "a break outside the shift",
    { ...fine, vehicles: [{ ...vehicle, time_window: [0, 100], breaks: [{ id: 1, service: 10, time_windows: [[200, 300]] }] }] },
    "vehicles[0].breaks[0]",
    /within the shift, 0 to 100/,
  ],
  [
    "breaks that don't fit one after the other",
    {
      ...fine,
      vehicles: [
        {
          ...vehicle,
          breaks: [
            { id: 1, service: 60, time_windows: [[0, 50]] },
            { id: 2, service: 10, time_windows: [[10, 20]] },
          ],
        },
      ],
    },
    "vehicles[0].breaks[1]",
    /after the breaks before it/,
  ],
  ["too many jobs", { ...fine, jobs: Array.from({ length: 20_001 }, (_, id) => ({ id, location_index: 1 })) }, "jobs", /20000 jobs at most/],
])("RT23 %s is refused by field, rule and mend", (_, input, field, rule) => {
  const refusal = readPlan(input);
  expect(refusal).toMatchObject({ refused: "malformed", field });
  expect(isRefusal(refusal) ? refusal.rule : "").toMatch(rule);
  expect(isRefusal(refusal) ? refusal.mend.length : 0).toBeGreaterThan(5);
});

test.each<[name: string, more: object, jobs: readonly object[], code: string]>([
  ["a skill nobody has", {}, [job(1, { skills: [7] })], "skills"],
  ["more than fits in", { capacity: [2] }, [job(1, { delivery: [3] })], "amount"],
  ["a window at other hours", { time_window: [0, 1_000] }, [job(1, { time_windows: [[2_000, 3_000]] })], "window"],
  ["a place that can't be reached", { time_window: [0, 9_000] }, [job(4)], "unreachable"],
  ["a window that is too early", {}, [job(3, { time_windows: [[0, 200]] })], "too-long"],
  ["a shift that is too short", { time_window: [0, 500] }, [job(3)], "too-long"],
  ["a limit of travel", { max_travel_time: 500 }, [job(3)], "limit"],
  ["a limit of tasks", { max_tasks: 1 }, [job(1), job(2, { priority: 1 })], "limit"],
  ["stock that is used up", { capacity: [2] }, [job(1, { delivery: [1] }), job(2, { delivery: [2], priority: 1 })], "amount-left"],
  ["no time left", { time_window: [0, 1_000] }, [job(1, { service: 500 }), job(2, { service: 500, priority: 1 })], "time-left"],
])("RT24 who can't be planned is left out with the reason: %s", (_, more, jobs, code) => {
  const output = solved({ vehicles: [{ ...vehicle, ...more }], jobs, matrices: { car: { durations: islands, distances: line(1_000) } } });
  expect(output.unassigned).toMatchObject([{ type: "job", id: (jobs[0] as { id: number }).id, code }]);
  expect(output.unassigned[0]?.reason).toMatch(/\w{3}/);
  expect(output.summary.unassigned).toBe(1);
  expect(output.routes.length).toBe(jobs.length - 1);
});

test("RT24 of ten thousand jobs each is planned or left out with a reason, whatever is asked of whom", () => {
  const count = 10_000;
  const jobs = Array.from({ length: count }, (_, id) => ({ id, location_index: id % 5, service: 600, ...(id % 7 === 0 ? { skills: [9] } : {}) }));
  const input = { vehicles: [0, 1, 2].map((id) => ({ ...vehicle, id, time_window: [0, 36_000] })), jobs, matrices };
  const output = solved(input, { seed: 1, iterations: 40 });
  const done = output.routes.flatMap(({ steps }) => steps.filter(({ type }) => type === "job").map(({ id }) => id));
  expect(new Set([...done, ...output.unassigned.map(({ id }) => id)]).size).toBe(count);
  expect(done.length + output.unassigned.length).toBe(count);
  expect(done.length).toBeGreaterThan(0);
  const whys = output.unassigned.map(({ id, code, reason }) => (reason.length > 10 && ((id ?? 0) % 7 === 0) === (code === "skills") ? "told" : id));
  expect([...new Set(whys)]).toEqual(["told"]);
});

test("RT27 what fits is planned, however many jobs there are for one vehicle", () => {
  const jobs = Array.from({ length: 700 }, (_, id) => ({ id, location_index: id % 5 }));
  expect(solved({ vehicles: [vehicle], jobs, matrices }, { seed: 1, iterations: 40 }).unassigned).toEqual([]);
});

test("RT27 priorities come first among more jobs than can be done, wherever they are", () => {
  const jobs = Array.from({ length: 1_000 }, (_, id) => ({ id, location_index: id % 5, service: 1_800, priority: id % 100 === 7 ? 100 : 0 }));
  const vehicles = [1, 2].map((id) => ({ ...vehicle, id, time_window: [0, 8 * 3_600] }));
  const { unassigned } = solved({ vehicles, jobs, matrices }, { seed: 1, iterations: 3_000 });
  expect(unassigned.length).toBeGreaterThan(900);
  expect(unassigned.filter(({ id }) => (id ?? 0) % 100 === 7)).toEqual([]);
});

test("RT27 of more vehicles than jobs those are looked at that alone can do one", () => {
  const vehicles = Array.from({ length: 700 }, (_, id) => ({ ...vehicle, id, skills: id === 650 ? [9] : [] }));
  const jobs = Array.from({ length: 301 }, (_, id) => job(1, { id, skills: id === 5 ? [9] : [] }));
  expect(solved({ vehicles, jobs, matrices }, { seed: 1, iterations: 40 }).unassigned).toEqual([]);
  expect(solved({ vehicles, jobs: jobs.slice(0, 10), matrices }, { seed: 1, iterations: 40 }).unassigned).toEqual([]);
});

test("RT20 a matrix that no vehicle travels by may be of any size", () => {
  const task = readPlan({ vehicles: [vehicle], jobs: [job(4)], matrices: { bike: { durations: [[0]] }, ...matrices } });
  expect(isRefusal(task)).toBe(false);
});

test("RT24 of many jobs and vehicles a reason says how many vehicles it is about", () => {
  const jobs = Array.from({ length: 9_000 }, (_, id) => ({ id, location_index: 1, service: 600 }));
  const vehicles = Array.from({ length: 12 }, (_, id) => ({ ...vehicle, id, time_window: [0, 1_000] }));
  const { unassigned } = solved({ vehicles, jobs, matrices }, { seed: 1, iterations: 1 });
  expect(unassigned.length).toBeGreaterThan(8_000);
  for (const { reason } of unassigned) expect(reason).toMatch(/^of the [1-9] of 12 vehicles that were looked at, the nearest: /);
});

test("RT20 where nobody has a shift, times of the calendar are kept to the second", () => {
  const at = 1_763_800_000;
  const output = solved({ vehicles: [vehicle], jobs: [job(1, { time_windows: [[at, at]] })], matrices });
  expect(told(output)).toEqual([
    [
      ["start", undefined, at - 100, 0],
      ["job", 1, at, 0],
      ["end", undefined, at + 100, 0],
    ],
  ]);
});

test("RT25 misspelt fields are named, since they change nothing", () => {
  const task = readPlan({ ...fine, jobs: [job(1, { skils: [1] })], vehicle: [] });
  expect(isRefusal(task) ? [] : task.unread).toEqual(["vehicle", "jobs[].skils"]);
  const inner = readPlan({
    ...fine,
    vehicles: [{ ...vehicle, breaks: [{ id: 1, time_window: [0, 9] }], costs: { per_hr: 1 } }],
    shipments: [{ pickup: { ...job(1), time_window: [0, 1] }, delivery: job(2) }],
  });
  expect(isRefusal(inner) ? [] : inner.unread).toEqual(["vehicles[].breaks[].time_window", "vehicles[].costs.per_hr", "shipments[].pickup.time_window"]);
});

test.skipIf(!existsSync(RECORDINGS))("RT26 recorded instances of others are planned without a broken rule or a job left out, at once", () => {
  for (const folder of ["vrptw", "trsp"]) {
    for (const file of readdirSync(join(RECORDINGS, folder)).filter((name) => /\d\.json$/.test(name))) {
      const output = solved(JSON.parse(readFileSync(join(RECORDINGS, folder, file), "utf8")) as object);
      expect([file, output.unassigned]).toEqual([file, []]);
    }
  }
});
