/** What a verdict says: which changes, where, in which words, in which mode. */
import { describe, expect, test } from "vitest";
import type { Json } from "../../../contracts/delta/json.ts";
import { compare } from "./compare.ts";
import { CHANGES_MAX } from "./limit.ts";
import { checkMode, Mode } from "./mode.ts";

const object = (properties: Record<string, Json>, more: Record<string, Json> = {}): Json => ({ type: "object", properties, ...more });
const closed = { additionalProperties: false };
const TEXT: Json = { type: "string" };
const NUMBER: Json = { type: "number" };

type Told = readonly [old: Json, next: Json, code: string, path: string, breaking: boolean];
const TOLD: readonly Told[] = [
  [{ maximum: 13 }, { maximum: 11 }, "maximum-lowered", "/maximum", true],
  [{ maximum: 11 }, { maximum: 13 }, "maximum-raised", "/maximum", false],
  [TEXT, { type: "string", minLength: 1 }, "min-length-added", "/minLength", true],
  [{ type: "string", minLength: 1 }, TEXT, "min-length-removed", "/minLength", false],
  [{ multipleOf: 4 }, { multipleOf: 3 }, "multiple-of-changed", "/multipleOf", true],
  [{ type: "string", pattern: "^a" }, { type: "string", pattern: "^b" }, "pattern-changed", "/pattern", true],
  [TEXT, { type: "string", format: "date" }, "format-added", "/format", true],
  [TEXT, { type: ["string", "null"] }, "type-widened", "/type", false],
  [{ type: ["string", "null"] }, TEXT, "type-narrowed", "/type", true],
  [TEXT, NUMBER, "type-changed", "/type", true],
  [{ enum: ["a", "b"] }, { enum: ["a"] }, "enum-value-removed", "/enum", true],
  [{ const: "a" }, { enum: ["a", "b"] }, "enum-value-added", "/enum", false],
  [TEXT, { enum: ["a"] }, "enum-added", "/enum", true],
  [object({ a: TEXT }), object({ a: TEXT }, { required: ["a"] }), "required-added", "/required", true],
  [object({ a: TEXT }, { required: ["a"] }), object({ a: TEXT }), "required-removed", "/required", false],
  [object({ a: TEXT }, closed), object({ a: TEXT, b: NUMBER }, closed), "property-added", "/properties/b", false],
  [object({ a: TEXT }), object({ a: TEXT, b: NUMBER }), "property-added", "/properties/b", true],
  [object({ a: TEXT, b: NUMBER }, closed), object({ a: TEXT }, closed), "property-removed", "/properties/b", true],
  [object({ a: TEXT, b: NUMBER }), object({ a: TEXT }), "property-removed", "/properties/b", false],
  [object({ a: TEXT }), object({ a: TEXT }, closed), "closed", "/additionalProperties", true],
  [object({ a: TEXT }, closed), object({ a: TEXT }), "opened", "/additionalProperties", false],
  [object({ "a/b": object({ "c~d": TEXT }) }), object({ "a/b": object({ "c~d": NUMBER }) }), "type-changed", "/properties/a~1b/properties/c~0d/type", true],
  [{ type: "array", items: TEXT }, { type: "array", items: NUMBER }, "type-changed", "/items/type", true],
  [{ type: "array", prefixItems: [TEXT, TEXT] }, { type: "array", prefixItems: [TEXT, NUMBER] }, "type-changed", "/prefixItems/1/type", true],
  [{ items: [TEXT] }, { items: [NUMBER] }, "type-changed", "/items/0/type", true],
  [{ type: "array" }, { type: "array", uniqueItems: true }, "unique-items-added", "/uniqueItems", true],
  [{ type: "array" }, { type: "array", contains: TEXT }, "contains-added", "/contains", true],
  [{ anyOf: [TEXT, NUMBER] }, { anyOf: [NUMBER] }, "alternative-removed", "/anyOf/0", true],
  [{ anyOf: [TEXT] }, { anyOf: [NUMBER, TEXT] }, "alternative-added", "/anyOf/0", false],
  [{ not: { type: "null" } }, { not: TEXT }, "not-changed", "/not", true],
  [object({}), object({}, { propertyNames: { maxLength: 3 } }), "property-names-added", "/propertyNames", true],
  [object({}), object({}, { patternProperties: { "^a": TEXT } }), "pattern-properties-added", "/patternProperties/^a", true],
  [object({}), object({}, { dependentRequired: { a: ["b"] } }), "dependent-required-added", "/dependentRequired", true],
  [{ $ref: "#/$defs/a", $defs: { a: TEXT } }, { $ref: "#/$defs/a", $defs: { a: NUMBER } }, "type-changed", "/type", true],
];

