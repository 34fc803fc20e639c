import { expect, test } from "vitest";
import { fieldsOf, unknownField } from "./field.ts";
import { profileOf } from "./profile.ts";
import { emptySketch, observe } from "./sketch.ts";

const FIELD =
  fieldsOf({ type: "object", properties: { level: { type: ["number", "string"], "x-null": { policy: "absent", sentinels: ["N/A"] } } } }).get("level") ??
  unknownField("level");

test("Q25 a profile tells counts, texts and quantiles of what was seen", () => {
  const sketch = emptySketch();
  for (let i = 1; i <= 100; i++) observe(sketch, i, FIELD);
  for (const value of ["low", "low", "high", "N/A", null, undefined]) observe(sketch, value, FIELD);
  const profile = profileOf(sketch, FIELD);
  expect(profile).toMatchObject({
    observed: 106,
    present: 103,
    nulls: 1,
    unset: 1,
    types: { number: 100, string: 3 },
    sentinels: { counts: [{ text: "N/A", count: 1 }], short: 0 },
    texts: {
      counts: [
        { text: "low", count: 2 },
        { text: "high", count: 1 },
      ],
      short: 0,
    },
    shapes: { counts: [{ text: "a", count: 3 }] },
    numbers: { count: 100, whole: 100, min: 1, max: 100 },
  });
  const { numbers } = profile as { readonly numbers: { readonly quantiles: readonly { share: number; low: number; high: number }[] } };
  for (const { share, low, high } of numbers.quantiles) expect([low <= share * 100, share * 100 <= high]).toEqual([true, true]);
});

test("Q25 what a sketch has of before a field became personal is not shown any more", () => {
  const sketch = emptySketch();
  for (const value of ["Li Wei", "N/A", 7]) observe(sketch, value, FIELD);
  const profile = profileOf(sketch, { personal: true });
  expect(Object.keys(profile).toSorted()).toEqual(["lengths", "nulls", "observed", "present", "shapes", "types", "unset"]);
  expect(JSON.stringify(profile)).not.toContain("Li");
});
