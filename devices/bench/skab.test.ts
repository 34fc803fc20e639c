import { expect, test } from "vitest";
import { countsOf, falseRuns, intervalsOf, type Labels, worthOf } from "./skab.ts";

const ROWS = 400;
const labels: Labels = {
  at: Array.from({ length: ROWS }, (_, i) => i),
  anomaly: Array.from({ length: ROWS }, (_, i) => i >= 100 && i < 300),
  changes: [100, 300],
};
const from = (a: number, b: number): boolean[] => Array.from({ length: ROWS }, (_, i) => i >= a && i < b);

test("R8 an alarm that is the label itself is worth everything; none, and one that never ends, are worth what the benchmark says", () => {
  expect(worthOf([countsOf(labels, from(100, 300))])).toMatchObject({ f1: 1, falseShare: 0, missedShare: 0, nab: 100, foundShare: 1, medianDelay: 0 });
  expect(worthOf([countsOf(labels, from(0, 0))])).toMatchObject({ f1: 0, falseShare: 0, missedShare: 1, nab: 0, foundShare: 0 });
  const always = worthOf([countsOf(labels, from(0, ROWS))]);
  expect([always.f1, always.falseShare, always.missedShare]).toEqual([2 / 3, 1, 0]);
  // Its one edge lies before the first window.
  expect(always.nab).toBeCloseTo(100 * ((-0.11 - 2 + 2) / 4), 6);
});

test("R8 a later alarm is worth less, to the end of its window; after it, nothing and a false one", () => {
  const nab = (start: number): number => countsOf(labels, from(start, 300)).nab;
  expect(nab(100)).toBeCloseTo(2, 3);
  expect(nab(110)).toBeGreaterThan(nab(150));
  expect(nab(160)).toBeCloseTo(1 - 0.11, 2);
  expect(nab(161)).toBeCloseTo(1 - 1 - 0.11, 6);
});

test("R8 intervals hold the figure and are wider for series that differ", () => {
  const same = Array.from({ length: 10 }, () => countsOf(labels, from(110, 300)));
  const differ = same.map((one, i) => (i % 2 === 0 ? one : countsOf(labels, from(250, 300))));
  let state = 1;
  const next = (): number => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
  const [low, high] = intervalsOf(same, next).f1;
  expect(high - low).toBe(0);
  const [a, b] = intervalsOf(differ, next).f1;
  expect(a).toBeLessThan(worthOf(differ).f1);
  expect(b).toBeGreaterThan(worthOf(differ).f1);
});

test("R8 false alarms are counted by edges and by the longest", () => {
  expect(falseRuns([false, true, true, false, true])).toEqual({ edges: 2, longest: 2 });
  expect(falseRuns([])).toEqual({ edges: 0, longest: 0 });
});
