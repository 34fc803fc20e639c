import fc from "fast-check";
import { expect, test } from "vitest";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { NOTHING } from "../../contracts/effect.ts";
import type { TicketId } from "../../contracts/ids.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { REPORT, accept, confirm, scenarioOf, type Stage, stage, verdict } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { faultModeOf } from "./fault-mode.ts";
import { isOver } from "./proof.ts";

const scenario = scenarioOf(pumpVibration);

test("T1 an episode raises one alarm and opens one ticket; its repeats are counted on the alarm", () => {
  const { hear, only, all } = stage(scenario);
  hear(START, verdict({ absorbed: 2 }));
  hear(START + 1_000, verdict({ absorbed: 5 }), verdict({ absorbed: 4 }));
  expect(only("alarm")).toMatchObject({
    episode: "d1:1",
    faultMode: "bearing-wear",
    severity: "high",
    raisedAt: START,
    sampleAt: START,
    repeats: 2,
    absorbed: 5,
  });
  expect(only("alarm").ticket).toBe(only("ticket").id);
  expect(all("offer")).toHaveLength(1);
});

test("T1 an episode that returns after its clearing is raised again, wants to be seen again, and keeps its ticket", () => {
  const { hear, say, only } = stage(scenario);
  hear(START, verdict());
  say(START + 1, { type: "acknowledge", alarm: only("alarm").id, by: "desk" });
  hear(START + 2, verdict({ state: "normal" }));
  expect(only("alarm")).toMatchObject({ clearedAt: START + 2, acknowledgedAt: START + 1 });
  hear(START + 3, verdict());
  expect(only("alarm")).toMatchObject({ repeats: 1 });
  expect(only("alarm")).not.toHaveProperty("clearedAt");
  expect(only("alarm")).not.toHaveProperty("acknowledgedAt");
  only("ticket");
});

test("T2 another device of the asset with the same fault joins: no second ticket, and the alarm clears when both have", () => {
  const { hear, only } = stage(scenario);
  hear(START, verdict({ absorbed: 3 }), verdict({ device: "d2", episode: "d2:1", absorbed: 4 }));
  expect(only("alarm")).toMatchObject({ episode: "d1:1", repeats: 1, absorbed: 7, joined: [{ episode: "d2:1", absorbed: 4 }] });
  only("ticket");
  hear(START + 1, verdict({ state: "normal", absorbed: 6 }));
  expect(only("alarm")).toMatchObject({ settledAt: START + 1, absorbed: 10 });
  expect(only("alarm")).not.toHaveProperty("clearedAt");
  hear(START + 2, verdict({ device: "d2", episode: "d2:1", state: "normal", absorbed: 9 }));
  expect(only("alarm")).toMatchObject({ clearedAt: START + 2, absorbed: 15 });
  hear(START + 3, verdict({ device: "d2", episode: "d2:1", absorbed: 9 }));
  expect(only("alarm")).toMatchObject({ settledAt: START + 2, joined: [{ episode: "d2:1", absorbed: 9 }] });
  expect(only("alarm").joined?.[0]).not.toHaveProperty("settledAt");
  only("ticket");
});

test("T2 the joined one clears first, comes back, and is waited for", () => {
  const { hear, only } = stage(scenario);
  const second = { device: "d2", episode: "d2:1" };
  hear(START, verdict(), verdict(second), verdict({ ...second, state: "normal" }), verdict(second), verdict({ state: "normal" }));
  expect(only("alarm")).not.toHaveProperty("clearedAt");
  hear(START, verdict(), verdict({ ...second, state: "normal" }));
  expect(only("alarm")).not.toHaveProperty("clearedAt");
  hear(START + 1, verdict({ state: "normal" }));
  expect(only("alarm").clearedAt).toBe(START + 1);
});

