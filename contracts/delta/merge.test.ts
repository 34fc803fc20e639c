import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HLC_ZERO, type Hlc, tick } from "./clock.ts";
import type { Json } from "./json.ts";
import { EntityRecord, HELD_MAX, NEVER_SEEN, type Write, entityOf, merge } from "./merge.ts";
import { type MergeRule, Origin } from "./operation.ts";

const origin = (name: string): Origin => Origin.parse(`${name}@1`);
const at = (ms: number): Hlc => tick(HLC_ZERO, ms);
const set = (who: string, ms: number, value: Json, baseVersion = 0, attr = "x"): Write => ({
  origin: origin(who),
  attr,
  op: "set",
  value,
  hlc: at(ms),
  baseVersion,
});
const all = (writes: readonly Write[], rule: MergeRule): EntityRecord => writes.reduce((record, write) => merge(record, write, rule).record, NEVER_SEEN);
const valueAfter = (writes: readonly Write[], rule: MergeRule): Json | undefined => entityOf(all(writes, rule))?.["x"];

/** Concurrent writes of distinct origins, none of which saw another, and an order to hear them in. */
const concurrent = (value: fc.Arbitrary<Json>) =>
  fc.uniqueArray(fc.constantFrom("a", "b", "c", "hub", "e"), { minLength: 2, maxLength: 5 }).chain((names) =>
    fc.tuple(
      fc.tuple(...names.map((name) => fc.tuple(fc.integer({ min: 1, max: 6 }), value).map(([ms, v]) => set(name, ms, v)))),
      fc.shuffledSubarray(
        names.map((_, i) => i),
        { minLength: names.length },
      ),
    ),
  );

