/** Changes of meaning that leave every document as valid as it was. */
import { expect, test } from "vitest";
import type { Json } from "../../../contracts/delta/json.ts";
import { compare } from "./compare.ts";
import { checkMode } from "./mode.ts";

type Keywords = Record<string, Json>;
const pump = (attribute: Keywords, document: Keywords = {}): Json => ({
  type: "object",
  properties: { id: { type: "string" }, heat: { type: "number", ...attribute } },
  required: ["id"],
  ...document,
});
const key = { attr: "id", format: "uuid", namespace: "assets" };

const CASES: readonly (readonly [code: string, old: Json, next: Json, breaking: boolean, path: string])[] = [
  ["uom-changed", pump({ "x-uom": "Cel" }), pump({ "x-uom": "K" }), true, "/properties/heat/x-uom"],
  ["uom-changed", pump({ "x-uom": "Cel" }), pump({}), true, "/properties/heat/x-uom"],
  ["uom-added", pump({}), pump({ "x-uom": "Cel" }), false, "/properties/heat/x-uom"],
  ["meaning-changed", pump({ "x-meaning": { "1": "hot" } }), pump({ "x-meaning": { "1": "cold" } }), true, "/properties/heat/x-meaning"],
  ["meaning-added", pump({ "x-meaning": { "1": "hot" } }), pump({ "x-meaning": { "1": "hot", "2": "cold" } }), false, "/properties/heat/x-meaning"],
  ["class-raised", pump({}), pump({ "x-class": "personal", "x-purpose": ["dispatch"] }), true, "/properties/heat/x-class"],
  ["class-lowered", pump({ "x-class": "personal", "x-purpose": ["dispatch"] }), pump({ "x-purpose": ["dispatch"] }), true, "/properties/heat/x-class"],
  ["purpose-widened", pump({ "x-purpose": ["dispatch"] }), pump({ "x-purpose": ["dispatch", "marketing"] }), true, "/properties/heat/x-purpose"],
  ["purpose-narrowed", pump({ "x-purpose": ["dispatch", "marketing"] }), pump({ "x-purpose": ["dispatch"] }), false, "/properties/heat/x-purpose"],
  ["writers-narrowed", pump({}), pump({ "x-writers": "hub" }), true, "/properties/heat/x-writers"],
  ["writers-narrowed", pump({ "x-writers": "unit" }), pump({ "x-writers": "hub" }), true, "/properties/heat/x-writers"],
  ["writers-widened", pump({ "x-writers": "unit" }), pump({ "x-writers": "any" }), false, "/properties/heat/x-writers"],
  ["null-policy-changed", pump({}), pump({ "x-null": { policy: "absent", sentinels: [-9999] } }), true, "/properties/heat/x-null"],
  ["key-changed", pump({}, { "x-key": key }), pump({}, { "x-key": { ...key, attr: "heat" } }), true, "/x-key"],
  ["key-format-changed", pump({}, { "x-key": key }), pump({}, { "x-key": { ...key, format: "serial" } }), true, "/x-key"],
  ["key-namespace-changed", pump({}, { "x-key": key }), pump({}, { "x-key": { ...key, namespace: "devices" } }), true, "/x-key"],
  ["key-scope-added", pump({}, { "x-key": key }), pump({}, { "x-key": { ...key, within: "unit" } }), false, "/x-key"],
  ["key-scope-changed", pump({}, { "x-key": { ...key, within: "tenant" } }), pump({}, { "x-key": { ...key, within: "unit" } }), true, "/x-key"],
  ["key-scope-changed", pump({}, { "x-key": { ...key, within: "unit" } }), pump({}, { "x-key": key }), true, "/x-key"],
  ["key-removed", pump({}, { "x-key": key }), pump({}), true, "/x-key"],
  ["merge-changed", pump({}, { "x-merge": { "*": "lww" } }), pump({}, { "x-merge": { "*": "lww", heat: "max" } }), true, "/x-merge"],
  [
    "relation-changed",
    pump({}, { "x-relations": [{ attr: "id", subject: "site" }] }),
    pump({}, { "x-relations": [{ attr: "id", subject: "customer" }] }),
    true,
    "/x-relations",
  ],
  ["relation-changed", pump({}, { "x-relations": [{ attr: "id", subject: "site" }] }), pump({}), true, "/x-relations"],
  ["stream-changed", pump({}, { "x-stream": "tickets" }), pump({}, { "x-stream": "assets" }), true, "/x-stream"],
  ["owner-changed", pump({}, { "x-owner": "a" }), pump({}, { "x-owner": "b" }), false, "/x-owner"],
  ["quality-changed", pump({}, { "x-quality": { validity: 0.9 } }), pump({}, { "x-quality": { validity: 0.8 } }), false, "/x-quality"],
];

