import fc from "fast-check";
import { expect, test } from "vitest";
import { check, type Judgement } from "./check.ts";
import { world, type Kind } from "./fixture/world.ts";
import { insert, insertions, mayTake, preview, scan } from "./insert.ts";
import { emptyTables } from "./legs.ts";
import { compile, fillNode, startNode } from "./model.ts";
import { holds, layRoutes, link, planCost, refresh, routesOf, startPlan, timetableOf, unlink, type Plan } from "./plan.ts";
import type { Job, Profile } from "./problem.ts";
import { emptySlots, SLOTS } from "./slots.ts";

const judge = (plan: Plan) => check(plan.model.problem, timetableOf(plan), (job) => plan.model.dropCost[job] ?? 0);

/** Without what is left out, whose cost is so large that fractions get lost beside it. */
function routed({ costs }: Judgement): number {
  return costs.legs + costs.fixed + costs.overtime + costs.fairness + costs.late + costs.wait + costs.vehicle + costs.told;
}

/** Inserts every job where it is cheapest, and holds each step against the judge. */
function fill(plan: Plan, sparse: boolean): void {
  const { model } = plan;
  let before = judge(plan);
  expect(before.faults).toEqual([]);
  for (let job = 0; job < model.jobs; job++) {
    if (plan.route[job] !== -1 || model.isSecond[job] === 1) continue;
    if (sparse) fillNode(model, job);
    if (sparse && model.mate[job] !== -1) fillNode(model, model.mate[job] ?? 0);
    const [best] = insertions(plan, job);
    if (best === undefined) continue;
    const told = preview(plan, job, best);
    expect(judge(plan)).toEqual(before);
    insert(plan, job, best);
    const after = judge(plan);
    expect(timetableOf(plan).tours).toContainEqual(told);
    expect(after.faults).toEqual([]);
    expect(routed(after) - routed(before)).toBeCloseTo(best.delta, 6);
    expect((1e6 + planCost(plan)) / (1e6 + after.costs.total)).toBeCloseTo(1, 9);
    before = after;
  }
}

test.each<Kind>(["plain", "rich"])("RT1 RT2 an insertion breaks no hard rule and costs what it says, as the judge sees it: %s", (kind) => {
  fc.assert(
    fc.property(world(kind), fc.boolean(), (problem, sparse) => fill(startPlan(compile(problem, { sparse })), sparse)),
    { numRuns: 300 },
  );
});

test("RT1 RT2 what was in the tables before changes nothing", () => {
  const tables = emptyTables();
  fc.assert(
    fc.property(world("rich"), (problem) => {
      for (const table of tables.free) table.fill(7);
      fill(startPlan(compile(problem, { sparse: true, tables })), true);
    }),
    { numRuns: 200 },
  );
  expect(tables.free.length).toBeGreaterThan(0);
});

/** What each position of the route would cost, of a pair each two positions, by trying it: the cheapest first. */
function tried(plan: Plan, job: number, vehicle: number): number[] {
  const { model } = plan;
  const costs: number[] = [];
  const before = plan.cost[vehicle] ?? 0;
  const mate = model.mate[job] ?? -1;
  const judged = () => {
    refresh(plan, vehicle);
    if (holds(plan, vehicle)) costs.push((plan.cost[vehicle] ?? 0) - before);
  };
  for (const node of nodesFrom(plan, vehicle, plan.anchor[vehicle] ?? 0)) {
    link(plan, job, node);
    if (mate === -1) judged();
    for (const second of mate === -1 ? [] : nodesFrom(plan, vehicle, job)) {
      link(plan, mate, second);
      judged();
      unlink(plan, mate);
    }
    unlink(plan, job);
    refresh(plan, vehicle);
  }
  return costs.sort((a, b) => a - b);
}

/** All behind which something can be put, from `first` on. */
function nodesFrom(plan: Plan, vehicle: number, first: number): number[] {
  const last = startNode(plan.model, vehicle) + 1;
  const nodes: number[] = [];
  for (let node = first; node !== last; node = plan.next[node] ?? last) nodes.push(node);
  return nodes;
}

