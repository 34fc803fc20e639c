import { describe, expect, test } from "vitest";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import type { EngineerId } from "../../contracts/ids.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { type Depot, Movement } from "../../contracts/stock.ts";
import { preflightFor } from "../journey/preflight.ts";
import { onMovements } from "../journey/stock.ts";
import { accept, engineer, PLACE, REPORT, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { commit } from "../sim/world.ts";
import { planOf } from "./plan.ts";

const HOUR = 3_600_000;
const KM = 1 / 111.195;
const PARTS = ["BRG-6308", "SEAL-45", "GREASE-EP2"];
const scenario = scenarioOf(pumpVibration, { connectors: {} });

function receive({ world }: Stage, place: string, at = START, quantity = 5): void {
  const movements = PARTS.map((part) => Movement.parse({ id: `${place}-${part}-${at}`, at, by: "desk", place, part, type: "receive", quantity }));
  const decided = onMovements(world.view, movements, "desk", at);
  if (isRefusal(decided)) throw new Error(decided.rule);
  commit(world, decided);
}

function depot({ world }: Stage, id: string, km: number, opens?: Depot["opens"]): void {
  const place = { lat: PLACE.lat + km * KM, lon: PLACE.lon };
  const after = { id, title: { en: id, zh: id }, place, ...(opens === undefined ? {} : { opens }) } as Depot;
  commit(world, { changes: [{ family: "depot", id, after }], asks: [], timers: [], because: [] });
}

const near = "near" as EngineerId;
const checked = (set: Stage, who = near) => {
  const ready = preflightFor(set.world.view, set.only("ticket"), who, START);
  if (isRefusal(ready)) throw new Error(ready.rule);
  return ready;
};

describe("P20 whoever is asked can bring the parts, by the way of the pre-flight", () => {
  test("in the very input that opens the job, reopens it, or opens its follow-up", () => {
    const set = stage(scenario);
    receive(set, "van:far");
    set.hear(START, verdict());
    expect(set.openOffer()).toMatchObject({ engineer: "far", notChosen: [{ engineer: "near", code: "lacks-part" }] });
    expect(checked(set).outcome).toBe("blocked");
    const offer = set.openOffer();
    set.say(START + 1, accept(offer));
    set.say(START + 2, { type: "progress", ticket: offer.ticket, by: offer.engineer, to: "working" });
    set.say(START + HOUR, { type: "progress", ticket: offer.ticket, by: offer.engineer, to: "resolved", followUp: "again", ...REPORT });
    expect(set.openOffer()).toMatchObject({ engineer: "far", notChosen: [{ engineer: "near", code: "lacks-part" }] });
    const reopened = stage(scenario);
    receive(reopened, "van:far");
    reopened.say(START, { type: "open", ticket: "t" as never, by: "desk", asset: "pump" as never, words: "x", faultMode: "bearing-wear" as never });
    reopened.say(START + 1, { type: "cancel", ticket: "t" as never, by: "desk", why: "x" });
    reopened.say(START + 2, { type: "reopen", ticket: "t" as never, by: "desk", why: "x" });
    expect(reopened.openOffer()).toMatchObject({ engineer: "far" });
  });

  test("a depot that is too far round, or shut, is none", () => {
    const far = stage(scenario);
    depot(far, "east", 20);
    receive(far, "depot:east");
    receive(far, "van:far");
    far.hear(START, verdict());
    expect(far.openOffer()).toMatchObject({ engineer: "far", notChosen: [{ engineer: "near", code: "lacks-part" }] });
    const shut = stage(scenario);
    depot(shut, "east", 2, []);
    receive(shut, "depot:east");
    receive(shut, "van:far");
    shut.hear(START, verdict());
    expect(shut.openOffer()).toMatchObject({ engineer: "far", notChosen: [{ engineer: "near", code: "lacks-part" }] });
  });

  test("a depot on the way is one, and the way round counts: in the arrival, in the cost, and against who has the parts already", () => {
    const set = stage(scenario);
    depot(set, "east", 2);
    receive(set, "depot:east");
    set.hear(START, verdict());
    const { because, engineer: who } = set.openOffer();
    const ready = checked(set);
    expect(ready).toMatchObject({ outcome: "depot", stops: ["east"] });
    expect(who).toBe("near");
    expect(because.arriveAt).toBe(ready.arriveAt);
    expect(because.travelMs).toBe(ready.arriveAt - START);
    expect(because.distanceM).toBeGreaterThan(3_000 * scenario.dispatch.detour - 10);
    const plain = stage(scenario);
    plain.hear(START, verdict());
    expect(because.cost?.travel).toBeGreaterThan(plain.openOffer().because.cost?.travel ?? Infinity);
    // With the parts in the van, whoever is a little farther is there sooner.
    const other = stage(scenario, [engineer("near", 1), engineer("close", 3)]);
    depot(other, "east", 9);
    receive(other, "depot:east");
    receive(other, "van:close");
    other.hear(START, verdict());
    expect(other.openOffer()).toMatchObject({ engineer: "close", notChosen: [{ engineer: "near" }] });
  });

  test("what a yes lays aside is nobody else's in the same input: the next job is offered to who can bring its parts", () => {
    const set = stage(scenario, [engineer("near", 1)]);
    receive(set, "van:near", START, 3);
    const open = (id: string) =>
      set.say(START, { type: "open", ticket: id as never, by: "desk", asset: "pump" as never, words: "x", faultMode: "bearing-wear" as never });
    open("one");
    const offer = set.openOffer();
    open("two");
    set.say(START + 1, accept(offer));
    expect(set.world.view.list("offer", { state: "open" })).toEqual([]);
    expect(set.world.view.list("stock", { state: "held" })).toHaveLength(PARTS.length);
  });

  test("what is laid aside at a depot is fetched on the way: the plan says when they are there", () => {
    const set = stage(scenario);
    depot(set, "east", 2);
    receive(set, "depot:east");
    set.hear(START, verdict());
    const { because, ...offer } = set.openOffer();
    set.say(START, accept(offer));
    const [tour] = planOf(set.world.view, START).tours.filter(({ engineer: who }) => who === near);
    expect(tour?.stops[0]).toMatchObject({ startAt: because.arriveAt, travelMs: because.travelMs });
  });
});
