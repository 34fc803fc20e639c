import { expect, test } from "vitest";
import { Asset } from "../../contracts/asset.ts";
import type { Answer } from "../../contracts/effect.ts";
import type { Engineer } from "../../contracts/engineer.ts";
import type { Change } from "../../contracts/entity.ts";
import { AssetId, EngineerId, FaultModeId, TicketId } from "../../contracts/ids.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { REPORT, accept, confirm, decline, engineer, PLACE, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { onPeople } from "../journey.ts";
import { START } from "../sim/plant.ts";
import { commit } from "../sim/world.ts";

const scenario = scenarioOf(pumpVibration);
const { offerMs, retryMs } = scenario.dispatch;
const NOTHING = { changes: [], asks: [], timers: [], because: [] };
const HOUR_MS = 3_600_000;

/** Due as the store has it. */
const timers = ({ world }: Stage) =>
  Object.entries(world.kept.timers).flatMap(([key, { at }]) => (key.startsWith("promise:") || key.startsWith("silent:") ? [] : [[key, at]]));
const askedOf = ({ all }: Stage) => all("offer").map(({ engineer: id, state }) => [id, state]);

test("P5 an offer that is declined or not answered goes to the next, who was not asked yet", () => {
  const set = stage(scenario, [engineer("a", 1), engineer("b", 2), engineer("c", 3)]);
  set.hear(START, verdict());
  expect(timers(set)).toEqual([[`offer:${set.openOffer().id}`, START + offerMs]]);
  set.say(START + 1, decline(set.openOffer()));
  set.expire(START + 1 + offerMs);
  expect(askedOf(set)).toEqual([
    ["a", "declined"],
    ["b", "expired"],
    ["c", "open"],
  ]);
  expect(set.openOffer().notChosen).toEqual([
    { engineer: "a", code: "declined" },
    { engineer: "b", code: "no-answer" },
  ]);
  expect(timers(set)).toEqual([[`offer:${set.openOffer().id}`, START + 1 + 2 * offerMs]]);
  set.say(START + 2 + offerMs, accept(set.openOffer()));
  expect(timers(set)).toEqual([]);
});

test("P5 everybody asked in vain: again after retryMs, roundsMax times, then a person must look", () => {
  const set = stage(scenarioOf(pumpVibration, { dispatch: { ...scenario.dispatch, roundsMax: 2 } }), [engineer("a", 1), engineer("b", 2)]);
  let now = START;
  set.hear(now, verdict());
  for (let round = 0; round <= 2; round++) {
    expect(set.only("ticket")).toMatchObject({ state: "offered", round });
    set.say(now, decline(set.openOffer()));
    set.expire((now += offerMs));
    const ticket = set.only("ticket");
    expect(ticket).toMatchObject({ state: "open", asked: ["a", "b"], round });
    if (round === 2) break;
    expect(ticket).not.toHaveProperty("escalatedAt");
    expect(timers(set)).toEqual([[`dispatch:${ticket.id}`, now + retryMs]]);
    set.due((now += retryMs), { type: "dispatch-again", ticket: ticket.id });
  }
  expect(set.only("ticket")).toMatchObject({ escalatedAt: now });
  expect(set.last().because.at(-1)).toMatchObject({ step: "escalation", outcome: "escalated", reasons: [{ code: "rounds-over" }] });
  expect(timers(set)).toEqual([]);
  expect(set.all("offer")).toHaveLength(6);
});

test("P5 a person has an escalated job tried once more", () => {
  const set = stage(scenario, []);
  set.hear(START, verdict());
  const { id } = set.only("ticket");
  expect(set.only("ticket")).toMatchObject({ escalatedAt: START });
  set.world.kept.entities["engineer"] = { a: engineer("a", 1) };
  set.say(START + 5, confirm(id));
  expect(set.openOffer()).toMatchObject({ engineer: "a", ticket: id });
  expect(set.only("ticket")).toMatchObject({ state: "offered", round: 1 });
  expect(set.say(START + 6, confirm(id))).toMatchObject({ refused: "wrong-state" });
});