test("T2 another fault mode, or another asset, has an alarm and a ticket of its own", () => {
  const { hear, all } = stage(scenario);
  hear(
    START,
    verdict(),
    verdict({ device: "d2", episode: "d2:1", evidence: [{ channel: "flow", share: 1 }] }),
    verdict({ device: "d3", episode: "d3:1", asset: "other" }),
  );
  expect(all("alarm").map((alarm) => [alarm.asset, alarm.faultMode])).toEqual([
    ["pump", "bearing-wear"],
    ["pump", "cavitation"],
    ["other", "bearing-wear"],
  ]);
  expect(all("ticket")).toHaveLength(3);
});

test("T2 a new fault after the repair is a new alarm, although the old one has not cleared", () => {
  const { hear, say, only, all, openOffer } = stage(scenario);
  hear(START, verdict());
  const { engineer: by, ticket } = openOffer();
  say(START, accept(openOffer()));
  for (const to of ["travelling", "working", "resolved"] as const) say(START, { type: "progress", ticket, by, to, ...REPORT });
  hear(START + 1, verdict());
  only("ticket");
  // Heard of another device from before the repair was done: the job stands for it, and it is looked at again.
  hear(START + 2, verdict({ device: "d2", episode: "d2:1" }));
  expect(all("alarm").map((alarm) => alarm.ticket)).toEqual([ticket, ticket]);
  expect(only("ticket")).toMatchObject({ state: "resolved", alarms: [all("alarm")[1]?.id] });
  hear(START + 3, verdict({ device: "d3", episode: "d3:1", arrivedAt: START + 3 }));
  expect(all("alarm")).toHaveLength(3);
  expect(only("ticket")).toMatchObject({
    id: ticket,
    state: "offered",
    reopened: { times: 1 },
    alarms: all("alarm")
      .slice(1)
      .map(({ id }) => id),
  });
});

const MINUTE_MS = 60_000;

/** Whoever is asked says yes, goes and mends it; done at `at`. */
function mend({ say, openOffer }: Pick<Stage, "say" | "openOffer">, at: number): TicketId {
  const { engineer: by, ticket } = openOffer();
  const taps = [
    accept(openOffer()),
    ...(["travelling", "working", "resolved"] as const).map((to) => ({ type: "progress", ticket, by, to, ...REPORT }) as const),
  ];
  for (const tap of taps) expect(isRefusal(say(at, tap))).toBe(false);
  return ticket;
}

const heardAt = (at: number, more: Parameters<typeof verdict>[0] = {}) => verdict({ at, arrivedAt: at, ...more });
/** The timers that a store would hold for looking again. */
const looks = ({ world }: Stage) => Object.values(world.kept.timers).flatMap(({ at, due }) => (due.type === "repair-proved" ? [{ at, due }] : []));
const notOver = ({ all }: Stage) => all("ticket").filter((ticket) => !isOver(ticket));

const settledAt = (end: number) => end + 10 * MINUTE_MS;
const reopened = (set: Stage, id: TicketId) => set.world.view.get("ticket", id);

test("T1 the next episode of a fault joins the job that is not done, although the alarm before it has cleared; what a person opened is another job", () => {
  const set = stage(scenario);
  set.say(START, { type: "open", by: "desk", asset: "pump" as never, words: "paint it", faultMode: "bearing-wear" as never });
  set.hear(START, verdict());
  set.hear(START + 1, heardAt(START + 1, { state: "normal" }));
  const [, job] = set.all("ticket");
  set.hear(START + MINUTE_MS, heardAt(START + MINUTE_MS, { episode: "d1:2" }));
  const [first, second] = set.all("alarm");
  expect([first?.ticket, second?.ticket, set.all("ticket").length]).toEqual([job?.id, job?.id, 2]);
  expect(set.world.view.get("ticket", job?.id ?? "")).toMatchObject({ alarm: first?.id, alarms: [second?.id] });
  expect(set.last().because.map(({ outcome, reasons }) => [outcome, reasons?.[0]?.code])).toContainEqual(["grouped", "same-fault"]);
});

