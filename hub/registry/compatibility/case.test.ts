/** What is compatible with what: a table by hand, and the labelled pairs beside the repository, where they are. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Json } from "../../../contracts/delta/json.ts";
import { compare } from "./compare.ts";

type Case = readonly [about: string, old: Json, next: Json, compatible: boolean];

const kind = (name: string, more: Readonly<Record<string, Json>> = {}) => ({
  type: "object",
  properties: { kind: { const: name }, ...more },
  required: ["kind", ...Object.keys(more)],
});
const tree = (leaf: Json) => ({
  $ref: "#/$defs/node",
  $defs: { node: { type: "object", properties: { value: leaf, children: { type: "array", items: { $ref: "#/$defs/node" } } }, required: ["value"] } },
});
const entrance = (tag: number, x: Json): Json => ({ properties: { tag: { const: tag }, x }, required: ["tag", "x"] });
/** Two schemas that contain each other, entered by either; a reader accepts the first entrance whatever is behind it. */
const twisted = (type: string, before: readonly Json[] = [], after: readonly Json[] = []): Json => {
  return {
    anyOf: [...before, entrance(1, { $ref: "#/$defs/a" }), ...after, entrance(2, { $ref: "#/$defs/b" })],
    $defs: {
      a: { type: "object", properties: { next: { $ref: "#/$defs/b" }, v: { type } } },
      b: { type: "object", properties: { next: { $ref: "#/$defs/a" } } },
    },
  };
};
const draft07 = { $schema: "http://json-schema.org/draft-07/schema#" };
const draft04 = { $schema: "http://json-schema.org/draft-04/schema#" };
const deep = (levels: number, leaf: Json): Json => (levels === 0 ? leaf : { properties: { a: deep(levels - 1, leaf) } });

