import { expect, test } from "vitest";
import { Decision } from "../../contracts/decision.ts";
import type { Decided } from "../../contracts/effect.ts";
import { FAMILIES } from "../../contracts/entity.ts";
import type { Offer } from "../../contracts/offer.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { isOnShift } from "../dispatch/shift.ts";
import { isOver, isWorkedOn, overAt, overOf } from "../ticket/proof.ts";
import { runFleet, type FaultName, type Run } from "./fleet.ts";
import type { World } from "./world.ts";

const SEEDS = 300;

/** One question: another priority is another. */
function keyOf(view: World["view"], { ticket, engineer }: Offer): string {
  const job = view.get("ticket", ticket);
  return `${ticket} ${engineer} ${job?.reopened?.times ?? 0} ${job?.priority} ${job?.round}`;
}

/** Whatever happens, after each commit. */
function startWatch(seed: number) {
  const asked = new Set<string>();
  const reserved = new Map<string, number>();
  const rounds = new Map<string, number>();
  return (world: World, decided: Decided, input: string): void => {
    const { view } = world;
    const open = view.list("offer", { state: "open" });
    const fail = (rule: string): never => expect.fail(`seed ${seed}, ${input}: ${rule}`);
    if (new Set(open.map((offer) => offer.ticket)).size !== open.length) fail("two open offers for one ticket");
    if (new Set(open.map((offer) => offer.engineer)).size !== open.length) fail("an engineer holds two open offers");
    for (const offer of open) {
      const ticket = view.get("ticket", offer.ticket);
      if (ticket?.state !== "offered" || ticket.offer !== offer.id || ticket.to !== offer.engineer) fail("an open offer whose ticket is not offered by it");
    }
    for (const change of decided.changes) {
      if (change.after !== null) FAMILIES[change.family].parse(change.after);
      const subject =
        change.family === "ticket" || change.family === "alarm"
          ? change.id
          : change.after !== null && "ticket" in change.after && change.family !== "repair"
            ? change.after.ticket
            : undefined;
      if (subject !== undefined && change.family !== "alarm" && !decided.because.some((because) => because.subject === subject))
        fail(`${change.family} changed without a decision`);
      // An offer that was taken back, since its parts are not there, is no question that was answered.
      if (change.family === "offer" && change.after?.state === "withdrawn") asked.delete(keyOf(view, change.after));
      if (change.family === "offer" && change.after?.state === "open") {
        const key = keyOf(view, change.after);
        if (asked.has(key)) fail("asked twice in one round");
        asked.add(key);
        if (!isOnShift(view.get("engineer", change.after.engineer)?.shifts ?? [], change.after.madeAt, view.scenario.timeZone)) fail("asked off shift");
        if (view.scenario.autonomy.offer !== "act" && input !== "confirm") fail("an offer without the person it needs");
      }
      if (change.family === "ticket" && change.after !== null) {
        const { faultMode, round, reopened } = change.after;
        const siblings = view.list("ticket", { asset: change.after.asset }).filter((ticket) => ticket.faultMode === faultMode && !isOver(ticket));
        if (siblings.length > 1) fail("two jobs at once for one fault of an asset");
        const key = `${change.id} ${reopened?.times ?? 0}`;
        if (round > (rounds.get(key) ?? 0) && round > view.scenario.dispatch.roundsMax && input !== "confirm") fail("a round too many");
        rounds.set(key, round);
      }
      if (change.family === "ticket" && !("acceptedAt" in change.after!) && view.list("assignment", { ticket: change.id }).length > 0)
        fail("an assignment of a ticket that nobody accepted");
    }
    for (const ask of decided.asks) {
      if (view.scenario.kind === "sandbox" || view.scenario.connectors.wms === undefined) fail("an ask with nobody to ask");
      if (ask.type !== "reserve") continue;
      // A kit is asked for again where another fault joined its job: other lines, under the next version.
      const version = Number(ask.key.slice(`${ask.kit}:v`.length));
      if (version <= (reserved.get(ask.kit) ?? 0)) fail("a kit asked for twice");
      // The word for the kit of a job is given once.
      const isFirst = !reserved.has(ask.kit);
      reserved.set(ask.kit, version);
      if (isFirst && view.scenario.autonomy.reserve !== "act" && input !== "confirm") fail("a reservation without the person it needs");
    }
    for (const because of decided.because) {
      Decision.parse({ ...because, id: "d", rules: "r", hubCalls: 0 });
      if (because.step === "alarm" && because.model === undefined) fail("an alarm's decision without its model");
      if (/Name Of|"lat"|"lon"/.test(JSON.stringify(because))) fail("a personal value in a decision");
    }
    JSON.stringify(decided);
  };
}

