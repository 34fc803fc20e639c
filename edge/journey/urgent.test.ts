/** A job that becomes more urgent while somebody has it, or nobody: what follows at once, without a plan. */
import { expect, test } from "vitest";
import { Asset } from "../../contracts/asset.ts";
import type { Engineer } from "../../contracts/engineer.ts";
import { AssetId, EngineerId, FaultModeId, TicketId } from "../../contracts/ids.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { accept, decline, engineer, PLACE, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { commit } from "../sim/world.ts";

const MINUTE = 60_000;
const HOUR = 3_600_000;
const base = scenarioOf(pumpVibration);
const escalations = [
  { when: "unaccepted", afterMs: 4 * HOUR, who: { en: "desk", zh: "调度台" }, priorities: ["p3"] },
  { when: "unaccepted", afterMs: 10 * MINUTE, who: { en: "desk", zh: "调度台" }, priorities: ["p1"] },
];

/** Bearings can wait, and cavitation can't. */
function grouping(roster: readonly Engineer[], more: Partial<Record<keyof Scenario, unknown>> = {}): Stage {
  const faultModes = pumpVibration.faultModes.map((mode) => ({ ...mode, priority: mode.id === "bearing-wear" ? "p3" : "p1" }));
  const sla = { ...base.sla, p3: { respondMs: 24 * HOUR, resolveMs: 72 * HOUR } };
  return stage(scenarioOf(pumpVibration, { connectors: {}, faultModes, sla, tickets: { groupMs: HOUR, escalations }, ...more }), roster);
}

const joins = (set: Stage, at: number): unknown =>
  set.hear(at, verdict({ device: "d2", episode: "d2:1", at, arrivedAt: at, evidence: [{ channel: "flow", share: 1 }] }));

test("T26 T29 what can't wait joins a job that waits for the morning: whoever is on call is asked at once, and it rises by the levels of its priority", () => {
  const night = engineer("night", 1, { shifts: [], extraShifts: [{ kind: "on-call", from: START - HOUR, until: START + 5 * HOUR }] });
  const day = engineer("day", 2, { shifts: [], extraShifts: [{ kind: "duty", from: START + 5 * HOUR, until: START + 13 * HOUR }] });
  const set = grouping([night, day]);
  set.hear(START, verdict());
  expect(set.only("ticket")).toMatchObject({ priority: "p3", state: "open" });
  const { id } = set.only("ticket");
  expect(set.world.kept.timers[`untaken:${id}`]?.at).toBe(START + 4 * HOUR);
  joins(set, START + 5 * MINUTE);
  expect(set.only("ticket")).toMatchObject({ priority: "p1", state: "offered", to: "night" });
  expect(set.world.kept.timers[`untaken:${id}`]?.at).toBe(START + 10 * MINUTE);
  expect(set.world.kept.timers[`dispatch:${id}`]).toBeUndefined();
});

test("T26 who said no to what could wait is asked again when it can't", () => {
  const set = grouping([engineer("a", 1)]);
  set.hear(START, verdict());
  set.say(START + 1, decline(set.openOffer()));
  expect(set.only("ticket")).toMatchObject({ state: "open", asked: ["a"] });
  joins(set, START + 2);
  expect(set.only("ticket")).toMatchObject({ state: "offered", to: "a", round: 0 });
});

/** Two hours of work before it, and then another engineer comes to work next door. */
function behindOthers(offer: "act" | "confirm"): Stage {
  const set = grouping([engineer("a", 1)], { autonomy: { ...base.autonomy, offer } });
  const say = (at: number, answer: Parameters<Stage["say"]>[1]): unknown => set.say(at, answer);
  const confirmed = (at: number, ticket: TicketId): void => {
    if (offer === "confirm") say(at, { type: "confirm", ticket, by: "desk" });
    say(at, accept(set.openOffer()));
  };
  const away = Asset.parse({
    id: "q",
    name: "q",
    kind: "pump",
    model: "P",
    customer: "acme",
    moves: false,
    installedAt: 0,
    position: { ...PLACE, lat: PLACE.lat + 0.3 },
  });
  commit(set.world, { changes: [{ family: "asset", id: "q", after: away }], asks: [], timers: [], because: [] });
  const first = TicketId.parse("C");
  say(START, { type: "open", ticket: first, by: "desk", asset: AssetId.parse("q"), words: "", faultMode: FaultModeId.parse("bearing-wear") });
  confirmed(START, first);
  say(START, { type: "progress", ticket: first, by: EngineerId.parse("a"), to: "working" });
  set.hear(START + MINUTE, verdict({ at: START + MINUTE, arrivedAt: START + MINUTE }));
  const [, second] = set.all("ticket");
  confirmed(START + MINUTE, second?.id ?? first);
  commit(set.world, { changes: [{ family: "engineer", id: "b", after: engineer("b", 0.5) }], asks: [], timers: [], because: [] });
  return set;
}

test("P16 T26 what can't wait joins a job behind hours of other work: whoever is idle next door is asked at once", () => {
  const set = behindOthers("act");
  expect(set.all("ticket").map(({ state }) => state)).toEqual(["working", "assigned"]);
  joins(set, START + 5 * MINUTE);
  expect(set.all("ticket")[1]).toMatchObject({ priority: "p1", state: "offered", to: "b" });
});

test("P7 P16 where a person has the say on offers, the desk is told and the job stays", () => {
  const set = behindOthers("confirm");
  joins(set, START + 5 * MINUTE);
  expect(set.all("ticket")[1]).toMatchObject({ priority: "p1", state: "assigned", to: "a" });
  expect(set.last().because.map(({ step, outcome }) => [step, outcome])).toContainEqual(["escalation", "at-risk"]);
});