test("T4 an accept after the offer expired is refused as too-late, whether its timer has run or not", () => {
  const set = stage(scenario, [engineer("a", 1), engineer("b", 2)]);
  set.hear(START, verdict());
  const offer = set.openOffer();
  expect(set.say(START + offerMs + 1, accept(offer))).toMatchObject({ refused: "too-late" });
  set.expire(START + offerMs);
  const bob = { ...offer, engineer: EngineerId.parse("b") };
  for (const answer of [accept(bob), decline(bob)]) expect(set.say(START + offerMs + 2, answer)).toMatchObject({ refused: "not-yours" });
  for (const answer of [accept(offer), decline(offer)]) expect(set.say(START + offerMs + 2, answer)).toMatchObject({ refused: "too-late" });
  expect(set.openOffer().engineer).toBe("b");
});

test("P5 timers that come early, twice or for nothing change nothing that they should not", () => {
  const set = stage(scenario, [engineer("a", 1)]);
  set.hear(START, verdict());
  const offer = set.openOffer();
  const due = { type: "offer-expires", offer: offer.id } as const;
  expect(set.due(START + 1, due)).toEqual({ ...NOTHING, timers: [{ set: `offer:${offer.id}`, at: START + offerMs, due }] });
  expect(set.due(START + 1, { type: "dispatch-again", ticket: offer.ticket })).toEqual(NOTHING);
  set.due(START + offerMs, due);
  expect(set.due(START + offerMs, due)).toEqual(NOTHING);
  expect(set.due(START, { ...due, offer: "none" as typeof offer.id })).toEqual(NOTHING);
  expect(set.due(START, { type: "dispatch-again", ticket: TicketId.parse("none") })).toEqual(NOTHING);
});

test("P5 only the engineer who was asked answers; the same answer again changes nothing", () => {
  const set = stage(scenario, [engineer("a", 1), engineer("b", 2)]);
  set.hear(START, verdict());
  const offer = set.openOffer();
  const bob = { ...offer, engineer: EngineerId.parse("b") };
  for (const answer of [accept(bob), decline(bob)]) expect(set.say(START, answer)).toMatchObject({ refused: "not-yours" });
  expect(set.say(START, accept({ ...offer, id: "none" as typeof offer.id }))).toMatchObject({ refused: "unknown-offer" });
  set.say(START + 1, decline(offer));
  expect(set.say(START + 2, decline(offer))).toEqual(NOTHING);
  expect(set.say(START + 2, accept(offer))).toMatchObject({ refused: "too-late" });
  const next = set.openOffer();
  set.say(START + 3, accept(next));
  expect(set.say(START + 4, accept(next))).toEqual(NOTHING);
  expect(set.say(START + 4, decline(next))).toMatchObject({ refused: "wrong-state" });
  expect(set.only("assignment")).toMatchObject({ engineer: "b", acceptedAt: START + 3 });
});

test("P6 nobody is on shift: it waits for the first shift, and a person looks too when that breaks the promise", () => {
  for (const [from, late] of [
    [10 * 60, false],
    [11 * 60, true],
  ] as const) {
    const set = stage(scenario, [engineer("day", 1, { shifts: [{ days: [1], from, to: 1080 }] }), engineer("never", 1, { shifts: [] })]);
    // 08:00 in Changsha; a p1 must be responded to by 10:00.
    set.hear(START, verdict());
    const ticket = set.only("ticket");
    const begins = START + (from - 8 * 60) * 60_000;
    expect(timers(set)).toEqual([[`dispatch:${ticket.id}`, begins]]);
    expect("escalatedAt" in ticket).toBe(late);
    set.due(begins, { type: "dispatch-again", ticket: ticket.id });
    expect(set.openOffer().engineer).toBe("day");
    expect(timers(set)).toEqual([[`offer:${set.openOffer().id}`, begins + offerMs]]);
  }
});

