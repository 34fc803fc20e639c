/** A job that stands for several faults: what is ticked, what is taken, and what the warehouse keeps for it. */
import { describe, expect, test } from "vitest";
import type { Answer } from "../../contracts/effect.ts";
import { Entry } from "../../contracts/knowledge.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { pumpKnowledge } from "../../hub/catalogue/pump-knowledge.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { accept, engineer, PLACE, REPORT, scenarioOf, verdict } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { commit, startWorld, type World } from "../sim/world.ts";
import { onAnswer, onVerdicts } from "../journey.ts";
import { Asset } from "../../contracts/asset.ts";
import type { Scenario } from "../../contracts/scenario.ts";

const MINUTE = 60_000;
const grouping = { groupMs: 60 * MINUTE };

function open(scenario: Scenario, documents: readonly Entry[]) {
  const pump = Asset.parse({ id: "pump", name: "Pump", kind: "pump", model: "P-180", customer: "acme", position: PLACE, moves: false, installedAt: 0 });
  const li = engineer("a", 1);
  const world: World = startWorld(scenario, [
    { family: "asset", id: pump.id, after: pump },
    { family: "engineer", id: li.id, after: li },
    ...documents.map((entry) => {
      const id = `${entry.kind}:${entry.id}@${entry.version}`;
      return { family: "knowledge", id, after: { id, entry } } as const;
    }),
  ]);
  const job = () => {
    const [ticket] = world.view.list("ticket");
    if (ticket === undefined) throw new Error("no ticket");
    return ticket;
  };
  return {
    world,
    job,
    kit: () => world.view.get("kit", job().kit),
    hear: (at: number, more: object) => commit(world, onVerdicts(world.view, [verdict({ at, arrivedAt: at, since: at, ...more })], at, world.newId)),
    say: (at: number, answer: object) => {
      const decided = onAnswer(world.view, answer as Answer, at, world.newId);
      if (!isRefusal(decided)) commit(world, decided);
      return decided;
    },
  };
}
const entries = pumpKnowledge.entries.map((entry) => Entry.parse(entry));
const cavitation = { episode: "d2:1", device: "d2", evidence: [], faultMode: "cavitation" };
const bearings = { faultMode: "bearing-wear", evidence: [] };
const asks = (world: World) => Object.values(world.kept.asks).map(({ ask }) => ask);
const lineOf = (lines: readonly { readonly part: string; readonly quantity: number }[] | undefined) =>
  Object.fromEntries((lines ?? []).map(({ part, quantity }) => [part, quantity]));

describe("KG11 the checklist of the fault that is cited", () => {
  test("its steps stand on the job with the entry that each comes from; safety, the procedure's too, is ticked before work, the rest before it is done", () => {
    const set = open(scenarioOf(pumpVibration, { tickets: { ...pumpVibration.tickets, groupMs: 0 } }), entries);
    set.hear(START, { ...cavitation, device: "d1" });
    const steps = set.job().checklist ?? [];
    expect(steps.map(({ id, before, from }) => [id, before, from?.map(({ entry }) => entry)])).toEqual([
      ["isolate", "working", ["checklist:locked-out-drained"]],
      ["valves", "working", ["checklist:locked-out-drained"]],
      ["drain", "working", ["checklist:locked-out-drained"]],
      ["vent", "working", ["procedure:clear-suction"]],
      ["tight", "resolved", ["checklist:locked-out-drained"]],
    ]);
    const [offer] = set.world.view.list("offer", { state: "open" });
    if (offer === undefined) throw new Error("no offer");
    set.say(START + 1, accept(offer));
    const progress = (to: string) => set.say(START + 2, { type: "progress", ticket: set.job().id, by: "a", to, ...(to === "resolved" ? REPORT : {}) });
    const tick = (step: string) => set.say(START + 2, { type: "tick", ticket: set.job().id, by: "a", step, done: true });
    for (const step of ["isolate", "valves", "drain"]) tick(step);
    expect(progress("working")).toMatchObject({ refused: "steps-open", rule: expect.stringContaining("vent") as string });
    tick("vent");
    expect(progress("working")).not.toHaveProperty("refused");
    expect(progress("resolved")).toMatchObject({ refused: "steps-open", rule: expect.stringContaining("tight") as string });
    tick("tight");
    expect(progress("resolved")).not.toHaveProperty("refused");
  });

  test("a scenario's own steps and the document's are one list", () => {
    const own = { id: "helmet", title: { en: "Helmet", zh: "安全帽" }, before: "working" as const };
    const faultModes = pumpVibration.faultModes.map((mode) => ({ ...mode, checklist: [own] }));
    const set = open(scenarioOf(pumpVibration, { faultModes }), entries);
    set.hear(START, { ...bearings });
    const steps = set.job().checklist ?? [];
    expect(steps.map(({ id }) => id)).toEqual(["helmet", "isolate", "prove-dead", "standstill", "run-in"]);
    expect(steps[0]).not.toHaveProperty("from");
  });
});

