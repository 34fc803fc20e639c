import { describe, expect, test } from "vitest";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import type { Answer, Decided } from "../../contracts/effect.ts";
import type { Change } from "../../contracts/entity.ts";
import type { EngineerId } from "../../contracts/ids.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { Movement } from "../../contracts/stock.ts";
import { onHeard, onPeople } from "../journey.ts";
import { onMovements } from "../journey/stock.ts";
import { accept, engineer, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { commit } from "../sim/world.ts";
import { planOf } from "./plan.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const crewed = pumpVibration.faultModes.map((mode) => (mode.id === "bearing-wear" ? { ...mode, crew: 2 } : mode));
const scenario = scenarioOf(pumpVibration, { connectors: {} });
const pair = scenarioOf(pumpVibration, { connectors: {}, faultModes: crewed });
const three = () => [engineer("near", 1), engineer("far", 10), engineer("third", 20)];
const named = (id: string) => id as EngineerId;
const away = (id: string, from: number, until: number): Answer => ({ type: "absent", engineer: named(id), by: "desk", from, until });

function put({ world }: Stage, change: Change): void {
  commit(world, { changes: [change], asks: [], timers: [], because: [] });
}
/** Written at the hub, and heard here; or imported. */
function becomes(set: Stage, id: string, after: ReturnType<typeof engineer> | null, at: number): Decided {
  put(set, { family: "engineer", id, after });
  const heard = [{ entity: "engineer", id, attr: "skills", actor: "crm", reason: "", erased: after === null }] as const;
  const decided = onHeard(set.world.view, heard, at, set.world.newId);
  commit(set.world, decided);
  return decided;
}
function offered(of = scenario): { readonly set: Stage; readonly offer: ReturnType<Stage["openOffer"]> } {
  const set = stage(of, three());
  set.hear(START, verdict());
  return { set, offer: set.openOffer() };
}
/** Accepted by `near`, and, where two are needed, by `far` to come along. */
function taken(of = scenario): Stage {
  const { set } = offered(of);
  set.say(START + 1, accept(set.openOffer()));
  if (of === pair) set.say(START + 2, accept(set.openOffer()));
  return set;
}
const offers = (set: Stage) => set.all("offer").map(({ engineer: id, state, as }) => `${id} ${state}${as === undefined ? "" : ` ${as}`}`);
const told = ({ because }: Decided) => because.map(({ outcome }) => outcome);

describe("P23 an offer is taken under the rules as they are then, and taken back as soon as they are others", () => {
  test.each([
    ["lost a skill", engineer("near", 1, { skills: ["electrical"] })],
    ["has no shift any more", engineer("near", 1, { shifts: [] })],
    ["goes elsewhere", engineer("near", 1, { territory: [{ center: { lat: 0, lon: 0 }, radiusM: 1_000 }] })],
    ["is away at that time", engineer("near", 1, { absences: [{ from: START + MINUTE, until: START + HOUR }] })],
    ["is away", engineer("near", 1, { absences: [{ from: START, until: START + MINUTE }] })],
  ])("whoever %s has no offer any more: the next is asked, and their yes is refused", (_why, after) => {
    const silent = offered();
    put(silent.set, { family: "engineer", id: named("near"), after });
    expect(silent.set.say(START + 10, accept(silent.offer))).toMatchObject({ refused: "too-late" });
    const { set, offer } = offered();
    expect(told(becomes(set, "near", after, START + 10))).toContain("withdrawn");
    expect(offers(set)).toEqual(["near withdrawn", "far open"]);
    expect(set.say(START + 11, accept(offer))).toMatchObject({ refused: "too-late" });
    expect(set.only("ticket")).toMatchObject({ state: "offered", to: "far" });
  });

  test("a change that keeps nobody from it changes nothing, and the same yes twice is one", () => {
    const { set, offer } = offered();
    becomes(set, "near", engineer("near", 1, { name: "Other Name", breaks: [{ from: 700, to: 760, minutes: 30 }] }), START + 5);
    expect(offers(set)).toEqual(["near open"]);
    set.say(START + 10, accept(offer));
    put(set, { family: "engineer", id: named("near"), after: engineer("near", 1, { skills: [] }) });
    expect(set.say(START + 11, accept(offer))).toMatchObject({ changes: [] });
  });

  test("an absence to come takes an offer back whose work falls into it, also one to come along", () => {
    const { set, offer } = offered();
    set.say(START + 1, away("near", START + 5 * MINUTE, START + 30 * HOUR));
    expect(offers(set)).toEqual(["near withdrawn", "far open"]);
    expect(set.say(START + 2, accept(offer))).toMatchObject({ refused: "too-late" });
    const later = offered().set;
    later.say(START + 1, away("near", START + 24 * HOUR, START + 30 * HOUR));
    expect(offers(later)).toEqual(["near open"]);
    const two = offered(pair).set;
    two.say(START + 1, accept(two.openOffer()));
    const help = two.openOffer();
    two.say(START + 2, away("far", START, START + 30 * HOUR));
    expect(offers(two)).toEqual(["near accepted", "far withdrawn helper", "third open helper"]);
    expect(two.say(START + 3, accept(help))).toMatchObject({ refused: "too-late" });
  });

  test("parts that were counted away meanwhile can't be promised", () => {
    const set = stage(scenario, three());
    const parts = (type: "receive" | "count", id: string, pieces: number) => {
      const many = type === "count" ? { counted: pieces } : { quantity: pieces };
      const movements = ["BRG-6308", "SEAL-45", "GREASE-EP2"].map((part) =>
        Movement.parse({ id: `${id}-${part}`, at: START, by: "desk", place: "van:near", part, type, ...many }),
      );
      const decided = onMovements(set.world.view, movements, "desk", START);
      if (isRefusal(decided)) throw new Error(decided.rule);
      commit(set.world, decided);
    };
    parts("receive", "in", 5);
    set.hear(START, verdict());
    const offer = set.openOffer();
    parts("count", "gone", 0);
    expect(set.say(START + 1, accept(offer))).toMatchObject({ refused: "too-late", rule: expect.stringContaining("lacks-part") });
    parts("receive", "back", 5);
    expect(isRefusal(set.say(START + 2, accept(offer)))).toBe(false);
  });
});

describe("P24 what somebody accepted and can't keep goes to others, and the desk hears what is under way", () => {
  test.each([
    ["a skill", engineer("near", 1, { skills: ["electrical"] })],
    ["every shift", engineer("near", 1, { shifts: [] })],
    ["their territory", engineer("near", 1, { territory: [{ center: { lat: 0, lon: 0 }, radiusM: 1_000 }] })],
    ["the hours of it", engineer("near", 1, { absences: [{ from: START + MINUTE, until: START + HOUR }] })],
  ])("who lost %s, by the hub or an import", (_what, after) => {
    const set = taken();
    const decided = becomes(set, "near", after, START + 10);
    expect(told(decided)).toEqual(expect.arrayContaining(["given-away", "returned", "offered"]));
    expect(set.only("ticket")).toMatchObject({ state: "offered", to: "far" });
    expect(set.all("assignment")).toEqual([]);
    const imported = taken();
    put(imported, { family: "engineer", id: named("near"), after });
    commit(imported.world, onPeople(imported.world.view, ["near"], START + 10, imported.world.newId));
    expect(imported.only("ticket")).toMatchObject({ state: "offered", to: "far" });
  });

  test("of whoever is not there any more all comes back: offers, jobs, work under way, help", () => {
    const { set, offer } = offered();
    put(set, { family: "engineer", id: named("near"), after: null });
    expect(set.say(START + 4, accept(offer))).toMatchObject({ refused: "unknown-engineer" });
    becomes(set, "near", null, START + 5);
    expect(offers(set)).toEqual(["near withdrawn", "far open"]);
    expect(set.say(START + 6, accept(offer))).toMatchObject({ refused: "too-late" });
    const accepted = taken();
    expect(told(becomes(accepted, "near", null, START + 5))).toContain("returned");
    expect(accepted.only("ticket")).toMatchObject({ state: "offered", to: "far" });
    const atWork = taken();
    atWork.say(START + 3, { type: "progress", ticket: atWork.only("ticket").id, by: named("near"), to: "working" });
    becomes(atWork, "near", null, START + HOUR);
    expect(atWork.only("ticket")).toMatchObject({ state: "offered", to: "far" });
    expect(planOf(atWork.world.view, START + HOUR).tours.flatMap(({ stops }) => stops)).toMatchObject([{ hold: "promised" }]);
    const along = taken(pair);
    becomes(along, "far", null, START + 5);
    expect(along.only("ticket")).toMatchObject({ state: "assigned", to: "near", helpers: [] });
    expect(offers(along)).toEqual(["near accepted", "far withdrawn helper", "third open helper"]);
  });

  test("a helper who goes away is replaced, and the desk is told; one who is there is for the desk", () => {
    const set = taken(pair);
    set.say(START + 3, away("far", START, START + 30 * HOUR));
    expect(set.only("ticket").helpers).toEqual([]);
    expect(offers(set)).toEqual(["near accepted", "far withdrawn helper", "third open helper"]);
    expect(set.last().because).toContainEqual(expect.objectContaining({ step: "escalation", reasons: [expect.objectContaining({ code: "helper-missing" })] }));
    const later = taken(pair);
    later.say(START + 3, away("far", START + 24 * HOUR, START + 30 * HOUR));
    expect(later.only("ticket").helpers).toMatchObject([{ engineer: "far" }]);
  });

  test("a job that stands still is not resumed to whoever is away: the desk hears of it, and at its time it goes to somebody else", () => {
    const pause = (set: Stage, until?: number) =>
      set.say(START + 3, {
        type: "pause",
        ticket: set.only("ticket").id,
        by: "near",
        as: "engineer",
        reason: "parts",
        ...(until === undefined ? {} : { until }),
      });
    const set = taken();
    pause(set, START + 14 * HOUR);
    set.say(START + 4, away("near", START + 10 * HOUR, START + 400 * HOUR));
    expect(set.last().because).toContainEqual(expect.objectContaining({ step: "escalation", outcome: "at-risk" }));
    set.due(START + 14 * HOUR, { type: "pause-ends", ticket: set.only("ticket").id });
    expect(set.only("ticket")).toMatchObject({ state: "offered", to: "far" });
    const open = taken();
    pause(open);
    open.say(START + 4, away("near", START, START + 400 * HOUR));
    expect(open.last().because).toContainEqual(expect.objectContaining({ step: "escalation", outcome: "at-risk" }));
    expect(open.only("ticket").state).toBe("paused");
    open.say(START + HOUR, { type: "resume", ticket: open.only("ticket").id, by: "desk", as: "dispatcher" });
    expect(open.only("ticket")).toMatchObject({ state: "offered", to: "far" });
    const back = taken();
    pause(back, START + HOUR);
    back.due(START + HOUR, { type: "pause-ends", ticket: back.only("ticket").id });
    expect(back.only("ticket")).toMatchObject({ state: "assigned", to: "near" });
  });

  test("work that was begun stays with whoever has it, whatever they lost", () => {
    const set = taken();
    set.say(START + 3, { type: "progress", ticket: set.only("ticket").id, by: named("near"), to: "working" });
    becomes(set, "near", engineer("near", 1, { skills: [], shifts: [] }), START + HOUR);
    expect(set.only("ticket")).toMatchObject({ state: "working", to: "near" });
  });

  test("whoever gained what a job waits for is asked for it", () => {
    const set = stage(scenario, [engineer("near", 1, { skills: [] })]);
    set.hear(START, verdict());
    expect(set.only("ticket").state).toBe("open");
    becomes(set, "near", engineer("near", 1), START + 5);
    expect(set.only("ticket")).toMatchObject({ state: "offered", to: "near" });
  });
});

test("P11 whose day is too long already, by their own word, is offered nothing that ends after it; and what is offered can be taken", () => {
  // Their shift ends in three hours, and an hour more may be worked; where there is time before the job that comes late, others fit in.
  const local = (START / MINUTE + 8 * 60) % 1_440;
  const shifts = [{ days: [1, 2, 3, 4, 5, 6, 7], from: local - 60, to: local + 180 }];
  const told = [30, 90, 150, 210, 230, 250].map((minutes) => {
    const faultModes = pumpVibration.faultModes.map((mode) => (mode.id === "cavitation" ? { ...mode, workMs: minutes * MINUTE } : mode));
    const set = stage(scenarioOf(pumpVibration, { connectors: {}, faultModes }), [engineer("near", 1, { shifts })]);
    const open = (ticket: string, faultMode: string, at: number) =>
      set.say(at, { type: "open", ticket: ticket as never, by: "desk", asset: "pump" as never, words: "x", faultMode: faultMode as never });
    open("one", "bearing-wear", START);
    set.say(START + 1, accept(set.openOffer()));
    set.say(START + 2, { type: "late", ticket: "one" as never, by: named("near"), arriveAt: START + 6 * HOUR });
    open("two", "cavitation", START + 3);
    const [offer] = set.world.view.list("offer", { state: "open" });
    return offer === undefined ? "not offered" : isRefusal(set.say(START + 4, accept(offer))) ? "refused" : "taken";
  });
  expect(told).toEqual(["taken", "taken", "taken", "taken", "taken", "not offered"]);
});