test("T15 a flare-up while the machine settles down is the tail of its episode: counted, and looked at when the repair must have helped", () => {
  const set = stage(scenario);
  set.hear(START, verdict());
  set.hear(START + 1, heardAt(START + 1, { state: "normal" }));
  const first = mend(set, START + 2);
  expect(looks(set)).toEqual([]);
  const ends = settledAt(START + 2);
  for (const at of [START + 30_000, ends - 1]) {
    set.hear(at, heardAt(at));
    expect(looks(set)).toMatchObject([{ at: ends }]);
    set.hear(at, heardAt(at, { state: "normal" }));
  }
  expect(set.only("alarm")).toMatchObject({ episode: "d1:1", repeats: 2, ticket: first });
  expect(set.due(ends, { type: "repair-proved", alarm: set.only("alarm").id })).toEqual(NOTHING);
  expect(set.only("ticket").state).toBe("resolved");
  // Later it is back: the same ticket goes on, and says who had it go on, when and why.
  set.hear(ends, heardAt(ends));
  expect(set.only("ticket")).toMatchObject({ id: first, state: "offered", reopened: { times: 1, at: ends }, repairs: [] });
  expect(set.only("ticket").history?.at(-2)).toEqual({ at: ends, from: "resolved", to: "reopened", by: "unit", as: "unit", why: "came-back" });
  expect(set.all("kit")).toHaveLength(2);
  expect(set.all("assignment")).toEqual([]);
  // While there is work, further signs are counted only.
  set.hear(ends + 1, heardAt(ends + 1));
  expect(set.only("ticket").reopened?.times).toBe(1);
});

test("T15 an alarm that never leaves is looked at again after its repair: the same ticket goes on, once for each repair", () => {
  const set = stage(scenario);
  set.hear(START, verdict());
  const first = mend(set, START + 5);
  const [look] = looks(set);
  if (look === undefined) throw new Error("the alarm is looked at again");
  expect([looks(set).length, look.at]).toEqual([1, settledAt(START + 5)]);
  expect(set.due(look.at - 1, look.due)).toMatchObject({ changes: [], because: [], timers: [{ at: look.at }] });
  set.due(look.at, look.due);
  expect(set.last().because).toMatchObject([
    { step: "timer", outcome: "not-mended", reasons: [{ code: "alarm-stands", about: { ticket: first, ms: 10 * MINUTE_MS } }] },
    { step: "ticket", outcome: "reopened", subject: first, reasons: [{ about: { from: "resolved", times: 1 } }, { code: "alarm-stands" }] },
    {},
    {},
  ]);
  expect(set.openOffer().ticket).toBe(first);
  expect(set.due(look.at, look.due)).toEqual(NOTHING);
  mend(set, look.at + 1);
  const [again] = looks(set);
  if (again !== undefined) set.due(again.at, again.due);
  expect(set.only("ticket")).toMatchObject({ state: "offered", reopened: { times: 2 } });
  expect(set.all("repair")).toHaveLength(2);
});

test("T15 after the ticket was closed, or when it may not be reopened any more, another one follows it under the same alarm", () => {
  const set = stage(scenario);
  set.hear(START, verdict());
  const first = mend(set, START + 5);
  set.say(START + 6, { type: "close", ticket: first, by: "desk" });
  const [look] = looks(set);
  if (look !== undefined) set.due(look.at, look.due);
  expect(notOver(set)).toMatchObject([{ follows: first, alarm: set.only("alarm").id }]);
  expect(set.only("alarm").ticket).toBe(notOver(set)[0]?.id);
  const strict = stage(scenarioOf(pumpVibration, { tickets: { reopenMs: 0 } }));
  strict.hear(START, verdict());
  const before = mend(strict, START + 5);
  const at = settledAt(START + 5);
  strict.hear(at, heardAt(at));
  expect([reopened(strict, before)?.state, notOver(strict)[0]?.follows]).toEqual(["resolved", before]);
});

