/** Alarms that ask for nothing for a while: shelved, suppressed; and those that rise when nobody looks. */
import { expect, test } from "vitest";
import { SHELVED_MS_MAX, SUPPRESSIONS_MAX, Suppression, type Alarm } from "../../contracts/alarm.ts";
import type { Answer } from "../../contracts/effect.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { onAction } from "../journey/fan-out.ts";
import { accept, engineer, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { nextEnd, spanAt } from "./suppression.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const scenario = scenarioOf(pumpVibration);

const window = (more: Partial<Extract<Answer, { type: "suppress" }>> = {}): Answer => ({
  type: "suppress",
  by: "desk",
  from: START,
  to: START + HOUR_MS,
  recurs: "none",
  why: "planned maintenance",
  ...more,
});
const ends = (set: Stage, at: number) => set.due(at, { type: "suppression-ends", suppression: set.only("suppression").id });
const shelve = (alarm: Alarm, until: number): Answer => ({ type: "shelve", alarm: alarm.id, by: "desk", until, why: "sensor is being replaced" });

test("T28 what comes up under a window is counted and opens no job; what still stands at its end is raised then", () => {
  const set = stage(scenario);
  set.say(START, window({ asset: "pump" as Alarm["asset"] }));
  set.hear(START + 5, verdict({ state: "suspect" }), verdict(), verdict());
  expect(set.all("ticket")).toEqual([]);
  expect(set.only("alarm")).toMatchObject({ raisedAt: START + 5, suppressed: { until: START + HOUR_MS, due: true } });
  // A suspicion of what is no alarm yet counts nowhere.
  expect(set.only("suppression")).toMatchObject({ counted: 2, raised: 0 });
  expect(Object.values(set.world.kept.timers).map(({ at, due }) => [at, due.type])).toEqual([[START + HOUR_MS, "suppression-ends"]]);
  expect(ends(set, START + HOUR_MS - 1).changes).toEqual([]);
  ends(set, START + HOUR_MS);
  expect(set.only("alarm")).toMatchObject({ raisedAt: START + HOUR_MS });
  expect(set.only("alarm")).not.toHaveProperty("suppressed");
  expect(set.only("ticket")).toMatchObject({ alarm: set.only("alarm").id, openedAt: START + HOUR_MS, state: "offered" });
  expect(set.only("suppression")).toMatchObject({ counted: 2, raised: 1 });
  expect(ends(set, START + HOUR_MS).changes).toEqual([]);
});

test("T28 what cleared under a window is raised no more; what a backlog said only is raised and opens nothing", () => {
  const set = stage(scenario);
  set.say(START, window());
  set.hear(START + 5, verdict(), verdict({ state: "normal" }), verdict({ episode: "d2:1", device: "d2", asset: "motor", fresh: false }));
  ends(set, START + HOUR_MS);
  const [cleared, stale] = set.all("alarm");
  expect(cleared).toMatchObject({ clearedAt: START + 5 });
  expect(stale).toMatchObject({ raisedAt: START + HOUR_MS });
  expect(set.all("ticket")).toEqual([]);
});

test("T28 a window ends by a person's word; under two of them the one that ends last holds", () => {
  const set = stage(scenario);
  set.say(START, window({ id: "short" as Suppression["id"] }));
  set.say(START, window({ id: "long" as Suppression["id"], to: START + 2 * HOUR_MS, device: "d1" as Alarm["device"] }));
  expect(set.all("suppression")).toHaveLength(1);
  const known = stage(scenario);
  known.world.kept.entities["device"] = { d1: { id: "d1", asset: "pump", profile: "pump", name: "d1", addedAt: 1 } };
  known.say(START, window({ id: "short" as Suppression["id"] }));
  known.say(START, window({ id: "long" as Suppression["id"], to: START + 2 * HOUR_MS, device: "d1" as Alarm["device"] }));
  known.hear(START + 5, verdict());
  expect(known.only("alarm").suppressed).toMatchObject({ by: "long", until: START + 2 * HOUR_MS });
  known.say(START + 9, { type: "unsuppress", suppression: "long" as Suppression["id"], by: "desk" });
  expect(known.only("alarm").suppressed).toMatchObject({ by: "short", due: true });
  expect(known.all("ticket")).toEqual([]);
  known.say(START + 10, { type: "unsuppress", suppression: "short" as Suppression["id"], by: "desk" });
  expect(known.only("ticket")).toMatchObject({ openedAt: START + 10 });
  expect(known.say(START + 11, { type: "unsuppress", suppression: "none" as Suppression["id"], by: "desk" })).toMatchObject({ refused: "unknown-entity" });
});

test("T28 an alarm that has its ticket keeps it under a window", () => {
  const set = stage(scenario);
  set.hear(START, verdict());
  set.say(START + 1, window());
  set.hear(START + 2, verdict());
  expect(set.only("alarm")).not.toHaveProperty("suppressed");
  expect(set.only("ticket").state).toBe("offered");
  expect(set.only("suppression").counted).toBe(1);
});

test("T28 what a window can't be is refused by field; the same id again is the same window; their number is bounded", () => {
  const set = stage(scenario);
  const refusals = [
    [{ to: START }, "to"],
    [{ to: START + 70 * DAY_MS }, "to"],
    [{ recurs: "weekly", to: START + 8 * DAY_MS }, "to"],
    [{ from: START - 2 * HOUR_MS, to: START - HOUR_MS }, "to"],
    [{ asset: "none" }, "asset"],
    [{ device: "none" }, "device"],
  ] as const;
  for (const [more, field] of refusals) expect(set.say(START, window(more as object))).toMatchObject({ field });
  const one = window({ id: "w-1" as Suppression["id"] });
  set.say(START, one);
  expect(set.say(START, one)).toMatchObject({ changes: [] });
  for (let i = 2; i <= SUPPRESSIONS_MAX; i++) set.say(START, window());
  expect(set.say(START, window())).toMatchObject({ refused: "too-many" });
  // Those that are over make room.
  expect(isRefusal(set.say(START + 2 * HOUR_MS, window({ from: START + 2 * HOUR_MS, to: START + 3 * HOUR_MS })))).toBe(false);
  expect(set.all("suppression")).toHaveLength(SUPPRESSIONS_MAX);
});

test("T28 a weekly window keeps to the site's clock when it is put forward and back, and ends with its last one", () => {
  // Monday 2026-03-23 09:00 to 11:00 in Berlin; summer time begins on the 29th and ends on October 25th.
  const from = Date.UTC(2026, 2, 23, 8);
  const weekly = Suppression.parse({
    id: "w",
    from,
    to: from + 2 * HOUR_MS,
    recurs: "weekly",
    last: Date.UTC(2026, 9, 26, 9),
    why: "x",
    by: "desk",
    madeAt: 0,
    counted: 0,
    raised: 0,
  });
  const at = (...of: [number, number, number]) => spanAt(weekly, Date.UTC(2026, ...of), "Europe/Berlin");
  expect([at(2, 23, 8)?.from, at(2, 23, 10)]).toEqual([from, null]);
  expect([at(2, 30, 7)?.to, at(2, 30, 9)]).toEqual([Date.UTC(2026, 2, 30, 9), null]);
  expect([at(9, 26, 7), at(9, 26, 8)?.to]).toEqual([null, Date.UTC(2026, 9, 26, 10)]);
  expect(at(10, 2, 8)).toBe(null);
  expect(nextEnd(weekly, Date.UTC(2026, 2, 25), "Europe/Berlin")).toBe(Date.UTC(2026, 2, 30, 9));
  expect(nextEnd(weekly, Date.UTC(2026, 9, 27), "Europe/Berlin")).toBeUndefined();
  expect(spanAt({ ...weekly, endedAt: 1 }, from, "Europe/Berlin")).toBe(null);
});

test("T28 a weekly window sets its timer again, week by week", () => {
  const set = stage(scenario);
  set.say(START, window({ recurs: "weekly" }));
  ends(set, START + HOUR_MS);
  expect(Object.values(set.world.kept.timers).map(({ at }) => at)).toEqual([START + 7 * DAY_MS + HOUR_MS]);
  set.hear(START + 7 * DAY_MS, verdict());
  expect(set.all("ticket")).toEqual([]);
});

test("T27 a shelved alarm asks for nothing; at the instant given the job that was due meanwhile is opened", () => {
  const set = stage(scenario);
  set.hear(START, verdict({ fresh: false }));
  set.say(START + 1, shelve(set.only("alarm"), START + HOUR_MS));
  expect(set.say(START + 2, shelve(set.only("alarm"), START + HOUR_MS))).toMatchObject({ changes: [] });
  set.hear(START + 3, verdict());
  expect(set.all("ticket")).toEqual([]);
  expect(set.only("alarm")).toMatchObject({ shelved: { by: "desk", why: "sensor is being replaced", due: true }, repeats: 1 });
  const due = { type: "shelf-ends", alarm: set.only("alarm").id } as const;
  expect(set.due(START + 4, due).changes).toEqual([]);
  expect(set.due(START + HOUR_MS, due).changes).not.toEqual([]);
  expect(set.only("alarm")).not.toHaveProperty("shelved");
  expect(set.only("ticket")).toMatchObject({ openedAt: START + HOUR_MS });
  expect(set.due(START + HOUR_MS, due).changes).toEqual([]);
});

test("T27 a person ends it before its time; an alarm that cleared opens nothing; what it can't be is refused", () => {
  const set = stage(scenario);
  set.hear(START, verdict({ fresh: false }));
  const { id } = set.only("alarm");
  for (const until of [START, START + SHELVED_MS_MAX + 1]) expect(set.say(START, shelve(set.only("alarm"), until))).toMatchObject({ field: "until" });
  expect(set.say(START, { ...shelve(set.only("alarm"), START + 9), alarm: "none" as typeof id } as Answer)).toMatchObject({ refused: "unknown-alarm" });
  set.say(START + 1, shelve(set.only("alarm"), START + HOUR_MS));
  set.say(START + 2, { type: "unshelve", alarm: id, by: "desk" });
  expect([set.only("alarm").shelved, set.all("ticket"), Object.keys(set.world.kept.timers)]).toEqual([undefined, [], []]);
  set.say(START + 3, shelve(set.only("alarm"), START + HOUR_MS));
  set.hear(START + 4, verdict(), verdict({ state: "normal" }));
  set.due(START + HOUR_MS, { type: "shelf-ends", alarm: id });
  expect(set.all("ticket")).toEqual([]);
  expect(set.say(START + 5, shelve(set.only("alarm"), START + HOUR_MS))).toMatchObject({ refused: "wrong-state" });
  expect(set.say(START + 5, { type: "unshelve", alarm: "none" as typeof id, by: "desk" })).toMatchObject({ refused: "unknown-alarm" });
});

const levels = scenarioOf(pumpVibration, {
  tickets: {
    escalations: [
      { when: "unacknowledged", afterMs: 5 * 60_000, who: { en: "shift lead", zh: "班长" } },
      { when: "unacknowledged", afterMs: 15 * 60_000, who: { en: "plant manager", zh: "厂长" }, priorities: ["p1"] },
      { when: "unaccepted", afterMs: 10 * 60_000, who: { en: "dispatcher on call", zh: "值班调度" } },
    ],
  },
});
const fire = (set: Stage, type: "alarm-unseen" | "ticket-untaken") => {
  const [key, timer] = Object.entries(set.world.kept.timers).find(([, { due }]) => due.type === type) ?? [];
  if (key === undefined || timer === undefined) return null;
  delete set.world.kept.timers[key];
  set.due(timer.at, timer.due);
  return timer.at;
};

test("T29 an alarm that nobody acknowledges rises level by level, and no further than there are levels", () => {
  const set = stage(levels, []);
  set.hear(START, verdict());
  expect(fire(set, "alarm-unseen")).toBe(START + 5 * 60_000);
  expect(set.only("alarm").escalation).toEqual({ level: 1, at: START + 5 * 60_000 });
  expect(fire(set, "alarm-unseen")).toBe(START + 15 * 60_000);
  expect(set.only("alarm").escalation?.level).toBe(2);
  expect(fire(set, "alarm-unseen")).toBe(null);
  expect(set.world.kept.decisions.filter(({ step, outcome }) => step === "escalation" && outcome === "escalated").map(({ subject }) => subject)).toContain(
    set.only("alarm").id,
  );
});

test("T29 acknowledged, cleared or shelved it does not rise; a ticket rises until somebody accepts", () => {
  const set = stage(levels);
  set.hear(START, verdict());
  set.say(START + 1, { type: "acknowledge", alarm: set.only("alarm").id, by: "desk" });
  expect(fire(set, "alarm-unseen")).toBe(null);
  const early = { type: "ticket-untaken", ticket: set.only("ticket").id } as const;
  set.due(START + 2, early);
  expect(set.only("ticket")).not.toHaveProperty("escalation");
  expect(fire(set, "ticket-untaken")).toBe(START + 10 * 60_000);
  expect(set.only("ticket")).toMatchObject({ state: "offered", escalation: { level: 1, at: START + 10 * 60_000 } });
  const taken = stage(levels);
  taken.hear(START, verdict());
  taken.say(START + 1, accept(taken.openOffer()));
  fire(taken, "ticket-untaken");
  expect(taken.only("ticket")).not.toHaveProperty("escalation");
  taken.say(START + 2, shelve(taken.only("alarm"), START + HOUR_MS));
  expect(fire(taken, "alarm-unseen")).toBe(START + 5 * 60_000);
  expect(taken.only("alarm")).not.toHaveProperty("escalation");
  expect(fire(taken, "alarm-unseen")).toBe(START + HOUR_MS + 5 * 60_000);
});

test("T29 a job that was accepted and given back waits anew, and rises again, whoever takes it from whom", () => {
  const set = stage(
    levels,
    ["a", "b", "c"].map((id, i) => engineer(id, i + 1)),
  );
  set.hear(START, verdict());
  const { ticket } = set.openOffer();
  set.say(START + 1, accept(set.openOffer()));
  expect(fire(set, "ticket-untaken")).toBe(START + 10 * 60_000);
  expect(set.world.kept.timers).not.toHaveProperty(`untaken:${ticket}`);
  const back = START + 40 * 60_000;
  set.say(back, { type: "return", ticket, by: "desk", why: "ill" });
  expect(set.only("ticket").state).toBe("offered");
  expect(fire(set, "ticket-untaken")).toBe(back + 10 * 60_000);
  expect(set.only("ticket").escalation).toEqual({ level: 1, at: back + 10 * 60_000 });
  // Its next waiting begins with the first level, too.
  set.expire(back + 11 * 60_000);
  set.say(back + 11 * 60_000, accept(set.openOffer()));
  set.say(back + 12 * 60_000, { type: "return", ticket, by: "desk", why: "a larger job" });
  expect(set.only("ticket")).not.toHaveProperty("escalation");
  expect(fire(set, "ticket-untaken")).toBe(back + 22 * 60_000);
});

test("T29 whom the level and the scenario's rules name is told, once for each level of each waiting; a name that is not bound is told in the record", () => {
  const who = { en: "lead", zh: "班长" };
  const escalations = [
    { when: "unacknowledged", afterMs: 60_000, who, to: "lead" },
    { when: "unaccepted", afterMs: 120_000, who, to: "lead" },
    { when: "unaccepted", afterMs: 180_000, who },
  ];
  const rules = [{ action: "escalation-notice", to: "manager", severityMin: "high", autonomy: "act" }];
  const told = (teams: object, autonomy: object = {}) => {
    const more = { tickets: { escalations }, fanOut: { rules }, connectors: { teams }, autonomy: { ...pumpVibration.autonomy, ...autonomy } };
    const set = stage(scenarioOf(pumpVibration, more), []);
    set.hear(START, verdict());
    const notices = () => set.all("action").flatMap(({ action }) => (action.action === "escalation-notice" ? [action] : []));
    return { set, notices };
  };
  const inbox = { url: "http://127.0.0.1:1/" };
  const { set, notices } = told({ lead: inbox, manager: inbox });
  const { id } = set.only("ticket");
  for (const type of ["alarm-unseen", "ticket-untaken", "ticket-untaken"] as const) fire(set, type);
  expect(notices().map(({ to, about, state }) => [to, about["when"], about["level"], state])).toEqual([
    ["lead", "unacknowledged", 1, "due"],
    ["manager", "unacknowledged", 1, "due"],
    ["lead", "unaccepted", 1, "due"],
    ["manager", "unaccepted", 1, "due"],
    ["manager", "unaccepted", 2, "due"],
  ]);
  expect(notices()[2]?.about).toMatchObject({ ticket: id, alarm: set.only("alarm").id, since: START, priority: set.only("ticket").priority });
  // The same timer once more, as after a crash that lost the level and kept the notice.
  const { escalation: _lost, ...before } = set.only("ticket");
  set.world.kept.entities["ticket"] = { [id]: before };
  set.due(START + 200_000, { type: "ticket-untaken", ticket: id });
  expect(notices()).toHaveLength(5);
  const unbound = told({});
  fire(unbound.set, "ticket-untaken");
  expect(unbound.notices()).toEqual([]);
  expect(unbound.set.last().because.find(({ step }) => step === "fan-out")).toMatchObject({
    outcome: "nobody-bound",
    snapshot: { unbound: ["lead", "manager"] },
  });
  // A job that waits for a person is proposed: the notice of its alarm stands with it.
  const proposed = told({ lead: inbox }, { ticket: "confirm" });
  fire(proposed.set, "alarm-unseen");
  expect(proposed.notices()).toMatchObject([{ to: "lead", about: { ticket: proposed.set.only("alarm").proposed } }]);
  // One that has no job and none that is proposed: the notice stands with the alarm, and what comes of it too.
  const alone = told({ lead: inbox }, { ticket: "confirm" });
  const { proposed: _proposed, ...bare } = alone.set.only("alarm");
  alone.set.world.kept.entities["alarm"] = { [bare.id]: bare };
  fire(alone.set, "alarm-unseen");
  const [notice] = alone.notices();
  expect([notice?.to, notice?.about["alarm"], notice?.about["level"], notice !== undefined && "ticket" in notice.about]).toEqual(["lead", bare.id, 1, false]);
  expect(alone.set.all("action")).toMatchObject([{ alarm: bare.id, asset: bare.asset }]);
  expect(alone.set.last().because.find(({ step }) => step === "fan-out")).toMatchObject({ subject: bare.id, outcome: "fanned-out" });
  const { escalation: _level, ...unsaid } = alone.set.only("alarm");
  alone.set.world.kept.entities["alarm"] = { [bare.id]: unsaid };
  alone.set.due(START + 61_000, { type: "alarm-unseen", alarm: bare.id });
  expect(alone.notices()).toHaveLength(1);
  const done = onAction(alone.set.world.view, notice?.key ?? "", { type: "done" }, "", START + 62_000);
  expect(done).toMatchObject({ changes: [{ after: { alarm: bare.id, asset: bare.asset, state: "done" } }], because: [{ subject: bare.id, outcome: "done" }] });
});
