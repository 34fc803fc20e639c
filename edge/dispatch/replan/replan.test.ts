/** The whole plan looked at again: what a proposal is made of, what it may change by itself, and what it never touches. */
import { expect, test } from "vitest";
import { Asset } from "../../../contracts/asset.ts";
import type { Decided } from "../../../contracts/effect.ts";
import type { Engineer } from "../../../contracts/engineer.ts";
import type { TicketId } from "../../../contracts/ids.ts";
import { PlanView } from "../../../contracts/plan.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { TEMPLATES } from "../../../hub/catalogue/templates.ts";
import { onProposal } from "../../journey.ts";
import { accept, confirm, decline, engineer, PLACE, scenarioOf, stage, type Stage } from "../../sim/cast.ts";
import { START } from "../../sim/plant.ts";
import { startRandom } from "../../sim/random.ts";
import { commit } from "../../sim/world.ts";
import { readFacts } from "../facts.ts";
import { check } from "../route/check.ts";
import { compile } from "../route/model.ts";
import { layRoutes, startPlan, timetableOf } from "../route/plan.ts";
import { versionOf } from "../plan.ts";
import { weekMinute } from "../shift.ts";
import type { PlanAsk, Proposal } from "./ask.ts";
import { snapshotOf } from "./problem.ts";
import { advance, problemOf, proposalOf, solve, startSolve } from "./solve.ts";
import { asksForPlan } from "./trigger.ts";
import { planView } from "./view.ts";

const TEMPLATE = TEMPLATES.get("pump-vibration");
if (TEMPLATE === undefined) throw new Error("no template");
const SCENARIO = scenarioOf(TEMPLATE, { connectors: {} });
const KM = 1 / 111.195;

/** Pumps `km` to the north of the first one, each with an open ticket. */
function opened(km: readonly number[], engineers: readonly Engineer[], scenario = SCENARIO): Stage {
  const made = stage(scenario, engineers);
  const assets = km.map((far, i) =>
    Asset.parse({
      id: `pump-${i}`,
      name: "Pump",
      kind: "pump",
      model: "P-180",
      customer: "acme",
      moves: false,
      installedAt: 0,
      position: { lat: PLACE.lat + far * KM, lon: PLACE.lon },
    }),
  );
  commit(made.world, { changes: assets.map((after) => ({ family: "asset", id: after.id, after }) as const), asks: [], timers: [], because: [] });
  return made;
}

function open(made: Stage, i: number, at = START, faultMode = "loosening"): TicketId {
  const id = `ticket-${i}` as TicketId;
  const said = made.say(at, {
    type: "open",
    ticket: id,
    by: "desk",
    asset: `pump-${i}` as never,
    words: "look at it",
    faultMode: faultMode as never,
    priority: "p3",
  });
  if (isRefusal(said)) throw new Error(said.rule);
  return id;
}

function takeOffer(made: Stage, ticket: TicketId, at: number): void {
  const [offer] = made.world.view.list("offer", { ticket, state: "open" });
  if (offer === undefined) throw new Error(`no offer for ${ticket}`);
  made.say(at, accept(offer));
}

function askOf(made: Stage, now: number, more: Partial<PlanAsk> = {}): PlanAsk {
  return { snapshot: snapshotOf(made.world.view, readFacts(made.world.view, now)), seed: 1, iterations: 300, ...more };
}

function adopted(made: Stage, proposal: Proposal, now: number): Decided {
  const decided = onProposal(made.world.view, proposal, now, made.world.newId);
  if (isRefusal(decided)) throw new Error(decided.rule);
  commit(made.world, decided);
  return decided;
}

function orderOf(made: Stage, id: string): string[] {
  return readFacts(made.world.view, START + 60_000).workers.flatMap((worker) =>
    worker.engineer.id === id ? worker.stops.map(({ ticket }) => ticket.id as string) : [],
  );
}

/** A proposal against the plan as it is. */
function proposed(made: Stage, now: number, tours: readonly (readonly [string, readonly TicketId[]])[], left: readonly TicketId[] = []): Proposal {
  const version = versionOf(made.world.view, readFacts(made.world.view, now));
  return {
    version,
    seed: 1,
    iterations: 1,
    left,
    costBefore: 9e6,
    costAfter: 1e6,
    tours: tours.map(([who, tickets]) => ({ engineer: who as never, tickets })),
  };
}

