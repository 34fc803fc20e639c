import fc from "fast-check";
import { expect, test } from "vitest";
import { Baseline } from "../../contracts/device.ts";
import { baselineOf, commissioningRows, COMMISSIONING_VALUES_MAX, learnFloor, learnNormal, quantile } from "./commission.ts";

test("V18 location and scale are those of the rows, gaps left out", () => {
  const rows = Float32Array.of(1, 10, 3, Number.NaN, 5, 30);
  expect(learnNormal(rows, 3, 2)).toEqual({ mean: [3, 20], scale: [Math.sqrt(8 / 3), 10] });
});

test("V18 a channel that hardly moved has a fiftieth of its location as scale; one without values, 1", () => {
  expect(learnNormal(Float32Array.of(50, Number.NaN, 0, 50, Number.NaN, 0), 2, 3)).toEqual({ mean: [50, 0, 0], scale: [1, 1, 1e-6] });
});

test("V18 the floor is the level that 95 of 100 normal rows stay below, and never 0", () => {
  const levels = Float32Array.from({ length: 202 }, (_, i) => (i % 2 === 0 ? i / 2 : 0));
  expect(learnFloor(levels, 101, 2)).toEqual([95, 0.25]);
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
