import { expect, test } from "vitest";
import { numbersOf } from "../fixtures/ask.ts";
import { ALARMS_MIN, CHANCE_MIN, chanceOf, compareGroups, type Group } from "./rates.ts";

const group = (given: Partial<Group>): Group => ({ devices: 10, assetDays: 100, alarms: 0, failures: 0, rows: 100_000, ...given });
const worse = (canary: Partial<Group>, others: Partial<Group>): readonly string[] =>
  compareGroups(group(canary), group(others), 10).worse.map(({ code }) => code);

test("VL7 the chance is the binomial tail, worked by hand", () => {
  // 4 alarms, all of them with the canary, which has half of the time: 1 in 16.
  expect(chanceOf({ alarms: 4, assetDays: 10 }, { alarms: 0, assetDays: 10 })).toBeCloseTo(1 / 16, 12);
  // 2 of 3 with a quarter of the time: 3·(1/16)·(3/4) + 1/64.
  expect(chanceOf({ alarms: 2, assetDays: 10 }, { alarms: 1, assetDays: 30 })).toBeCloseTo(10 / 64, 12);
  expect(chanceOf({ alarms: 0, assetDays: 10 }, { alarms: 9, assetDays: 10 })).toBe(1);
});

test("VL7 more alarms than chance explains, rows without answers, and slowness send a canary back, each by its bound", () => {
  expect(worse({ alarms: 12 }, { alarms: 2 })).toEqual(["alarms-more-often"]);
  expect(worse({ alarms: 5 }, { alarms: 4 })).toEqual([]);
  expect(worse({ alarms: ALARMS_MIN - 1, assetDays: 1 }, { alarms: 0, assetDays: 500 })).toEqual([]);
  expect(worse({ failures: 200 }, {})).toEqual(["fails-too-often"]);
  expect(worse({ rowUs: 900 }, { rowUs: 20 })).toEqual(["takes-too-long"]);
  expect(worse({ rowUs: 100 }, { rowUs: 2 })).toEqual([]);
});

test("VL7 a canary that was not worse becomes live when it had time enough, not before", () => {
  expect(compareGroups(group({ assetDays: 3 }), group({}), 10).state.refusal?.reasons).toMatchObject([{ code: "canary-too-short" }]);
  expect(compareGroups(group({ alarms: 1 }), group({ alarms: 2 }), 10).state.refusal).toBe(undefined);
});

test("VL7 two groups that are alike are told apart by mistake in about one of a hundred tries, looked at once", () => {
  const next = numbersOf(7);
  let mistaken = 0;
  for (let i = 0; i < 2_000; i++) {
    const alarms = [0, 0];
    // 30 alarms over 50 and 250 asset-days.
    for (let k = 0; k < 30; k++) alarms[next() < 1 / 6 ? 0 : 1]! += 1;
    if (worse({ alarms: alarms[0] ?? 0, assetDays: 50 }, { alarms: alarms[1] ?? 0, assetDays: 250 }).length > 0) mistaken++;
  }
  expect(mistaken / 2_000).toBeLessThan(CHANCE_MIN);
});
