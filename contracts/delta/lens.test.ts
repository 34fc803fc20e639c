import fc from "fast-check";
import { expect, test } from "vitest";
import { type Lens, valueThrough } from "./lens.ts";

const there = (lens: Lens, value: number): number => valueThrough(lens, "heat", value, "up") as number;
const back = (lens: Lens, value: number): number => valueThrough(lens, "heat", value, "down") as number;
const scale = (factor: number, offset: number): Lens => [{ step: "scale", attr: "heat", factor, offset }];

test("D11 a measured value goes through a scale and back as it was, and reads as it is written", () => {
  expect([there(scale(1, 273.15), -20), there(scale(1.8, 32), 21.3), there(scale(0.001, 0), 7)]).toEqual([253.15, 70.34, 0.007]);
  const measured = fc.tuple(fc.integer({ min: -10_000_000, max: 10_000_000 }), fc.constantFrom(1, 10, 1_000, 10_000)).map(([n, per]) => n / per);
  fc.assert(
    fc.property(measured, fc.constantFrom([1, 273.15], [1.8, 32], [1_000, 0], [0.3048, 0], [-2, 1], [6.894757, 0.5]), (value, [factor, offset]) => {
      const lens = scale(factor ?? 1, offset ?? 0);
      expect(back(lens, there(lens, value)) === value).toBe(true);
    }),
  );
  for (const value of [0, 1e-300, 1e300, 5e-324]) expect(Number.isFinite(there(scale(1, 0), value))).toBe(true);
  expect(there(scale(1, 0), 1e300)).toBe(1e300);
});
