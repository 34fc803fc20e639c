import { expect, test } from "vitest";
import { engineer } from "../sim/cast.ts";
import { dutyOf } from "./duty.ts";

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
