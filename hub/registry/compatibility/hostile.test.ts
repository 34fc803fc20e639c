/** Schemas that want the hub's time, stack or memory. Each is answered; what is too much is refused or undecided, never compatible by default. */
import { expect, test } from "vitest";
import type { Json } from "../../../contracts/delta/json.ts";
import { compare } from "./compare.ts";
import { SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX } from "./limit.ts";

const each = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const named = (count: number, make: (at: number) => Json): Record<string, Json> => Object.fromEntries(each(count, (at) => [`p${at}`, make(at)]));
const wide = (count: number, type: Json, more: Record<string, Json> = {}): Json => ({
  type: "object",
  properties: named(count, (at) => ({ type, maxLength: at })),
  ...more,
});
const nested = (levels: number, wrap: (inner: Json) => Json, leaf: Json): Json => each(levels, () => 0).reduce<Json>((inner) => wrap(inner), leaf);
const tagged = (count: number, type: Json, from = 0): Json[] =>
  each(count, (at) => ({ type: "object", properties: { kind: { const: `k${(at + from) % count}` }, ...named(10, () => ({ type })) }, required: ["kind"] }));
const web = (count: number, type: Json): Json => ({
  $ref: "#/$defs/d0",
  $defs: Object.fromEntries(
    each(count, (at) => [
      `d${at}`,
      { type: "object", properties: { a: { $ref: `#/$defs/d${(at + 1) % count}` }, b: { $ref: `#/$defs/d${(at * 7 + 3) % count}` }, v: { type } } },
    ]),
  ),
});
const chain = (count: number, link: (next: Json) => Json, end: Json): Json => ({
  $ref: "#/$defs/d0",
  $defs: Object.fromEntries(each(count, (at) => [`d${at}`, at + 1 < count ? link({ $ref: `#/$defs/d${at + 1}` }) : end])),
});
const TEXT: Json = { type: "string" };
const MORE: Json = { type: ["string", "null"] };
const BOTH: Json = ["string", "null"];

/** `undefined`: either answer will do, as long as there is one. */
const PAIRS: readonly (readonly [about: string, old: Json, next: Json, compatible: boolean | undefined])[] = [
  ["three thousand properties, all widened", wide(3_000, "string"), wide(3_000, BOTH), true],
  ["three thousand, one of them required", wide(3_000, BOTH), wide(3_000, BOTH, { required: ["p2999"] }), false],
  ["two thousand, all required", wide(2_000, "string", { required: each(2_000, (at) => `p${at}`) }), wide(2_000, BOTH), true],
  ["a tuple of a thousand", { prefixItems: each(1_000, (at) => ({ maximum: at })) }, { prefixItems: each(1_000, (at) => ({ maximum: at + 1 })) }, true],
  ["sixty tagged alternatives in another order", { anyOf: tagged(60, "string") }, { anyOf: tagged(60, BOTH, 30) }, true],
  ["exactly one of forty", { oneOf: tagged(40, "string") }, { oneOf: tagged(40, BOTH, 20) }, true],
  [
    "a product of 2^20 cases",
    { allOf: each(20, (at) => ({ anyOf: [{ required: [`a${at}`] }, { required: [`b${at}`] }] })) },
    { type: "object", minProperties: 20 },
    false,
  ],
  [
    "a cover of 2^6 alternatives",
    { type: "object", properties: named(6, () => ({ type: "boolean" })), required: each(6, (at) => `p${at}`) },
    { anyOf: each(64, (mask) => ({ properties: named(6, (at) => ({ const: ((mask >> at) & 1) === 1 })) })) },
    undefined,
  ],
  ["an automaton of 2^20 states", { type: "string", pattern: "^(a|b)*a(a|b){20}$" }, { type: "string", pattern: "^(a|b)*b(a|b){20}$" }, false],
  ["a pattern of 50^4 letters", { type: "string", pattern: "^(((a{50}){50}){50}){50}$" }, { type: "string", pattern: "^a+$" }, false],
  ["a pattern that backtracks for ever", { enum: [`${"a".repeat(40)}!`] }, { type: "string", pattern: "^(a+)+$" }, false],
  ["the same behind a look-ahead", { enum: [`${"a".repeat(40)}!`] }, { type: "string", pattern: "^(?=(a+)+$)a" }, false],
  ["a format whose test backtracks", { enum: [`http://${"a".repeat(40)}!`] }, { type: "string", format: "url" }, false],
  ["a text of half a megabyte", { enum: ["a".repeat(500_000)] }, { type: "string", pattern: "^(a|aa)*$", format: "uri" }, false],
  ["a number beyond all", { enum: [Infinity] }, { type: "null" }, false],
  [
    "a thousand patterns, each of its own",
    { type: "object", properties: named(1_000, () => TEXT) },
    { type: "object", properties: named(1_000, (at) => ({ type: "string", pattern: `^(a|b){${at % 50}}.*${at}` })) },
    false,
  ],
  ["forty patterns over names", { patternProperties: named(40, () => TEXT) }, { patternProperties: named(40, () => MORE) }, undefined],
  ["a web of a thousand schemas", web(1_000, "string"), web(1_000, BOTH), undefined],
  [
    "a chain of three thousand members",
    chain(3_000, (next) => ({ properties: { a: next } }), TEXT),
    chain(3_000, (next) => ({ properties: { a: next } }), MORE),
    undefined,
  ],
  ["a chain of three thousand elements", chain(3_000, (next) => ({ items: next }), TEXT), chain(3_000, (next) => ({ items: next }), MORE), undefined],
  ["negations, nested", nested(SCHEMA_DEPTH_MAX - 2, (not) => ({ not }), TEXT), TEXT, true],
  ["lists, nested", nested(SCHEMA_DEPTH_MAX - 2, (items) => ({ items }), TEXT), nested(SCHEMA_DEPTH_MAX - 3, (items) => ({ items }), MORE), undefined],
  ["alternatives, nested", nested(60, (inner) => ({ anyOf: [inner, { allOf: [{ minLength: 3 }] }] }), TEXT), TEXT, false],
  [
    "conditions, nested",
    nested(60, (inner) => JSON.parse(`{"if":{"minLength":3},"then":${JSON.stringify(inner)},"else":{"maxLength":9}}`) as Json, TEXT),
    TEXT,
    undefined,
  ],
  [
    "five hundred dependencies",
    { dependentRequired: Object.fromEntries(each(500, (at) => [`a${at}`, [`a${at + 1}`]])) },
    { dependentRequired: { a0: ["a500"] } },
    true,
  ],
  ["thirty thousand values", { enum: each(30_000, (at) => at) }, { enum: each(30_001, (at) => at) }, true],
  ["bounds of 600 digits", { type: "number", minimum: -1e308, maximum: 1e308, multipleOf: 1e-300 }, { multipleOf: 3e-300 }, false],
  [
    "one name for all",
    { properties: { ["__proto__"]: TEXT, constructor: TEXT } },
    JSON.parse('{"properties":{"__proto__":{"type":["string","null"]},"constructor":{}}}') as Json,
    true,
  ],
];

