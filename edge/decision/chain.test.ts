import { expect, test } from "vitest";
import { Chain } from "../../contracts/board.ts";
import { Decision } from "../../contracts/decision.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { REPORT, accept, decline, engineer, PLACE, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { chainOf, kpisOf } from "./chain.ts";

const repairs = [
  { id: "r1", asset: "pump", faultMode: "bearing-wear", cause: "", action: "", parts: [], doneAt: 7 },
  { id: "r2", asset: "pump", faultMode: "supply", cause: "", action: "", parts: [], doneAt: 9 },
];

/** A job from the first sign to its end, every instant a different one. */
function wholeJob(): Stage {
  const set = stage(scenarioOf(pumpVibration), [engineer("a", 1), engineer("b", 2)], repairs);
  set.say(START, { type: "position", by: "a" as never, place: PLACE, at: START });
  set.hear(START + 3, verdict({ absorbed: 4 }));
  const kit = set.only("kit").id;
  set.say(START + 5, { type: "reserved", kit, key: kit, reservation: "R1", depot: "main", at: START + 5 });
  set.say(START + 10, decline(set.openOffer()));
  const offer = set.openOffer();
  set.say(START + 20, accept(offer));
  (["travelling", "working", "resolved"] as const).forEach((to, i) =>
    set.say(START + 30 + i, { type: "progress", ticket: offer.ticket, by: offer.engineer, to, ...REPORT, cause: "Anna says: worn" }),
  );
  return set;
}

function chain(set: Stage) {
  const asset = set.only("asset");
  const decisions = set.world.kept.decisions.map((because, i) => Decision.parse({ ...because, id: `d${i}`, rules: "r", hubCalls: 0 }));
  const steps = chainOf(set.only("ticket"), set.only("alarm"), asset, set.all("offer"), set.only("kit"), decisions);
  return Chain.parse({
    ticket: set.only("ticket"),
    alarm: set.only("alarm"),
    alarms: [],
    kin: [],
    asset,
    offers: set.all("offer"),
    kit: set.only("kit"),
    decisions,
    steps,
    hubCalls: 0,
  });
}

test("E3 the chain tells every step with its instant and the decision behind it", () => {
  const { steps, decisions } = chain(wholeJob());
  const instants = steps.map(({ step, at }) => [step, at === undefined ? undefined : at - START]);
  expect(instants).toEqual([
    ["vibration", 0],
    ["alarm", 3],
    ["ticket", 3],
    ["repairs", 3],
    ["engineer", 10],
    ["kit", 3],
    ["wms", 5],
    ["accepted", 20],
    ["travelling", 30],
    ["working", 31],
    ["resolved", 32],
  ]);
  const behind = steps
    .map(({ step, decision }) => [step, decisions.find(({ id }) => id === decision)])
    .map(([step, one]) => [step, typeof one === "object" ? `${one.step} ${one.outcome}` : one]);
  expect(behind).toEqual([
    ["vibration", "alarm raised"],
    ["alarm", "alarm raised"],
    ["ticket", "ticket opened"],
    ["repairs", "ticket opened"],
    ["engineer", "offer offered"],
    ["kit", "kit asked"],
    ["wms", "reservation reserved"],
    ["accepted", "answer accepted"],
    ["travelling", "progress travelling"],
    ["working", "progress working"],
    ["resolved", "progress resolved"],
  ]);
});

test("E3 the figures are those of the offer that was taken, of the strongest channel, of the latest repair", () => {
  const about = Object.fromEntries(chain(wholeJob()).steps.map((step) => [step.step, step.about]));
  expect(about["vibration"]).toEqual({ device: "d1", score: 0.9, channel: "vibration.a.rms", share: 0.7 });
  expect(about["alarm"]).toMatchObject({ faultMode: "bearing-wear", severity: "high", repeats: 0, absorbed: 4, afterMs: 3 });
  expect(about["repairs"]).toEqual({ count: 2, sameFault: 1, lastAt: 9, lastFault: "supply" });
  expect(about["engineer"]).toMatchObject({ engineer: "b", state: "accepted", asked: 2, notChosen: 1, queueMs: 0 });
  expect(about["kit"]).toMatchObject({ lines: 3, pieces: 4, state: "reserved" });
  expect(about["wms"]).toEqual({ state: "reserved", attempts: 0, reservation: "R1", depot: "main" });
  expect(about["accepted"]).toEqual({ engineer: "b", afterMs: 10 });
});

