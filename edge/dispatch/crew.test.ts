/** Visits that several engineers make together. */
import { expect, test } from "vitest";
import type { Answer } from "../../contracts/effect.ts";
import type { EngineerId, TicketId } from "../../contracts/ids.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { accept, confirm, decline, engineer, REPORT, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";

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
  expect(set.openOffer()).toMatchObject({ engineer: "near", as: "helper" });
  set.say(START + 4, decline(set.openOffer()));
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
