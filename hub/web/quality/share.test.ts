import { expect, test } from "vitest";
import { percentOf, saidOf } from "./share.ts";

test("HP20 a share is never rounded to all or to nothing while it is not", () => {
  expect([0, 0.0004, 0.056, 0.4567, 0.994, 0.9996, 1].map(percentOf)).toEqual(["0 %", "< 0.1 %", "5.6 %", "46 %", "99.4 %", "> 99.9 %", "100 %"]);
});

test("HP20 a finding's figures are told as they stand or as shares; what is missing is empty", () => {
  const { v, s } = saidOf({ value: "parked", share: 0.25, declared: "Cel" });
  expect([v("value"), s("share"), s("declared"), v("none"), s("none")]).toEqual(["parked", "25 %", "Cel", "", ""]);
});