test("P6 nobody has the skills, or nobody ever works: a person must look at once", () => {
  for (const [more, code] of [
    [{ skills: ["electrical"] }, "no-skill"],
    [{ shifts: [] }, "off-shift"],
  ] as const) {
    const set = stage(scenario, [engineer("a", 1, more)]);
    set.hear(START, verdict());
    expect(set.only("ticket")).toMatchObject({ state: "open", escalatedAt: START });
    expect(set.last().because.at(-1)).toMatchObject({ step: "escalation", reasons: [{ code }] });
    expect(timers(set)).toEqual([]);
  }
});

test("P6 everybody on shift was asked: whoever comes on shift before the next round is asked in this one", () => {
  const soon = 8 * 60 + 4;
  const set = stage(scenario, [engineer("now", 1), engineer("soon", 1, { shifts: [{ days: [1], from: soon, to: 1080 }] })]);
  set.hear(START + 200_000, verdict());
  set.say(START + 210_000, decline(set.openOffer()));
  expect(timers(set)).toEqual([[`dispatch:${set.only("ticket").id}`, START + 240_000]]);
  set.due(START + 240_000, { type: "dispatch-again", ticket: set.only("ticket").id });
  expect(set.openOffer()).toMatchObject({ engineer: "soon" });
  expect(set.only("ticket").round).toBe(0);
});

const electrical = (n: number) => verdict({ device: `e${n}`, episode: `e${n}:1`, asset: `motor-${n}`, evidence: [{ channel: "voltage", share: 1 }] });

test("P1 an engineer holds one open offer; a second job waits and is offered as soon as they answer", () => {
  const set = stage(scenario, [engineer("a", 1)]);
  set.hear(START, verdict(), electrical(1));
  const first = set.openOffer();
  const waiting = set.all("ticket").find(({ id }) => id !== first.ticket);
  expect(waiting).toMatchObject({ state: "open", asked: [] });
  expect(timers(set)).toContainEqual([`dispatch:${waiting?.id}`, first.expiresAt + 1_000]);
  set.say(START + 5, accept(first));
  expect(set.openOffer()).toMatchObject({ ticket: waiting?.id, engineer: "a", because: { queueMs: first.because.travelMs + 2 * HOUR_MS } });
  expect(timers(set)).toEqual([[`offer:${set.openOffer().id}`, START + 5 + offerMs]]);
});

test.each(["decline", "expire", "cancel"])("P8 after %s the freed engineer is asked for the most urgent job that waits", (how) => {
  const set = stage(scenario, [engineer("a", 1)]);
  set.hear(START, electrical(1), electrical(2), verdict());
  const first = set.openOffer();
  expect(set.all("ticket").map(({ priority, state }) => [priority, state])).toEqual([
    ["p2", "offered"],
    ["p2", "open"],
    ["p1", "open"],
  ]);
  if (how === "expire") set.expire(START + offerMs);
  else set.say(START + 5, how === "decline" ? decline(first) : { type: "cancel", ticket: first.ticket, by: "desk", why: "" });
  expect(set.all("ticket").map(({ priority, state }) => [priority, state])).toEqual([
    ["p2", how === "cancel" ? "cancelled" : "open"],
    ["p2", "open"],
    ["p1", "offered"],
  ]);
});

const waits = (autonomy: object) =>
  stage(scenarioOf(pumpVibration, { autonomy: { ticket: "act", offer: "act", reserve: "act", ...autonomy } }), [engineer("a", 1), engineer("b", 2)]);