test("T15 the fault in an episode of its own: while the repair is being proved it was not mended, later it is a new fault", () => {
  const back = (at: number, close: boolean) => {
    const set = stage(scenario);
    set.hear(START, verdict());
    const first = mend(set, START + 5);
    set.hear(START + 6, heardAt(START + 6, { state: "normal" }));
    if (close) set.say(START + 7, { type: "close", ticket: first, by: "desk" });
    set.hear(at, heardAt(at, { episode: "d1:2" }));
    const [, alarm] = set.all("alarm");
    expect(notOver(set)).toHaveLength(1);
    return { first, alarm, job: notOver(set)[0] };
  };
  const soon = back(settledAt(START + 5) - 1, false);
  expect(soon.job).toMatchObject({ id: soon.first, state: "offered", alarms: [soon.alarm?.id] });
  expect(soon.alarm?.ticket).toBe(soon.first);
  const closed = back(settledAt(START + 5) - 1, true);
  expect(closed.job).toMatchObject({ follows: closed.first, alarm: closed.alarm?.id });
  const later = back(settledAt(START + 5), false);
  expect(later.job?.id).not.toBe(later.first);
  expect(later.job).not.toHaveProperty("follows");
});

test("T15 an alarm that clears after its repair is left alone", () => {
  const set = stage(scenario);
  set.hear(START, verdict());
  mend(set, START + 5);
  set.hear(START + MINUTE_MS, heardAt(START + MINUTE_MS, { state: "normal" }));
  for (const { at, due } of looks(set)) expect(set.due(at, due)).toEqual(NOTHING);
  set.only("ticket");
});

test("T15 a sign from before the end of the repair, heard after it, sends nobody at once: the alarm is looked at again", () => {
  const set = stage(scenario);
  set.hear(START, verdict());
  set.hear(START + 1, heardAt(START + 1, { state: "normal" }));
  mend(set, START + 60_000);
  set.hear(START + 61_000, heardAt(START + 59_000));
  set.only("ticket");
  const [look] = looks(set);
  if (look === undefined) throw new Error("the alarm is looked at again");
  set.due(look.at, look.due);
  expect(notOver(set)).toHaveLength(1);
});

test("T15 what only a backlog says after a repair waits for a fresh verdict", () => {
  const set = stage(scenario);
  set.hear(START, verdict());
  set.hear(START + 1, heardAt(START + 1, { state: "normal" }));
  mend(set, START + 2);
  const at = settledAt(START + 2);
  set.hear(at, heardAt(at, { fresh: false }));
  expect(set.only("ticket").state).toBe("resolved");
  set.hear(at + 1, heardAt(at + 1));
  expect(notOver(set)).toHaveLength(1);
});

test("T15 where a person opens tickets, the next one is proposed, once", () => {
  const set = stage(scenarioOf(pumpVibration, { autonomy: { ticket: "confirm", offer: "act", reserve: "act" } }));
  set.hear(START, verdict());
  set.say(START, confirm(set.only("alarm").proposed ?? ("none" as TicketId)));
  mend(set, START + 5);
  const [look] = looks(set);
  if (look === undefined) throw new Error("the alarm is looked at again");
  set.due(look.at, look.due);
  const { proposed } = set.only("alarm");
  expect(set.only("ticket")).toMatchObject({ id: proposed, state: "resolved" });
  set.due(look.at + 1, look.due);
  set.hear(look.at + 2, heardAt(look.at + 2), heardAt(look.at + 2, { device: "d2", episode: "d2:1" }));
  expect(set.only("alarm")).toMatchObject({ proposed, joined: [{ episode: "d2:1" }] });
  set.say(look.at + 3, confirm(proposed ?? ("none" as TicketId)));
  expect(set.only("ticket")).toMatchObject({ id: proposed, state: "offered", reopened: { times: 1 } });
  expect(set.only("alarm")).not.toHaveProperty("proposed");
  // Closed before anybody said so: another one follows it.
  mend(set, look.at + 4);
  for (const { at, due } of looks(set)) set.due(at, due);
  set.say(look.at + 5, { type: "close", ticket: proposed ?? ("none" as TicketId), by: "desk" });
  set.say(look.at + 6, confirm(proposed ?? ("none" as TicketId)));
  expect(notOver(set)).toMatchObject([{ follows: proposed }]);
});