test("PL1 the same ask gives the same proposal, however it is cut into slices", () => {
  const made = opened([8, 1, 7, 2, 6, 3], [engineer("near", 0), engineer("far", 9)]);
  for (let i = 0; i < 6; i++) takeOffer(made, open(made, i, START + i * 1_000), START + i * 1_000 + 500);
  const ask = askOf(made, START + 60_000);
  const whole = solve(ask);
  for (const seed of [1, 2, 3]) {
    const random = startRandom(seed);
    const cut = startSolve(ask);
    while (!advance(cut, random.between(1, 40)));
    expect(proposalOf(cut)).toEqual(whole);
  }
  expect(whole.iterations).toBe(300);
  expect(whole.costAfter).toBeLessThanOrEqual(whole.costBefore);
  expect(solve({ ...ask, snapshot: JSON.parse(JSON.stringify(ask.snapshot)) as PlanAsk["snapshot"] })).toEqual(whole);
});

test("PL2 a proposal for a plan that has changed since is refused as stale, and is where the next ask begins", () => {
  const made = opened([1, 2, 3], [engineer("near", 0), engineer("far", 9)]);
  takeOffer(made, open(made, 0), START + 500);
  const proposal = solve(askOf(made, START + 1_000));
  open(made, 1, START + 2_000);
  expect(onProposal(made.world.view, proposal, START + 3_000, made.world.newId)).toMatchObject({ refused: "stale-version" });
  const again = solve(askOf(made, START + 3_000, { warm: proposal.tours }));
  expect(isRefusal(onProposal(made.world.view, again, START + 4_000, made.world.newId))).toBe(false);
});

test("PL3 the order of somebody's own accepted jobs changes by itself, with the times that are told", () => {
  const made = opened([6, 3, 1], [engineer("near", 0)]);
  const ids = [0, 1, 2].map((i) => {
    const id = open(made, i, START + i);
    takeOffer(made, id, START + i);
    return id;
  });
  const [first, second, third] = ids as [TicketId, TicketId, TicketId];
  adopted(made, proposed(made, START + 60_000, [["near", [third, second, first]]]), START + 60_000);
  expect(orderOf(made, "near")).toEqual([third, second, first]);
  const told = made.world.view.get("route", "near")?.stops.map(({ toldAt }) => toldAt) ?? [];
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(made.all("offer").every(({ state }) => state === "accepted")).toBe(true);
});

test("PL4 an offer that nobody has answered is taken back for another engineer's sake, and that one is asked", () => {
  const made = opened([1], [engineer("near", 0), engineer("far", 9)]);
  const id = open(made, 0);
  expect(made.openOffer().engineer).toBe("near");
  adopted(made, proposed(made, START + 1_000, [["far", [id]]]), START + 1_000);
  expect(made.openOffer()).toMatchObject({ engineer: "far", ticket: id });
  expect(made.all("offer").map(({ state }) => state)).toEqual(["withdrawn", "open"]);
  expect(made.world.view.get("ticket", id)).toMatchObject({ state: "offered", to: "far" });
});

test("PL5 an accepted job moves by itself only where offers need no person; otherwise the move is shown and nothing happens", () => {
  for (const offer of ["act", "confirm"] as const) {
    const made = opened([1], [engineer("near", 0), engineer("far", 9)]);
    const id = open(made, 0);
    takeOffer(made, id, START + 500);
    const confirming = { ...made.world.view, scenario: scenarioOf(SCENARIO, { autonomy: { ...SCENARIO.autonomy, offer } }) };
    const decided = onProposal(confirming, proposed(made, START + 1_000, [["far", [id]]]), START + 1_000, made.world.newId);
    if (isRefusal(decided)) throw new Error(decided.rule);
    if (offer === "act") {
      expect(decided.changes.find(({ family }) => family === "ticket")?.after).toMatchObject({ state: "offered", to: "far" });
      expect(decided.changes).toContainEqual({ family: "assignment", id, after: null });
    } else {
      expect(decided.changes).toMatchObject([{ family: "move", id, after: { from: "near", to: "far" } }]);
      expect(decided.because).toMatchObject([{ outcome: "proposed", snapshot: { proposed: [{ ticket: id, from: "near", to: "far" }] } }]);
    }
  }
});

