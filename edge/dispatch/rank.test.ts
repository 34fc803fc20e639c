import fc from "fast-check";
import { expect, test } from "vitest";
import type { Engineer } from "../../contracts/engineer.ts";
import { EngineerId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { accept, engineer, PLACE, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { NOT_CHOSEN_MAX } from "./explain.ts";
import { readFacts } from "./facts.ts";
import { questionOf, rank } from "./rank.ts";
import { greatCircleM } from "./travel.ts";

const scenario = scenarioOf(pumpVibration);
const HOUR_MS = 3_600_000;

/** Engineers in the order of the choice, with the roster given in place of the unit's. */
function rankOf({ world }: Stage, ticket: Ticket, roster: readonly Engineer[], now: Millis): EngineerId[] {
  world.kept.entities["engineer"] = Object.fromEntries(roster.map((one) => [one.id, one]));
  return rank(readFacts(world.view, now), questionOf(world.view, ticket)).ranked.map((one) => one.engineer);
}

test("P3 distances agree with known ones", () => {
  expect(greatCircleM({ lat: 28.2282, lon: 112.9388 }, { lat: 39.9042, lon: 116.4074 })).toBeCloseTo(1_337_800, -4);
  expect(greatCircleM({ lat: 0, lon: 0 }, { lat: 0, lon: 180 })).toBeCloseTo(Math.PI * 6_371_008.8, 0);
  expect(greatCircleM(PLACE, PLACE)).toBe(0);
});

test("P3 who is there soonest is asked: 10 km at 40 km/h on roads 1.3 times as long take 19.5 minutes", () => {
  const { hear, openOffer } = stage(scenario, [engineer("far", 20), engineer("near", 10)]);
  hear(START, verdict());
  expect(openOffer()).toMatchObject({
    engineer: "near",
    madeAt: START,
    expiresAt: START + 120_000,
    because: { queueMs: 0, skills: ["mechanical", "bearings"] },
  });
  expect(openOffer().because.distanceM).toBeCloseTo(13_000, -2);
  expect(openOffer().because.travelMs / 60_000).toBeCloseTo(19.5, 1);
  expect(openOffer().because).not.toHaveProperty("positionAgeMs");
});

test.each([
  [1.2, 0.8],
  [1.9, 0.7],
])("P15 accepted work comes first: of two hours' work under way for %f hours %f are left, and never less than a third of it", (since, left) => {
  const { hear, say, openOffer, all } = stage(scenario, [engineer("busy", 1), engineer("free", 40)]);
  hear(START, verdict());
  const first = openOffer();
  say(START, accept(first));
  say(START, { type: "progress", ticket: first.ticket, by: first.engineer, to: "working" });
  hear(START, verdict({ asset: "pump", episode: "d2:1", device: "d2", evidence: [{ channel: "flow", share: 1 }] }));
  expect(openOffer().engineer).toBe("free");
  expect(openOffer().notChosen).toMatchObject([{ engineer: "busy", code: "later", queueMs: 2 * HOUR_MS }]);
  hear(START + since * HOUR_MS, verdict({ episode: "d3:1", device: "d3", evidence: [{ channel: "voltage", share: 1 }] }));
  expect(all("offer").findLast(({ state }) => state === "open")).toMatchObject({ engineer: "busy", because: { queueMs: left * HOUR_MS } });
});

test("P9 the last place of who agreed to it counts while it is not stale; otherwise home does", () => {
  const crew = [engineer("a", 50), engineer("b", 5), engineer("hidden", 50, { locatable: false })];
  const set = stage(scenario, crew);
  const { hear, say, all, openOffer } = set;
  expect(say(START, { type: "position", by: EngineerId.parse("hidden"), place: PLACE, at: START })).toMatchObject({ refused: "not-permitted" });
  expect(all("position")).toEqual([]);
  say(START, { type: "position", by: EngineerId.parse("a"), place: PLACE, at: START });
  hear(START + 60_000, verdict());
  expect(openOffer()).toMatchObject({ engineer: "a", because: { distanceM: 0, positionAgeMs: 60_000 } });
  const ticket = all("ticket")[0];
  if (ticket === undefined) throw new Error("no ticket");
  const stale = START + scenario.dispatch.positionStaleMs + 1;
  set.world.kept.entities["offer"] = {};
  const open = { ...ticket, state: "open" } as Ticket;
  expect(rankOf(set, open, crew, stale)).toEqual(["b", "a", "hidden"]);
  expect(rankOf(set, open, crew, stale - 1)[0]).toBe("a");
  // Who takes the consent back is reckoned from home at once.
  expect(rankOf(set, open, [engineer("a", 50, { locatable: false }), engineer("b", 5)], START)[0]).toBe("b");
});

test("P3 neither the order of the roster nor equal figures change the choice", () => {
  const set = stage(scenario, []);
  set.hear(START, verdict());
  const ids = ["a", "b", "c", "d", "e"];
  fc.assert(
    fc.property(fc.shuffledSubarray(ids, { minLength: 5 }), fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 5, maxLength: 5 }), (order, kms) => {
      const km = new Map(ids.map((id, i) => [id, kms[i] ?? 0]));
      const roster = order.map((id) => engineer(id, km.get(id) ?? 0));
      const ranked = rankOf(set, set.only("ticket"), roster, START) as string[];
      expect(ranked).toEqual(ids.toSorted((a, b) => (km.get(a) ?? 0) - (km.get(b) ?? 0) || (a < b ? -1 : 1)));
    }),
  );
});

