/** What a checker of schemas easily calls compatible although it is not: references by scope, formats, numbers that were not read as written. */
import { expect, test } from "vitest";
import type { Json } from "../../../contracts/delta/json.ts";
import { compare } from "./compare.ts";

const draft20 = { $schema: "https://json-schema.org/draft/2020-12/schema" };
const list = { $id: "list", type: "array", items: { $dynamicRef: "#T" }, $defs: { T: { $dynamicAnchor: "T" } } };
const generic = (type: string): Json => ({
  ...draft20,
  $id: "https://example.org/s",
  properties: { list: { $ref: "list" } },
  $defs: { item: { $dynamicAnchor: "T", type }, list },
});
const entered = (by: string): Json => ({
  ...draft20,
  $id: "https://example.org/s",
  properties: { a: { $ref: by } },
  $defs: {
    num: { $id: "num", $ref: "list", $defs: { T: { $dynamicAnchor: "T", type: "number" } } },
    int: { $id: "int", $ref: "list", $defs: { T: { $dynamicAnchor: "T", type: "integer" } } },
    list,
  },
});
const single = (type: string): Json => ({
  ...draft20,
  type: "object",
  properties: { a: { $dynamicRef: "#n" } },
  $defs: { x: { $dynamicAnchor: "n", type } },
});

test("J2 a dynamic reference with several possible targets is not followed: nothing is concluded, and the refusal says which", () => {
  for (const [old, next] of [
    [generic("number"), generic("integer")],
    [entered("num"), entered("int")],
    [entered("int"), entered("num")],
  ] as const)
    expect(compare(old, next)).toMatchObject({
      compatible: false,
      changes: [{ code: "undecidable", path: expect.stringContaining("$dynamicRef"), message: expect.stringContaining("$ref") }, {}],
    });
  expect(compare(generic("number"), generic("number")).compatible).toBe(true);
});

test("J2 a dynamic reference with one target is a plain one", () => {
  expect(compare(single("integer"), single("number")).compatible).toBe(true);
  expect(compare(single("number"), single("integer"))).toMatchObject({ compatible: false });
});

test.each<[string, Json, Json, boolean]>([
  ["a value without its format may be written all the same", { type: "string", format: "date", enum: ["N/A", "2024-01-01"] }, { enum: ["2024-01-01"] }, false],
  ["so may a constant", { const: "", format: "email" }, { type: "integer" }, false],
  ["a value that has the format is read by it", { const: "1.2.3.4" }, { format: "ipv4" }, true],
  ["one that lacks it is not", { const: "1.2.3" }, { format: "ipv4" }, false],
  ["the same format on both sides is the same, whoever obeys it", { format: "date", maxLength: 3 }, { format: "date" }, true],
])("J2 a format is a note to most validators: %s", (_about, old, next, compatible) => {
  expect(compare(old, next).compatible).toBe(compatible);
});

test.each<[string, string, string]>([
  ["maximum", '{"type":"integer","maximum":9007199254740993}', '{"type":"integer","maximum":9007199254740992}'],
  ["const", '{"const":9007199254740993}', '{"const":9007199254740992}'],
  ["enum", '{"enum":[[{"id":9223372036854775807}]]}', '{"enum":[[{"id":9223372036854775806}]]}'],
])("J2 %s beyond 2^53 is refused by name, since two of them are read as one", (keyword, old, next) => {
  const verdict = compare(JSON.parse(old) as Json, JSON.parse(next) as Json);
  expect(verdict).toMatchObject({ compatible: false, changes: [{ code: "malformed", path: `/${keyword}`, message: expect.stringContaining("2^53") }, {}] });
  expect(compare({ maximum: Number.MAX_SAFE_INTEGER, default: 2 ** 60 }, { type: ["null", "number", "string", "boolean", "array", "object"] }).compatible).toBe(
    true,
  );
});

test("J7 what a reference leads to is known before what holds it, wherever both stand", () => {
  const inside: Json = {
    $ref: "#/x/c",
    x: { a: { properties: { p: { properties: { q: { $ref: "#/x/a" }, v: { type: "string" } } } } }, c: { $ref: "#/x/a/properties/p" } },
  };
  expect(compare(inside, { type: ["object", "array", "string", "number", "boolean", "null"] }).compatible).toBe(true);
  expect(compare({ type: "object" }, inside).compatible).toBe(false);
});

const closed = { type: "object", additionalProperties: false };
test.each<[string, Json, Json, boolean]>([
  ["by a list of them", { type: "object", propertyNames: { enum: ["a", "b"] } }, { maxProperties: 2 }, true],
  ["and not fewer", { type: "object", propertyNames: { enum: ["a", "b"] } }, { maxProperties: 1 }, false],
  ["by a pattern that few match", { ...closed, patternProperties: { "^[ab]$": {} } }, { maxProperties: 2 }, true],
  ["and not by one that many match", { ...closed, patternProperties: { "^[ab]+$": {} } }, { maxProperties: 2 }, false],
  ["nor are those left out that are spelt", { ...closed, properties: { c: {} }, patternProperties: { "^[ab]$": {} } }, { maxProperties: 2 }, false],
])("J2 members are counted where few names are allowed: %s", (_about, old, next, compatible) => {
  expect(compare(old, next).compatible).toBe(compatible);
});

test("J2 the drafts that know additionalItems ignore it beside no list of items", () => {
  const draft07 = { $schema: "http://json-schema.org/draft-07/schema#", type: "array", items: { type: "integer" } };
  expect(compare(draft07, { ...draft07, additionalItems: false }).compatible).toBe(true);
  expect(compare({ type: "array", items: { type: "integer" } }, { items: { type: "integer" }, additionalItems: false }).compatible).toBe(false);
});

test("J7 what is nested too deep to be followed is called so", () => {
  const deep = (leaf: Json): Json => Array.from({ length: 198 }).reduce<Json>((items) => ({ items }), leaf);
  expect(compare(deep({ type: "integer" }), deep({ type: "number" }))).toMatchObject({
    compatible: false,
    changes: [{ code: "undecidable", message: expect.stringContaining("QUESTION_DEPTH_MAX") }, {}],
  });
});
