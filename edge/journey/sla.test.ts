/** A ticket and its promise, from the opening to the end: the agreement that holds, the clock that stops and goes on, and what is told before it breaks. */
import { describe, expect, test } from "vitest";
import { Agreement } from "../../contracts/agreement.ts";
import { Calendar } from "../../contracts/calendar.ts";
import type { Answer } from "../../contracts/effect.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { Ticket } from "../../contracts/ticket.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { onAgreed, onHeard } from "../journey.ts";
import { accept, engineer, REPORT, scenarioOf, stage, type Stage, verdict } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { commit } from "../sim/world.ts";

const HOUR = 3_600_000;
const scenario = scenarioOf(pumpVibration);
const own = scenario.sla.p1;

const service = (more: object = {}): Agreement =>
  Agreement.parse({
    id: "gold",
    title: "Gold service",
    kind: "service",
    scope: { assets: ["pump"] },
    from: START - 1_000 * HOUR,
    timeZone: "Asia/Shanghai",
    coverage: { parts: "charged", labour: "covered", travel: "covered" },
    payer: "provider",
    exclusions: [{ cause: "operator" }],
    responses: {
      p1: { respondMs: 3 * HOUR, resolveMs: 9 * HOUR, stops: ["customer", "parts"], tell: [{ on: "will-breach", who: "account-owner" }] },
      p3: { respondMs: 30 * HOUR, resolveMs: 90 * HOUR, stops: ["customer"], tell: [] },
    },
    ...more,
  });

function put(set: Stage, ...changes: readonly ({ family: "agreement"; after: Agreement } | { family: "calendar"; after: Calendar })[]): Stage {
  commit(set.world, { changes: changes.map((change) => ({ ...change, id: change.after.id }) as never), asks: [], timers: [], because: [] });
  return set;
}

const covered = (more: object = {}, roster = [engineer("a", 1)]): Stage => put(stage(scenario, roster), { family: "agreement", after: service(more) });
const opened = (set: Stage): Ticket => {
  set.hear(START, verdict());
  return set.only("ticket");
};

/** The CRM's attributes are laid into the ticket, as the shell does, and the stages are told. */
function crmWrites(set: Stage, at: number, attrs: Readonly<Record<string, unknown>>): Ticket {
  const { hold: _hold, ...before } = set.only("ticket");
  const after = Ticket.parse({ ...before, ...attrs });
  commit(set.world, { changes: [{ family: "ticket", id: after.id, after }], asks: [], timers: [], because: [] });
  const heard = Object.keys({ hold: 0, ...attrs }).map((attr) => ({ entity: "ticket", id: after.id, attr, actor: "crm", reason: "called", erased: false }));
  commit(set.world, onHeard(set.world.view, heard, at, set.world.newId));
  return set.only("ticket");
}

function say(set: Stage, at: number, answer: object): Ticket {
  const ticket = set.only("ticket");
  const by = "to" in ticket ? ticket.to : "a";
  const taken = set.say(at, { ticket: ticket.id, by, ...answer } as Answer);
  if (isRefusal(taken)) throw new Error(taken.rule);
  return set.only("ticket");
}

const look = (set: Stage, at: number): Ticket => {
  set.due(at, { type: "promise-looks", ticket: set.only("ticket").id });
  return set.only("ticket");
};
const looksAt = (set: Stage): number => set.world.kept.timers[`promise:${set.only("ticket").id}`]?.at ?? 0;