const NUMBERS: readonly Case[] = [
  ["whole numbers are numbers", { type: "integer" }, { type: "number" }, true],
  ["multiples of 1 are whole numbers", { type: "number", multipleOf: 1 }, { type: "integer" }, true],
  ["multiples of 0.5 are not", { type: "number", multipleOf: 0.5 }, { type: "integer" }, false],
  ["multiples of 6 are multiples of 2 and of 3", { multipleOf: 6 }, { allOf: [{ multipleOf: 2 }, { multipleOf: 3 }] }, true],
  ["multiples of 2 and of 3 are multiples of 6", { multipleOf: 2, allOf: [{ multipleOf: 3 }] }, { multipleOf: 6 }, true],
  ["decimals are exact", { multipleOf: 0.3 }, { multipleOf: 0.1 }, true],
  ["above 4 and whole is at least 5", { type: "integer", exclusiveMinimum: 4 }, { minimum: 5 }, true],
  ["above 4 is not at least 5", { type: "number", exclusiveMinimum: 4 }, { minimum: 5 }, false],
  ["a bound does not speak of texts", { minimum: 5 }, { type: "number" }, false],
  ["whole numbers from 1 to 3 are 1, 2 or 3", { type: "integer", minimum: 1, maximum: 3 }, { enum: [1, 2, 3] }, true],
  ["whole numbers from 1 to 4 are not", { type: "integer", minimum: 1, maximum: 4 }, { enum: [1, 2, 3] }, false],
  ["nothing is between 3 and 2", { type: "number", minimum: 3, maximum: 2 }, { type: "number", enum: [7] }, true],
  ["below and above cover all numbers", { type: "number" }, { anyOf: [{ maximum: 3 }, { minimum: 2 }] }, true],
  ["one number is between 3 and 3", { type: "number", minimum: 3, maximum: 3 }, { enum: [4] }, false],
  ["with a gap they don't", { type: "number" }, { anyOf: [{ maximum: 2 }, { minimum: 3 }] }, false],
  ["but whole numbers have nothing in that gap", { type: "integer" }, { anyOf: [{ maximum: 2 }, { minimum: 3 }] }, true],
];
const TEXTS: readonly Case[] = [
  ["a pattern implies a length", { type: "string", pattern: "^[ab]{2,4}$" }, { minLength: 2, maxLength: 4 }, true],
  ["a pattern may imply a wider one", { type: "string", pattern: "^a+$" }, { pattern: "^[ab]+$" }, true],
  ["and not a narrower one", { type: "string", pattern: "^[ab]+$" }, { pattern: "^a+$" }, false],
  ["patterns match anywhere", { type: "string", pattern: "abc" }, { pattern: "b" }, true],
  ["so an anchor narrows", { type: "string", pattern: "b" }, { pattern: "^b" }, false],
  ["two lengths cover all texts", { type: "string" }, { anyOf: [{ maxLength: 5 }, { minLength: 3 }] }, true],
  ["look-around is not understood: what may be narrower is refused", { type: "string", pattern: "^a$" }, { pattern: "^(?=a)a$" }, false],
  ["but it is the same as itself", { type: "string", pattern: "^(?=a)a$", maxLength: 9 }, { pattern: "^(?=a)a$" }, true],
  ["a format added is a narrowing", { type: "string" }, { type: "string", format: "email" }, false],
  ["a uri is a uri-reference", { type: "string", format: "uri" }, { format: "uri-reference" }, true],
  ["values are tried with patterns", { enum: ["a1", "b2"] }, { type: "string", pattern: "^[ab][0-9]$" }, true],
  ["and with formats", { enum: ["2024-02-30"] }, { format: "date" }, false],
  ["characters, not code units", { const: "😀" }, { maxLength: 1 }, true],
];
const ARRAYS: readonly Case[] = [
  ["a list of whole numbers is a list of numbers", { type: "array", items: { type: "integer" } }, { items: { type: "number" } }, true],
  ["a closed tuple is a short list", { prefixItems: [{ type: "integer" }], items: false, type: "array" }, { items: { type: "number" }, maxItems: 1 }, true],
  ["an open tuple is not a list", { prefixItems: [{ type: "integer" }], type: "array" }, { items: { type: "number" } }, false],
  ["items that can't be make the list empty", { type: "array", items: false }, { maxItems: 0 }, true],
  [
    "draft-07 spells the same tuple otherwise",
    { ...draft07, items: [{ type: "integer" }], additionalItems: false },
    { prefixItems: [{ type: "number" }], items: false },
    true,
  ],
  ["contains one of those all are", { type: "array", items: { type: "integer" }, minItems: 1 }, { contains: { type: "integer" } }, true],
  ["an empty list contains nothing", { type: "array", items: { type: "integer" } }, { contains: { type: "integer" } }, false],
  ["at least three are at least two", { contains: { const: 1 }, minContains: 3 }, { contains: { type: "number" }, minContains: 2 }, true],
  [
    "at most two are at most three",
    { contains: { type: "number" }, maxContains: 2, minContains: 0 },
    { contains: { const: 1 }, maxContains: 3, minContains: 0 },
    true,
  ],
  [
    "what is counted once may be followed by others",
    { type: "array", prefixItems: [{ const: 1 }], items: { const: 2 }, contains: { const: 1 }, maxContains: 1 },
    { maxItems: 1 },
    false,
  ],
  ["but not by itself", { type: "array", items: { const: 1 }, contains: { const: 1 }, maxContains: 2 }, { maxItems: 2 }, true],
  ["two that can't be one need two places", { allOf: [{ contains: { const: 1 } }, { contains: { const: 2 } }], type: "array" }, { minItems: 2 }, true],
  ["two that can be one don't", { allOf: [{ contains: { minimum: 1 } }, { contains: { maximum: 2 } }], type: "array" }, { minItems: 2 }, false],
  [
    "at most two numbers are at most two ones",
    { contains: { type: "number" }, maxContains: 2, minContains: 0 },
    { contains: { const: 1 }, maxContains: 2, minContains: 0 },
    true,
  ],
  [
    "and where there is room for both there may be both",
    { allOf: [{ contains: { const: 1 } }, { contains: { const: 2 } }], type: "array" },
    { minItems: 3 },
    false,
  ],
  ["three different booleans there are not", { type: "array", items: { type: "boolean" }, uniqueItems: true }, { maxItems: 2 }, true],
  ["a list of one has no repetition", { type: "array", maxItems: 1 }, { uniqueItems: true }, true],
  [
    "what contains counts as evaluated",
    { contains: { type: "string" }, unevaluatedItems: { type: "number" } },
    { items: { type: ["string", "number"] } },
    true,
  ],
];
const OBJECTS: readonly Case[] = [
  ["a closed one may gain what is optional", { properties: { a: {} }, additionalProperties: false }, { properties: { a: {}, b: { type: "number" } } }, true],
  ["an open one may not: the name was free", { properties: { a: {} } }, { properties: { a: {}, b: { type: "number" } } }, false],
  ["unless it says nothing", { properties: { a: {} } }, { properties: { a: {}, b: true } }, true],
  ["nothing more may be required", { properties: { a: {} } }, { required: ["a"] }, false],
  ["two of two are both", { type: "object", properties: { a: {}, b: {} }, additionalProperties: false, minProperties: 2 }, { required: ["a", "b"] }, true],
  [
    "two of three are not",
    { type: "object", properties: { a: {}, b: {}, c: {} }, additionalProperties: false, minProperties: 2 },
    { required: ["a", "b"] },
    false,
  ],
  [
    "a pattern covers a removed name",
    { properties: { i_1: { type: "integer" } }, additionalProperties: false },
    { patternProperties: { "^i_": { type: "number" } }, additionalProperties: false },
    true,
  ],
  [
    "but not with another type",
    { properties: { i_1: { type: "string" } }, additionalProperties: false },
    { patternProperties: { "^i_": { type: "number" } }, additionalProperties: false },
    false,
  ],
  ["patterns over names are compared", { patternProperties: { "^a": { type: "integer" } } }, { patternProperties: { "^ab": { type: "number" } } }, true],
  [
    "names that fit a pattern are closed to others",
    { propertyNames: { pattern: "^a$" } },
    { properties: { a: {} }, additionalProperties: false, type: ["object", "null", "string", "number", "boolean", "array"] },
    true,
  ],
  [
    "nothing follows from a pattern that is not understood",
    { patternProperties: { "^(?=b)b": { type: "string" } } },
    { properties: { a: { type: "string" } } },
    false,
  ],
  [
    "what has a name and what matches a pattern are not the rest",
    { properties: { a: {} }, patternProperties: { "^b": {} }, additionalProperties: { type: "string" } },
    { patternProperties: { "^b1$": { type: "string" } } },
    false,
  ],
  ["short names are short", { type: "object", propertyNames: { maxLength: 2 } }, { propertyNames: { maxLength: 3 } }, true],
  ["a dependency follows from what is required", { required: ["a", "b"] }, { dependentRequired: { a: ["b"] } }, true],
  ["dependencies chain", { dependentRequired: { a: ["b"], b: ["c"] } }, { dependentRequired: { a: ["c"] } }, true],
  ["a member that can't be is absent", { properties: { a: false } }, { properties: { a: { type: "string" } } }, true],
  [
    "all of a closed and an open one is unevaluated",
    { allOf: [{ properties: { a: { type: "string" } } }], properties: { b: {} }, unevaluatedProperties: false },
    { additionalProperties: true, propertyNames: { enum: ["a", "b"] } },
    true,
  ],
  [
    "which an alternative may evaluate",
    { type: "object", anyOf: [{ properties: { a: {} }, required: ["a"] }, { properties: { b: {} } }], unevaluatedProperties: false },
    { propertyNames: { enum: ["a", "b"] } },
    true,
  ],
  [
    "but need not",
    {
      type: "object",
      anyOf: [
        { properties: { a: {} }, required: ["a"] },
        { properties: { b: {} }, required: ["b"] },
      ],
      unevaluatedProperties: false,
    },
    { required: ["a", "b"] },
    false,
  ],
  [
    "what other properties are is evaluated too",
    { type: "object", allOf: [{ additionalProperties: { type: "string" } }], unevaluatedProperties: false },
    { maxProperties: 0 },
    false,
  ],
  ["and which is not closed without", { type: "object", anyOf: [{ properties: { a: {} } }, {}] }, { propertyNames: { enum: ["a"] } }, false],
  [
    "a property may have the name of what objects have anyway",
    { properties: { constructor: { type: "string" } }, additionalProperties: false },
    { properties: { constructor: { type: ["string", "null"] }, toString: {} } },
    true,
  ],
];
const JOINED: readonly Case[] = [
  ["tagged alternatives may be added", { oneOf: [kind("a"), kind("b")] }, { oneOf: [kind("c"), kind("b"), kind("a")] }, true],
  ["and not removed", { oneOf: [kind("a"), kind("b")] }, { oneOf: [kind("b")] }, false],
  ["an alternative may not gain what is required", { anyOf: [kind("a"), kind("b")] }, { anyOf: [kind("a", { x: {} }), kind("b")] }, false],
  [
    "alternatives may cover one together",
    { type: "object", properties: { kind: { enum: ["a", "b"] } }, required: ["kind"] },
    { anyOf: [kind("a"), kind("b")] },
    true,
  ],
  ["one of two that overlap is not any of them", { anyOf: [{ minimum: 0 }, { maximum: 9 }] }, { oneOf: [{ minimum: 0 }, { maximum: 9 }] }, false],
  ["any and all of one are the same", { anyOf: [{ type: "string" }] }, { allOf: [{ type: "string" }] }, true],
  ["not not is nothing", { not: { not: { type: "string" } } }, { type: "string" }, true],
  ["not a number is all the others", { not: { type: "number" } }, { type: ["null", "boolean", "string", "array", "object"] }, true],
  ["not turns narrowing into widening", { not: { type: "number" } }, { not: { type: "integer" } }, true],
  [
    "a condition is two alternatives",
    JSON.parse('{"if":{"type":"string"},"then":{"maxLength":3},"else":{"type":"number"}}') as Json,
    { anyOf: [{ type: "string", maxLength: 5 }, { type: "number" }] },
    true,
  ],
  ["types in a list are alternatives", { type: ["string", "null"] }, { anyOf: [{ type: "null" }, { type: "string" }] }, true],
  ["one boolean is not both", { type: "boolean" }, { enum: [true, "x"] }, false],
  ["two are", { type: "boolean" }, { enum: [false, true] }, true],
  ["what no value can be fits anywhere", { allOf: [{ type: "string" }, { type: "number" }] }, { const: 1 }, true],
  ["an enum of objects is tried one by one", { enum: [{ a: 1 }, { a: 2, b: [] }] }, { properties: { a: { type: "integer" }, b: { type: "array" } } }, true],
];
const REFERENCES: readonly Case[] = [
  ["trees are compared without an end", tree({ type: "integer" }), tree({ type: "number" }), true],
  ["and what differs deep in them is found", tree({ type: "number" }), tree({ type: "integer" }), false],
  [
    "a tree unrolled once is the same tree",
    { properties: { next: { $ref: "#" }, v: { type: "string" } } },
    { properties: { next: { properties: { next: { $ref: "#" }, v: { type: "string" } } }, v: { type: "string" } } },
    true,
  ],
  [
    "what can only be infinite can't be",
    { type: "object", properties: { next: { $ref: "#" } }, required: ["next"] },
    { type: "object", required: ["other"] },
    true,
  ],
  ["what was taken for granted on the way is asked again", twisted("string"), twisted("number", [], [entrance(1, {})]), false],
  ["in whatever order", twisted("string"), twisted("number", [entrance(1, {})]), false],
  ["a reference into $defs is what it leads to", { $ref: "#/$defs/a", $defs: { a: { type: "string" } } }, { type: "string" }, true],
  [
    "by anchor and by id too",
    { $ref: "#x", $defs: { a: { $anchor: "x", type: "string" }, b: { $id: "other.json", type: "number" } } },
    { $id: "https://example.org/s", $ref: "t.json", $defs: { t: { $id: "t.json", type: "string" } } },
    true,
  ],
  [
    "draft-07 ignores what stands beside a reference",
    { ...draft07, $ref: "#/definitions/a", maxLength: 3, definitions: { a: { type: "string" } } },
    { maxLength: 3 },
    false,
  ],
  [
    "2020-12 does not",
    { $schema: "https://json-schema.org/draft/2020-12/schema", $ref: "#/$defs/a", maxLength: 3, $defs: { a: { type: "string" } } },
    { maxLength: 3 },
    true,
  ],
  ["with no draft stated neither is relied on", { $ref: "#/$defs/a", maxLength: 3, $defs: { a: { type: "string" } } }, { maxLength: 3 }, false],
  ["draft-04 says the strictness of a bound beside it", { ...draft04, type: "integer", minimum: 4, exclusiveMinimum: true }, { minimum: 5 }, true],
  ["two hundred levels are not too many", deep(90, { type: "integer" }), deep(90, { type: "number" }), true],
];