test("P4 every engineer who was not chosen is explained, those who came closest first", () => {
  const { hear, say, openOffer, world } = stage(scenario, [
    engineer("chosen", 1),
    engineer("second", 2),
    engineer("third", 3),
    engineer("unskilled", 1, { skills: ["mechanical", "electrical"] }),
    engineer("asleep", 1, { shifts: [{ days: [1], from: 1020, to: 1080 }] }),
    engineer("gone", 1, { shifts: [] }),
  ]);
  hear(START, verdict({ episode: "x:1", device: "x", evidence: [{ channel: "flow", share: 1 }] }));
  const other = openOffer();
  hear(START + 1, verdict());
  const offer = world.view.list("offer", { state: "open" }).find(({ id }) => id !== other.id);
  expect(offer?.engineer).toBe("second");
  expect(offer?.notChosen.map(({ engineer: id, code }) => [id, code])).toEqual([
    ["third", "later"],
    ["chosen", "has-offer"],
    ["asleep", "off-shift"],
    ["gone", "off-shift"],
    ["unskilled", "lacks-skill"],
  ]);
  expect(offer?.notChosen).toContainEqual({ engineer: "asleep", code: "off-shift", backAt: Date.parse("2025-11-24T17:00:00+08:00") });
  expect(offer?.notChosen).toContainEqual({ engineer: "unskilled", code: "lacks-skill", skill: "bearings" });
  expect(offer?.notChosen).toContainEqual({ engineer: "chosen", code: "has-offer", ticket: other.ticket });
  expect(offer?.notChosen[0]).toMatchObject({ byMs: expect.closeTo(117_000, -3) });
  if (offer === undefined) throw new Error("no offer");
  say(START + 2, { type: "decline", offer: offer.id, by: offer.engineer, reason: "" });
  const next = world.view.list("offer", { ticket: offer.ticket, state: "open" })[0];
  expect(next).toMatchObject({ engineer: "third" });
  expect(next?.notChosen).toContainEqual({ engineer: "second", code: "declined" });
});

test("P4 a roster of thousands is explained by its nearest", () => {
  const { hear, openOffer } = stage(
    scenario,
    Array.from({ length: 1_000 }, (_, i) => engineer(`e${i}`, 1 + i)),
  );
  hear(START, verdict());
  expect(openOffer().notChosen).toHaveLength(NOT_CHOSEN_MAX);
  expect(openOffer().notChosen[0]).toMatchObject({ engineer: "e1", code: "later" });
});
