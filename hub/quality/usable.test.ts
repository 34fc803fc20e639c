import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Field, unknownField } from "./field.ts";
import { type Counts, NOTHING, REASONS, type Received, addCounts, count, judge, promisesOf, usableOf } from "./usable.ts";

const NOW = 1_763_750_000_000;
const MINUTE_MS = 60_000;
const FRESH_MS = 5 * MINUTE_MS;
const FIELD: Field = {
  ...unknownField("x"),
  personal: false,
  types: ["string", "null"],
  values: ["a", "b", "N/A"],
  nulls: { policy: "absent", sentinels: ["N/A"] },
};
const received = (more: Partial<Received> = {}): Received => ({ value: "a", at: NOW, receivedAt: NOW, rejected: false, mapped: true, ...more });
const REQUIRED: Field = { ...FIELD, required: true };
const REFUSING: Field = { ...FIELD, nulls: { policy: "refuse", sentinels: ["N/A"] } };
const KEEPING: Field = { ...FIELD, nulls: { policy: "keep", sentinels: [] } };
const NUMBER: Field = { ...unknownField("x"), personal: false, types: ["integer"], min: 0, max: 10 };

describe("a value", () => {
  test.each<readonly [string, Partial<Received>, Field | undefined, string | null]>([
    ["is usable", {}, FIELD, null],
    ["removed is a message like another", { value: undefined }, FIELD, null],
    ["that stands for none is no fault where it may be absent", { value: "N/A" }, FIELD, null],
    ["of null is no fault where it may be absent", { value: null }, FIELD, null],
    ["is missing where it must be there", { value: "N/A" }, REQUIRED, "missing"],
    ["removed is missing where it must be there", { value: undefined }, REQUIRED, "missing"],
    ["of null is missing where it is refused", { value: null }, REFUSING, "missing"],
    ["that stands for none is missing where it is refused", { value: "N/A" }, REFUSING, "missing"],
    ["is kept where a null is a value", { value: "N/A" }, KEEPING, null],
    ["was rejected by the merge", { rejected: true }, FIELD, "rejected"],
    ["is of a field that no contract names", {}, undefined, "unknown-field"],
    ["is of another type", { value: 3 }, FIELD, "wrong-type"],
    ["is none of the enumeration", { value: "c" }, FIELD, "unknown-value"],
    ["is a fraction where whole numbers are due", { value: 1.5 }, NUMBER, "wrong-type"],
    ["lies above", { value: 11 }, NUMBER, "out-of-range"],
    ["lies below", { value: -1 }, NUMBER, "out-of-range"],
    ["lies at the edge", { value: 10 }, NUMBER, null],
    ["was written ahead of time", { at: NOW + MINUTE_MS + 1 }, FIELD, "ahead"],
    ["has a clock a little ahead", { at: NOW + MINUTE_MS }, FIELD, null],
    ["has no counterpart in a bridge", { mapped: false }, FIELD, "unmapped"],
    ["is as old as promised", { at: NOW - FRESH_MS }, FIELD, null],
    ["is older than promised", { at: NOW - FRESH_MS - 1 }, FIELD, "stale"],
    ["is invalid before it is stale", { at: NOW - FRESH_MS - 1, value: "c" }, FIELD, "unknown-value"],
    ["is unmapped before it is stale", { at: NOW - FRESH_MS - 1, mapped: false }, FIELD, "unmapped"],
  ])("Q8 %s", (_, more, field, reason) => {
    expect(judge(received(more), field, FRESH_MS)).toBe(reason);
  });

  test("Q8 nothing is stale where no freshness is promised", () => {
    expect(judge(received({ at: 0 }), FIELD, undefined)).toBeNull();
  });
});

const any = fc.record({
  value: fc.oneof(fc.constantFrom("a", "c", "N/A", null, undefined), fc.integer()),
  at: fc.integer({ min: NOW - 2 * FRESH_MS, max: NOW + 2 * MINUTE_MS }),
  receivedAt: fc.constant(NOW),
  rejected: fc.boolean(),
  mapped: fc.boolean(),
});
const countAll = (values: readonly Received[], field: Field | undefined = REQUIRED): Counts =>
  values.reduce((sum, one) => count(sum, one, field, FRESH_MS), NOTHING);

describe("the share of usable data", () => {
  test("Q8 every value is counted once, as usable or under one reason, however the counts are added", () => {
    fc.assert(
      fc.property(fc.array(any), fc.array(any), (a, b) => {
        const counts = countAll([...a, ...b]);
        expect(addCounts(countAll(a), countAll(b))).toEqual(counts);
        expect(counts.usable + REASONS.reduce((sum, reason) => sum + (counts.reasons[reason] ?? 0), 0)).toBe(counts.received);
        const share = usableOf(counts);
        if (share === null) expect(counts.received).toBe(0);
        else expect(share.usable + share.invalid + share.unmapped + share.stale).toBeCloseTo(1, 12);
      }),
    );
  });

  test("Q8 it is (valid and fresh and mapped) of received", () => {
    const counts = [
      ...Array.from({ length: 6 }, () => received()),
      received({ value: "c" }),
      received({ mapped: false }),
      received({ at: NOW - 2 * FRESH_MS }),
      received({ rejected: true }),
    ];
    expect(usableOf(countAll(counts, FIELD))).toEqual({ received: 10, usable: 0.6, invalid: 0.2, unmapped: 0.1, stale: 0.1 });
    expect(usableOf(NOTHING)).toBeNull();
  });
});

describe("promises", () => {
  const many = (n: number, more: Partial<Received> = {}): readonly Received[] => Array.from({ length: n }, () => received(more));
  const PROMISED = { freshnessMs: FRESH_MS, completeness: 0.99, validity: 0.95 };
  const keptOf = (values: readonly Received[]) => Object.fromEntries(promisesOf(countAll(values), PROMISED).map(({ promise, kept }) => [promise, kept]));

  test("Q9 each is kept or broken by what was measured, and its neighbours are untouched", () => {
    expect(keptOf(many(1_000))).toEqual({ freshness: true, completeness: true, validity: true });
    expect(keptOf([...many(989), ...many(11, { at: NOW - FRESH_MS - 1 })])).toEqual({ freshness: false, completeness: true, validity: true });
    expect(keptOf([...many(990), ...many(10, { at: NOW - FRESH_MS - 1 })])).toEqual({ freshness: true, completeness: true, validity: true });
    expect(keptOf([...many(900), ...many(100, { value: undefined })])).toEqual({ freshness: true, completeness: false, validity: true });
    expect(keptOf([...many(949), ...many(51, { value: "c" })])).toEqual({ freshness: true, completeness: true, validity: false });
    // What is late and wrong is both.
    expect(keptOf([...many(900), ...many(100, { value: "c", at: NOW - FRESH_MS - 1 })])).toEqual({ freshness: false, completeness: true, validity: false });
  });

  test("Q9 what was not promised is not judged, nor is silence", () => {
    expect(promisesOf(countAll(many(10)), { validity: 1 })).toEqual([{ promise: "validity", promised: 1, measured: 1, kept: true }]);
    expect(promisesOf(NOTHING, PROMISED)).toEqual([]);
    expect(promisesOf(countAll(many(10), FIELD), { completeness: 1 })).toEqual([]);
  });
});