test.each(CASES)("J8 %s: %j to %j", (code, old, next, breaking, path) => {
  for (const mode of ["BACKWARD", "FORWARD", "FULL"] as const) {
    const verdict = checkMode(mode, [old], next);
    expect(verdict.changes, mode).toContainEqual({ code, path, message: expect.stringMatching(/^.+\.$/), breaking });
    expect(verdict.compatible, mode).toBe(!breaking);
  }
});

test("J8 meanings are found in members of members, elements, references and alternatives", () => {
  const nested = (uom: string): Json => ({
    anyOf: [{ $ref: "#/$defs/pump" }],
    $defs: {
      pump: { type: "object", properties: { heats: { type: "array", items: { type: "object", properties: { value: { type: "number", "x-uom": uom } } } } } },
    },
  });
  expect(compare(nested("Cel"), nested("K"))).toMatchObject({
    compatible: false,
    changes: [
      { code: "uom-changed", path: "/$defs/pump/properties/heats/items/properties/value/x-uom", message: "The uom of heats/*/value was Cel and is K." },
    ],
  });
});

const heat = (uom: string): Json => ({ type: "number", "x-uom": uom });
const v = (uom: string): Record<string, Json> => ({ properties: { v: heat(uom) } });
const draft07 = { $schema: "http://json-schema.org/draft-07/schema#" };
const tagged = (tag: string, uom: string): Json => ({ properties: { k: { const: tag }, v: heat(uom) }, required: ["k"] });

const named = (tag: string, uom: string): Json => ({ properties: { k: { const: tag }, v: heat(uom), [tag]: { type: "string" } } });

test.each<[string, (uom: string) => Json]>([
  ["additionalProperties", (uom) => ({ additionalProperties: heat(uom) })],
  ["unevaluatedProperties", (uom) => ({ unevaluatedProperties: heat(uom) })],
  ["patternProperties", (uom) => ({ patternProperties: { "^ch_": heat(uom) } })],
  ["prefixItems", (uom) => ({ prefixItems: [true, heat(uom)] })],
  ["a list as items", (uom) => ({ ...draft07, items: [heat(uom)] })],
  ["additionalItems", (uom) => ({ ...draft07, items: [true], additionalItems: heat(uom) })],
  ["unevaluatedItems", (uom) => ({ unevaluatedItems: heat(uom) })],
  ["contains", (uom) => ({ contains: v(uom) })],
  ["then", (uom) => JSON.parse(`{"if":{"required":["k"]},"then":${JSON.stringify(v(uom))}}`) as Json],
  ["else", (uom) => ({ if: { required: ["k"] }, else: v(uom) })],
  ["dependencies", (uom) => ({ ...draft07, dependencies: { a: v(uom) } })],
  ["dependentSchemas", (uom) => ({ dependentSchemas: { a: v(uom) } })],
  ["propertyNames", (uom) => ({ propertyNames: { "x-meaning": { a: uom } } })],
  ["the second alternative of a tagged union", (uom) => ({ oneOf: [tagged("p", "bar"), tagged("t", uom)] })],
  ["the second alternative of a union", (uom) => ({ properties: { v: { anyOf: [{ type: "null" }, heat(uom)] } } })],
  ["alternatives of alternatives", (uom) => ({ anyOf: [{ oneOf: [{ type: "null" }, { allOf: [v(uom)] }] }, { type: "string" }] })],
])("J8 meanings are found under %s", (_, of) => {
  for (const reader of ["new", "old"] as const) {
    expect(compare(of("Cel"), of("K"), reader)).toMatchObject({ compatible: false, changes: [{ code: expect.stringMatching(/^(uom|meaning)-changed$/) }] });
    expect(compare(of("Cel"), { ...(of("Cel") as Keywords), minProperties: 0 }, reader).changes.filter(({ breaking }) => breaking)).toEqual([]);
  }
});

