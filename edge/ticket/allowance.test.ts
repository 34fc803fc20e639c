import { expect, test } from "vitest";
import { type Allowance, CUSTOMER_BURST_MAX, CUSTOMER_EVERY_MS, spend } from "./allowance.ts";

test("T35 a customer says so much at once, and one more for every so long; another one is not held up by it", () => {
  const allowance: Allowance = new Map();
  const times = (count: number, at: number, who = "acme") => Array.from({ length: count }, () => spend(allowance, who, at)?.refused ?? "taken");
  expect(times(CUSTOMER_BURST_MAX + 1, 1_000)).toEqual([...Array.from({ length: CUSTOMER_BURST_MAX }, () => "taken"), "too-many"]);
  expect(spend(allowance, "acme", 1_000)).toMatchObject({ mend: "wait 5 min, or call the service desk" });
  expect(times(2, 1_000 + CUSTOMER_EVERY_MS)).toEqual(["taken", "too-many"]);
  expect(times(1, 1_000, "other")).toEqual(["taken"]);
  expect(times(CUSTOMER_BURST_MAX, 1_000 + 100 * CUSTOMER_EVERY_MS)).not.toContain("too-many");
});
