import { expect, test } from "vitest";
import type { EngineerId, TicketId } from "../../contracts/ids.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { accept, engineer, PLACE, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { planOf } from "./plan.ts";

const scenario = scenarioOf(pumpVibration);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const named = (id: string) => id as EngineerId;

const flow = (n: number) => verdict({ device: `f${n}`, episode: `f${n}:1`, evidence: [{ channel: "flow", share: 1 }] });
const voltage = (n: number) => verdict({ device: `v${n}`, episode: `v${n}:1`, evidence: [{ channel: "voltage", share: 1 }] });

const stopsOf = (set: Stage, id: string, now: number) => planOf(set.world.view, now).tours.find((tour) => tour.engineer === id)?.stops ?? [];
const outcomes = (set: Stage, id: TicketId) =>
  set.world.kept.decisions.filter(({ subject, trigger }) => subject === id && trigger.type !== "promise").map(({ outcome }) => outcome);

/** `a` holds a job; `b`, further off, holds nothing. */
function oneJob(roster = [engineer("a", 1), engineer("b", 20)], more: object = {}): { readonly set: Stage; readonly ticket: TicketId } {
  const set = stage(scenarioOf(pumpVibration, more), roster);
  set.hear(START, voltage(1));
  const offer = set.openOffer();
  set.say(START, accept(offer));
  return { set, ticket: offer.ticket };
}

test("P14 a more urgent job comes before work that was accepted and not begun, which is expected later; never into work that was begun", () => {
  const { set, ticket } = oneJob([engineer("a", 1)]);
  expect(stopsOf(set, "a", START).map((stop) => stop.ticket)).toEqual([ticket]);
  set.hear(START, verdict());
  const urgent = set.openOffer();
  expect(urgent.because).toMatchObject({ index: 0, delays: [{ ticket, byMs: expect.any(Number) }] });
  set.say(START, accept(urgent));
  const [first, second] = stopsOf(set, "a", START);
  expect([first?.ticket, second?.ticket]).toEqual([urgent.ticket, ticket]);
  expect(second?.startAt).toBeGreaterThanOrEqual((first?.endAt ?? 0) + 0);
  expect(set.all("route")).toMatchObject([{ id: "a", stops: [{ ticket: urgent.ticket }, { ticket, toldAt: second?.startAt }] }]);
  set.say(START, { type: "progress", ticket: urgent.ticket, by: named("a"), to: "working" });
  set.hear(START + 1, verdict({ device: "x", episode: "x:1", asset: "pump-2" }));
  const third = set.openOffer();
  expect(third.because).toMatchObject({ index: 0, queueMs: expect.closeTo(2 * HOUR_MS, -5) });
  set.say(START + 2, accept(third));
  expect(stopsOf(set, "a", START + 2).map((stop) => [stop.hold, stop.ticket])).toEqual([
    ["locked", urgent.ticket],
    ["accepted", third.ticket],
    ["accepted", ticket],
  ]);
});

test("P15 an engineer's own word for the arrival counts, once, until it is another", () => {
  const { set, ticket } = oneJob([engineer("a", 1)]);
  const said = { type: "late", ticket, by: named("a"), arriveAt: START + HOUR_MS } as const;
  set.say(START, said);
  expect(stopsOf(set, "a", START)[0]).toMatchObject({ startAt: START + HOUR_MS });
  expect(outcomes(set, ticket).at(-1)).toBe("late");
  const before = set.world.kept.decisions.length;
  set.say(START + 1, said);
  expect(set.world.kept.decisions).toHaveLength(before);
  set.say(START + 2, { ...said, arriveAt: START + 2 * HOUR_MS });
  expect(stopsOf(set, "a", START + 2)[0]).toMatchObject({ startAt: START + 2 * HOUR_MS });
  set.say(START + 3, { type: "progress", ticket, by: named("a"), to: "travelling" });
  expect(stopsOf(set, "a", START + 3)[0]).toMatchObject({ hold: "locked", startAt: START + 2 * HOUR_MS });
});

test("P15 what nobody can say is refused: of others' jobs, of none, of the past, and of work that has begun", () => {
  const { set, ticket } = oneJob();
  const say = (more: object) => set.say(START + HOUR_MS, { type: "late", ticket, by: named("a"), arriveAt: START + 2 * HOUR_MS, ...more });
  expect(say({ ticket: "none" })).toMatchObject({ refused: "unknown-ticket" });
  expect(say({ by: "b" })).toMatchObject({ refused: "not-yours" });
  expect(say({ arriveAt: START })).toMatchObject({ refused: "malformed" });
  expect(say({ arriveAt: START + 48 * HOUR_MS })).toMatchObject({ refused: "malformed" });
  set.say(START, { type: "progress", ticket, by: named("a"), to: "working" });
  expect(say({})).toMatchObject({ refused: "wrong-state" });
});