test.each(["suggest", "confirm"])("P7 tickets at `%s`: an alarm proposes one, and only a person opens it", (autonomy) => {
  const set = waits({ ticket: autonomy });
  set.hear(START, verdict(), verdict());
  const { proposed } = set.only("alarm");
  if (proposed === undefined) throw new Error("nothing proposed");
  expect([...set.all("ticket"), ...set.all("offer"), ...set.all("kit")]).toEqual([]);
  for (const by of ["", " ", "unit"]) expect(set.say(START, { type: "confirm", ticket: proposed, by })).toMatchObject({ refused: "needs-person" });
  expect(set.say(START, confirm(TicketId.parse("none")))).toMatchObject({ refused: "unknown-ticket" });
  set.say(START + 9, confirm(proposed));
  expect(set.only("ticket")).toMatchObject({ id: proposed, openedAt: START + 9, state: "offered" });
  expect(set.only("alarm").ticket).toBe(proposed);
  expect(set.only("alarm")).not.toHaveProperty("proposed");
  expect(set.last().because.map(({ step, outcome, actor }) => [step, outcome, actor])).toEqual([
    ["answer", "confirmed", "desk"],
    ["ticket", "opened", "desk"],
    ["kit", "asked", "desk"],
    ["offer", "offered", "desk"],
  ]);
});

test("P7 a proposed ticket lapses when its alarm clears, and is proposed anew when it is raised again", () => {
  const set = waits({ ticket: "confirm" });
  set.hear(START, verdict());
  const before = set.only("alarm").proposed;
  set.hear(START + 1, verdict({ state: "normal" }));
  expect(set.say(START + 2, confirm(before ?? TicketId.parse("none")))).toMatchObject({ refused: "unknown-ticket" });
  set.hear(START + 3, verdict());
  expect(set.only("alarm").proposed).toBeDefined();
  expect(set.only("alarm").proposed).not.toBe(before);
});

test.each(["suggest", "confirm"])("P7 offers at `%s`: each one waits for a person, whatever else happens", (autonomy) => {
  const set = waits({ offer: autonomy });
  set.hear(START, verdict());
  const { id } = set.only("ticket");
  expect(set.only("ticket")).toMatchObject({ state: "open", needsPerson: true });
  expect(set.due(START + 1, { type: "dispatch-again", ticket: id })).toEqual(NOTHING);
  set.hear(START + 1, verdict(), verdict({ state: "normal" }));
  expect(set.all("offer")).toEqual([]);
  set.say(START + 2, confirm(id));
  expect(set.openOffer()).toMatchObject({ engineer: "a" });
  expect(set.only("ticket")).not.toHaveProperty("needsPerson");
  set.say(START + 3, decline(set.openOffer()));
  expect(set.only("ticket")).toMatchObject({ state: "open", needsPerson: true, asked: ["a"] });
  set.say(START + 4, confirm(id));
  set.expire(START + 4 + offerMs);
  expect(set.all("offer").map(({ state }) => state)).toEqual(["declined", "expired"]);
});

test("P7 an engineer who is freed is not asked for a job that waits for a person", () => {
  const set = waits({ offer: "confirm" });
  set.hear(START, verdict(), electrical(1));
  const [first] = set.all("ticket");
  if (first === undefined) throw new Error("no ticket");
  set.say(START, confirm(first.id));
  set.say(START, accept(set.openOffer()));
  expect(set.all("offer")).toHaveLength(1);
  expect(set.last().because.map(({ outcome }) => outcome)).toEqual(["accepted"]);
});

test("P7 reservations at `confirm`: the warehouse is asked when a person says so, and not for a job that is over", () => {
  const set = waits({ reserve: "confirm" });
  set.hear(START, verdict());
  expect(set.only("kit")).toMatchObject({ state: "proposed", needsPerson: true });
  expect(set.last().asks).toEqual([]);
  set.say(START + 1, confirm(set.only("ticket").id));
  expect(set.last().asks).toMatchObject([{ type: "reserve" }]);
  expect(set.only("kit")).not.toHaveProperty("needsPerson");
  expect(set.say(START + 2, confirm(set.only("ticket").id))).toMatchObject({ refused: "wrong-state" });
  const over = waits({ reserve: "confirm" });
  over.hear(START, verdict());
  const { id: ticket, engineer: by } = { ...over.openOffer(), id: over.only("ticket").id };
  over.say(START, accept(over.openOffer()));
  for (const to of ["working", "resolved"] as const) over.say(START, { type: "progress", ticket, by, to, ...REPORT });
  expect(over.say(START + 1, confirm(ticket))).toMatchObject({ refused: "wrong-state" });
});

