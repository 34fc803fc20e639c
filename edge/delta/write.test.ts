import fc from "fast-check";
import { expect, test } from "vitest";
import { HLC_ZERO } from "../../contracts/delta/clock.ts";
import { type EntityRecord, NEVER_SEEN, entityOf, merge } from "../../contracts/delta/merge.ts";
import { type MergeRule, type Operation, Origin } from "../../contracts/delta/operation.ts";
import { type Grammar, type Pen, write } from "./write.ts";

const RULES: Readonly<Record<string, MergeRule>> = { tags: "set-add", visits: "counter" };
const grammar: Grammar = {
  streamOf: () => "tickets",
  contractOf: () => "thing@1",
  ruleOf: (_, attr) => RULES[attr] ?? "lww",
  epochOf: () => 1,
};
const why = { txId: "t", actor: "a", reason: "r", now: 1_000 };
const pen: Pen = { origin: Origin.parse("a@1"), hlc: HLC_ZERO, last: {} };
type Attributes = Readonly<Record<string, unknown>>;
const said = (before: Attributes | undefined, after: Attributes | null): readonly Operation[] =>
  write(pen, [{ entity: "thing", id: "1", before, after, base: undefined }], grammar, why).operations;
const merged = (record: EntityRecord, operations: readonly Operation[]): EntityRecord =>
  operations.reduce((one, operation) => merge(one, operation, grammar.ruleOf("thing", operation.attr)).record, record);

test("U41 a member taken out of a set and a counter taken away are refused as a whole: the unit would hold what nobody hears of", () => {
  const before = { tags: ["a", "b"], visits: 3, name: "x" };
  for (const after of [
    { ...before, tags: ["a"] },
    { ...before, tags: ["a", "c"] },
    { name: "x", visits: 3 },
    { name: "y", tags: ["a", "b"] },
  ])
    expect(() => said(before, after)).toThrow("has no word for this change of");
  expect(said(before, { ...before, tags: ["b", "a"] })).toEqual([]);
  expect(said(before, { ...before, visits: 1 })).toMatchObject([{ attr: "visits", value: -2 }]);
  expect(said(before, null)).toMatchObject([{ op: "delete" }]);
});

test("U41 whatever a unit may write, the hub's rules make the same entity of what it says", () => {
  const tags = fc.uniqueArray(fc.constantFrom("a", "b", "c", { n: 1 }, { n: 2 }), { maxLength: 4 });
  const entity = fc.record({ tags, visits: fc.integer({ min: -5, max: 9 }), name: fc.string({ maxLength: 3 }) }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.array(entity, { minLength: 1, maxLength: 6 }), (states) => {
      let [held, record]: [Attributes | undefined, EntityRecord] = [undefined, NEVER_SEEN];
      for (const state of states) {
        let operations: readonly Operation[];
        try {
          operations = said(held, state);
        } catch {
          continue;
        }
        record = merged(record, operations);
        held = state;
        const asSet = ({ tags: members, ...rest }: Attributes): unknown => ({
          ...rest,
          ...(Array.isArray(members) ? { tags: members.map((member: unknown) => JSON.stringify(member)).toSorted() } : {}),
        });
        expect(asSet(entityOf(record) ?? {})).toEqual(asSet(held));
      }
    }),
  );
});