describe("the agreement", () => {
  test("AG14 a ticket is promised what the agreement that holds says, and who pays; without one the unit's own table stands", () => {
    expect(opened(covered())).toMatchObject({
      agreement: "gold",
      respondBy: START + 3 * HOUR,
      resolveBy: START + 9 * HOUR,
      payer: { parts: "customer", labour: "provider", travel: "provider" },
      sla: { startedAt: START, respondMs: 3 * HOUR, stopped: [] },
    });
    const alone = opened(stage(scenario));
    expect(alone).toMatchObject({ respondBy: START + own.respondMs, resolveBy: START + own.resolveMs, payer: { parts: "customer", labour: "customer" } });
    expect(alone).not.toHaveProperty("agreement");
    expect(opened(covered({ until: START }))).not.toHaveProperty("agreement");
  });

  test("AG14 working hours are those of the wall: the night on which the clock leaps is an hour shorter", () => {
    // Berlin, Saturday 28 March 2026 23:30; the clock leaps at 02:00 the next morning.
    const at = Date.UTC(2026, 2, 28, 22, 30);
    const nights = Calendar.parse({
      id: "nights",
      title: { zh: "夜间", en: "nights" },
      weekly: [
        { days: [6], from: 1_320, to: 360 },
        { days: [7], from: 1_320, to: 360 },
      ],
      exceptions: [],
    });
    const berlin = scenarioOf({ ...pumpVibration, timeZone: "Europe/Berlin" });
    const responses = { p1: { respondMs: 3 * HOUR, resolveMs: 6 * HOUR, calendar: "nights", stops: [], tell: [] } };
    const set = put(stage(berlin), { family: "calendar", after: nights }, { family: "agreement", after: service({ responses }) });
    set.hear(at, verdict({ at, arrivedAt: at, since: at }));
    // Open until 06:00, which is five and a half hours off: six end half an hour into the next night.
    expect(set.only("ticket")).toMatchObject({ respondBy: at + 3 * HOUR, resolveBy: Date.UTC(2026, 2, 29, 20, 30) });
  });

  test("AG15 what the visit found decides who pays; the promise stays", () => {
    const set = covered();
    const { respondBy } = opened(set);
    set.say(START + 1, accept(set.openOffer()));
    say(set, START + HOUR, { type: "progress", to: "working" });
    const done = say(set, START + 2 * HOUR, { type: "progress", to: "resolved", ...REPORT, causeCode: "operator" });
    expect(done).toMatchObject({ state: "resolved", agreement: "gold", respondBy, payer: { parts: "customer", labour: "customer", travel: "customer" } });
    expect(done.sla).toMatchObject({ respondedAt: START + HOUR, resolvedAt: START + 2 * HOUR });
  });

  test("AG15 visits count on their agreement until the year's are used", () => {
    const set = covered({ visitsPerYear: 1 });
    expect(opened(set)).toMatchObject({ countsOn: "gold", payer: { labour: "provider" } });
    set.say(START + 2, { type: "open", by: "desk", asset: "pump" as never, words: "again", priority: "p1" });
    const [, second] = set.all("ticket");
    expect(second).toMatchObject({ agreement: "gold", payer: { labour: "customer" } });
    expect(second).not.toHaveProperty("countsOn");
  });
});

test("AG19 an agreement that is written anew is another promise for jobs that are not done, and a record of it; the same again changes nothing", () => {
  const set = stage(scenario, [engineer("a", 1)]);
  opened(set);
  put(set, { family: "agreement", after: service() });
  const agreed = onAgreed(set.world.view, START + HOUR, set.world.newId);
  expect(agreed.because).toMatchObject([{ outcome: "promised-again", subject: set.only("ticket").id, reasons: [{ about: { agreement: "gold" } }] }]);
  commit(set.world, agreed);
  expect(set.only("ticket")).toMatchObject({ agreement: "gold", respondBy: START + 3 * HOUR, payer: { labour: "provider" } });
  expect(onAgreed(set.world.view, START + HOUR, set.world.newId)).toMatchObject({ changes: [], because: [] });
  // The CRM ends it at the hub, from before the job was opened.
  put(set, { family: "agreement", after: service({ until: START }) });
  const heard = [{ entity: "agreement", id: "gold", attr: "until", actor: "crm", reason: "not renewed", erased: false }];
  commit(set.world, onHeard(set.world.view, heard, START + HOUR, set.world.newId));
  expect(set.only("ticket")).toMatchObject({ respondBy: START + own.respondMs, payer: { labour: "customer" } });
});