test("P7 one word of a person lets one thing run: a confirmed ticket still waits for its offer and its kit", () => {
  const set = waits({ ticket: "confirm", offer: "confirm", reserve: "confirm" });
  set.hear(START, verdict());
  const id = set.only("alarm").proposed ?? TicketId.parse("none");
  set.say(START + 1, confirm(id));
  expect(set.only("ticket")).toMatchObject({ state: "open", needsPerson: true });
  expect(set.last().asks).toEqual([]);
  set.say(START + 2, confirm(id));
  expect(set.openOffer().engineer).toBe("a");
  expect(set.last().asks).toHaveLength(1);
});

test("P9 a position is kept during the shift, the newest one, and forgotten at its end", () => {
  const set = stage(scenario, [engineer("day", 1, { shifts: [{ days: [1], from: 480, to: 540 }] })]);
  const by = EngineerId.parse("day");
  const at = (ms: number): Answer => ({ type: "position", by, place: PLACE, at: ms });
  expect(set.say(START, { ...at(START), by: EngineerId.parse("nobody") } as Answer)).toMatchObject({ refused: "unknown-engineer" });
  expect(set.say(START - 1, at(START - 1))).toMatchObject({ refused: "not-permitted" });
  expect(set.say(START + 5, at(START - 60_000))).toEqual(NOTHING);
  set.say(START + 10, at(START + 99_999));
  expect(set.only("position")).toEqual({ id: "day", at: START + 10, place: PLACE });
  expect(set.last().because).toEqual([]);
  expect(set.say(START + 20, at(START + 5))).toEqual(NOTHING);
  expect(timers(set)).toEqual([["position:day", START + HOUR_MS]]);
  set.due(START + HOUR_MS, { type: "position-ends", engineer: by });
  expect(set.all("position")).toEqual([]);
  expect(set.last().because).toMatchObject([{ step: "timer", outcome: "position-forgotten", subject: "day" }]);
  expect(set.due(START + HOUR_MS, { type: "position-ends", engineer: by })).toEqual(NOTHING);
});

test("P6 everybody is too full for it: the next shift, or when what is in between is over; a person looks when that breaks the promise", () => {
  // 08:00 in Changsha; bearings take two hours, and a p1 must be responded to by 10:00.
  const short = engineer("short", 1, { shifts: [{ days: [1, 2], from: 0, to: 9 * 60 }], overtimeMin: 30 });
  const set = stage(scenario, [short]);
  set.hear(START, verdict());
  expect(set.last().because.at(-1)).toMatchObject({ step: "escalation", reasons: [{ code: "full" }] });
  expect(set.last().because.at(-1)?.snapshot["notChosen"]).toMatchObject([{ code: "shift-ends", overMs: expect.closeTo(31.95 * 60_000, -4) }]);
  expect(timers(set)).toEqual([[`dispatch:${set.only("ticket").id}`, START + 16 * HOUR_MS]]);
  const paused = stage(scenario, [
    engineer("a", 1, { breaks: [{ from: 8 * 60, to: 8 * 60 + 30, minutes: 30 }], shifts: [{ days: [1], from: 0, to: 10 * 60 + 15 }], overtimeMin: 0 }),
  ]);
  paused.hear(START, verdict());
  expect(paused.last().because.at(-1)?.snapshot["notChosen"]).toMatchObject([{ code: "shift-ends" }]);
});