test("T15 two alarms of one fault: nobody is sent for the one while somebody is for the other", () => {
  const set = stage(scenario);
  set.hear(START, verdict());
  set.say(START + 6, { type: "close", ticket: mend(set, START + 5), by: "desk" });
  set.hear(START + 10, heardAt(START + 10, { device: "d2", episode: "d2:1" }));
  const [look] = looks(set);
  if (look === undefined) throw new Error("the alarm is looked at again");
  const { engineer: by, ticket } = set.openOffer();
  set.say(START + 11, accept(set.openOffer()));
  set.due(look.at, look.due);
  set.hear(look.at + 1, heardAt(look.at + 1));
  expect(set.all("ticket")).toHaveLength(2);
  for (const to of ["working", "resolved"] as const) set.say(look.at + 5, { type: "progress", ticket, by, to, ...REPORT });
  expect(looks(set)).toHaveLength(2);
  for (const { at, due } of looks(set)) set.due(at, due);
  expect(notOver(set)).toHaveLength(1);
});

test("T16 what the desk called off is not opened again by time or by old signs, but by new ones", () => {
  const set = stage(scenario);
  set.hear(START, verdict());
  const first = set.only("ticket").id;
  set.say(START + 5, { type: "cancel", ticket: first, by: "desk", why: "known" });
  expect(looks(set)).toEqual([]);
  expect(set.due(START + 60 * MINUTE_MS, { type: "repair-proved", alarm: set.only("alarm").id })).toEqual(NOTHING);
  set.hear(START + 6, heardAt(START + 4));
  set.hear(START + 6, heardAt(START + 6, { state: "suspect" }), heardAt(START + 6, { fresh: false }));
  expect([set.only("ticket").state, looks(set)]).toEqual(["cancelled", []]);
  set.hear(START + 7, heardAt(START + 7));
  expect(notOver(set)).toMatchObject([{ follows: first }]);
});

test("T3 a suspect verdict raises nothing; on a known alarm it counts what was absorbed", () => {
  const { hear, all, only, last } = stage(scenario);
  hear(START, verdict({ state: "suspect" }));
  expect(last()).toEqual({ changes: [], asks: [], timers: [], because: [] });
  expect(all("alarm")).toEqual([]);
  hear(START, verdict());
  hear(START, verdict({ state: "suspect", absorbed: 9 }));
  expect(only("alarm")).toMatchObject({ absorbed: 9, repeats: 0 });
});

test("T3 a verdict from a backlog raises an alarm without a ticket; the next fresh one opens it", () => {
  const { hear, all, only } = stage(scenario);
  hear(START, verdict({ fresh: false }));
  hear(START, verdict({ fresh: false }));
  only("alarm");
  expect(all("ticket")).toEqual([]);
  expect(all("kit")).toEqual([]);
  hear(START + 1, verdict());
  expect(only("ticket").openedAt).toBe(START + 1);
});

test("T3 a backlog that says the fault has passed leaves a cleared alarm and no ticket", () => {
  const { hear, all, only } = stage(scenario);
  hear(START, verdict({ fresh: false }), verdict({ fresh: false, state: "normal" }));
  expect(only("alarm").clearedAt).toBe(START);
  expect(all("ticket")).toEqual([]);
});

test("T7 the device's own code names the fault; a code that the scenario does not know is no name", () => {
  expect(faultModeOf(scenario, verdict({ faultMode: "cavitation" })).id).toBe("cavitation");
  expect(faultModeOf(scenario, verdict({ faultMode: "nobody-knows" })).id).toBe("bearing-wear");
});

