import fc from "fast-check";
import { expect, test } from "vitest";
import { applyChanges, diffEntity } from "./diff.ts";

const entity = fc
  .dictionary(fc.constantFrom("a", "b", "c", "d", "__proto__", "state"), fc.jsonValue(), { maxKeys: 6 })
  .map((e) => JSON.parse(JSON.stringify(e)) as Record<string, unknown>);

test("C4 applying what differs between two states to the first gives the second", () => {
  fc.assert(
    fc.property(fc.option(entity, { nil: undefined }), fc.option(entity, { nil: null }), (before, after) => {
      const changes = diffEntity(before, after);
      const reached = applyChanges(before, changes);
      if (after === null && before === undefined) expect(changes).toEqual([]);
      else expect(JSON.stringify(sorted(reached))).toBe(JSON.stringify(sorted(after)));
    }),
  );
});

test("C5 equal states differ in nothing, whatever the order of their keys", () => {
  fc.assert(
    fc.property(entity, (e) => {
      const turned = Object.fromEntries(Object.entries(e).toReversed());
      expect(diffEntity(e, turned)).toEqual([]);
    }),
  );
  expect(diffEntity({ a: { x: 1, y: [2] } }, { a: { y: [2], x: 1 } })).toEqual([]);
});

test("C5 only the attributes that changed travel, and an absent one is unset", () => {
  expect(diffEntity({ id: "t1", state: "open", escalatedAt: 5 }, { id: "t1", state: "offered", to: "li-wei", escalatedAt: undefined })).toEqual([
    { attr: "escalatedAt", op: "unset" },
    { attr: "state", op: "set", value: "offered" },
    { attr: "to", op: "set", value: "li-wei" },
  ]);
  expect(diffEntity({ id: "t1" }, null)).toEqual([{ attr: "", op: "delete" }]);
});

function sorted(value: unknown): unknown {
  return value === null ? null : Object.entries(value as object).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