test("P16 a job whose promise breaks, and that somebody else would keep, goes to somebody else", () => {
  // A p2 is promised within four hours.
  const { set, ticket } = oneJob();
  set.say(START, { type: "late", ticket, by: named("a"), arriveAt: START + 5 * HOUR_MS });
  expect(set.openOffer()).toMatchObject({ ticket, engineer: "b", notChosen: [{ engineer: "a", code: "had-it" }] });
  expect(outcomes(set, ticket).slice(-4)).toEqual(["late", "given-away", "returned", "offered"]);
});

test("P16 one that is still in time stays, and so does one that nobody would keep; where a person has the say the desk is told", () => {
  const inTime = oneJob();
  inTime.set.say(START, { type: "late", ticket: inTime.ticket, by: named("a"), arriveAt: START + 3 * HOUR_MS });
  expect(inTime.set.only("ticket")).toMatchObject({ state: "assigned", to: "a" });
  const alone = oneJob([engineer("a", 1)]);
  alone.set.say(START, { type: "late", ticket: alone.ticket, by: named("a"), arriveAt: START + 5 * HOUR_MS });
  expect(alone.set.only("ticket")).toMatchObject({ state: "assigned", to: "a" });
  expect(outcomes(alone.set, alone.ticket).at(-1)).toBe("at-risk");
  const asked = stage(scenarioOf(pumpVibration, { autonomy: { ticket: "act", offer: "confirm", reserve: "act" } }), [engineer("a", 1), engineer("b", 20)]);
  asked.hear(START, voltage(1));
  asked.say(START, { type: "confirm", ticket: asked.only("ticket").id, by: "desk" });
  asked.say(START, accept(asked.openOffer()));
  asked.say(START, { type: "late", ticket: asked.only("ticket").id, by: named("a"), arriveAt: START + 5 * HOUR_MS });
  expect(asked.only("ticket")).toMatchObject({ state: "assigned", to: "a" });
  expect(outcomes(asked, asked.only("ticket").id).at(-1)).toBe("at-risk");
});

test("P16 work that takes longer is noticed, and what comes behind it too late goes to others; ended work is not looked at again", () => {
  const set = stage(scenario, [engineer("a", 1), engineer("b", 60)]);
  set.hear(START, verdict());
  const first = set.openOffer();
  set.say(START, accept(first));
  set.say(START, { type: "progress", ticket: first.ticket, by: named("a"), to: "working" });
  const timer = () => set.world.kept.timers[`overrun:${first.ticket}`];
  // Two hours, and a quarter of them.
  expect(timer()?.at).toBe(START + 2.5 * HOUR_MS);
  set.hear(START, flow(1));
  const second = set.openOffer();
  expect(second).toMatchObject({ engineer: "a", because: { queueMs: 2 * HOUR_MS } });
  set.say(START, accept(second));
  const due = { type: "work-overruns", ticket: first.ticket } as const;
  set.due(START + 2.5 * HOUR_MS, due);
  expect(outcomes(set, first.ticket).at(-1)).toBe("overruns");
  expect(set.world.view.get("ticket", second.ticket)).toMatchObject({ state: "assigned", to: "a" });
  // Promised within four hours: now it can't be kept, and nobody else would keep it either.
  set.due(START + 4 * HOUR_MS, due);
  expect(outcomes(set, second.ticket).at(-1)).toBe("at-risk");
  // Two hours too long by now: told again when it is four.
  expect(timer()?.at).toBe(START + 6 * HOUR_MS);
  set.say(START + 4.2 * HOUR_MS, {
    type: "progress",
    ticket: first.ticket,
    by: named("a"),
    to: "resolved",
    cause: "worn",
    causeCode: "wear",
    action: "replaced",
    partsUsed: [],
  });
  expect(timer()).toBeUndefined();
  expect(set.due(START + 4.5 * HOUR_MS, due).because).toEqual([]);
});

