import { expect, test } from "vitest";
import type { EngineerId } from "../../contracts/ids.ts";
import type { WhatIf, WhyNot } from "../../contracts/plan.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { accept, decline, engineer, PLACE, scenarioOf, stage, verdict } from "../sim/cast.ts";
import { drawCrowd, MORNING } from "../sim/crowd.ts";
import { START } from "../sim/plant.ts";
import { startWorld } from "../sim/world.ts";
import { rank } from "./rank.ts";
import { caseOf, suppose } from "./what-if.ts";
import { isChosen, whyNot } from "./why-not.ts";

const scenario = scenarioOf(pumpVibration);
const MINUTE_MS = 60_000;
const day = (from: number, to: number) => [{ days: [1, 2, 3, 4, 5], from, to }];

function ask(roster: Parameters<typeof stage>[1], about: string, prepare: (set: ReturnType<typeof stage>) => void = () => undefined): WhyNot {
  const set = stage(scenario, roster);
  set.hear(START, verdict());
  prepare(set);
  const ticket = set.all("ticket")[0];
  const answer = whyNot(set.world.view, ticket?.id ?? "", about, START);
  if (isRefusal(answer)) throw new Error(answer.rule);
  return answer;
}

const whatOf = (answer: WhyNot): WhatIf | undefined => (answer.outcome === "change" ? answer.what : undefined);

test("P13 further away: so many minutes closer would do, and a minute less would not", () => {
  const answer = ask([engineer("near", 10), engineer("far", 20)], "far");
  expect(answer).toMatchObject({ outcome: "change", chosen: "near", why: { code: "later" }, what: { change: "closer" } });
  // 10 km on roads 1.3 times as long at 40 km/h: 19.5 minutes, and as the names go equal figures are not enough.
  expect(whatOf(answer)).toEqual({ change: "closer", byMs: 20 * MINUTE_MS });
});

test("P13 what keeps somebody from a job is named as what would have to change", () => {
  expect(whatOf(ask([engineer("far", 20), engineer("near", 1, { skills: ["mechanical"] })], "near"))).toEqual({ change: "skill", skill: "bearings" });
  expect(whatOf(ask([engineer("far", 20), engineer("near", 1, { absences: [{ from: 0, until: START + 1 }] })], "near"))).toEqual({ change: "present" });
  const elsewhere = [{ center: { lat: PLACE.lat + 1, lon: PLACE.lon }, radiusM: 1_000 }];
  expect(whatOf(ask([engineer("far", 20), engineer("near", 1, { territory: elsewhere })], "near"))).toEqual({ change: "territory" });
  const said = ask([engineer("far", 20), engineer("near", 1)], "near", (set) => void set.say(START, decline(set.openOffer())));
  expect(said).toMatchObject({ chosen: "far", why: { code: "declined" }, what: { change: "not-asked-yet" } });
});

test("P13 a shift that ends too early: until when it would have to go, to the minute", () => {
  // 08:00; bearings take two hours, overtime of one is allowed: 10:02 is too late for a shift until 09:00.
  const answer = ask([engineer("far", 20), engineer("near", 1, { shifts: day(0, 540), overtimeMin: 0 })], "near");
  expect(answer).toMatchObject({ why: { code: "shift-ends", overMs: expect.closeTo(61.95 * MINUTE_MS, -4) } });
  expect(whatOf(answer)).toMatchObject({ change: "shift-until", byMs: 62 * MINUTE_MS });
});

test("P13 an absence that begins before the work could end is named as such, and being there instead as what would change it", () => {
  const absences = [{ from: START + 70 * MINUTE_MS, until: START + 300 * MINUTE_MS }];
  const answer = ask([engineer("far", 20), engineer("near", 1, { absences })], "near");
  expect(answer).toMatchObject({ chosen: "far", why: { code: "absent", from: START + 70 * MINUTE_MS }, what: { change: "present" } });
});

