import fc from "fast-check";
import { expect, test } from "vitest";
import { begin, best, step } from "./anneal.ts";
import { check } from "./check.ts";
import { world, type Kind } from "./fixture/world.ts";
import { compile, type Model } from "./model.ts";
import { layRoutes, planCost, startPlan, timetableOf } from "./plan.ts";
import type { Problem, Routes } from "./problem.ts";

const TOTAL = 120;
const byCount = (iterations: number) => iterations / TOTAL;

function laid(model: Model, routes: Routes) {
  const plan = startPlan(model);
  layRoutes(plan, routes);
  const judged = check(model.problem, timetableOf(plan), (job) => model.dropCost[job] ?? 0);
  return { plan, judged };
}

test.each<Kind>(["plain", "rich"])("RT4 no plan on the way breaks a hard rule, and each costs what the search says: %s", (kind) => {
  fc.assert(
    fc.property(world(kind), fc.integer(), (problem, seed) => {
      const model = compile(problem);
      const search = begin(model, { seed });
      let cost = Infinity;
      for (let i = 0; i < TOTAL; i += 30) {
        step(search, 30, byCount);
        // Once as it stands, and once the best so far.
        expect(check(problem, timetableOf(search.plan)).faults).toEqual([]);
        expect((1e6 + planCost(search.plan)) / (1e6 + search.now.cost)).toBeCloseTo(1, 9);
        const { plan, judged } = laid(model, best(search));
        expect(judged.faults).toEqual([]);
        expect((1e6 + judged.costs.total) / (1e6 + search.best.cost)).toBeCloseTo(1, 9);
        expect((1e6 + planCost(plan)) / (1e6 + search.best.cost)).toBeCloseTo(1, 9);
        expect(search.best.cost).toBeLessThanOrEqual(cost);
        cost = search.best.cost;
      }
    }),
    { numRuns: 150 },
  );
});

test("RT4 a job that holds only behind another at its place is not left there alone", () => {
  // Set up by the first, the second ends with the shift; by itself it would be too late.
  const problem: Problem = {
    places: 2,
    profiles: [{ time: (from, to) => (from === to ? 0 : 5) }],
    jobs: [{ place: 1 }, { place: 1, setup: 20, service: 30, release: 10 }, { place: 0 }, { place: 0 }],
    vehicles: [
      { start: 0, window: [0, 45] },
      { start: 0, window: [0, 30] },
    ],
  };
  for (let seed = 0; seed < 20; seed++) {
    const search = begin(compile(problem), { seed });
    for (let i = 0; i < 40; i++) {
      step(search, 1, () => 0);
      expect(check(problem, timetableOf(search.plan)).faults).toEqual([]);
    }
  }
});

test("RT5 the same seed and iterations give the same plan, however the iterations are cut into steps", () => {
  fc.assert(
    fc.property(world("rich"), fc.integer(), fc.array(fc.integer({ min: 1, max: 50 })), (problem, seed, cuts) => {
      const whole = begin(compile(problem), { seed });
      step(whole, TOTAL, byCount);
      const sliced = begin(compile(problem), { seed });
      let left = TOTAL;
      for (const cut of [...cuts, TOTAL]) {
        const iterations = Math.min(cut, left);
        step(sliced, iterations, byCount);
        left -= iterations;
      }
      expect(best(sliced)).toEqual(best(whole));
      expect(sliced.now).toEqual(whole.now);
    }),
    { numRuns: 100 },
  );
});

test("RT6 a warm start is never made worse, and what no longer holds of it is put elsewhere or left out", () => {
  fc.assert(
    fc.property(world("rich"), fc.integer(), (problem, seed) => {
      const model = compile(problem);
      const first = begin(model, { seed });
      step(first, TOTAL, byCount);
      const again = begin(model, { seed: seed + 1, routes: best(first) });
      expect(again.best.cost).toBeLessThanOrEqual(first.best.cost + 1e-6 * Math.abs(first.best.cost));
      const fewer = { ...problem, vehicles: problem.vehicles.map((one, i) => (i === 0 ? one : { ...one, window: [0, 300] as const })) };
      expect(laid(compile(fewer), best(begin(compile(fewer), { seed, routes: best(first) }))).judged.faults).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