describe("AG22 coverage that begins or ends while the job is open", () => {
  const turnsAt = (set: Stage): number => set.world.kept.timers[`coverage:${set.only("ticket").id}`]?.at ?? 0;
  const turn = (set: Stage): Ticket => {
    set.due(turnsAt(set), { type: "coverage-changes", ticket: set.only("ticket").id });
    return set.only("ticket");
  };
  const recorded = (set: Stage) => set.world.kept.decisions.filter(({ outcome }) => outcome === "covered-anew");

  test("it ends: from that instant the unit's own promise stands and the customer pays, with the record of what ended", () => {
    const until = START + HOUR;
    const responses = { p1: { respondMs: HOUR / 2, resolveMs: HOUR, stops: [], tell: [] } };
    const set = covered({ until, responses });
    expect(opened(set)).toMatchObject({ agreement: "gold", respondBy: START + HOUR / 2, payer: { labour: "provider" } });
    expect(turnsAt(set)).toBe(until);
    const after = turn(set);
    expect(after).toMatchObject({ respondBy: START + own.respondMs, resolveBy: START + own.resolveMs, payer: { parts: "customer", labour: "customer" } });
    expect(after).not.toHaveProperty("agreement");
    expect(recorded(set)).toMatchObject([
      { at: until, snapshot: { before: { respondBy: START + HOUR / 2, payer: { labour: "provider" } } }, trigger: { type: "coverage" } },
    ]);
    expect(recorded(set)[0]?.reasons).toContainEqual({ code: "expired", about: { agreement: "gold", at: until } });
    expect(set.world.kept.timers).not.toHaveProperty(`coverage:${after.id}`);
    // The same instant again, and another priority later on: nothing comes back.
    set.due(until, { type: "coverage-changes", ticket: after.id });
    expect(recorded(set)).toHaveLength(1);
    expect(crmWrites(set, until + 1, { priority: "p2" })).toMatchObject({ payer: { labour: "customer" } });
  });

  test("it begins: who pays changes, and a stricter promise counts from then on, so that its beginning does not break it", () => {
    const from = START + 1.5 * HOUR;
    const responses = { p1: { respondMs: HOUR / 4, resolveMs: HOUR, stops: [], tell: [] } };
    const set = covered({ from, responses }, []);
    expect(opened(set)).toMatchObject({ respondBy: START + own.respondMs, payer: { labour: "customer" } });
    expect(turnsAt(set)).toBe(from);
    expect(turn(set)).toMatchObject({ agreement: "gold", respondBy: from + HOUR / 4, resolveBy: from + HOUR, payer: { labour: "provider" } });
    expect(set.only("ticket").risks?.map(({ severity }) => severity)).not.toContain("breached");
    // One that would be later than what was promised before changes only who pays.
    const late = covered({ from: START + 1.9 * HOUR, responses }, []);
    opened(late);
    expect(turn(late)).toMatchObject({ respondBy: START + own.respondMs, resolveBy: START + own.resolveMs, payer: { labour: "provider" } });
    expect(late.only("ticket")).not.toHaveProperty("agreement");
  });

  test("what is over keeps who paid; reopened it waits for the next change again", () => {
    const set = covered({ until: START + 3 * HOUR });
    opened(set);
    set.say(START + 1, accept(set.openOffer()));
    say(set, START + HOUR, { type: "progress", to: "working" });
    const done = say(set, START + 2 * HOUR, { type: "progress", to: "resolved", ...REPORT });
    expect(set.world.kept.timers).not.toHaveProperty(`coverage:${done.id}`);
    set.due(START + 3 * HOUR, { type: "coverage-changes", ticket: done.id });
    expect(set.only("ticket")).toEqual(done);
    say(set, START + 2.5 * HOUR, { type: "reopen", by: "desk", why: "it howls" });
    expect(turnsAt(set)).toBe(START + 3 * HOUR);
    expect(turn(set)).toMatchObject({ payer: { labour: "customer" } });
  });
});