test.each(PAIRS)("J7 %s", (_about, old, next, compatible) => {
  const verdict = compare(old, next);
  if (compatible !== undefined) expect(verdict.compatible, JSON.stringify(verdict.changes[0])).toBe(compatible);
  else if (!verdict.compatible) expect(verdict.changes[0]?.breaking).toBe(true);
});

const refusedOf = (schema: Json) => compare(schema, schema).changes[0];

test("J7 what is too large or nested too deep is refused by name", () => {
  expect(refusedOf({ description: "x".repeat(SCHEMA_BYTES_MAX) })).toMatchObject({ code: "too-large", message: expect.stringContaining("bytes") });
  expect(refusedOf(nested(SCHEMA_DEPTH_MAX, (not) => ({ not }), TEXT))).toMatchObject({ code: "too-large", message: expect.stringContaining("deep") });
  expect(refusedOf(nested(100_000, (items) => ({ items }), TEXT))).toMatchObject({ code: "too-large" });
  const self: { not?: unknown } = {};
  self.not = self;
  expect(refusedOf(self as Json)).toMatchObject({ code: "too-large" });
  expect(refusedOf(chain(300, (next) => next, TEXT))).toMatchObject({ code: "too-large", message: expect.stringContaining("follow each other") });
});

test("J7 a reference that leads nowhere, elsewhere or only back to itself is refused; one through a member is not", () => {
  for (const schema of [
    { $ref: "#" },
    { allOf: [{ $ref: "#" }] },
    { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { not: { $ref: "#/$defs/a" } } } },
  ])
    expect(refusedOf(schema as Json)).toMatchObject({ code: "malformed", message: expect.stringContaining("refers to itself") });
  expect(refusedOf({ $ref: "https://example.org/s.json" })).toMatchObject({ code: "malformed", message: expect.stringContaining("leads out of the document") });
  expect(refusedOf({ items: { $ref: "#/$defs/gone" } })).toMatchObject({
    code: "malformed",
    path: "/items",
    message: expect.stringContaining("leads nowhere"),
  });
  expect(compare({ items: { $ref: "#" } }, { items: { $ref: "#" } })).toEqual({ compatible: true, changes: [] });
});

test("J7 a keyword of the wrong shape is refused where it stands", () => {
  const wrong: readonly (readonly [Json, string])[] = [
    [{ properties: { a: { type: "strin" } } }, "/properties/a/type"],
    [{ minimum: "3" }, "/minimum"],
    [{ multipleOf: 0 }, "/multipleOf"],
    [{ anyOf: [] }, "/anyOf"],
    [{ properties: { a: 3 } }, "/properties/a"],
    [[], ""],
    [3, ""],
  ];
  for (const [schema, path] of wrong) expect(refusedOf(schema), JSON.stringify(schema)).toMatchObject({ code: "malformed", path });
});
