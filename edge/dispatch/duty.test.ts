import { expect, test } from "vitest";
import type { TicketId } from "../../contracts/ids.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { accept, engineer, PLACE, REPORT, scenarioOf, stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { dutiesOf, dutyOf, hardEndAt, nextDutyAt } from "./duty.ts";

const HOUR = 3_600_000;
/** Monday 2026-03-02 00:00 in UTC. */
const MONDAY = Date.UTC(2026, 2, 2);
const weekly = [{ days: [1, 2, 3, 4, 5], from: 480, to: 960 }];
const at = (hour: number): number => MONDAY + hour * HOUR;

test("RO14 a shift of its own date is worked like a weekly one, and lengthens what it touches", () => {
  const night = { from: at(20), until: at(24), kind: "duty" };
  const [plain, more] = [
    engineer("a", 1, { shifts: weekly }),
    engineer("b", 1, { shifts: weekly, extraShifts: [night, { ...night, from: at(16), until: at(18) }] }),
  ];
  expect(dutyOf(plain, at(21), "UTC")).toEqual({ state: "off", backAt: at(32) });
  expect(dutyOf(more, at(21), "UTC")).toEqual({ state: "on", endAt: at(24) });
  expect(dutyOf(more, at(10), "UTC")).toEqual({ state: "on", endAt: at(18) });
  expect(dutyOf(more, at(19), "UTC")).toEqual({ state: "off", backAt: at(20) });
  expect(dutyOf({ ...more, shifts: [] }, at(19), "UTC")).toEqual({ state: "off", backAt: at(20) });
  expect(dutyOf({ ...more, shifts: [], absences: [{ from: at(19), until: at(22) }] }, at(19), "UTC")).toEqual({ state: "absent", backAt: at(22) });
});

test("P25 on call is not at work: they are there for what can't wait, until the end of it or of the shift that follows", () => {
  const call = { from: at(18), until: at(32), kind: "on-call" };
  const one = engineer("a", 1, { shifts: weekly, extraShifts: [call] });
  expect(dutyOf(one, at(10), "UTC")).toEqual({ state: "on", endAt: at(16) });
  expect(dutyOf(one, at(17), "UTC")).toEqual({ state: "off", backAt: at(32), callAt: at(18) });
  expect(dutyOf(one, at(20), "UTC")).toEqual({ state: "on", onCall: true, endAt: at(40), backAt: at(32) });
  expect(dutiesOf(one, at(9), at(34), "UTC")).toEqual([
    { from: at(9), until: at(16) },
    { from: at(18), until: at(32), onCall: true },
    { from: at(32), until: at(40) },
  ]);
  expect(dutyOf({ ...one, absences: [{ from: at(22), until: at(30) }] }, at(20), "UTC")).toMatchObject({ onCall: true, endAt: at(22) });
});

test("P17 after an absence they are there again as their shifts say, at work or on call", () => {
  const away = { from: at(15), until: at(26) };
  const [plain, called] = [
    engineer("a", 1, { shifts: weekly, absences: [away] }),
    engineer("b", 1, { shifts: weekly, absences: [away], extraShifts: [{ from: at(18), until: at(30), kind: "on-call" }] }),
  ];
  expect(dutyOf(plain, at(10), "UTC")).toEqual({ state: "on", endAt: at(15), away: { at: at(15), backAt: at(32) } });
  expect(dutyOf(called, at(10), "UTC")).toMatchObject({ endAt: at(15), away: { at: at(15), backAt: at(26) } });
  expect(dutyOf(called, at(20), "UTC")).toEqual({ state: "absent", backAt: at(32), callAt: at(26) });
  expect(hardEndAt(dutyOf(plain, at(10), "UTC"), HOUR)).toBe(at(15));
  expect(hardEndAt(dutyOf(engineer("c", 1, { shifts: weekly }), at(10), "UTC"), HOUR)).toBe(at(17));
  expect(nextDutyAt(engineer("d", 1, { shifts: weekly, absences: [{ from: at(30), until: at(33) }] }), at(10), "UTC")).toBe(at(33));
});

test("P25 whoever is on call is asked for what is most urgent or promised by then, and not for what can wait; at home they are not located", () => {
  // Somebody comes to work at 11:00: what can wait for that is not for whoever is on call since 07:00.
  const home = (more = {}) =>
    stage(scenarioOf(pumpVibration, { connectors: {} }), [
      engineer("a", 1, { shifts: [], extraShifts: [{ from: START - HOUR, until: START + 10 * HOUR, kind: "on-call" }], ...more }),
      engineer("b", 2, { shifts: [{ days: [1, 2, 3, 4, 5, 6, 7], from: 11 * 60, to: 19 * 60 }] }),
    ]);
  const open = (set: ReturnType<typeof home>, id: string, priority: "p1" | "p2" | "p3") =>
    set.say(START, { type: "open", ticket: id as TicketId, by: "desk", asset: "pump" as never, words: "x", faultMode: "loosening" as never, priority });
  const set = home();
  open(set, "waits", "p3");
  expect(set.all("offer")).toEqual([]);
  expect(set.last().because.at(-1)?.snapshot["notChosen"]).toMatchObject([
    { engineer: "a", code: "off-shift" },
    { engineer: "b", code: "off-shift" },
  ]);
  const here = { type: "position", by: "a" as never, place: PLACE, at: START } as const;
  expect(set.say(START, here)).toMatchObject({ refused: "not-permitted" });
  open(set, "urgent", "p1");
  const offer = set.openOffer();
  expect(offer).toMatchObject({ ticket: "urgent", engineer: "a" });
  set.say(START + 1, accept(offer));
  expect(isRefusal(set.say(START + 2, { ...here, at: START + 2 }))).toBe(false);
  expect(set.all("position")).toHaveLength(1);
  const progress = (to: "working" | "resolved") => set.say(START + HOUR, { type: "progress", ticket: offer.ticket, by: offer.engineer, to, ...REPORT });
  progress("working");
  progress("resolved");
  expect(set.all("position")).toEqual([]);
  const promised = home();
  open(promised, "today", "p2");
  expect(promised.openOffer()).toMatchObject({ engineer: "a" });
  const short = home({ extraShifts: [{ from: START - HOUR, until: START + 2 * HOUR, kind: "on-call" }] });
  open(short, "later", "p2");
  expect(short.all("offer")).toEqual([]);
});