test.each([
  ["in half an hour", {}, 30],
  ["within the hour that may be worked beyond a shift", {}, 70],
  ["shortly before the work is over", {}, 100],
  ["behind the shift, within overtime", { shifts: [{ days: [1], from: 8 * 60, to: 9 * 60 + 30 }] }, 95],
])("P11 an absence %s is the end of work: no overtime leads into it, and what is offered can be accepted", (_when, more, inMin) => {
  const absences = [{ from: START + inMin * 60_000, until: START + inMin * 60_000 + 5 * HOUR_MS }];
  const set = stage(scenario, [engineer("near", 1, { ...more, absences }), engineer("far", 30)]);
  set.hear(START, verdict());
  expect(set.openOffer()).toMatchObject({ engineer: "far", notChosen: [{ engineer: "near", code: "absent", from: absences[0]?.from }] });
  expect(isRefusal(set.say(START + 1, accept(set.openOffer())))).toBe(false);
});

test("P11 work that is over just before an absence is offered, also in overtime", () => {
  const at = { absences: [{ from: START + 123 * 60_000, until: START + 5 * HOUR_MS }] };
  for (const shifts of [undefined, [{ days: [1], from: 8 * 60, to: 9 * 60 + 30 }]]) {
    const set = stage(scenario, [engineer("near", 1, { ...at, ...(shifts === undefined ? {} : { shifts }) })]);
    set.hear(START, verdict());
    expect(set.openOffer()).toMatchObject({ engineer: "near" });
    expect(isRefusal(set.say(START + 1, accept(set.openOffer())))).toBe(false);
  }
});

test("P6 for whoever is away for half an hour a job waits so long, and no day; behind the shift until the first one that they are not away in", () => {
  const shifts = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 8 * 60, to: 17 * 60 }];
  const soon = stage(scenario, [engineer("only", 1, { shifts, absences: [{ from: START + HOUR_MS / 2, until: START + HOUR_MS }] })]);
  soon.hear(START, verdict());
  const { id } = soon.only("ticket");
  expect(timers(soon)).toEqual([[`dispatch:${id}`, START + HOUR_MS]]);
  expect(soon.only("ticket")).not.toHaveProperty("escalatedAt");
  soon.due(START + HOUR_MS, { type: "dispatch-again", ticket: id });
  expect(soon.openOffer()).toMatchObject({ engineer: "only", madeAt: START + HOUR_MS });
  // At 16:00 two hours are too many for today; tomorrow they are away until noon.
  const late = stage(scenario, [engineer("only", 1, { shifts, overtimeMin: 0, absences: [{ from: START + 20 * HOUR_MS, until: START + 28 * HOUR_MS }] })]);
  late.hear(START + 8 * HOUR_MS, verdict({ at: START + 8 * HOUR_MS, arrivedAt: START + 8 * HOUR_MS }));
  expect(timers(late)).toContainEqual([`dispatch:${late.only("ticket").id}`, START + 28 * HOUR_MS]);
});

test("P9 whoever is away is not located either", () => {
  const set = stage(scenario, [engineer("a", 1, { absences: [{ from: START, until: START + HOUR_MS }] })]);
  const here = { type: "position", by: EngineerId.parse("a"), place: PLACE } as const;
  expect(set.say(START + 1, { ...here, at: START + 1 })).toMatchObject({ refused: "not-permitted" });
  set.say(START + HOUR_MS, { ...here, at: START + HOUR_MS });
  expect(set.only("position")).toMatchObject({ id: "a", at: START + HOUR_MS });
});

test("P10 an appointment that is over binds nobody any more", () => {
  const set = stage(scenario, []);
  set.hear(START, verdict());
  const ticket = set.only("ticket");
  set.world.kept.entities["ticket"] = { [ticket.id]: { ...ticket, appointment: { from: START - 2 * HOUR_MS, to: START - HOUR_MS } } };
  set.world.kept.entities["engineer"] = { a: engineer("a", 1) };
  set.due(START + 1, { type: "dispatch-again", ticket: ticket.id });
  expect(set.openOffer()).toMatchObject({ engineer: "a" });
});

