import { expect, test } from "vitest";
import type { Chance } from "../../contracts/alarm.ts";
import { Device } from "../../contracts/device.ts";
import { CHANCE_MIN, CHANCE_VISITS_MIN } from "../../contracts/trust.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { onVerdicts } from "../journey.ts";
import { confirm, REPORT, scenarioOf, stage, verdict } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { commit } from "../sim/world.ts";
import { historyOf, judgedOf, outcomesOf } from "./model-facts.ts";

const scenario = scenarioOf(pumpVibration);

/** A unit whose models are right as often as `chance` says. */
function trusting(chance: Chance) {
  const set = stage(scenario);
  const view = { ...set.world.view, chanceOf: () => chance };
  return { ...set, hear: (more: Parameters<typeof verdict>[0] = {}) => commit(set.world, onVerdicts(view, [verdict(more)], START, set.world.newId)) };
}

test("VP17 an alarm of a model's score says how likely it is true, and so does its job; a limit or a code needs nobody's chance", () => {
  const chance = { fault: 0.83, visits: 12 };
  const { hear, only, world } = trusting(chance);
  hear();
  expect([only("alarm").chance, only("ticket").chance]).toEqual([chance, chance]);
  const snapshots = world.kept.decisions.flatMap(({ step, snapshot }) => (step === "alarm" || step === "ticket" ? [snapshot["chance"]] : []));
  expect(snapshots).toEqual([chance, chance]);
  for (const said of [{ rule: "limit" }, { rule: "code", faultMode: "cavitation", code: "E21", evidence: [] }] as const) {
    const other = trusting(chance);
    other.hear(said);
    expect([other.only("alarm").chance, other.only("ticket").chance]).toEqual([undefined, undefined]);
  }
});

test("VP18 where visits found fewer than one alarm in three true, a person says whether somebody goes; a few visits hold nothing back", () => {
  const rare = trusting({ fault: 0.2, visits: CHANCE_VISITS_MIN });
  rare.hear();
  expect(rare.all("ticket")).toEqual([]);
  const held = rare.world.kept.decisions.find(({ step }) => step === "ticket");
  expect(held).toMatchObject({
    outcome: "held",
    autonomy: "confirm",
    reasons: [{}, {}, { code: "rarely-true", about: { chance: 0.2, visits: CHANCE_VISITS_MIN } }],
  });
  // Confirmed, it goes its way: nobody is asked again for the offer.
  const proposed = rare.only("alarm").proposed;
  if (proposed === undefined) throw new Error("nothing is proposed");
  rare.say(START + 1, confirm(proposed));
  expect([rare.only("ticket").state, rare.only("ticket").chance]).toEqual(["offered", { fault: 0.2, visits: CHANCE_VISITS_MIN }]);
  for (const chance of [
    { fault: 0.2, visits: CHANCE_VISITS_MIN - 1 },
    { fault: CHANCE_MIN, visits: 99 },
  ]) {
    const { hear, only } = trusting(chance);
    hear();
    expect(only("ticket").state).toBe("offered");
  }
});

test("VP17 what visits found out of a model's alarms is what its chance is made of: of its profile, its own, and no limit's", () => {
  const { hear, say, world, only, all } = stage(scenario);
  const model = verdict().model;
  commit(world, {
    changes: [{ family: "device", id: "d1", after: Device.parse({ id: "d1", asset: "pump", profile: "pump", name: "d", addedAt: 0 }) }],
    asks: [],
    timers: [],
    because: [],
  });
  hear(START, verdict());
  expect(outcomesOf(world.view, "pump", model)).toEqual([]);
  const offer = only("offer");
  const ticket = only("ticket").id;
  say(START + 1, { type: "accept", offer: offer.id, by: offer.engineer });
  for (const to of ["travelling", "working"] as const) say(START + 2, { type: "progress", ticket, by: offer.engineer, to });
  say(START + 3, { type: "progress", ticket, by: offer.engineer, to: "resolved", ...REPORT, finding: "false-alarm" });
  expect(all("alarm")[0]?.label?.finding).toBe("false-alarm");
  expect(outcomesOf(world.view, "pump", model)).toEqual([{ score: 0.9, isTrue: false, at: START + 3 }]);
  expect([outcomesOf(world.view, "other", model), outcomesOf(world.view, "pump", verdict({ model: "cd".repeat(32) }).model)]).toEqual([[], []]);
});

test("VE7 a job counts for each model whose alarm opened or joined it, once", () => {
  const { hear, say, world, only, all } = stage(scenario);
  const [first, second] = [verdict().model, verdict({ model: "cd".repeat(32) }).model];
  const device = (id: string) => ({ family: "device" as const, id, after: Device.parse({ id, asset: "pump", profile: "pump", name: id, addedAt: 0 }) });
  commit(world, { changes: [device("d1"), device("d2")], asks: [], timers: [], because: [] });
  hear(START, verdict());
  hear(START + 1, verdict({ at: START + 1, arrivedAt: START + 1, state: "normal" }));
  hear(START + 60_000, verdict({ at: START + 60_000, arrivedAt: START + 60_000, since: START + 55_000, device: "d2", model: second, episode: "d2:1" }));
  expect([all("alarm").length, only("ticket").alarms?.length]).toEqual([2, 1]);
  const { id: offer, engineer: by } = only("offer");
  const ticket = only("ticket").id;
  say(START + 60_001, { type: "accept", offer, by });
  for (const to of ["travelling", "working"] as const) say(START + 60_002, { type: "progress", ticket, by, to });
  say(START + 60_003, { type: "progress", ticket, by, to: "resolved", ...REPORT, finding: "false-alarm" });
  const history = historyOf(world.view, "pump");
  for (const model of [first, second]) expect(judgedOf(history, model)).toMatchObject({ tickets: 1, found: { true: 0, false: 1 }, falseAlarmRate: 1 });
});