test("P17 whoever is away is offered nothing, and what they had accepted and not begun is offered anew", () => {
  const { set, ticket } = oneJob();
  set.say(START, { type: "absent", engineer: named("a"), by: "desk", from: START, until: START + 6 * HOUR_MS });
  expect(set.openOffer()).toMatchObject({ ticket, engineer: "b" });
  expect(set.world.view.get("engineer", "a")?.absences).toEqual([{ from: START, until: START + 6 * HOUR_MS }]);
  set.hear(START + 1, flow(1));
  expect(set.all("offer").every((offer) => offer.engineer !== "a" || offer.state === "accepted")).toBe(true);
  const decisions = set.world.kept.decisions.length;
  set.say(START + 2, { type: "absent", engineer: named("a"), by: "desk", from: START, until: START + 6 * HOUR_MS });
  expect(set.world.kept.decisions).toHaveLength(decisions);
  set.say(START + 3, { type: "present", engineer: named("a"), by: "a" });
  expect(set.world.view.get("engineer", "a")).not.toHaveProperty("absences");
  expect(set.all("offer").find(({ state, engineer: id }) => state === "open" && id === "a")).toBeDefined();
});

test("P17 an offer that was not answered goes to the next, work that was begun is the desk's, and a later absence takes only what falls into it", () => {
  const set = stage(scenario, [engineer("a", 1), engineer("b", 20)]);
  set.hear(START, voltage(1));
  const offer = set.openOffer();
  set.say(START, { type: "absent", engineer: named("a"), by: "a", from: START, until: START + HOUR_MS });
  expect(set.all("offer")).toMatchObject([
    { id: offer.id, state: "withdrawn" },
    { engineer: "b", state: "open" },
  ]);
  const begun = oneJob();
  begun.set.say(START, { type: "progress", ticket: begun.ticket, by: named("a"), to: "working" });
  begun.set.say(START, { type: "absent", engineer: named("a"), by: "desk", from: START, until: START + HOUR_MS });
  expect(begun.set.only("ticket")).toMatchObject({ state: "working", to: "a" });
  expect(outcomes(begun.set, begun.ticket).at(-1)).toBe("at-risk");
  const later = oneJob();
  later.set.say(START, { type: "absent", engineer: named("a"), by: "desk", from: START + 6 * HOUR_MS, until: START + 7 * HOUR_MS });
  expect(later.set.only("ticket")).toMatchObject({ state: "assigned", to: "a" });
  const soon = oneJob();
  soon.set.say(START, { type: "absent", engineer: named("a"), by: "desk", from: START + 30 * MINUTE_MS, until: START + 7 * HOUR_MS });
  expect(soon.set.openOffer()).toMatchObject({ engineer: "b" });
});

test("P17 an absence that makes no sense is refused", () => {
  const { set } = oneJob();
  const say = (more: object) =>
    set.say(START + HOUR_MS, { type: "absent", engineer: named("a"), by: "desk", from: START, until: START + 2 * HOUR_MS, ...more });
  expect(say({ engineer: "none" })).toMatchObject({ refused: "unknown-engineer" });
  expect(say({ until: START })).toMatchObject({ refused: "malformed" });
  expect(say({ until: START + 400 * 24 * HOUR_MS })).toMatchObject({ refused: "malformed" });
  expect(set.say(START, { type: "present", engineer: named("none"), by: "desk" })).toMatchObject({ refused: "unknown-engineer" });
});

test("P18 a trip that was made tells how long the roads take", () => {
  const set = stage(scenario, [engineer("a", 10)]);
  const drive = (n: number, at: number, share: number): void => {
    set.hear(at, verdict({ device: `d${n}`, episode: `d${n}:1` }));
    const { ticket, id } = set.openOffer();
    set.say(at, { type: "accept", offer: id, by: named("a") });
    set.say(at, { type: "position", by: named("a"), at, place: { lat: PLACE.lat + 0.09, lon: PLACE.lon } });
    set.say(at, { type: "progress", ticket, by: named("a"), to: "travelling" });
    const arrived = at + Math.round(19.5 * MINUTE_MS * share);
    set.say(arrived, { type: "progress", ticket, by: named("a"), to: "working" });
    set.say(arrived, { type: "progress", ticket, by: named("a"), to: "resolved", cause: "worn", causeCode: "wear", action: "replaced", partsUsed: [] });
    set.hear(arrived, verdict({ device: `d${n}`, episode: `d${n}:1`, state: "normal", at: arrived, arrivedAt: arrived }));
  };
  drive(0, START, 2);
  expect(set.only("calibration")).toMatchObject({ id: "travel", trips: 1, factor: expect.closeTo(1.12, 1) });
  for (let n = 1; n < 12; n++) drive(n, START + n * 3 * HOUR_MS, 2);
  expect(set.only("calibration").factor).toBeGreaterThan(1.5);
  expect(planOf(set.world.view, START).travel).toMatchObject({ source: "great-circle", trips: 12, factor: set.only("calibration").factor });
});