test("P10 nobody can keep an appointment: a person must look, and it is tried again when it is over", () => {
  const set = stage(scenario, []);
  set.hear(START, verdict());
  const ticket = set.only("ticket");
  set.world.kept.entities["ticket"] = { [ticket.id]: { ...ticket, appointment: { from: START, to: START + 600_000 } } };
  set.world.kept.entities["engineer"] = { far: engineer("far", 100) };
  set.due(START + 1, { type: "dispatch-again", ticket: ticket.id });
  const { because } = set.last();
  // The promise of the appointment is seen to break, too.
  expect(because.at(-1)).toMatchObject({ step: "escalation", outcome: "will-breach" });
  expect(because.findLast(({ snapshot }) => "notChosen" in snapshot)?.snapshot["notChosen"]).toMatchObject([
    { code: "misses-appointment", byMs: expect.closeTo(185 * 60_000, -5) },
  ]);
  expect(timers(set)).toEqual([[`dispatch:${ticket.id}`, START + 601_000]]);
  set.due(START + 601_000, { type: "dispatch-again", ticket: ticket.id });
  expect(set.openOffer()).toMatchObject({ engineer: "far" });
});

/** Two machines, one beyond the territory of whoever works here. */
function farAndNear(roster: readonly Engineer[]) {
  const set = stage(scenarioOf(pumpVibration, { connectors: {} }), roster);
  const at = (id: string, lat: number): Change => {
    const position = { lat: PLACE.lat + lat, lon: PLACE.lon };
    return { family: "asset", id, after: Asset.parse({ id, name: id, kind: "pump", model: "P", customer: "acme", moves: false, installedAt: 0, position }) };
  };
  commit(set.world, { changes: [at("far", 1), at("near", 0.01), at("close", 0.012)], asks: [], timers: [], because: [] });
  const open = (ticket: string, asset: string, now: number): void =>
    void set.say(now, {
      type: "open",
      ticket: TicketId.parse(ticket),
      by: "desk",
      asset: AssetId.parse(asset),
      words: "",
      faultMode: FaultModeId.parse("bearing-wear"),
    });
  const states = (): string[] => set.all("ticket").map(({ id, state }) => `${id} ${state}`);
  return { ...set, open, states };
}
const TERRITORY = { territory: [{ center: PLACE, radiusM: 5_000 }] };

test("P8 P26 a job that the freed engineer can't have keeps no other from them", () => {
  const set = farAndNear([engineer("e1", 1, { ...TERRITORY, shifts: [{ days: [1, 2, 3, 4, 5, 6, 7], from: 480, to: 660 }], overtimeMin: 0 })]);
  set.open("A", "far", START);
  set.open("C", "near", START);
  set.say(START + 1, accept(set.openOffer()));
  set.say(START + 2, { type: "progress", ticket: TicketId.parse("C"), by: EngineerId.parse("e1"), to: "working" });
  set.open("B", "close", START + 3);
  expect(set.states()).toEqual(["A open", "B open", "C working"]);
  set.say(START + HOUR_MS / 3, { type: "progress", ticket: TicketId.parse("C"), by: EngineerId.parse("e1"), to: "resolved", ...REPORT });
  expect(set.states()).toEqual(["A open", "B offered", "C resolved"]);
});

test.each(["at work", "before their shift"])(
  "P8 P26 whoever is hired %s is asked for what waits for somebody like them, whatever else waits longer",
  (when) => {
    const set = farAndNear([]);
    set.open("A", "far", START);
    set.open("B", "close", START + 1);
    const later = { extraShifts: [{ kind: "duty", from: START + HOUR_MS, until: START + 9 * HOUR_MS }], shifts: [] };
    const hired = engineer("e1", 1, { ...TERRITORY, ...(when === "at work" ? {} : later) });
    commit(set.world, { changes: [{ family: "engineer", id: hired.id, after: hired }], asks: [], timers: [], because: [] });
    commit(set.world, onPeople(set.world.view, ["e1"], START + 2, set.world.newId));
    if (when !== "at work") {
      expect(timers(set)).toEqual([["dispatch:B", START + HOUR_MS]]);
      set.due(START + HOUR_MS, { type: "dispatch-again", ticket: TicketId.parse("B") });
    }
    expect(set.states()).toEqual(["A open", "B offered"]);
  },
);
