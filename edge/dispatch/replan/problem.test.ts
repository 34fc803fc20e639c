/** What the planner is asked: who may have a job that somebody has, and what it costs to move it or to leave it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Asset } from "../../../contracts/asset.ts";
import type { TicketId } from "../../../contracts/ids.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import type { Priority, Ticket } from "../../../contracts/ticket.ts";
import { pumpVibration } from "../../../hub/catalogue/pump-vibration.ts";
import { accept, engineer, PLACE, scenarioOf, stage, type Stage } from "../../sim/cast.ts";
import { START } from "../../sim/plant.ts";
import { commit } from "../../sim/world.ts";
import { plannedUntil } from "../ahead.ts";
import { readFacts } from "../facts.ts";
import type { Job } from "../route/problem.ts";
import { snapshotOf } from "./problem.ts";

const SCENARIO = scenarioOf(pumpVibration, { connectors: {} });
const HOUR_MS = 3_600_000;

function open(made: Stage, name: string, priority: Priority, at: number): TicketId {
  const id = `ticket-${name}` as TicketId;
  const asset = Asset.parse({ id: `pump-${name}`, name, kind: "pump", model: "P-180", customer: "acme", moves: false, installedAt: 0, position: PLACE });
  commit(made.world, { changes: [{ family: "asset", id: asset.id, after: asset }], asks: [], timers: [], because: [] });
  const said = made.say(at, { type: "open", ticket: id, by: "desk", asset: asset.id, words: "look at it", faultMode: "loosening" as never, priority });
  if (isRefusal(said)) throw new Error(said.rule);
  return id;
}

function acceptAll(made: Stage, at: number): void {
  for (const offer of made.world.view.list("offer", { state: "open" })) made.say(at, accept(offer));
}

function jobOf(made: Stage, id: TicketId, now: number): Job {
  const { tickets, problem } = snapshotOf(made.world.view, readFacts(made.world.view, now));
  const job = problem.jobs[tickets.indexOf(id)];
  if (job === undefined) throw new Error(`${id} is no part of the problem`);
  return job;
}

test("P11 the planner's day ends where an absence begins, and no overtime leads into it", () => {
  const absences = [{ from: START + HOUR_MS, until: START + 5 * HOUR_MS }];
  const made = stage(SCENARIO, [engineer("a", 1, { absences }), engineer("b", 2)]);
  open(made, "one", "p2", START);
  const { problem, engineers } = snapshotOf(made.world.view, readFacts(made.world.view, START));
  expect(engineers).toEqual(["a", "b"]);
  expect(problem.vehicles[0]?.window?.[1]).toBe(START + HOUR_MS);
});

test.each(["p1", "p2", "p3"] as const)("PL24 a job of priority %s that changed hands once stays with whoever has it", (priority) => {
  const made = stage(
    SCENARIO,
    ["a", "b", "c", "d"].map((id, i) => engineer(id, i + 1)),
  );
  const id = open(made, "one", priority, START);
  acceptAll(made, START + 1_000);
  expect(jobOf(made, id, START + 2_000).only).toHaveLength(4);
  made.say(START + 3_000, { type: "return", ticket: id, by: "desk", why: "elsewhere" });
  acceptAll(made, START + 4_000);
  const job = jobOf(made, id, START + 5_000);
  expect(job.only).toHaveLength(1);
  expect(job.dropCost).toBe(1e11);
});

test("PL25 leaving a job costs more the more urgent it is, and what was accepted makes room for a most urgent one alone, as long as that weighs most", () => {
  const weight = fc.double({ min: 0, max: 100, noNaN: true });
  fc.assert(
    fc.property(weight, weight, weight, (a, b, c) => {
      const [p3 = 0, p2 = 0, p1 = 0] = [a, b, c].toSorted((one, other) => one - other);
      const weights = { lateness: { p1: 4 * p1 + 4, p2, p3 } };
      const made = stage(scenarioOf(SCENARIO, { dispatch: { ...SCENARIO.dispatch, weights } }), [engineer("near", 1)]);
      const held = (["p2", "p3"] as const).map((priority, i) => {
        const id = open(made, `held-${priority}`, priority, START + i * 60_000);
        acceptAll(made, START + i * 60_000 + 1_000);
        return id;
      });
      // She holds an offer: nobody is left to be asked.
      open(made, "asked", "p1", START + 5 * 60_000);
      const free = (["p1", "p2", "p3"] as const).map((priority) => open(made, `free-${priority}`, priority, START + 6 * 60_000));
      const cost = (id: TicketId): number => jobOf(made, id, START + 7 * 60_000).dropCost ?? Infinity;
      const [f1 = 0, f2 = 0, f3 = 0] = free.map(cost);
      for (const id of held) {
        expect(cost(id)).toBeGreaterThan(f2);
        expect(cost(id)).toBeLessThan(f1);
      }
      expect(f1).toBeGreaterThan(f2);
      expect(f2).toBeGreaterThanOrEqual(f3);
      expect(f3).toBeGreaterThan(0);
    }),
    { numRuns: 20 },
  );
});

test("PL25 a most urgent job moves more easily than others", () => {
  const cost = (priority: Priority, after = 2_000): number => {
    const made = stage(SCENARIO, [engineer("near", 1)]);
    const id = open(made, "one", priority, START);
    acceptAll(made, START + 1_000);
    return jobOf(made, id, START + after).told?.reassignCost ?? 0;
  };
  expect(cost("p1")).toBeLessThan(cost("p2"));
  expect(cost("p2")).toBe(cost("p3"));
  // The same minutes for one that is late as it is.
  expect(cost("p1", 5 * HOUR_MS)).toBe(cost("p1") * 6);
  expect(cost("p2", 5 * HOUR_MS)).toBe(cost("p2"));
});

test("PL10 who can wait is offered so long before somebody sets out for it, and not before for being done after hours", () => {
  const policy = { ...SCENARIO.dispatch, offerAheadMin: 10 };
  const ticket = { priority: "p3", respondBy: START + 8 * HOUR_MS } as Ticket;
  const travelMs = 40 * 60_000;
  const leaves = (inMin: number) => plannedUntil(policy, ticket, { arriveAt: START + inMin * 60_000 + travelMs, travelMs }, START);
  expect(leaves(10)).toBeNull();
  expect(leaves(13)).toBe(START + 3 * 60_000);
  expect(leaves(60)).toBe(START + 10 * 60_000);
  const due = { ...ticket, respondBy: START + 2 * HOUR_MS };
  expect(plannedUntil(policy, due, { arriveAt: START + 1.5 * HOUR_MS, travelMs }, START)).toBeNull();
});