test.each<Kind>(["plain", "rich"])("RT2 the best positions of a route are the best of all positions there are: %s", (kind) => {
  fc.assert(
    fc.property(world(kind), (problem) => {
      const plan = startPlan(compile(problem));
      const { model } = plan;
      const slots = emptySlots(SLOTS, true);
      for (let job = 0; job < model.jobs; job++) {
        if (plan.route[job] !== -1 || model.isSecond[job] === 1) continue;
        for (let vehicle = 0; vehicle < model.vehicles; vehicle++) {
          if (!mayTake(plan, job, vehicle)) continue;
          scan(plan, job, vehicle, slots, 0);
          const found = [...slots.delta].filter((delta) => delta !== Infinity);
          const opens = plan.size[vehicle] === 0 ? (model.fixedCost[vehicle] ?? 0) : 0;
          const best = tried(plan, job, vehicle).slice(0, SLOTS);
          expect(found.length).toBe(best.length);
          for (const [i, cost] of best.entries()) expect((found[i] ?? NaN) + opens).toBeCloseTo(cost, 6);
        }
        const [best] = insertions(plan, job);
        if (best !== undefined) insert(plan, job, best);
      }
    }),
    { numRuns: 150 },
  );
});

test("RT2 before a break there is room for a job that spares the next one its setup", () => {
  const jobs: Job[] = [
    { place: 1, setup: 16, service: 17, waitCost: 1 },
    { place: 1, windows: [[1, 362]] },
  ];
  const vehicles = [{ window: [0, 58] as const, breaks: [{ service: 25, windows: [[0, 1]] as const }] }];
  const plan = startPlan(compile({ places: 2, profiles: [{ time: () => 0 }], jobs, vehicles }));
  const [first] = insertions(plan, 0);
  if (first === undefined) throw new Error("the first fits");
  insert(plan, 0, first);
  const slots = emptySlots(SLOTS, true);
  scan(plan, 1, 0, slots, 0);
  expect([...slots.delta]).toEqual([0, 0, 1]);
});

const line: Profile = { time: (from, to) => Math.abs(from - to) };

test("RT1 between the two ends of a pair there is room for what it leaves", () => {
  // One way from 0 to 4, with room for one: the pair is on board from 1 on, so at 2 nothing can be fetched, nor brought from the start.
  for (const [between, fits] of [
    [{ pickup: [1] }, false],
    [{ delivery: [1] }, false],
    [{}, true],
  ] as const) {
    const jobs: Job[] = [
      { place: 2, ...between },
      { place: 1, pickup: [1] },
      { place: 4, delivery: [1] },
    ];
    const plan = startPlan(compile({ places: 5, profiles: [line], jobs, vehicles: [{ start: 0, end: 4, window: [0, 4], capacity: [1] }], pairs: [[1, 2]] }));
    fill(plan, false);
    expect([plan.route[0], plan.route[1]]).toEqual(fits ? [0, 0] : [0, -1]);
    expect(insertions(plan, 1).length).toBe(0);
  }
});

test("RT1 what comes between two jobs at one place makes the second set up again", () => {
  const jobs: Job[] = [
    { place: 5, setup: 10, service: 10 },
    { place: 5, setup: 10, service: 10 },
    { place: 0, windows: [[18, 32]] },
  ];
  for (const [until, fits] of [
    [46, false],
    [55, true],
  ] as const) {
    const plan = startPlan(compile({ places: 6, profiles: [line], jobs, vehicles: [{ start: 0, window: [0, until] }] }));
    layRoutes(plan, [[{ job: 0 }, { job: 1 }]]);
    expect(insertions(plan, 2).length).toBe(fits ? 1 : 0);
  }
});

test("RT3 routes that are laid again are the same plan", () => {
  fc.assert(
    fc.property(world("rich"), (problem) => {
      const plan = startPlan(compile(problem));
      fill(plan, false);
      const again = startPlan(compile(problem));
      layRoutes(again, routesOf(plan));
      expect(timetableOf(again)).toEqual(timetableOf(plan));
      expect((1e6 + planCost(again)) / (1e6 + planCost(plan))).toBeCloseTo(1, 9);
    }),
    { numRuns: 100 },
  );
});