test("P13 other work first: without that job, or with a word of preference, whatever is less", () => {
  const roster = [engineer("busy", 1), engineer("free", 30)];
  const set = stage(scenario, roster);
  set.hear(START, verdict());
  const first = set.openOffer();
  set.say(START, accept(first));
  set.say(START, { type: "progress", ticket: first.ticket, by: first.engineer, to: "working" });
  set.hear(START, verdict({ device: "d2", episode: "d2:1", evidence: [{ channel: "flow", share: 1 }] }));
  const ticket = set.openOffer().ticket;
  const answer = whyNot(set.world.view, ticket, "busy", START);
  expect(answer).toMatchObject({ outcome: "change", chosen: "free", what: { change: "job-gone", ticket: first.ticket } });
});

test("P13 whoever would be chosen hears so; where no single change does, two that would", () => {
  expect(ask([engineer("a", 1), engineer("b", 2)], "a")).toMatchObject({ outcome: "would-be-chosen" });
  const answer = ask([engineer("a", 1), engineer("b", 30, { skills: ["mechanical"] })], "b");
  expect(answer).toMatchObject({ outcome: "nothing-single", chosen: "a", together: [{ change: "skill" }, { change: "closer" }] });
});

test("P13 it refuses what it can't ask about", () => {
  const set = stage(scenario, [engineer("a", 1)]);
  set.hear(START, verdict());
  const { ticket } = set.openOffer();
  expect(whyNot(set.world.view, "none", "a", START)).toMatchObject({ refused: "unknown-ticket" });
  expect(whyNot(set.world.view, ticket, "none", START)).toMatchObject({ refused: "unknown-engineer" });
  set.say(START, accept(set.openOffer()));
  expect(whyNot(set.world.view, ticket, "a", START)).toMatchObject({ outcome: "would-be-chosen" });
  set.say(START, { type: "progress", ticket, by: "a" as EngineerId, to: "working" });
  expect(whyNot(set.world.view, ticket, "a", START)).toMatchObject({ refused: "wrong-state" });
});

test("P13 over seeded days: whatever is answered was tried, does choose them, and a minute less of it does not", () => {
  const seen = new Map<string, number>();
  for (let seed = 1; seed <= 12; seed++) {
    const { changes } = drawCrowd(seed, pumpVibration, { engineers: 10, tickets: 25, waiting: 4 });
    const { view } = startWorld(scenario, changes);
    for (const ticket of view.list("ticket", { state: "open" }).slice(0, 3)) {
      const base = caseOf(view, ticket, MORNING);
      for (const one of view.list("engineer")) {
        const answer = whyNot(view, ticket.id, one.id, MORNING);
        if (isRefusal(answer)) throw new Error(answer.rule);
        const key = answer.outcome === "change" ? answer.what.change : answer.outcome;
        seen.set(key, (seen.get(key) ?? 0) + 1);
        if (answer.outcome === "nothing-single" && answer.together !== undefined) expect(isChosen(base, one.id, answer.together)).toBe(true);
        if (answer.outcome !== "change") continue;
        for (const { change } of answer.others) seen.set(change, (seen.get(change) ?? 0) + 1);
        expect(isChosen(base, one.id, []), "not chosen as it is").toBe(false);
        for (const what of [answer.what, ...answer.others]) expect(isChosen(base, one.id, [what]), `${one.id} ${JSON.stringify(what)}`).toBe(true);
        const changed = suppose(base, one.id, answer.what);
        expect(rank(changed.facts, changed.question).ranked[0]?.engineer).toBe(one.id);
        const { what } = answer;
        if (what.change === "closer" || what.change === "shift-until") {
          const less = what.byMs - MINUTE_MS;
          const smaller: WhatIf = what.change === "closer" ? { ...what, byMs: less } : { ...what, byMs: less, until: what.until - MINUTE_MS };
          expect(isChosen(base, one.id, [smaller]), "the smallest").toBe(false);
        }
      }
    }
  }
  for (const change of ["closer", "shift-until", "skill", "job-gone", "preferred", "would-be-chosen", "nothing-single"])
    expect(seen.get(change) ?? 0, `${change} of ${JSON.stringify([...seen])}`).toBeGreaterThan(0);
});