test("PL5 an offer that a person let run is not taken back by itself", () => {
  const made = opened([1], [engineer("near", 0), engineer("far", 9)]);
  const id = open(made, 0);
  const confirming = { ...made.world.view, scenario: scenarioOf(SCENARIO, { autonomy: { ...SCENARIO.autonomy, offer: "confirm" } }) };
  const decided = onProposal(confirming, proposed(made, START + 1_000, [["far", [id]]]), START + 1_000, made.world.newId);
  if (isRefusal(decided)) throw new Error(decided.rule);
  expect(decided.changes).toMatchObject([{ family: "move", id, after: { from: "near", to: "far" } }]);
  expect(decided.because).toMatchObject([{ outcome: "proposed", snapshot: { proposed: [{ ticket: id, from: "near", to: "far" }] } }]);
});

/** Where offers need a person: a job that `near` has accepted, and would be better with `far`. */
function waitingMove(): { readonly made: Stage; readonly id: TicketId; readonly now: number } {
  const made = opened([1], [engineer("near", 0), engineer("far", 9)], scenarioOf(SCENARIO, { autonomy: { ...SCENARIO.autonomy, offer: "confirm" } }));
  const id = open(made, 0);
  made.say(START + 100, confirm(id));
  takeOffer(made, id, START + 500);
  const now = START + 1_000;
  adopted(made, proposed(made, now, [["far", [id]]]), now);
  return { made, id, now };
}
const said = (type: "move" | "keep", ticket: TicketId, to = "far") =>
  ({ type, ticket, by: "desk", to, ...(type === "keep" ? { why: "the customer knows them" } : {}) }) as never;

test("PL18 a move that waits for a person is told with what it would change, and one word has the other engineer asked", () => {
  const { made, id, now } = waitingMove();
  const view = PlanView.parse(planView(made.world.view, now));
  expect(view.moves).toMatchObject([{ ticket: id, from: "near", to: "far", gainMs: 8e6 }]);
  const [{ is, would } = { is: { travelMs: 0 }, would: { travelMs: 0 } }] = view.moves;
  expect(would.travelMs).toBeGreaterThan(is.travelMs);
  expect(view.duties.map((one) => one.engineer)).toEqual(["far", "near"]);
  expect(made.say(now, said("move", id, "near"))).toMatchObject({ refused: "stale-version" });
  made.say(now, said("move", id));
  expect(made.openOffer()).toMatchObject({ ticket: id, engineer: "far" });
  expect(made.last().because.map(({ outcome, actor }) => [outcome, actor])).toContainEqual(["move-confirmed", "desk"]);
  expect(made.all("move")).toEqual([]);
  expect(made.say(now, said("move", id))).toMatchObject({ refused: "wrong-state" });
});

test("PL18 an offer that nobody has answered goes to the other one by the same word", () => {
  const made = opened([1], [engineer("near", 0), engineer("far", 9)], scenarioOf(SCENARIO, { autonomy: { ...SCENARIO.autonomy, offer: "confirm" } }));
  const id = open(made, 0);
  made.say(START + 100, confirm(id));
  adopted(made, proposed(made, START + 200, [["far", [id]]]), START + 200);
  made.say(START + 300, said("move", id));
  expect(made.openOffer()).toMatchObject({ ticket: id, engineer: "far" });
});

test("PL19 a move that a person declined, with a reason, is not proposed again while the same engineer has the job; another one is", () => {
  const { made, id, now } = waitingMove();
  made.say(now, said("keep", id));
  expect(planView(made.world.view, now).moves).toEqual([]);
  expect(made.all("move")).toMatchObject([{ declined: { by: "desk", why: "the customer knows them" } }]);
  const again = adopted(made, proposed(made, now + 1, [["far", [id]]]), now + 1);
  expect(again).toMatchObject({ changes: [], because: [] });
  adopted(made, { ...proposed(made, now + 2, []), costAfter: 9e6 }, now + 2);
  expect(made.all("move")).toHaveLength(1);
  made.say(now + 3, { type: "return", ticket: id, by: "desk", why: "ill" });
  adopted(made, { ...proposed(made, now + 4, []), costAfter: 9e6 }, now + 4);
  expect(made.all("move")).toEqual([]);
});