describe.each([
  ["numbers", NUMBERS],
  ["texts", TEXTS],
  ["arrays", ARRAYS],
  ["objects", OBJECTS],
  ["joined", JOINED],
  ["references", REFERENCES],
] as const)("%s", (_, cases) => {
  test.each(cases)("J2 %s", (_about, old, next, compatible) => {
    expect(compare(old, next)).toMatchObject({ compatible });
    // Whatever it says, a schema is compatible with itself, and in the other direction as the reader changes sides.
    expect(compare(old, structuredClone(old)).compatible).toBe(true);
    expect(compare(next, old, "old").compatible).toBe(compatible);
  });
});

test.each<Case>([
  ["a tuple longer than the limit of one automaton", { pattern: `^${"(a|b)".repeat(10)}$`, type: "string" }, { pattern: "^[ab]+$" }, true],
  ["false is kin to true only", false, { type: "object" }, false],
  ["nothing said by not is no kin of false", { not: {} }, false, false],
  ["but of the same said otherwise", { not: {} }, { not: true }, true],
  ["and of what is described", { not: {} }, { type: "string" }, true],
  ["a stated type does not become the bare word true", { type: "array" }, true, false],
  ["an object may", { type: "object", required: ["a"] }, true, true],
  ["and what states no type", { minimum: 4 }, true, true],
  ["the empty schema reads everything", { type: "array" }, {}, true],
  ["nobody anchors `a*` on purpose like this", { type: "string" }, { type: "string", pattern: "a*" }, false],
  ["while `.*` says what it does", { type: "string" }, { type: "string", pattern: ".*" }, true],
  ["nor this", { type: "string" }, { type: "string", pattern: "(ab)?" }, false],
  [
    "a described member does not fall to a pattern that says nothing",
    { properties: { b: { type: "integer" } }, additionalProperties: false },
    { patternProperties: { "^b": {} } },
    false,
  ],
])("J3 %s", (_about, old, next, compatible) => {
  expect(compare(old, next)).toMatchObject({ compatible });
});

const CASES = fileURLToPath(new URL("../../../../shared/data/jsonschema-compat/cases.json", import.meta.url));
test.skipIf(!existsSync(CASES))("J4 at least 98 % of the labelled pairs of ../shared agree (skipped where that folder is absent)", () => {
  const cases = JSON.parse(readFileSync(CASES, "utf8")) as readonly { id: string; reader: Json; writer: Json; compatible: boolean }[];
  const apart = cases.filter(({ reader, writer, compatible }) => compare(writer, reader).compatible !== compatible).map(({ id }) => id);
  expect(apart.length, apart.join(" ")).toBeLessThanOrEqual(cases.length * 0.02);
});