describe("merge", () => {
  test.each<[MergeRule, fc.Arbitrary<Json>]>([
    ["lww", fc.nat()],
    ["unit-wins", fc.nat()],
    ["hub-wins", fc.nat()],
    ["max", fc.integer()],
    ["min", fc.integer()],
    ["counter", fc.integer()],
    ["set-add", fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 4 })],
    ["manual", fc.nat()],
  ])("D6 %s: concurrent writes give one value in whatever order they come", (rule, value) => {
    fc.assert(
      fc.property(concurrent(value), ([writes, order]) => {
        const turned = order.flatMap((i) => writes[i] ?? []);
        expect(valueAfter(turned, rule)).toEqual(valueAfter(writes, rule));
      }),
      { numRuns: 500 },
    );
  });

  test("D6 maxima, minima, counters and sets equal their oracle", () => {
    fc.assert(
      fc.property(concurrent(fc.integer({ min: -50, max: 50 })), ([writes]) => {
        const numbers = writes.map((w) => Number(w.value));
        expect(valueAfter(writes, "max")).toBe(Math.max(...numbers));
        expect(valueAfter(writes, "min")).toBe(Math.min(...numbers));
        expect(valueAfter(writes, "counter")).toBe(numbers.reduce((a, b) => a + b, 0));
        const sets = writes.map((w) => ({ ...w, value: [Number(w.value), "seen"] }));
        expect(new Set(valueAfter(sets, "set-add") as Json[])).toEqual(new Set([...numbers, "seen"]));
      }),
    );
  });

  test.each<MergeRule>(["lww", "unit-wins", "hub-wins", "max", "min", "manual"])("D1 %s: hearing a write twice changes no value", (rule) => {
    fc.assert(
      fc.property(concurrent(fc.integer()), ([writes]) => {
        const last = writes.at(-1);
        expect(valueAfter(last === undefined ? writes : [...writes, last], rule)).toEqual(valueAfter(writes, rule));
      }),
    );
  });

  test("D4 the version rises by exactly 1 with each applied write and with no other", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<MergeRule>("lww", "max", "set-add", "manual", "counter", "unit-wins"),
        concurrent(fc.oneof(fc.integer(), fc.array(fc.nat({ max: 2 })))),
        (rule, [writes]) => {
          let record = NEVER_SEEN;
          for (const write of writes) {
            const merged = merge(record, write, rule);
            expect(merged.record.version).toBe(record.version + (merged.outcome === "applied" ? 1 : 0));
            record = EntityRecord.parse(merged.record);
          }
        },
      ),
    );
  });

  test("D6 a write that saw the other's write is no conflict, even when its clock is behind", () => {
    expect(valueAfter([set("a", 9, "first"), set("b", 1, "second", 1)], "lww")).toBe("second");
    expect(valueAfter([set("a", 9, "first"), set("b", 1, "second", 0)], "lww")).toBe("first");
    expect(merge(all([set("a", 9, "first")], "lww"), set("b", 1, "second"), "lww")).toMatchObject({ outcome: "lost", reason: "older", value: "first" });
  });

  test("D3 an origin's own writes hold in the order they come, whatever its clock did meanwhile", () => {
    for (const rule of ["lww", "unit-wins", "manual"] as const) {
      const record = all([set("a", 9, "first"), set("a", 3, "second")], rule);
      expect([rule, record.cells["x"]]).toEqual([rule, { value: "second", hlc: at(3), origin: "a@1", version: 2 }]);
    }
  });

  test("D6 writes to different attributes never conflict", () => {
    const record = all([set("a", 9, 1), set("b", 1, 2, 0, "y")], "lww");
    expect(entityOf(record)).toEqual({ x: 1, y: 2 });
  });

  test("D6 unit-wins and hub-wins favour their side whatever the clocks say", () => {
    expect(valueAfter([set("a", 1, "unit"), set("hub", 9, "hub")], "unit-wins")).toBe("unit");
    expect(valueAfter([set("hub", 9, "hub"), set("a", 1, "unit")], "unit-wins")).toBe("unit");
    expect(valueAfter([set("a", 9, "unit"), set("hub", 1, "hub")], "hub-wins")).toBe("hub");
  });

  test("D7 a manual conflict keeps both values until somebody who saw both writes", () => {
    const both = all([set("a", 1, "ours"), set("b", 2, "theirs")], "manual");
    expect(both.cells["x"]).toMatchObject({ value: "theirs", held: [{ value: "ours", origin: "a@1" }] });
    const chosen = merge(both, set("a", 3, "ours after all", both.version), "manual");
    expect(chosen.record.cells["x"]).toEqual({ value: "ours after all", hlc: at(3), origin: "a@1", version: 3 });
  });

  test("D7 no value of a manual conflict is dropped for another's", () => {
    fc.assert(
      fc.property(concurrent(fc.nat()), ([writes]) => {
        const cell = all(writes, "manual").cells["x"];
        const kept = [cell?.value, ...(cell?.held ?? []).map((h) => h.value)];
        expect(kept.toSorted()).toEqual(writes.map((w) => w.value).toSorted());
      }),
    );
    const crowd = Array.from({ length: HELD_MAX + 1 }, (_, i) => set(`u${i}`, i + 1, i));
    expect(merge(all(crowd, "manual"), set("late", 99, 99), "manual")).toMatchObject({ outcome: "dead", reason: "too-many-conflicts" });
  });

  test("D6 a value that the rule cannot merge is dead, and the record stays", () => {
    const record = all([set("a", 1, 3)], "max");
    for (const [rule, value] of [
      ["max", "high"],
      ["min", null],
      ["counter", "1"],
      ["set-add", 4],
    ] as const) {
      const merged = merge(record, set("b", 2, value), rule);
      expect([rule, merged.outcome, merged.record]).toEqual([rule, "dead", record]);
    }
  });

  test("D6 a deletion is remembered: a write that had not seen it is lost, one that had begins anew", () => {
    const gone = merge(all([set("a", 1, 1)], "lww"), { origin: origin("a"), attr: "", op: "delete", hlc: at(5), baseVersion: 1 }, "lww").record;
    expect(entityOf(gone)).toBeNull();
    expect(merge(gone, set("b", 9, 2, 1), "lww")).toMatchObject({ outcome: "lost", reason: "deleted" });
    const anew = merge(gone, set("b", 9, 2, gone.version), "lww").record;
    expect([anew.version, entityOf(anew)]).toEqual([3, { x: 2 }]);
  });

  test("D6 an unset is a write like another: remembered, and beaten by a later one", () => {
    const unset: Write = { origin: origin("b"), attr: "x", op: "unset", hlc: at(5), baseVersion: 0 };
    expect(valueAfter([set("a", 1, 1), unset], "lww")).toBeUndefined();
    expect(valueAfter([unset, set("a", 1, 1)], "lww")).toBeUndefined();
    expect(valueAfter([unset, set("a", 9, 1)], "lww")).toBe(1);
  });
});
