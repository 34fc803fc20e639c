import fc from "fast-check";
import { expect, test } from "vitest";
import { Baseline } from "../../contracts/device.ts";
import { numbersOf } from "./fixtures/ask.ts";
import { baselineOf, commissioningRows, COMMISSIONING_VALUES_MAX, learnFloor, learnNormal, quantile } from "./commission.ts";

test("V18 location and scale are those of the rows, gaps left out", () => {
  const rows = Float32Array.of(1, 10, 3, Number.NaN, 5, 30);
  expect(learnNormal(rows, 3, 2)).toEqual({ mean: [3, 20], scale: [Math.sqrt(8 / 3), 10] });
});

test("V18 a channel that hardly moved has a fiftieth of its location as scale; one without values, 1", () => {
  expect(learnNormal(Float32Array.of(50, Number.NaN, 0, 50, Number.NaN, 0), 2, 3)).toEqual({ mean: [50, 0, 0], scale: [1, 1, 1e-6] });
});

test.each([
  ["most of the time on one step", (i: number) => (i % 5 < 4 ? 60 : 60.5), [60.1, 1.2]],
  ["nearly always on one step", (i: number) => (i % 50 < 49 ? 60 : 60.5), [60, 1.2]],
  ["on one step only", () => 60, [60, 1.2]],
  ["on five steps alike", (i: number) => 60 + (i % 5) * 2, [64, 2.8]],
  ["switched on for a third of the time", (i: number) => (i % 3 === 0 ? 1 : 0), [0.33, 0.47]],
])("VE4 a channel in coarse steps, %s: a fault in a fifth of its rows changes next to nothing", (_what, value, [mean = 0, scale = 0]) => {
  for (const faulty of [0, 80]) {
    const rows = Float32Array.from({ length: 400 }, (_, i) => (i >= 400 - faulty ? 125 : value(i)));
    const learnt = learnNormal(rows, 400, 1);
    expect([faulty, Math.abs((learnt.mean[0] ?? 0) - mean) < 0.3 * scale, Math.abs((learnt.scale[0] ?? 0) / scale - 1) < 0.3]).toEqual([faulty, true, true]);
  }
});

test("VE4 no scale is finer than what a channel tells: half its least step, and of one that stood at 0 a thousandth of its range", () => {
  const scaleOf = (value: (i: number) => number) =>
    learnNormal(
      Float32Array.from({ length: 400 }, (_, i) => value(i)),
      400,
      1,
      [{ min: -100, max: 400 }],
    ).scale[0];
  expect(scaleOf(() => 0)).toBe(0.5);
  expect(scaleOf((i) => (i === 7 ? 2 : 0))).toBe(1);
  expect(scaleOf((i) => 0.001 * Math.sin(i))).toBeLessThan(0.001);
});

test("V18 the floor is the level that 95 of 100 normal rows stay below, and never 0", () => {
  const levels = Float32Array.from({ length: 202 }, (_, i) => (i % 2 === 0 ? i / 2 : 0));
  expect(learnFloor(levels, 101, 2)).toEqual([95, 0.25]);
});

test("VP10 a fifth of the rows with a fault, in one stretch or strewn, moves location and scale by little and the floor to four times at most", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: -400, max: 400, noNaN: true }), fc.boolean(), (seed, away, strewn) => {
      const next = numbersOf(seed);
      const well = Float32Array.from({ length: 400 }, () => 60 + 2 * (next() + next() + next() + next() - 2));
      const faulty = well.map((value, i) => ((strewn ? i % 5 === 0 : i >= 200 && i < 280) ? value + away : value));
      const [clean, spoilt] = [learnNormal(well, 400, 1), learnNormal(faulty, 400, 1)];
      expect(Math.abs((spoilt.mean[0] ?? 0) - (clean.mean[0] ?? 0))).toBeLessThan(0.8 * (clean.scale[0] ?? 0));
      expect((spoilt.scale[0] ?? 0) / (clean.scale[0] ?? 1)).toBeLessThan(1.8);
      const level = (rows: Float32Array): Float32Array => rows.map((value) => Math.abs(value - (clean.mean[0] ?? 0)) / (clean.scale[0] ?? 1));
      expect((learnFloor(level(faulty), 400, 1)[0] ?? 0) / (learnFloor(level(well), 400, 1)[0] ?? 1)).toBeLessThan(4);
    }),
    { numRuns: 300 },
  );
});

test("V18 what is held for commissioning is bounded, whatever a scenario asks for", () => {
  expect([commissioningRows(400, 8), commissioningRows(100_000, 8), commissioningRows(100_000, 64)]).toEqual([
    400,
    COMMISSIONING_VALUES_MAX / 8,
    COMMISSIONING_VALUES_MAX / 64,
  ]);
});

test("V18 any rows, gaps and all, give a baseline that fits the contract", () => {
  const value = fc.oneof(fc.float({ noDefaultInfinity: true }), fc.constant(Number.NaN), fc.constant(0));
  fc.assert(
    fc.property(fc.array(value, { minLength: 3, maxLength: 90 }), (values) => {
      const count = Math.floor(values.length / 3);
      const rows = Float32Array.from(values.slice(0, count * 3).map((one) => Math.min(1e9, Math.max(-1e9, one))));
      const normal = learnNormal(rows, count, 3);
      expect(Baseline.safeParse(baselineOf(normal, learnFloor(rows.map(Math.abs), count, 3), count, 0)).success).toBe(true);
    }),
  );
});

test("V18 a quantile lies between its neighbours", () => {
  expect([quantile([], 0.5), quantile([4], 0.95), quantile([1, 3], 0.5), quantile([3, 1, 2], 1)]).toEqual([0, 4, 2, 3]);
});