test("PL18 a move is shown no longer where its job is elsewhere, a rule is in the way by now, or a later plan does without", () => {
  const gone = waitingMove();
  gone.made.say(gone.now, { type: "progress", ticket: gone.id, by: "near" as never, to: "travelling" });
  expect(planView(gone.made.world.view, gone.now).moves).toEqual([]);
  expect(gone.made.say(gone.now, said("move", gone.id))).toMatchObject({ refused: "wrong-state" });
  const away = waitingMove();
  away.made.say(away.now, { type: "absent", engineer: "far" as never, by: "desk", from: away.now, until: away.now + 20 * 3_600_000 });
  expect(planView(away.made.world.view, away.now)).toMatchObject({ moves: [], duties: [{ engineer: "far", away: [{ from: away.now }] }, { away: [] }] });
  expect(away.made.say(away.now + 1, said("move", away.id))).toMatchObject({ refused: "stale-version", field: "to" });
  expect(away.made.world.view.get("ticket", away.id)).toMatchObject({ state: "assigned", to: "near" });
  const later = waitingMove();
  adopted(later.made, { ...proposed(later.made, later.now, []), costAfter: 9e6 }, later.now);
  expect(later.made.all("move")).toEqual([]);
});

test("PL23 what the customer wants to wait is offered to nobody, whatever is proposed and however it came to be known", () => {
  const hold = { reason: "customer" } as const;
  const made = opened([1], [engineer("near", 0), engineer("far", 9)]);
  const id = open(made, 0);
  made.say(START + 1, decline(made.openOffer()));
  made.say(START + 2, decline(made.openOffer()));
  const ticket = made.world.view.get("ticket", id);
  if (ticket === undefined) throw new Error("no ticket");
  const later = proposed(made, START + 3_000, [["far", [id]]]);
  commit(made.world, { changes: [{ family: "ticket", id, after: { ...ticket, asked: [], hold } as typeof ticket }], asks: [], timers: [], because: [] });
  expect(onProposal(made.world.view, later, START + 3_000, made.world.newId)).toMatchObject({ refused: "stale-version" });
  adopted(made, proposed(made, START + 3_000, [["far", [id]]]), START + 3_000);
  expect(made.world.view.list("offer", { state: "open" })).toEqual([]);
  const taken = opened([1], [engineer("near", 0), engineer("far", 9)]);
  takeOffer(taken, open(taken, 0), START + 500);
  const own = taken.only("ticket");
  commit(taken.world, { changes: [{ family: "ticket", id: own.id, after: { ...own, hold } as typeof own }], asks: [], timers: [], because: [] });
  adopted(taken, proposed(taken, START + 1_000, [["far", [own.id]]]), START + 1_000);
  expect(taken.only("ticket")).toMatchObject({ state: "assigned", to: "near" });
});

test("PL23 parts that came in, or a depot, have the plan looked at again; what is laid aside for a job has not", () => {
  const told = (outcome: string, step: string) => ({ changes: [], because: [{ outcome, step }] }) as never as Parameters<typeof asksForPlan>[0];
  expect(asksForPlan(told("moved", "import"))).toBe(true);
  expect(asksForPlan(told("moved", "offer"))).toBe(false);
  expect(asksForPlan({ because: [], changes: [{ family: "depot", id: "d", after: null }] })).toBe(true);
  expect(asksForPlan({ because: [], changes: [{ family: "stock", id: "s", after: null }] })).toBe(false);
});

test("PL5 an accepted visit that can wait makes room for a most urgent one that is offered at once, and is nobody's until somebody has time", () => {
  const made = narrow();
  const urgent = openUrgent(made, 1, START + 1_000);
  expect(made.world.view.get("ticket", urgent)).toMatchObject({ state: "open" });
  adopted(made, proposed(made, START + 3_000, [["near", [urgent]]], [WAITS]), START + 3_000);
  expect(made.world.view.get("ticket", urgent)).toMatchObject({ state: "offered", to: "near" });
  expect(made.world.view.get("ticket", WAITS)).toMatchObject({ state: "open", asked: ["near"] });
  expect(made.world.view.get("assignment", WAITS)).toBeUndefined();
  expect(made.world.kept.timers[`dispatch:${WAITS}`]?.due).toEqual({ type: "dispatch-again", ticket: WAITS });
});