describe("the clock", () => {
  test("AG16 a pause that the class allows stops it; it goes on when the job does, and after it was reopened", () => {
    const set = covered();
    const { resolveBy, respondBy } = opened(set);
    set.say(START + 1, accept(set.openOffer()));
    say(set, START + HOUR, { type: "progress", to: "working" });
    expect(say(set, START + 2 * HOUR, { type: "pause", as: "engineer", reason: "parts" }).sla?.stopped).toEqual([{ reason: "parts", from: START + 2 * HOUR }]);
    expect(say(set, START + 5 * HOUR, { type: "resume", as: "engineer" })).toMatchObject({ respondBy, resolveBy: resolveBy + 3 * HOUR });
    say(set, START + 5 * HOUR, { type: "pause", as: "engineer", reason: "access" });
    expect(say(set, START + 6 * HOUR, { type: "progress", to: "working" })).toMatchObject({ resolveBy: resolveBy + 3 * HOUR });
    say(set, START + 7 * HOUR, { type: "progress", to: "resolved", ...REPORT });
    const again = say(set, START + 17 * HOUR, { type: "reopen", why: "it howls" });
    expect(again).toMatchObject({ resolveBy: resolveBy + 13 * HOUR });
    expect(again.sla).not.toHaveProperty("resolvedAt");
  });

  test("AG16 what the customer holds up is not counted; the clock goes on when the hold ends by itself, or is lifted", () => {
    const set = covered();
    const { respondBy, resolveBy } = opened(set);
    crmWrites(set, START + HOUR, { hold: { reason: "the hall is locked", until: START + 4 * HOUR } });
    expect(looksAt(set)).toBeLessThanOrEqual(START + 4 * HOUR);
    expect(look(set, START + 4 * HOUR + 7)).toMatchObject({ respondBy: respondBy + 3 * HOUR, resolveBy: resolveBy + 3 * HOUR });
    const other = covered();
    opened(other);
    crmWrites(other, START + HOUR, { hold: { reason: "they call back" } });
    expect(crmWrites(other, START + 2 * HOUR, {})).toMatchObject({ respondBy: respondBy + HOUR, resolveBy: resolveBy + HOUR });
  });

  test("AG16 called off and reopened: what lay between is not counted", () => {
    const set = covered();
    const { resolveBy } = opened(set);
    say(set, START + HOUR, { type: "cancel", by: "desk", why: "by mistake" });
    expect(say(set, START + 3 * HOUR, { type: "reopen", by: "desk", why: "it was none" })).toMatchObject({ resolveBy: resolveBy + 2 * HOUR });
  });

  test("AG17 another priority from the CRM is another class over the same history", () => {
    const set = covered();
    opened(set);
    crmWrites(set, START + HOUR, { hold: { reason: "they call back" } });
    crmWrites(set, START + 2 * HOUR, {});
    expect(crmWrites(set, START + 3 * HOUR, { priority: "p3" })).toMatchObject({
      respondBy: START + 31 * HOUR,
      resolveBy: START + 91 * HOUR,
      agreement: "gold",
    });
    expect(crmWrites(set, START + 3 * HOUR, { priority: "p2" })).toMatchObject({ respondBy: START + scenario.sla.p2.respondMs + HOUR });
    expect(set.only("ticket")).not.toHaveProperty("agreement");
  });
});

