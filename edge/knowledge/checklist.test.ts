import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Step, STEPS_MAX } from "../../contracts/visit.ts";
import { joinSteps } from "./checklist.ts";

const step = (id: string, more: Partial<Step> = {}): Step => Step.parse({ id, title: { en: id, zh: id }, before: "working", ...more });
const from = (entry: string) => [{ entry, version: 1 }];

describe("KG11 the steps of a visit are what anybody asks for", () => {
  test("the same step stands once with all who ask for it, in the stricter place; steps that share only a name stay two", () => {
    const joined = joinSteps([
      [step("lock"), step("report", { before: "resolved" })],
      [step("lock", { from: from("checklist:a") }), step("report", { from: from("checklist:a") })],
      [step("lock", { title: { en: "Lock and prove dead", zh: "锁定验电" }, from: from("checklist:b") })],
      [step("lock", { title: { en: "Lock and prove dead", zh: "锁定验电" }, from: from("checklist:c") })],
    ]);
    expect(joined.map(({ id, before, from: by }) => [id, before, (by ?? []).map(({ entry }) => entry)])).toEqual([
      ["lock", "working", ["checklist:a"]],
      ["report", "working", ["checklist:a"]],
      ["lock-2", "working", ["checklist:b", "checklist:c"]],
    ]);
  });

  test("whatever the lists, each step that is asked for stands there, once; safety before the rest, and never left out for it", () => {
    const steps = fc.array(
      fc.record({
        id: fc.constantFrom("a", "b", "a-2", "x".repeat(63)),
        title: fc.constantFrom("p", "q"),
        before: fc.constantFrom("working" as const, "resolved" as const),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 4 }), (lists) => {
        const given = lists.map((list) => list.map(({ id, title, before }) => step(id, { title: { en: title, zh: title }, before })));
        const joined = joinSteps(given);
        expect(new Set(joined.map(({ id }) => id)).size).toBe(joined.length);
        for (const one of joined) Step.parse(one);
        for (const one of given.flat()) {
          const found = joined.filter(({ id, title }) => title.en === one.title.en && (id === one.id || /-\d+$/.test(id)));
          expect(found.length).toBeGreaterThan(0);
          if (one.before === "working") expect(found.some(({ before }) => before === "working")).toBe(true);
        }
        const order = joined.map(({ before }) => before);
        expect(order.lastIndexOf("working")).toBeLessThan(order.includes("resolved") ? order.indexOf("resolved") : Infinity);
      }),
      { numRuns: 200 },
    );
  });

  test("a list that is too long loses what comes after the work", () => {
    const many = Array.from({ length: STEPS_MAX }, (_, i) => step(`after-${i}`, { before: "resolved" }));
    const joined = joinSteps([many, [step("lock")]]);
    expect([joined.length, joined[0]?.id]).toEqual([STEPS_MAX, "lock"]);
  });
});
