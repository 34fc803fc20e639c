import { expect, test } from "vitest";
import { JSON_DEPTH_MAX, type Json, deeperThan } from "../../contracts/delta/json.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { flattenPush, readBatch } from "./batch.ts";
import { batchOf, operationOf, originOf } from "./fixture/unit.ts";

const nested = (levels: number): Json => {
  let value: Json = "x";
  for (let i = 0; i < levels; i++) value = [value];
  return value;
};

test("D1 what is nested beyond every bound keeps its identity and is made fit to be handed on; it is still too deep, and is buried", () => {
  const push = batchOf("a", [operationOf("a", 1, { value: nested(50_000) }), operationOf("a", 2)]);
  for (const read of [readBatch(push), flattenPush(push)]) {
    if (isRefusal(read)) throw new Error(read.rule);
    const { operations } = structuredClone(read) as { readonly operations: readonly unknown[] };
    expect(operations[0]).toMatchObject({ origin: originOf("a"), stream: "tickets", seq: 1 });
    expect([deeperThan(operations[0], JSON_DEPTH_MAX), operations[1]]).toEqual([true, operationOf("a", 2)]);
  }
  // What of the identity is nested is left out.
  const { operations } = flattenPush({ operations: [{ origin: "a@1", stream: "tickets", seq: nested(100) }] }) as { readonly operations: readonly object[] };
  expect(operations.map((operation) => Object.keys(operation))).toEqual([["origin", "stream", "deep"]]);
  expect([flattenPush(null), flattenPush({ operations: 1 }), flattenPush("x")]).toEqual([null, { operations: 1 }, "x"]);
});