describe("changes", () => {
  test.each(TOLD)("J5 %j to %j is told as %s", (old, next, code, path, breaking) => {
    const { compatible, changes } = compare(old, next);
    expect(changes).toContainEqual({ code, path, message: expect.stringMatching(/^.+\.$/), breaking });
    expect(compatible).toBe(!breaking);
  });

  test("J5 the sentence names the old and the new value", () => {
    expect(compare({ maximum: 13 }, { maximum: 11 }).changes[0]?.message).toBe("maximum was 13 and is 11.");
    expect(compare({ type: "string" }, { type: ["number", "null"] }).changes[0]?.message).toBe("The type was string and is null or number.");
    expect(compare({ enum: ["a", "b"] }, { enum: ["a"] }).changes[0]?.message).toContain('"b"');
  });

  test("J5 what breaks comes first, what does not is told too, and a schema with itself has nothing to tell", () => {
    const { changes } = compare(object({ a: TEXT, b: { maximum: 3 } }, closed), object({ a: NUMBER, b: { maximum: 4 }, c: TEXT }, closed));
    expect(changes.map(({ code, breaking }) => [code, breaking])).toEqual([
      ["type-changed", true],
      ["maximum-raised", false],
      ["property-added", false],
    ]);
    expect(compare(object({ a: TEXT }), object({ a: TEXT }, { title: "another" }))).toEqual({ compatible: true, changes: [] });
  });

  test("J5 only the property to blame is blamed", () => {
    const many = (type: string): Json =>
      object(Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`p${at}`, { type: at === 30 ? type : "string", maxLength: 9 }])), { required: ["p1"] });
    expect(compare(many("string"), many("number")).changes.filter(({ breaking }) => breaking)).toMatchObject([
      { code: "type-changed", path: "/properties/p30/type" },
    ]);
  });

  test("J5 alternatives that changed are compared with one another", () => {
    const kind = (name: string, value: Json): Json => object({ kind: { const: name }, value }, { required: ["kind"] });
    const { changes } = compare({ oneOf: [kind("a", TEXT), kind("b", TEXT)] }, { oneOf: [kind("a", TEXT), kind("b", NUMBER)] });
    expect(changes[0]).toMatchObject({ code: "type-changed", path: "/oneOf/1/properties/value/type", breaking: true });
  });

  test("J5 a list of changes ends somewhere", () => {
    const wide = (type: string): Json => object(Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`p${at}`, { type }])));
    expect(compare(wide("string"), wide("number")).changes.length).toBeLessThanOrEqual(CHANGES_MAX);
  });
});

describe("modes", () => {
  const versions: Json[] = [{ type: "number" }, { type: "integer" }];
  const next: Json = { type: "integer", minimum: 0 };
  const wider: Json = { type: ["integer", "null"] };

  test.each<[Mode, Json, boolean]>([
    ["BACKWARD", wider, true],
    ["BACKWARD", next, false],
    ["BACKWARD_TRANSITIVE", wider, false],
    ["FORWARD", next, true],
    ["FORWARD", wider, false],
    ["FORWARD_TRANSITIVE", next, true],
    ["FULL", next, false],
    ["FULL", wider, false],
    ["FULL", { type: "number", multipleOf: 1 }, true],
    ["FULL_TRANSITIVE", { type: "number", multipleOf: 1 }, false],
    ["NONE", { type: "string" }, true],
  ])("J6 %s with %j is %s", (mode, schema, compatible) => {
    const verdict = checkMode(mode, versions, schema);
    expect(verdict.compatible).toBe(compatible);
    expect(verdict.changes.some(({ breaking }) => breaking)).toBe(!compatible);
  });

  test("J6 the first version is compatible in every mode", () => {
    for (const mode of Mode.options) expect(checkMode(mode, [], { type: "string" })).toEqual({ compatible: true, changes: [] });
  });

  test("J6 each direction says what it breaks, and FULL says both once", () => {
    const [old, narrower] = [
      { maximum: 5, minimum: 0 },
      { maximum: 4, minimum: -1 },
    ];
    const codes = (mode: Mode) =>
      checkMode(mode, [old], narrower)
        .changes.filter(({ breaking }) => breaking)
        .map(({ code }) => code);
    expect([codes("BACKWARD"), codes("FORWARD"), codes("FULL")]).toEqual([
      ["maximum-lowered"],
      ["minimum-lowered"],
      ["maximum-lowered", "minimum-lowered"].toSorted(),
    ]);
  });

  test("J6 a change against an earlier version says against which", () => {
    const { changes } = checkMode("BACKWARD_TRANSITIVE", [{ type: "number" }, { type: "integer" }], { type: "integer" });
    expect(changes).toMatchObject([{ code: "type-narrowed", message: expect.stringContaining("1 before the last"), breaking: true }]);
  });
});