/** When everything has come to rest. */
function judge(seed: number, run: Run): void {
  const { view, kept } = run.world();
  const at = (what: string) => `seed ${seed}: ${what}`;
  expect(Object.keys(kept.asks), at("asks left")).toEqual([]);
  expect(view.list("offer", { state: "open" }), at("offers left open")).toEqual([]);
  const alarms = view.list("alarm");
  const tickets = view.list("ticket");
  const episodes = new Map<string, { fresh: boolean; last: string }>();
  for (const { verdict } of run.lines.flat()) {
    const before = episodes.get(verdict.episode);
    episodes.set(verdict.episode, { fresh: (before?.fresh ?? false) || (verdict.state === "anomalous" && verdict.fresh), last: verdict.state });
  }
  for (const [episode, { fresh, last }] of episodes) {
    const standing = alarms.filter((alarm) => alarm.episode === episode || alarm.joined?.some((other) => other.episode === episode));
    expect(standing, at(`alarms of ${episode}`)).toHaveLength(1);
    const [alarm] = standing;
    expect(tickets.filter((ticket) => ticket.episode === episode && ticket.follows === undefined).length, at(`tickets of ${episode}`)).toBeLessThanOrEqual(1);
    if (fresh && view.scenario.autonomy.ticket === "act") expect(alarm?.ticket, at(`ticket of ${episode}`)).toBeDefined();
    if (!fresh && alarm?.joined === undefined) expect(alarm?.ticket, at(`ticket of the backlog ${episode}`)).toBeUndefined();
    if (last === "normal" && alarm?.joined === undefined) expect(alarm?.clearedAt, at(`clearing of ${episode}`)).toBeDefined();
  }
  for (const alarm of alarms) {
    const over = alarm.clearedAt === undefined ? overOf(view, alarm) : null;
    if (over !== null && over.state !== "cancelled") expect(isWorkedOn(view, alarm), at(`somebody is sent again for ${alarm.id}`)).toBe(true);
    const job = alarm.ticket === undefined ? undefined : view.get("ticket", alarm.ticket);
    if (alarm.ticket !== undefined) expect([job?.alarm, ...(job?.alarms ?? [])], at("alarm and ticket know each other")).toContain(alarm.id);
    expect(
      kept.decisions.some((one) => one.subject === alarm.id && one.outcome === "raised"),
      at("an alarm has its decision"),
    ).toBe(true);
  }
  for (const ticket of tickets) {
    if (ticket.follows !== undefined) {
      const before = view.get("ticket", ticket.follows);
      expect([before?.alarm, ...(before?.alarms ?? [])], at(`${ticket.id} follows`)).toContain(ticket.alarm);
      expect(before !== undefined && isOver(before) && overAt(before) <= ticket.openedAt, at(`${ticket.id} follows`)).toBe(true);
    }
    const ended = ticket.state !== "offered" && (ticket.state !== "open" || ticket.escalatedAt !== undefined || ticket.needsPerson === true);
    expect(ended, at(`ticket ${ticket.id} is ${ticket.state}`)).toBe(true);
    const outcomes = kept.decisions.filter((one) => one.subject === ticket.id).map((one) => one.outcome);
    expect(outcomes, at("decisions")).toContain("opened");
    if ("acceptedAt" in ticket) expect(outcomes, at("decisions")).toContain("accepted");
    expect(
      view.list("repair", { asset: ticket.asset }).filter((repair) => repair.ticket === ticket.id),
      at("repairs"),
    ).toHaveLength((ticket.reopened?.times ?? 0) + ("resolvedAt" in ticket ? 1 : 0));
  }
  const held = [...run.warehouse.held].map(([reservation, { kit }]) => `${kit} ${reservation}`).sort();
  const known = view
    .list("kit")
    .filter((kit) => kit.state === "reserved")
    .map((kit) => `${kit.id} ${kit.reservation}`)
    .sort();
  for (const kit of view.list("kit"))
    if (kit.state === "reserved") expect(view.get("ticket", kit.ticket)?.state, at("parts for a cancelled job")).not.toBe("cancelled");
  expect(held, at("the warehouse holds what the kits say")).toEqual(known);
}

const sum = new Map<FaultName, number>();
const outcomes = new Map<string, number>();

test.each(Array.from({ length: 10 }, (_, i) => i))(
  "E6 seeds of block %i: one ticket for each episode, which goes on where its repair did not help, one open offer for each ticket, each ends accepted or with a person",
  (block) => {
    for (let seed = (block * SEEDS) / 10; seed < ((block + 1) * SEEDS) / 10; seed++) {
      const run = runFleet(seed, pumpVibration, startWatch(seed));
      judge(seed, run);
      for (const [fault, count] of Object.entries(run.faults)) sum.set(fault as FaultName, (sum.get(fault as FaultName) ?? 0) + count);
      for (const { step, outcome } of run.world().kept.decisions) outcomes.set(`${step} ${outcome}`, (outcomes.get(`${step} ${outcome}`) ?? 0) + 1);
    }
  },
);

test("E6 every kind of fault and every kind of step occurred in these runs", () => {
  for (const [fault, count] of sum) expect(count, fault).toBeGreaterThan(0);
  const steps = [
    "alarm raised",
    "alarm raised-again",
    "alarm absorbed",
    "alarm joined",
    "alarm counted",
    "alarm settled",
    "alarm cleared",
    "ticket opened",
    "ticket held",
    "ticket kept",
    "kit asked",
    "kit held",
    "kit none",
    "kit released",
    "offer offered",
    "offer held",
    "offer waits",
    "escalation escalated",
    "timer expired",
    "timer not-mended",
    "answer accepted",
    "answer declined",
    "answer confirmed",
    "answer cancelled",
    "reservation reserved",
    "reservation short",
    "reservation unreachable",
    "progress travelling",
    "progress working",
    "progress resolved",
  ];
  for (const step of steps) expect(outcomes.get(step) ?? 0, step).toBeGreaterThan(0);
});

test("E7 the same seed gives the same unit, to the last byte", () => {
  const digest = () => JSON.stringify(runFleet(7, pumpVibration, () => undefined).world().kept);
  expect(digest()).toBe(digest());
});