test("PL5 nobody loses a job to make room for one that they could not be asked for even so, or that is as urgent, or none", () => {
  const said = narrow();
  const urgent = openUrgent(said, 1, START + 1_000);
  const ticket = said.world.view.get("ticket", urgent);
  if (ticket === undefined) throw new Error("no ticket");
  commit(said.world, { changes: [{ family: "ticket", id: urgent, after: { ...ticket, asked: ["near" as never] } }], asks: [], timers: [], because: [] });
  adopted(said, proposed(said, START + 3_000, [["near", [urgent]]], [WAITS]), START + 3_000);
  expect(said.world.view.get("ticket", WAITS)).toMatchObject({ state: "assigned", to: "near" });
  const alike = narrow();
  const other = open(alike, 1, START + 1_000);
  adopted(alike, proposed(alike, START + 3_000, [["near", [other]]], [WAITS]), START + 3_000);
  expect(alike.world.view.get("ticket", WAITS)).toMatchObject({ state: "assigned", to: "near" });
  const none = narrow();
  adopted(none, proposed(none, START + 3_000, [["near", []]], [WAITS]), START + 3_000);
  expect(none.world.view.get("ticket", WAITS)).toMatchObject({ state: "assigned", to: "near" });
});

const WAITS = "ticket-0" as TicketId;
/** One engineer whose shift has room for one visit, which they have. */
function narrow(): Stage {
  const minute = weekMinute(START, SCENARIO.timeZone) % 1_440;
  const workMin = (SCENARIO.faultModes.find(({ id }) => id === "loosening")?.workMs ?? 0) / 60_000;
  const shifts = [{ days: [1, 2, 3, 4, 5, 6, 7], from: minute, to: minute + workMin + 20 }];
  const made = opened([1, 2], [engineer("near", 0, { shifts, overtimeMin: 0 })]);
  open(made, 0);
  takeOffer(made, WAITS, START + 500);
  return made;
}
function openUrgent(made: Stage, i: number, at: number): TicketId {
  const id = `ticket-${i}` as TicketId;
  const asset = `pump-${i}` as never;
  made.say(at, { type: "open", ticket: id, by: "desk", asset, words: "look", faultMode: "loosening" as never, priority: "p1" });
  return id;
}

test("PL6 work that is under way is no part of the problem and is never touched", () => {
  const made = opened([1, 2], [engineer("near", 0), engineer("far", 9)]);
  const id = open(made, 0);
  takeOffer(made, id, START + 500);
  made.say(START + 600, { type: "progress", ticket: id, by: "near" as never, to: "travelling" });
  const other = open(made, 1, START + 700);
  expect(askOf(made, START + 1_000).snapshot.tickets).toEqual([other]);
  adopted(made, proposed(made, START + 1_000, [["far", [id, other]]], []), START + 1_000);
  expect(made.world.view.get("ticket", id)).toMatchObject({ state: "travelling", to: "near" });
  const left = onProposal(made.world.view, proposed(made, START + 2_000, [], [id]), START + 2_000, made.world.newId);
  expect(isRefusal(left) ? left : left.changes).toEqual([]);
});

test("PL7 whom a rule keeps from a job is not offered it, whatever the proposal says", () => {
  const made = opened([1], [engineer("near", 0), engineer("far", 9, { skills: ["electrical"] })]);
  const id = open(made, 0);
  adopted(made, proposed(made, START + 1_000, [["far", [id]]]), START + 1_000);
  expect(made.openOffer()).toMatchObject({ engineer: "near", ticket: id });
  made.say(START + 2_000, decline(made.openOffer()));
  adopted(made, proposed(made, START + 3_000, [["near", [id]]]), START + 3_000);
  expect(made.world.view.list("offer", { state: "open" })).toEqual([]);
});