test("T7 most of the evidence decides; where the difference is small, the mode with fewer channels", () => {
  const by = (evidence: unknown) => faultModeOf(scenario, verdict({ evidence })).id;
  expect(
    by([
      { channel: "vibration.a.rms", share: 0.6 },
      { channel: "vibration.b.rms", share: 0.4 },
    ]),
  ).toBe("bearing-wear");
  expect(
    by([
      { channel: "vibration.b.rms", share: 0.95 },
      { channel: "vibration.a.rms", share: 0.05 },
    ]),
  ).toBe("loosening");
  expect(by([{ channel: "vibration.b.rms", share: 1 }])).toBe("loosening");
  expect(
    by([
      { channel: "temperature.motor", share: 0.5 },
      { channel: "flow", share: 0.3 },
    ]),
  ).toBe("overheating");
  expect(by([])).toBe("unclear");
  expect(by([{ channel: "noise", share: 1 }])).toBe("unclear");
});

test("T12 an alarm that clears before anybody accepted leaves its ticket to a person, and says so", () => {
  const { hear, only, last, openOffer } = stage(scenario);
  hear(START, verdict());
  hear(START + 1, verdict({ state: "normal" }));
  expect(only("ticket").state).toBe("offered");
  openOffer();
  expect(last().because.map(({ step, outcome, subject }) => [step, outcome, subject])).toContainEqual(["ticket", "kept", only("ticket").id]);
});

test("T12 an alarm that clears after the acceptance says nothing of the ticket", () => {
  const { hear, say, last, openOffer } = stage(scenario);
  hear(START, verdict());
  say(START, accept(openOffer()));
  hear(START + 1, verdict({ state: "normal" }));
  expect(last().because.map(({ outcome }) => outcome)).toEqual(["cleared"]);
});

test("T14 the first acknowledgement stays; an alarm that is not there is refused", () => {
  const { hear, say, only } = stage(scenario);
  hear(START, verdict());
  const { id } = only("alarm");
  say(START + 1, { type: "acknowledge", alarm: id, by: "desk" });
  expect(say(START + 2, { type: "acknowledge", alarm: id, by: "other" })).toMatchObject({ changes: [], because: [] });
  expect(only("alarm")).toMatchObject({ acknowledgedAt: START + 1, acknowledgedBy: "desk" });
  expect(say(START, { type: "acknowledge", alarm: "none" as typeof id, by: "desk" })).toMatchObject({ refused: "unknown-alarm" });
});

test("T1 T13 any order and repetition of an asset's verdicts: at most one ticket for an episode, and counts that never fall", () => {
  const one = fc.record({
    state: fc.constantFrom("suspect", "anomalous", "normal"),
    device: fc.constantFrom("d1", "d2", "d3"),
    fresh: fc.boolean(),
    absorbed: fc.nat(9),
    flow: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 30 }), (verdicts) => {
      const { hear, all } = stage(scenario, []);
      const before = new Map<string, { repeats: number; absorbed: number }>();
      verdicts.forEach(({ flow, ...more }, i) => {
        hear(START + i, verdict({ ...more, episode: `${more.device}:1`, evidence: [{ channel: flow ? "flow" : "vibration.b.rms", share: 1 }] }));
        for (const alarm of all("alarm")) {
          const old = before.get(alarm.id);
          expect(alarm.repeats).toBeGreaterThanOrEqual(old?.repeats ?? 0);
          expect(alarm.absorbed).toBeGreaterThanOrEqual(old?.absorbed ?? 0);
          before.set(alarm.id, alarm);
        }
      });
      const standing = all("alarm").flatMap((alarm) => [alarm.episode, ...(alarm.joined ?? []).map((other) => other.episode)]);
      expect(new Set(standing).size).toBe(standing.length);
      // Two faults at most here: one job each, which the alarms of further episodes join.
      expect(all("ticket")).toHaveLength(new Set(all("alarm").flatMap((alarm) => (alarm.ticket === undefined ? [] : [alarm.faultMode]))).size);
    }),
  );
});