test.each<[string, Json, Json, readonly string[]]>([
  [
    "two that swapped their units",
    { oneOf: [tagged("p", "bar"), tagged("t", "Cel")] },
    { oneOf: [tagged("p", "Cel"), tagged("t", "bar")] },
    ["uom-changed", "uom-changed"],
  ],
  ["in another order they mean the same", { oneOf: [tagged("p", "bar"), tagged("t", "Cel")] }, { oneOf: [tagged("t", "Cel"), tagged("p", "bar")] }, []],
  ["one that is new brings its own", { oneOf: [tagged("p", "bar")] }, { oneOf: [tagged("p", "bar"), tagged("t", "Cel")] }, []],
  [
    "a tag that may be absent is a tag all the same",
    { anyOf: [named("p", "bar"), named("t", "Cel")] },
    {
      anyOf: [
        { ...(named("t", "Cel") as Keywords), maxProperties: 9 },
        { ...(named("p", "bar") as Keywords), maxProperties: 9 },
      ],
    },
    [],
  ],
  ["one that splits a described attribute does not", { properties: { v: heat("bar") } }, { oneOf: [tagged("p", "bar"), tagged("t", "Cel")] }, ["uom-changed"]],
  [
    "null beside a number says nothing of it",
    { properties: { v: { ...(heat("bar") as Keywords), type: ["number", "null"] } } },
    { properties: { v: { anyOf: [heat("bar"), { type: "null" }] } } },
    [],
  ],
  [
    "nor the other way round",
    { properties: { v: { anyOf: [heat("bar"), { type: "null" }] } } },
    { properties: { v: { ...(heat("Pa") as Keywords), type: ["number", "null"] } } },
    ["uom-changed"],
  ],
  [
    "spelt out or by its pattern",
    { patternProperties: { "^ch_": heat("bar") } },
    { patternProperties: { "^ch_": heat("bar") }, properties: { ch_1: heat("Pa") } },
    ["uom-changed"],
  ],
  ["at a place or for all places", { items: heat("bar") }, { prefixItems: [heat("Pa")], items: heat("bar") }, ["uom-changed"]],
])("J8 alternatives are held against those that take their place: %s", (_, old, next, codes) => {
  const { changes } = compare(old, next);
  expect(changes.filter(({ code, breaking }) => breaking && /^(uom|meaning)/.test(code)).map(({ code }) => code)).toEqual(codes);
});

test("J8 alternatives without an end are not compared for ever", () => {
  const web = (uom: string): Json => ({
    $ref: "#/$defs/d0",
    $defs: Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [
        `d${at}`,
        at < 39 ? { anyOf: [{ $ref: `#/$defs/d${at + 1}` }, { allOf: [{ $ref: `#/$defs/d${at + 1}` }] }] } : v(uom),
      ]),
    ),
  });
  expect(compare(web("Cel"), web("K")).compatible).toBe(false);
});

test("J8 an attribute that is new brings its meaning along", () => {
  const old: Json = { type: "object", properties: {}, additionalProperties: false };
  const next: Json = {
    type: "object",
    properties: { heat: { type: "number", "x-uom": "Cel", "x-writers": "hub" } },
    additionalProperties: false,
    "x-merge": { heat: "max" },
  };
  expect(compare(old, next)).toMatchObject({ compatible: true, changes: [{ code: "property-added" }] });
});

test("J8 a keyword that is no annotation hides no other", () => {
  expect(compare(pump({ "x-uom": "Cel", "x-class": "odd" }), pump({ "x-uom": "K", "x-class": "odd" }))).toMatchObject({
    compatible: false,
    changes: [{ code: "uom-changed" }],
  });
});