test("PL8 skills, declines, stock and what is under way are kept by every proposal, as a judge of its own says", () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const random = startRandom(seed);
    const skills = ["mechanical", "electrical", "bearings", "hydraulics"];
    const crew = Array.from({ length: 4 }, (_, i) => engineer(`e${i}`, random.between(0, 12), { skills: skills.filter(() => random.chance(0.7)) }));
    const made = opened(
      Array.from({ length: 12 }, () => random.between(0, 12)),
      crew,
    );
    for (let i = 0; i < 12; i++) {
      const at = START + i * 60_000;
      open(made, i, at, random.pick(["loosening", "overheating", "cavitation", "bearing-wear"]));
      for (const offer of made.world.view.list("offer", { state: "open" })) made.say(at + 1_000, random.chance(0.7) ? accept(offer) : decline(offer));
    }
    const now = START + 13 * 60_000;
    const ask = askOf(made, now, { seed });
    const proposal = solve(ask);
    const { snapshot } = ask;
    const solving = startSolve(ask);
    while (!advance(solving, 10_000));
    const problem = problemOf(snapshot, solving.table);
    const plan = startPlan(compile(problem));
    const routes = proposal.tours.map(({ tickets }) => tickets.map((ticket) => ({ job: snapshot.tickets.indexOf(ticket) })));
    layRoutes(plan, routes);
    const { faults } = check(problem, timetableOf(plan));
    expect(faults).toEqual([]);
    for (const { engineer: who, tickets } of proposal.tours) {
      const one = crew.find(({ id }) => id === who);
      for (const id of tickets) {
        const ticket = made.world.view.get("ticket", id);
        expect(ticket?.skills.every((skill) => one?.skills.includes(skill))).toBe(true);
        expect(made.world.view.list("offer", { ticket: id, state: "declined" }).some((offer) => offer.engineer === who)).toBe(false);
      }
    }
    const planned = new Set([...proposal.tours.flatMap(({ tickets }) => tickets), ...proposal.left]);
    expect(planned.size).toBe(snapshot.tickets.length);
  }
});

test("PL9 arrivals, answers, completions, lateness, overruns and absences ask for a plan; setting out and positions do not", () => {
  const made = opened([1, 2], [engineer("near", 0), engineer("far", 9)]);
  const asks = (decided: Decided | ReturnType<Stage["say"]>) => !isRefusal(decided) && asksForPlan(decided);
  const id = open(made, 0);
  expect(asks(made.last())).toBe(true);
  expect(asks(made.say(START + 1_000, decline(made.openOffer())))).toBe(true);
  expect(asks(made.expire(START + 10 * 60_000))).toBe(true);
  const again = made.world.view.get("ticket", id);
  expect(again?.asked.length).toBe(2);
  const other = open(made, 1, START + 11 * 60_000);
  takeOffer(made, other, START + 11 * 60_000 + 1);
  const by = made.world.view.list("ticket", { state: "assigned" }).flatMap((ticket) => ("to" in ticket ? [ticket.to] : []))[0] as never;
  expect(asks(made.say(START + 12 * 60_000, { type: "late", ticket: other, by, arriveAt: START + 60 * 60_000 }))).toBe(true);
  expect(asks(made.say(START + 12 * 60_000, { type: "progress", ticket: other, by, to: "travelling" }))).toBe(false);
  expect(asks(made.say(START + 13 * 60_000, { type: "position", by, place: PLACE, at: START + 13 * 60_000 }))).toBe(false);
  expect(
    asks(made.say(START + 14 * 60_000, { type: "absent", engineer: "far" as never, by: "desk", from: START + 14 * 60_000, until: START + 60 * 60_000 })),
  ).toBe(true);
});

test("PL10 a job that can wait is planned and not offered until it is near, where the scenario says so", () => {
  const ahead = scenarioOf(SCENARIO, { dispatch: { ...SCENARIO.dispatch, offerAheadMin: 30 } });
  const made = opened([1, 2], [engineer("near", 0)], ahead);
  const first = open(made, 0);
  takeOffer(made, first, START + 500);
  const second = open(made, 1, START + 1_000);
  expect(made.world.view.get("ticket", second)).toMatchObject({ state: "open" });
  expect(made.last().because.at(-1)).toMatchObject({ outcome: "waits", reasons: [{ code: "planned" }] });
  const due = made.world.kept.timers[`dispatch:${second}`];
  expect(due?.due).toEqual({ type: "dispatch-again", ticket: second });
  const proposal = solve(askOf(made, START + 2_000));
  expect(proposal.tours[0]?.tickets).toContain(second);
  adopted(made, proposal, START + 2_000);
  expect(made.world.view.list("offer", { state: "open" })).toEqual([]);
  made.say(START + 10 * 60_000, { type: "progress", ticket: first, by: "near" as never, to: "working" });
  made.due(START + 45 * 60_000, { type: "dispatch-again", ticket: second });
  expect(made.world.view.get("ticket", second)).toMatchObject({ state: "offered", to: "near" });
});