describe("the forecast", () => {
  const told = (set: Stage) =>
    set.world.kept.decisions
      .filter(({ trigger, step }) => trigger.type === "promise" && step !== "fan-out")
      .map(({ outcome, reasons }) => [outcome, reasons.slice(1).map(({ about }) => about["who"])]);

  test("AG18 a breach is foreseen at the instant that was reckoned, and told once to whom the agreement names", () => {
    const set = covered({}, []);
    opened(set);
    expect(set.only("ticket")).not.toHaveProperty("risks");
    const first = looksAt(set);
    expect(first).toBeGreaterThan(START);
    expect(look(set, first)).toMatchObject({ risks: [{ promise: "respond", severity: "at-risk", at: first, by: START + 3 * HOUR }] });
    look(set, first + 1);
    const second = looksAt(set);
    expect(second).toBeLessThan(START + 3 * HOUR);
    expect(look(set, second)).toMatchObject({ risks: [{ promise: "respond", severity: "will-breach", at: second }] });
    expect(told(set)).toEqual([
      ["at-risk", []],
      ["will-breach", ["account-owner"]],
    ]);
    expect(look(set, START + 3 * HOUR + 1).risks?.[0]).toMatchObject({ promise: "respond", severity: "breached", by: START + 3 * HOUR });
  });

  test("AG18 with an appointment it is the appointment that is kept or missed: nothing is told while it is far, and all before it is over", () => {
    const set = covered({}, []);
    opened(set);
    const to = START + 24 * HOUR;
    expect(crmWrites(set, START + 1, { appointment: { from: START + 20 * HOUR, to } })).toMatchObject({ respondBy: to, resolveBy: to + 6 * HOUR });
    expect(set.only("ticket")).not.toHaveProperty("risks");
    for (const hours of [1, 3, 5, 9, 20]) expect(look(set, START + hours * HOUR)).not.toHaveProperty("risks");
    const first = looksAt(set);
    expect(first).toBeGreaterThan(START + 20 * HOUR);
    expect(look(set, first)).toMatchObject({ respondBy: to, risks: [{ promise: "respond", severity: "at-risk", by: to }] });
    expect(look(set, looksAt(set))).toMatchObject({ risks: [{ promise: "respond", severity: "will-breach", by: to }] });
    expect(look(set, to)).toMatchObject({ risks: [{ promise: "respond", severity: "will-breach" }] });
    expect(look(set, to + 1).risks?.[0]).toMatchObject({ promise: "respond", severity: "breached", by: to });
    expect(told(set).map(([severity]) => severity)).toEqual(expect.arrayContaining(["at-risk", "will-breach", "breached"]));
  });

  test("AG18 an appointment that is sooner than the class is missed when it is over, and while the customer waits nothing breaks", () => {
    const set = covered();
    opened(set);
    set.say(START + 1, accept(set.openOffer()));
    const to = START + 2 * HOUR;
    crmWrites(set, START + 2, { appointment: { from: START + HOUR, to } });
    expect(looksAt(set)).toBeLessThanOrEqual(to + 1);
    expect(look(set, to)).not.toMatchObject({ risks: [{ severity: "breached" }] });
    const held = crmWrites(set, to, { hold: { reason: "customer", until: to + HOUR } });
    expect(held.risks?.map(({ severity }) => severity) ?? []).not.toContain("breached");
    expect(look(set, to + HOUR - 1).risks?.map(({ severity }) => severity) ?? []).not.toContain("breached");
    expect(look(set, to + HOUR).risks).toContainEqual(expect.objectContaining({ promise: "respond", severity: "breached", by: to }));
  });

  test("AG20 before the breach whom the agreement and the scenario name are told, once for each forecast, with how long is left and why", () => {
    const teams = { desk: { url: "http://127.0.0.1:1/desk" }, "account-owner": { url: "http://127.0.0.1:1/owner" } };
    const set = put(stage(scenarioOf(pumpVibration, { connectors: { teams } }), [engineer("a", 1)]), { family: "agreement", after: service() });
    const { id } = opened(set);
    const notices = () => set.all("action").flatMap(({ action }) => (action.action === "breach-notice" ? [action] : []));
    set.say(START + 1, accept(set.openOffer()));
    // Late by the engineer's own word, in time after all, and late again: told once.
    say(set, START + HOUR, { type: "late", arriveAt: START + 4 * HOUR });
    expect(notices()).toMatchObject([
      {
        state: "due",
        to: "account-owner",
        at: START + HOUR,
        about: {
          ticket: id,
          promise: "respond",
          trouble: "will-breach",
          why: "on-the-way",
          by: START + 3 * HOUR,
          leftMs: 2 * HOUR,
          expectedAt: expect.closeTo(START + 4 * HOUR, -2) as number,
          percent: 95,
        },
      },
    ]);
    const [first] = notices();
    const record = set.world.kept.decisions.find((one) => one.id === first?.decision);
    expect(record).toMatchObject({ step: "fan-out", subject: id, outcome: "fanned-out", snapshot: { actions: [first?.key], unbound: [] } });
    say(set, START + HOUR + 1, { type: "late", arriveAt: START + HOUR + 60_000 });
    say(set, START + HOUR + 2, { type: "late", arriveAt: START + 4 * HOUR });
    expect(notices()).toHaveLength(1);
    // The same input once more, as after a crash: the same row.
    look(set, START + HOUR + 3);
    expect(notices()).toHaveLength(1);
  });

  test("AG20 nobody on the way: the desk hears of the risk first, the account's owner of the breach to come, both before it; a name that is not bound is told in the record", () => {
    const virtual = (teams: Readonly<Record<string, { url: string }>>) => {
      const set = put(stage(scenarioOf(pumpVibration, { connectors: { teams } }), []), { family: "agreement", after: service() });
      opened(set);
      for (let at = looksAt(set); at > 0 && at < START + 3 * HOUR; at = looksAt(set)) look(set, at);
      return set;
    };
    const set = virtual({ desk: { url: "http://127.0.0.1:1/" }, "account-owner": { url: "http://127.0.0.1:1/" } });
    const told = set.all("action").flatMap(({ action }) => (action.action === "breach-notice" ? [action] : []));
    expect(told.map(({ to, about }) => [to, about["promise"], about["trouble"], about["why"]])).toEqual([
      ["desk", "respond", "at-risk", "nobody-planned"],
      ["account-owner", "respond", "will-breach", "nobody-planned"],
    ]);
    for (const { at, about } of told) {
      expect(at).toBeLessThan(START + 3 * HOUR);
      expect(about).toMatchObject({ leftMs: START + 3 * HOUR - at, by: START + 3 * HOUR });
    }
    const unbound = virtual({});
    expect(unbound.all("action")).toEqual([]);
    expect(unbound.world.kept.decisions.filter(({ outcome }) => outcome === "nobody-bound")).toMatchObject([{ snapshot: { unbound: ["account-owner"] } }]);
  });

  test("AG18 an engineer who is late is foreseen; there in time after all, nothing is left of it", () => {
    const set = covered();
    opened(set);
    set.say(START + 1, accept(set.openOffer()));
    expect(set.only("ticket")).not.toHaveProperty("risks");
    expect(say(set, START + HOUR, { type: "late", arriveAt: START + 4 * HOUR })).toMatchObject({ risks: [{ promise: "respond", severity: "will-breach" }] });
    expect(say(set, START + 2 * HOUR, { type: "progress", to: "working" })).not.toHaveProperty("risks");
    expect(told(set)).toEqual([
      ["will-breach", ["account-owner"]],
      ["eased", []],
    ]);
  });

  test("AG18 a promise that broke stays told when the job is done late; no timer outlives the job", () => {
    const set = covered();
    opened(set);
    set.say(START + 1, accept(set.openOffer()));
    say(set, START + HOUR, { type: "progress", to: "working" });
    expect(look(set, START + 9 * HOUR + 1)).toMatchObject({ risks: [{ promise: "resolve", severity: "breached", by: START + 9 * HOUR }] });
    const done = say(set, START + 10 * HOUR, { type: "progress", to: "resolved", ...REPORT });
    expect(done).toMatchObject({ state: "resolved", risks: [{ promise: "resolve", severity: "breached" }] });
    expect(set.world.kept.timers).not.toHaveProperty(`promise:${done.id}`);
  });
});