describe("KT11 a job that stands for several faults", () => {
  test("is ticked and packed for all of them: parts by the number that they need together, each with why; the warehouse keeps that and no more", () => {
    const set = open(scenarioOf(pumpVibration, { tickets: { ...pumpVibration.tickets, ...grouping } }), entries);
    set.hear(START, bearings);
    const first = lineOf(set.kit()?.lines);
    const { checklist = [] } = set.job();
    set.hear(START + MINUTE, cavitation);
    expect(set.world.view.list("ticket")).toHaveLength(1);
    const alone = open(scenarioOf(pumpVibration, { tickets: { ...pumpVibration.tickets, ...grouping } }), entries);
    alone.hear(START, { ...cavitation, device: "d1" });
    const second = lineOf(alone.kit()?.lines);
    const both = lineOf(set.kit()?.lines);
    // Bearings and impeller are different components.
    for (const part of new Set([...Object.keys(first), ...Object.keys(second)]))
      expect([part, both[part]]).toEqual([part, (first[part] ?? 0) + (second[part] ?? 0)]);
    expect(Object.keys(both).length).toBeGreaterThan(Object.keys(first).length);
    const ids = (set.job().checklist ?? []).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([...checklist.map(({ id }) => id), "valves", "drain", "vent", "tight"]));
    expect(new Set(ids).size).toBe(ids.length);
    const advice = set.world.view.get("advice", set.job().id);
    expect(advice?.cited.map(({ entry }) => entry)).toEqual(expect.arrayContaining(["fault-mode:bearing-wear", "fault-mode:cavitation"]));
    const outcomes = set.world.kept.decisions.filter(({ subject }) => subject === set.job().id).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(expect.arrayContaining(["grouped", "steps-joined", "joined"]));
    // The same signs again change nothing.
    const kept = JSON.stringify(set.kit());
    set.hear(START + 2 * MINUTE, cavitation);
    expect(JSON.stringify(set.kit())).toBe(kept);
    // What was asked for first is answered, goes back, and all of it is asked for once.
    const [ask] = asks(set.world);
    set.say(START + 3 * MINUTE, { type: "reserved", kit: set.kit()?.id, key: ask?.key, reservation: "R-1", depot: "d", at: START });
    expect(asks(set.world).map(({ type, key }) => [type, key.split(":").slice(1).join(":")])).toEqual([
      ["reserve", "v1"],
      ["release", "release:R-1"],
    ]);
    set.say(START + 4 * MINUTE, { type: "released", kit: set.kit()?.id, key: `${set.kit()?.id}:release:R-1` });
    expect(lineOf(asks(set.world).findLast((one) => one.type === "reserve")?.lines)).toEqual(both);
  });

  test("is done by as many, with as many photographs, as any of them asks for; the team's inbox hears of each fault", () => {
    const needs = { "bearing-wear": { photosMin: 1 }, cavitation: { crew: 2, photosMin: 2 } } as const;
    const faultModes = pumpVibration.faultModes.map((mode) => ({ ...mode, ...(mode.id in needs ? needs[mode.id as keyof typeof needs] : {}) }));
    const rules = [{ action: "quality-report", to: "makers", autonomy: "act" }];
    const teams = { makers: { url: "http://127.0.0.1:1/" } };
    const scenario = scenarioOf(pumpVibration, { faultModes, tickets: { ...pumpVibration.tickets, ...grouping }, fanOut: { rules }, connectors: { teams } });
    const set = open(scenario, []);
    commit(set.world, { changes: [{ family: "engineer", id: "b", after: engineer("b", 2) }], asks: [], timers: [], because: [] });
    set.hear(START, bearings);
    const [offer] = set.world.view.list("offer", { state: "open" });
    if (offer === undefined) throw new Error("no offer");
    set.say(START + 1, accept(offer));
    expect(set.world.view.list("offer", { state: "open" })).toEqual([]);
    expect(set.world.view.list("action").map(({ action }) => action.about["faultMode"])).toEqual(["bearing-wear"]);
    set.hear(START + MINUTE, cavitation);
    expect(set.job()).toMatchObject({ state: "assigned", crew: 2, photosMin: 2 });
    expect(set.world.view.list("offer", { state: "open" })).toMatchObject([{ ticket: set.job().id, as: "helper" }]);
    const actions = set.world.view.list("action");
    expect(actions.map(({ ticket, action }) => [ticket, action.about["faultMode"]])).toEqual([
      [set.job().id, "bearing-wear"],
      [set.job().id, "cavitation"],
    ]);
    // The same signs again tell nobody anew.
    set.hear(START + 2 * MINUTE, cavitation);
    expect(set.world.view.list("action")).toHaveLength(2);
  });

  test("faults of one component share what it takes: the larger number; without a document they add up", () => {
    const [wear, cav] = ["bearing-wear", "cavitation"].map((id) => entries.find((entry) => entry.kind === "fault-mode" && entry.id === id));
    if (wear?.kind !== "fault-mode" || cav?.kind !== "fault-mode") throw new Error("no such mode");
    const part = { ...(wear.parts[0] ?? { part: "X" as never, probability: 1 }), probability: 1 };
    const same = entries.map((entry) =>
      entry === wear
        ? { ...wear, parts: [{ ...part, quantity: 3 }] }
        : entry === cav
          ? { ...cav, components: wear.components, parts: [{ ...part, quantity: 2 }] }
          : entry,
    );
    const scenario = scenarioOf(pumpVibration, { tickets: { ...pumpVibration.tickets, ...grouping } });
    const shared = open(scenario, same);
    shared.hear(START, bearings);
    shared.hear(START + MINUTE, cavitation);
    expect(lineOf(shared.kit()?.lines)[part.part]).toBe(3);
    expect(
      shared.world.view
        .get("advice", shared.job().id)
        ?.lines.find((line) => line.part === part.part)
        ?.because.at(-1),
    ).toMatchObject({ code: "larger-of" });
    const apart = open(
      scenario,
      same.map((entry) => (entry.id === cav.id && entry.kind === "fault-mode" ? { ...entry, components: cav.components } : entry)),
    );
    apart.hear(START, bearings);
    apart.hear(START + MINUTE, cavitation);
    expect(lineOf(apart.kit()?.lines)[part.part]).toBe(5);
    expect(
      apart.world.view
        .get("advice", apart.job().id)
        ?.lines.find((line) => line.part === part.part)
        ?.because.at(-1),
    ).toMatchObject({ code: "added-up" });
  });
});
