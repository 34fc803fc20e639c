import { expect, test } from "vitest";
import { latencyOf } from "./latency.ts";
import { shortValue } from "./value.ts";

test("HP7 latencies are told by nearest rank, a clock ahead counts as none, and nothing is told of nothing", () => {
  const taken = (...lengths: readonly number[]) => lengths.map((ms) => ({ at: 1_000, appliedAt: 1_000 + ms }));
  expect(latencyOf([])).toBeNull();
  expect(latencyOf(taken(40))).toEqual({ medianMs: 40, p99Ms: 40 });
  expect(latencyOf(taken(30, -500, 10))).toEqual({ medianMs: 10, p99Ms: 30 });
  expect(latencyOf(taken(...Array.from({ length: 100 }, (_, i) => i + 1)))).toEqual({ medianMs: 50, p99Ms: 99 });
});

test("HP7 a value is short enough for a row, whatever it is", () => {
  expect([shortValue("open"), shortValue(4.5), shortValue(null), shortValue(true)]).toEqual(["open", "4.5", "null", "true"]);
  expect(shortValue({ reason: "shut down", until: 1 })).toBe('{"reason":"shut down","until":1}');
  expect([shortValue(1_763_800_000_000, "respondBy"), shortValue(1_763_800_000_000, "seq"), shortValue(1e300, "openedAt")]).toEqual([
    "2025-11-22T08:26:40.000Z",
    "1763800000000",
    "1e+300",
  ]);
  const long = shortValue("x".repeat(1_000));
  expect([long.length, long.endsWith("…")]).toEqual([80, true]);
});
