import { expect, test } from "vitest";
import { quantile } from "./machine.ts";

test("L20 a quantile is a value that was measured", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile(hundred, 1), quantile([7], 0.99), quantile([], 0.5)]).toEqual([50, 99, 100, 7, Number.NaN]);
});
