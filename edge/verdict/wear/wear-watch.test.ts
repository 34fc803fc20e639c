import { expect, test } from "vitest";
import { numbersOf } from "../fixtures/ask.ts";
import { pack, unpack } from "../pack.ts";
import { BIN_MS } from "./course.ts";
import type { Warning } from "./due.ts";
import { loadWear, NO_WEAR, type SavedWear, saveWear, watchWear, type WearWatch } from "./wear-watch.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** A bearing that grows by one threshold in eighty days, a score every hour, a wild one now and then. */
const scoreAt = (hour: number, next: () => number): number => (next() < 0.01 ? 0.9 : 0.49 * Math.min(1, hour / 24 / 80 + 0.04 * next()));

function live(from: WearWatch, hours: readonly [number, number], next: () => number): { readonly wear: WearWatch; readonly told: readonly Warning[] } {
  let wear = from;
  const told: Warning[] = [];
  for (let hour = hours[0]; hour < hours[1]; hour++) {
    const step = watchWear(wear, hour * HOUR_MS, scoreAt(hour, next));
    wear = step.wear;
    if (step.warning !== null) told.push(step.warning);
  }
  return { wear, told };
}

test("VM13 scores of a wear model become two warnings, each with an interval that holds the day", () => {
  const { told, wear } = live(NO_WEAR, [0, 78 * 24], numbersOf(2));
  expect(told.map(({ days }) => days)).toEqual([30, 14]);
  for (const { earliestAt, latestAt, reachAt } of told) {
    expect(earliestAt).toBeLessThan(78.4 * DAY_MS);
    expect(latestAt).toBeGreaterThan(78.4 * DAY_MS);
    expect(Math.abs(reachAt / DAY_MS - 78.4)).toBeLessThan(6);
  }
  expect(wear.forecast.state).toBe("wearing");
});

test("VM13 what is saved and read back goes on as if nothing had happened", () => {
  const half = live(NO_WEAR, [0, 40 * 24], numbersOf(2));
  const back = loadWear(unpack(pack(saveWear(half.wear))) as SavedWear);
  expect(back.course).toEqual(half.wear.course);
  expect(live(back, [40 * 24, 78 * 24], numbersOf(3))).toEqual(live(half.wear, [40 * 24, 78 * 24], numbersOf(3)));
});

test("VM13 within a quarter of a day nothing is forecast anew, and a late sample changes nothing", () => {
  const { wear } = live(NO_WEAR, [0, 20 * 24], numbersOf(2));
  const at = 20 * DAY_MS;
  const next = watchWear(wear, at, 0.1).wear;
  expect(watchWear(next, at + 1, 0.1).wear.forecast).toBe(next.forecast);
  expect(watchWear(next, at - BIN_MS, 0.1).wear).toBe(next);
});
