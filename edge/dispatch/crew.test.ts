/** Visits that several engineers make together. */
import { expect, test } from "vitest";
import type { Answer } from "../../contracts/effect.ts";
import type { EngineerId, TicketId } from "../../contracts/ids.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { Movement } from "../../contracts/stock.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { onMovements } from "../journey/stock.ts";
import { accept, confirm, decline, engineer, REPORT, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { commit } from "../sim/world.ts";

const faultModes = pumpVibration.faultModes.map((mode) => (mode.id === "bearing-wear" ? { ...mode, crew: 2 } : mode));
const scenario = scenarioOf(pumpVibration, { faultModes });
const { offerMs } = scenario.dispatch;
/** Skilled ones lead; whoever comes along needs no skill. */
const people = () => [engineer("lead", 1), engineer("near", 2, { skills: [] }), engineer("far", 9, { skills: [] })];
const progress = (set: Stage, by: string, to: "travelling" | "working" | "resolved"): Answer => ({
  type: "progress",
  ticket: set.only("ticket").id,
  by: by as EngineerId,
  to,
  ...REPORT,
});

test("T24 when the lead has accepted, a helper is asked; work begins when both are there", () => {
  const set = stage(scenario, people());
  set.hear(START, verdict());
  expect(set.only("ticket")).toMatchObject({ state: "offered", to: "lead", crew: 2 });
  set.say(START + 1, accept(set.openOffer()));
  const offer = set.openOffer();
  expect(offer).toMatchObject({ engineer: "near", as: "helper", ticket: set.only("ticket").id });
  expect(offer.notChosen.map(({ engineer: id, code }) => [id, code])).toEqual([
    ["far", expect.any(String)],
    ["lead", "on-it"],
  ]);
  expect(set.say(START + 2, progress(set, "lead", "working"))).toMatchObject({ refused: "crew-missing" });
  expect(set.say(START + 2, progress(set, "near", "working"))).toMatchObject({ refused: "not-yours" });
  set.say(START + 3, accept(offer));
  expect(set.say(START + 3, accept(offer))).toMatchObject({ changes: [] });
  expect(set.only("ticket")).toMatchObject({ state: "assigned", to: "lead", helpers: [{ engineer: "near", acceptedAt: START + 3 }] });
  expect(set.say(START + 4, progress(set, "lead", "working"))).toMatchObject({ refused: "crew-missing", rule: expect.stringContaining("near") });
  set.say(START + 5, progress(set, "near", "working"));
  set.say(START + 6, progress(set, "lead", "working"));
  expect(set.only("ticket")).toMatchObject({ state: "working", helpers: [{ arrivedAt: START + 5 }] });
  expect(set.say(START + 7, progress(set, "near", "resolved"))).toMatchObject({ refused: "not-yours" });
  set.say(START + 8, progress(set, "lead", "resolved"));
  expect(set.only("ticket").state).toBe("resolved");
});

test("T24 a helper's no, or silence, goes to the next; where there is nobody a person looks and it is tried again", () => {
  const set = stage(scenario, people());
  set.hear(START, verdict());
  set.say(START + 1, accept(set.openOffer()));
  set.say(START + 2, decline(set.openOffer()));
  expect(set.openOffer()).toMatchObject({ engineer: "far", as: "helper" });
  set.due(START + 3, { type: "offer-expires", offer: set.openOffer().id });
  expect(set.openOffer().engineer).toBe("far");
  const late = accept(set.openOffer());
  set.due(START + 2 + offerMs, { type: "offer-expires", offer: set.openOffer().id });
  expect(set.all("offer").map(({ engineer: id, state, as }) => [id, state, as])).toEqual([
    ["lead", "accepted", undefined],
    ["near", "declined", "helper"],
    ["far", "expired", "helper"],
  ]);
  expect(set.say(START + 3 + offerMs, late)).toMatchObject({ refused: "too-late" });
  expect(set.last().because.at(-1)).toMatchObject({ step: "escalation" });
  const key = `crew:${set.only("ticket").id}`;
  expect(set.world.kept.timers[key]?.due).toEqual({ type: "crew-again", ticket: set.only("ticket").id });
  set.due(START + 40 * 60_000, { type: "crew-again", ticket: set.only("ticket").id });
  expect(set.openOffer()).toMatchObject({ engineer: "near", as: "helper" });
});

test("T24 a helper who leaves is replaced; fewer are needed by a word of the desk; a job called off takes its offers back", () => {
  const set = stage(scenario, people());
  set.hear(START, verdict());
  set.say(START + 1, accept(set.openOffer()));
  set.say(START + 2, accept(set.openOffer()));
  const ticket = set.only("ticket").id;
  expect(set.say(START + 3, { type: "crew", ticket, by: "desk", crew: 1 })).toMatchObject({ refused: "malformed", field: "crew" });
  expect(set.say(START + 3, { type: "leave", ticket, engineer: "near" as EngineerId, by: "far", as: "engineer" })).toMatchObject({ refused: "not-yours" });
  set.say(START + 3, { type: "leave", ticket, engineer: "near" as EngineerId, by: "near", as: "engineer" });
  expect(set.only("ticket").helpers).toEqual([]);
  expect(set.openOffer()).toMatchObject({ engineer: "far", as: "helper" });
  set.say(START + 4, { type: "cancel", ticket, by: "desk", why: "sold" });
  expect(set.all("offer").at(-1)).toMatchObject({ engineer: "far", state: "withdrawn" });
  expect(set.world.view.list("offer", { state: "open" })).toEqual([]);
  const alone = stage(scenario, [engineer("lead", 1)]);
  alone.hear(START, verdict());
  alone.say(START + 1, accept(alone.openOffer()));
  alone.say(START + 2, { type: "crew", ticket: alone.only("ticket").id, by: "desk", crew: 1 });
  alone.say(START + 3, progress(alone, "lead", "working"));
  expect(alone.only("ticket").state).toBe("working");
});

test("P7 where a person confirms offers, a helper is asked by one's word only", () => {
  const set = stage(scenarioOf(pumpVibration, { faultModes, autonomy: { ticket: "act", offer: "confirm", reserve: "act" } }), people());
  set.hear(START, verdict());
  const ticket: TicketId = set.only("ticket").id;
  set.say(START + 1, confirm(ticket));
  set.say(START + 2, accept(set.openOffer()));
  expect(set.world.view.list("offer", { state: "open" })).toEqual([]);
  set.say(START + 3, confirm(ticket));
  expect(set.openOffer()).toMatchObject({ as: "helper" });
});

test("P22 whoever said no to the job, as its lead or on the way, is not asked at once to come along; sent away, nobody is asked back", () => {
  const set = stage(scenario, [engineer("lead", 1), engineer("second", 2), engineer("third", 9)]);
  set.hear(START, verdict());
  set.say(START + 1, decline(set.openOffer()));
  expect(set.openOffer()).toMatchObject({ engineer: "second" });
  set.say(START + 2, accept(set.openOffer()));
  expect(set.openOffer()).toMatchObject({ engineer: "third", as: "helper" });
  set.say(START + 3, accept(set.openOffer()));
  const ticket = set.only("ticket").id;
  const leave = (by: string, as: "engineer" | "dispatcher"): Answer => ({ type: "leave", ticket, engineer: "third" as EngineerId, by, as });
  set.say(START + 4, leave("third", "engineer"));
  expect(set.world.view.list("offer", { state: "open" })).toEqual([]);
  set.due(START + 40 * 60_000, { type: "crew-again", ticket });
  expect(set.openOffer()).toMatchObject({ engineer: "lead", as: "helper" });
  const sent = stage(scenario, people());
  sent.hear(START, verdict());
  sent.say(START + 1, accept(sent.openOffer()));
  sent.say(START + 2, accept(sent.openOffer()));
  sent.say(START + 3, { type: "leave", ticket: sent.only("ticket").id, engineer: "near" as EngineerId, by: "desk", as: "dispatcher" });
  expect(sent.openOffer()).toMatchObject({ engineer: "far", as: "helper" });
});

test("P22 where fewer are needed, the helper who is being asked is not any more", () => {
  const set = stage(scenario, [engineer("lead", 1), engineer("near", 2)]);
  set.hear(START, verdict());
  set.say(START + 1, accept(set.openOffer()));
  const asked = set.openOffer();
  set.say(START + 2, { type: "crew", ticket: asked.ticket, by: "desk", crew: 1 });
  expect(set.world.view.get("offer", asked.id)).toMatchObject({ state: "withdrawn", answeredAt: START + 2 });
  expect(set.world.kept.timers[`offer:${asked.id}`]).toBeUndefined();
  expect(set.say(START + 3, accept(asked))).toMatchObject({ refused: "too-late" });
});

test("P21 whoever comes along needs no parts: the lead has them", () => {
  const set = stage(scenarioOf(pumpVibration, { faultModes, connectors: {} }), people());
  const movements = ["BRG-6308", "SEAL-45", "GREASE-EP2"].map((part) =>
    Movement.parse({ id: `m-${part}`, at: START, by: "desk", place: "van:lead", part, type: "receive", quantity: 5 }),
  );
  const received = onMovements(set.world.view, movements, "desk", START);
  if (isRefusal(received)) throw new Error(received.rule);
  commit(set.world, received);
  set.hear(START, verdict());
  set.say(START + 1, accept(set.openOffer()));
  expect(set.openOffer()).toMatchObject({ engineer: "near", as: "helper" });
});

test("T24 a crew that nobody can fill is told once and looked at again without a word; whoever does not answer is asked so often and no more", () => {
  const set = stage(scenario, [engineer("lead", 1)]);
  set.hear(START, verdict());
  set.say(START + 1, accept(set.openOffer()));
  const told = (): readonly string[] =>
    set.world.kept.decisions.flatMap(({ reasons, outcome }) =>
      reasons[0]?.code.startsWith("round") === true || reasons[0]?.code === "no-skill" ? [outcome] : [],
    );
  const run = (hours: number): number => {
    const until = START + hours * 3_600_000;
    for (let fired = 0; ; fired++) {
      const [key, timer] = Object.entries(set.world.kept.timers).toSorted(([, a], [, b]) => a.at - b.at)[0] ?? [];
      if (key === undefined || timer === undefined || timer.at > until) return fired;
      delete (set.world.kept.timers as Record<string, unknown>)[key];
      set.due(timer.at, timer.due);
    }
  };
  expect(told()).toEqual(["escalated"]);
  expect(run(24)).toBeLessThan(110);
  expect(told()).toEqual(["escalated"]);
  const near = engineer("near", 2, { skills: [] });
  commit(set.world, { changes: [{ family: "engineer", id: near.id, after: near }], asks: [], timers: [], because: [] });
  run(72);
  expect(set.all("offer").filter(({ as, state }) => as === "helper" && state === "expired")).toHaveLength(scenario.dispatch.roundsMax + 1);
  expect(told().filter((outcome) => outcome === "escalated").length).toBeLessThanOrEqual(2);
});

test("P22 T24 a lead whom the desk sent away is not asked to come along with the next; who was to come along loses the place, is told, and may be asked again", () => {
  const crew3 = scenarioOf(pumpVibration, { connectors: {}, faultModes: faultModes.map((mode) => (mode.crew === undefined ? mode : { ...mode, crew: 3 })) });
  const set = stage(
    crew3,
    ["a", "b", "c", "d"].map((id, i) => engineer(id, i + 1)),
  );
  const open = () => set.world.view.list("offer", { state: "open" });
  set.hear(START, verdict());
  set.say(START + 1, accept(set.openOffer()));
  for (const offer of open()) set.say(START + 2, accept(offer));
  const ticket = set.only("ticket").id;
  expect(set.only("ticket").helpers).toHaveLength(2);
  set.say(START + 3, { type: "return", ticket, by: "desk", why: "needed elsewhere" });
  expect(set.last().because).toContainEqual(
    expect.objectContaining({ outcome: "helper-left", reasons: ["b", "c"].map((id) => ({ code: "taken-from", about: { engineer: id } })) }),
  );
  expect(set.all("offer").flatMap(({ engineer: id, as, state }) => (as === "helper" ? [[id, state]] : []))).toEqual([
    ["b", "withdrawn"],
    ["c", "withdrawn"],
  ]);
  const [next] = open();
  if (next === undefined) throw new Error("nobody is asked");
  set.say(START + 4, accept(next));
  expect(next.engineer).toBe("b");
  expect(open().map(({ engineer: id }) => id)).toEqual(["c", "d"]);
  // Nor later, while this one leads.
  for (const offer of open()) set.say(START + 5, decline(offer));
  set.due(START + 40 * 60_000, { type: "crew-again", ticket });
  expect(open().map(({ engineer: id }) => id)).toEqual(["c", "d"]);
});
