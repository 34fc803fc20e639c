/** When an alarm becomes a job: how long it must stand, what goes at once, what must be borne out, and what comes and goes too often. */
import { expect, test } from "vitest";
import type { Persist } from "../../contracts/ticket-policy.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";

const MINUTE_MS = 60_000;
const staged = (persist: Persist): Stage => stage(scenarioOf(pumpVibration, { tickets: { persist } }));
/** Five seconds after its first sign. */
const at = (ms: number, more: Parameters<typeof verdict>[0] = {}) =>
  verdict({ at: START + ms, arrivedAt: START + ms, since: START - 5_000, episode: "d1:1", rule: "limit", severity: "medium", ...more });
const persists = (set: Stage, ms: number) => set.due(START + ms, { type: "alarm-persists", alarm: set.only("alarm").id });
const timers = (set: Stage) => Object.values(set.world.kept.timers).filter(({ due }) => due.type === "alarm-persists");

test("VF1 an alarm is a job when it has stood for long enough from its first sign", () => {
  const set = staged({ ms: MINUTE_MS });
  set.hear(START, at(0));
  expect(set.all("ticket")).toEqual([]);
  expect(set.only("alarm")).toMatchObject({ raisedAt: START, opensAt: START + 55_000 });
  expect(timers(set).map((timer) => timer.at)).toEqual([START + 55_000]);
  expect(persists(set, 54_999).changes).toEqual([]);
  persists(set, 55_000);
  expect(set.only("ticket")).toMatchObject({ alarm: set.only("alarm").id, openedAt: START + 55_000, state: "offered" });
  expect(set.only("alarm")).not.toHaveProperty("opensAt");
  expect(persists(set, 55_001).changes).toEqual([]);
});

test("VF1 a verdict that comes when the time is over opens the job itself, and the timer is gone", () => {
  const set = staged({ ms: MINUTE_MS });
  set.hear(START, at(0));
  set.hear(START + MINUTE_MS, at(MINUTE_MS));
  expect(set.only("ticket").openedAt).toBe(START + MINUTE_MS);
  expect(timers(set)).toEqual([]);
});

test("VF2 an alarm that clears before is no job: it stays, is counted, and asks for nothing", () => {
  const set = staged({ ms: MINUTE_MS });
  set.hear(START, at(0));
  set.hear(START + 10_000, at(10_000, { state: "normal" }));
  expect(set.only("alarm")).toMatchObject({ clearedAt: START + 10_000, passed: 1 });
  expect(set.only("alarm")).not.toHaveProperty("opensAt");
  expect(timers(set)).toEqual([]);
  expect(persists(set, 55_000).changes).toEqual([]);
  set.hear(START + 20_000, at(20_000));
  set.hear(START + 21_000, at(21_000, { state: "normal" }));
  expect(set.only("alarm")).toMatchObject({ passed: 2 });
  expect(set.all("ticket")).toEqual([]);
});

test.each([
  ["a fault code", { rule: "code" }],
  ["zone D", { rule: "zone", severity: "high" }],
  ["a trip", { rule: "limit", severity: "critical" }],
])("VF3 %s is a job at once", (_, more) => {
  const set = staged({ ms: MINUTE_MS, bornOut: true });
  set.hear(START, at(0, more));
  expect(set.only("ticket").openedAt).toBe(START);
  expect(timers(set)).toEqual([]);
});

test("VF3 what gets severe while it must persist is a job then", () => {
  const set = staged({ ms: MINUTE_MS });
  set.hear(START, at(0));
  set.hear(START + 5_000, at(5_000, { severity: "high" }));
  expect(set.only("ticket").openedAt).toBe(START + 5_000);
  expect(timers(set)).toEqual([]);
});

test("VF4 a model's word alone is shown where it must be borne out, and rises to nobody; what bears it out makes it a job", () => {
  const escalations = [{ when: "unacknowledged", afterMs: 1_000, who: { en: "Lead", zh: "班长" } }];
  const set = stage(scenarioOf(pumpVibration, { tickets: { persist: { ms: MINUTE_MS, bornOut: true }, escalations } }));
  set.hear(START, at(0, { rule: "model" }));
  set.hear(START + 10 * MINUTE_MS, at(10 * MINUTE_MS, { rule: "model", severity: "low" }));
  expect(set.all("ticket")).toEqual([]);
  expect(set.world.kept.timers).toEqual({});
  expect(set.last().because.at(-1)).toMatchObject({ outcome: "waits", reasons: [{ code: "model-alone" }] });
  set.hear(START + 11 * MINUTE_MS, at(11 * MINUTE_MS, { rule: "limit" }));
  expect(set.only("ticket").openedAt).toBe(START + 11 * MINUTE_MS);
  expect(set.only("alarm")).toMatchObject({ rule: "limit", raisedAt: START });
});

test("VF5 an alarm that comes and goes too often is a job", () => {
  const set = staged({ ms: MINUTE_MS, chatter: { times: 3, withinMs: 60 * MINUTE_MS } });
  const flash = (i: number) => {
    const more = { episode: `d1:${i}`, since: START + i * 10 * MINUTE_MS };
    const ms = i * 10 * MINUTE_MS;
    set.hear(START + ms, at(ms, more));
    set.hear(START + ms + 1_000, at(ms + 1_000, { ...more, state: "normal" }));
  };
  flash(0);
  flash(1);
  expect(set.all("ticket")).toEqual([]);
  flash(2);
  expect(set.only("ticket").openedAt).toBe(START + 20 * MINUTE_MS);
  const seldom = staged({ ms: MINUTE_MS, chatter: { times: 3, withinMs: 60 * MINUTE_MS } });
  for (const hour of [0, 2, 4, 6]) {
    const more = { episode: `d1:${hour}`, since: START + hour * 60 * MINUTE_MS };
    const ms = hour * 60 * MINUTE_MS;
    seldom.hear(START + ms, at(ms, more));
    seldom.hear(START + ms + 1_000, at(ms + 1_000, { ...more, state: "normal" }));
  }
  expect(seldom.all("ticket")).toEqual([]);
});

test("VF6 under a window or on the shelf its time goes on, and the job that is due then waits for the end of that", () => {
  const set = staged({ ms: MINUTE_MS });
  set.hear(START, at(0));
  set.say(START + 1, { type: "shelve", alarm: set.only("alarm").id, by: "desk", until: START + 10 * MINUTE_MS, why: "is being looked at" });
  persists(set, MINUTE_MS);
  expect(set.all("ticket")).toEqual([]);
  expect(set.only("alarm").shelved).toMatchObject({ due: true });
  set.due(START + 10 * MINUTE_MS, { type: "shelf-ends", alarm: set.only("alarm").id });
  expect(set.only("ticket").openedAt).toBe(START + 10 * MINUTE_MS);
});

test("VF1 without a policy an alarm is a job at once, as it was", () => {
  const set = stage(scenarioOf(pumpVibration));
  set.hear(START, at(0, { rule: "model" }));
  expect(set.only("ticket").openedAt).toBe(START);
});