test("E3 the engineer's decision is that of the very offer, also after others were made", () => {
  const set = stage(scenarioOf(pumpVibration), [engineer("a", 1), engineer("b", 2)]);
  set.hear(START, verdict());
  const offered = () => chain(set).steps.find(({ step }) => step === "engineer");
  const decisionOf = () => set.world.kept.decisions[Number(offered()?.decision?.slice(1))]?.snapshot["offer"];
  expect(decisionOf()).toBe(set.openOffer().id);
  set.say(START + 1, decline(set.openOffer()));
  expect(offered()).toMatchObject({ at: START + 1, about: { engineer: "b", state: "open", asked: 2 } });
  expect(decisionOf()).toBe(set.openOffer().id);
  const first = set.all("offer")[0];
  const steps = chainOf(
    { ...set.only("ticket"), state: "offered", to: "a" as never, offer: first?.id ?? ("none" as never), expiresAt: 1 },
    set.only("alarm"),
    set.only("asset"),
    set.all("offer"),
    set.only("kit"),
    chain(set).decisions,
  );
  expect(set.world.kept.decisions[Number(steps[4]?.decision?.slice(1))]?.snapshot["offer"]).toBe(first?.id);
});

test("E3 what has not happened has no instant", () => {
  const set = stage(scenarioOf(pumpVibration, { connectors: {} }), []);
  set.hear(START, verdict());
  const { steps } = chain(set);
  expect(steps.filter(({ at }) => at === undefined).map(({ step }) => step)).toEqual(["engineer", "wms", "accepted", "travelling", "working", "resolved"]);
  expect(steps.find(({ step }) => step === "repairs")?.about).toEqual({ count: 0, sameFault: 0 });
});

test("E5 the machine's part ends with the first offer, the people's with the acceptance; together they are the whole time", () => {
  const set = wholeJob();
  for (const offers of [set.all("offer"), set.all("offer").toReversed()])
    expect(kpisOf(set.all("ticket"), set.all("alarm"), offers, 0)).toEqual({ accepted: 1, machineMs: 3, humanMs: 17, tickets: 1, hubCalls: 0 });
  // A job that follows another is not an answer to the first sample.
  const followed = set.all("ticket").map((ticket) => ({ ...ticket, follows: ticket.id }));
  expect(kpisOf(followed, set.all("alarm"), set.all("offer"), 0)).toMatchObject({ accepted: 0, machineMs: 0 });
  const waiting = stage(scenarioOf(pumpVibration));
  waiting.hear(START, verdict());
  expect(kpisOf(waiting.all("ticket"), waiting.all("alarm"), waiting.all("offer"), 2)).toEqual({
    accepted: 0,
    machineMs: 0,
    humanMs: 0,
    tickets: 1,
    hubCalls: 2,
  });
});

test("E1 each step leaves its record: trigger, what was known, reasons, outcome, autonomy, actor", () => {
  const { decisions } = wholeJob().world.kept;
  expect(decisions.map(({ step, outcome, actor, trigger }) => [step, outcome, actor, trigger.type])).toEqual([
    ["alarm", "raised", "unit", "verdict"],
    ["ticket", "opened", "unit", "verdict"],
    ["kit", "asked", "unit", "verdict"],
    ["offer", "offered", "unit", "verdict"],
    ["reservation", "reserved", "unit", "reserved"],
    ["answer", "declined", "a", "decline"],
    ["offer", "offered", "a", "decline"],
    ["answer", "accepted", "b", "accept"],
    ["progress", "travelling", "b", "progress"],
    ["progress", "working", "b", "progress"],
    ["progress", "resolved", "b", "progress"],
    ["kit", "used", "b", "progress"],
  ]);
  const [alarm, ticket, , offer] = decisions;
  expect(alarm).toMatchObject({
    at: START + 3,
    autonomy: "act",
    model: "ab".repeat(32),
    trigger: { ref: "d1:1" },
    snapshot: { verdict: { score: 0.9, absorbed: 4, fresh: true, evidence: [{ channel: "vibration.a.rms", share: 0.7 }, {}] } },
    reasons: [{ code: "fault-mode-by-evidence", about: { faultMode: "bearing-wear" } }, { code: "counted" }],
  });
  expect(ticket).toMatchObject({
    snapshot: { repairs: ["r2", "r1"] },
    reasons: [
      { code: "promise", about: { priority: "p1" } },
      { code: "repairs-found", about: { count: 2 } },
    ],
  });
  expect(offer?.snapshot["candidates"]).toMatchObject([
    { engineer: "a", distanceM: 0, travelMs: 0, queueMs: 0, positionAgeMs: 3 },
    { engineer: "b", queueMs: 0 },
  ]);
});

test("E2 no name, place or text that somebody wrote is in a decision", () => {
  const text = JSON.stringify(wholeJob().world.kept.decisions);
  for (const personal of [/Name Of/, /Anna/, /"lat"/, /"lon"/, new RegExp(String(PLACE.lat + 1 / 111.195).slice(0, 8))]) expect(text).not.toMatch(personal);
});
