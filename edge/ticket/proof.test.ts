/** Whether a repair helped: its tail is counted, what is back has the ticket go on, what was called off stays so. */
import { expect, test } from "vitest";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { NOTHING } from "../../contracts/effect.ts";
import type { TicketId } from "../../contracts/ids.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { REPORT, accept, confirm, scenarioOf, stage, type Stage, verdict } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { isOver } from "./proof.ts";

const scenario = scenarioOf(pumpVibration);

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

test("T38 a job that was done four times and whose fault is back each time goes on when a person says so, and each time after that", () => {
  const set = stage(scenario);
  set.hear(START, verdict());
  const first = mend(set, START + 5);
  const lookAgain = () => {
    const [look] = looks(set);
    if (look === undefined) throw new Error("the alarm is looked at again");
    set.due(look.at, look.due);
    return look.at;
  };
  for (const times of [1, 2, 3]) {
    const at = lookAgain();
    expect(set.only("ticket")).toMatchObject({ state: "offered", reopened: { times } });
    mend(set, at + 1);
  }
  for (const times of [4, 5]) {
    const at = lookAgain();
    expect(set.only("ticket")).toMatchObject({ state: "resolved", reopened: { times: times - 1 } });
    expect(set.only("alarm")).toMatchObject({ proposed: first });
    expect(set.last().because.at(-1)).toMatchObject({
      outcome: "held",
      subject: first,
      reasons: [{ code: "mended-in-vain", about: { count: times } }, {}, {}],
    });
    expect(set.due(at + MINUTE_MS, { type: "repair-proved", alarm: set.only("alarm").id })).toEqual(NOTHING);
    set.say(at + MINUTE_MS, confirm(first));
    expect(set.only("ticket")).toMatchObject({ state: "offered", reopened: { times } });
    mend(set, at + 2 * MINUTE_MS);
  }
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

test("T15 T27 T28 an alarm that is put aside when its repair is to be proved asks for the job at the end of that, once", () => {
  const quiet = {
    shelf: (set: Stage, until: number) => set.say(START + 6, { type: "shelve", alarm: set.only("alarm").id, by: "desk", until, why: "settling" }),
    window: (set: Stage, until: number) => {
      set.say(START + 6, { type: "suppress", by: "desk", from: START, to: until, recurs: "none", why: "works" });
      set.world.kept.entities["alarm"] = { a: { ...set.only("alarm"), id: "a", suppressed: { by: set.only("suppression").id, until } } };
    },
  } as const;
  const run = (put: keyof typeof quiet, more: (set: Stage, at: number) => void = () => {}) => {
    const set = stage(scenario);
    set.hear(START, verdict());
    const first = mend(set, START + 5);
    const end = settledAt(START + 5) + 60 * MINUTE_MS;
    quiet[put](set, end);
    set.due(settledAt(START + 5), { type: "repair-proved", alarm: set.only("alarm").id });
    expect(notOver(set)).toEqual([]);
    more(set, end - 5);
    const due = () =>
      set.due(
        end,
        put === "shelf" ? { type: "shelf-ends", alarm: set.only("alarm").id } : { type: "suppression-ends", suppression: set.only("suppression").id },
      );
    due();
    const jobs = notOver(set);
    due();
    expect(notOver(set)).toHaveLength(jobs.length);
    return { first, jobs };
  };
  for (const put of ["shelf", "window"] as const) {
    const { first, jobs } = run(put);
    expect(jobs).toMatchObject([{ id: first, state: "offered", reopened: { times: 1 } }]);
    // What cleared meanwhile asks for nothing; what somebody was sent for meanwhile asks for nobody else.
    expect(run(put, (set, at) => set.hear(at, heardAt(at, { state: "normal" }))).jobs).toEqual([]);
    expect(run(put, (set, at) => set.say(at, { type: "reopen", ticket: set.only("ticket").id, by: "desk", why: "it howls" })).jobs).toHaveLength(1);
  }
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
