import fc from "fast-check";
import { expect, test } from "vitest";
import type { Change } from "../../contracts/entity.ts";
import { Plan } from "../../contracts/plan.ts";
import type { StockLevel } from "../../contracts/stock.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { accept, decline, engineer, PLACE, scenarioOf, stage, verdict } from "../sim/cast.ts";
import { drawCrowd, MORNING } from "../sim/crowd.ts";
import { START } from "../sim/plant.ts";
import { commit, startWorld } from "../sim/world.ts";
import { planOf } from "./plan.ts";

const scenario = scenarioOf(pumpVibration);

test("P19 the plan says who is expected where and when; its version follows the facts and not the clock", () => {
  const set = stage(scenario, [engineer("a", 1), engineer("b", 20)]);
  const versions = new Set<string>();
  const plan = (at: number): Plan => {
    const made = planOf(set.world.view, at);
    versions.add(made.version);
    return Plan.parse(made);
  };
  expect(plan(START).tours.map(({ stops }) => stops.length)).toEqual([0, 0]);
  set.hear(START, verdict());
  const offer = set.openOffer();
  expect(plan(START).tours[0]).toMatchObject({ engineer: "a", stops: [{ hold: "promised", ticket: offer.ticket, startAt: offer.because.arriveAt }] });
  set.say(START + 1_000, accept(offer));
  expect(plan(START + 1_000).tours[0]).toMatchObject({ stops: [{ hold: "accepted", ticket: offer.ticket }] });
  expect(versions.size).toBe(3);
  plan(START + 60_000);
  expect(versions.size).toBe(3);
  set.say(START + 61_000, { type: "progress", ticket: offer.ticket, by: offer.engineer, to: "working" });
  expect(plan(START + 61_000).tours[0]).toMatchObject({ stops: [{ hold: "locked", startAt: START + 61_000 }] });
  expect(versions.size).toBe(4);
});

test("P19 the version is another one when hours, places, holds, appointments or parts are", () => {
  const set = stage(scenario, [engineer("a", 1)]);
  set.hear(START, verdict());
  set.say(START + 1, decline(set.openOffer()));
  const put = (change: Change): void => commit(set.world, { changes: [change], asks: [], timers: [], because: [] });
  const ticket = set.only("ticket");
  const person = engineer("a", 1);
  const shelf = { id: "van:a:P", place: "van:a", part: "P", onHand: 1, holds: [] } as never as StockLevel;
  const versions = [planOf(set.world.view, START).version];
  const changes: readonly Change[] = [
    { family: "engineer", id: person.id, after: { ...person, breaks: [{ from: 720, to: 780, minutes: 30 }] } },
    { family: "engineer", id: person.id, after: { ...person, overtimeMin: 5 } },
    { family: "engineer", id: person.id, after: { ...person, territory: [{ center: person.home, radiusM: 9 }] } },
    { family: "engineer", id: person.id, after: { ...person, extraShifts: [{ from: START, until: START + 1, kind: "duty" }] } },
    { family: "ticket", id: ticket.id, after: { ...ticket, hold: { reason: "customer" } } },
    { family: "ticket", id: ticket.id, after: { ...ticket, appointment: { from: START, to: START + 1 } } },
    { family: "stock", id: shelf.id, after: shelf },
    { family: "stock", id: shelf.id, after: { ...shelf, onHand: 2 } },
    { family: "depot", id: "d", after: { id: "d" as never, title: { en: "d", zh: "d" }, place: PLACE } },
  ];
  for (const change of changes) {
    put(change);
    versions.push(planOf(set.world.view, START).version);
  }
  expect(new Set(versions).size).toBe(changes.length + 1);
});

test("P19 over seeded days routes are in order, behind what is under way, and nobody is in two places", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), (seed) => {
      const { changes } = drawCrowd(seed, pumpVibration, { engineers: 15, tickets: 45, waiting: 5 });
      const { view } = startWorld(scenario, changes);
      const plan = Plan.parse(planOf(view, MORNING));
      const seen = new Set<string>();
      for (const { stops, breaks, freeAt } of plan.tours) {
        const spans = [...stops, ...breaks].toSorted((a, b) => a.startAt - b.startAt || a.endAt - b.endAt);
        for (const [i, one] of spans.entries()) expect(one.startAt).toBeGreaterThanOrEqual(i === 0 ? 0 : (spans[i - 1]?.endAt ?? 0));
        for (const stop of stops) {
          expect(seen.has(stop.ticket)).toBe(false);
          seen.add(stop.ticket);
          if (stop.hold !== "locked") expect(stop.startAt).toBeGreaterThanOrEqual(freeAt);
        }
      }
      expect(seen.size).toBe(["assigned", "travelling", "working"].reduce((sum, state) => sum + view.list("ticket", { state }).length, 0));
      expect(plan.waiting).toHaveLength(view.list("ticket", { state: "open" }).length);
    }),
    { numRuns: 25 },
  );
});
