import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contractOf } from "../../contracts/contract.ts";
import { FAMILIES, type Family } from "../../contracts/entity.ts";
import { attributesOf, promisedOf } from "./attribute.ts";
import { DOCUMENT_BYTES_MAX, DOCUMENT_DEPTH_MAX, judgeDocument } from "./document.ts";
import { documentOf } from "./fixture/document.ts";
import { withPointers } from "./walk.ts";

const codes = (document: unknown): readonly string[] => judgeDocument(document).map(({ code }) => code);

describe("a document that may become a contract", () => {
  test.each(Object.keys(FAMILIES))("K1 our own contract of %s may", (family) => {
    expect(judgeDocument(contractOf(family as Family).schema)).toEqual([]);
  });

  test("K1 draft-07 may, and a document without $schema; another dialect may not", () => {
    expect(judgeDocument(documentOf({}, { $schema: "http://json-schema.org/draft-07/schema#", definitions: { a: true } }))).toEqual([]);
    const { $schema: _, ...without } = documentOf();
    expect(judgeDocument(without)).toEqual([]);
    expect(judgeDocument(documentOf({}, { $schema: "http://json-schema.org/draft-04/schema#" }))).toMatchObject([
      { code: "unknown-dialect", path: "/$schema" },
    ]);
  });

  test.each<[string, unknown, { readonly code: string; readonly path: string; readonly field?: string }]>([
    ["a list", [], { code: "not-a-schema", path: "" }],
    ["an unknown type", documentOf({ name: { type: "text" } }), { code: "bad-keyword", path: "/properties/name/type", field: "name" }],
    ["a pattern that is none", documentOf({ name: { pattern: "(" } }), { code: "bad-keyword", path: "/properties/name/pattern", field: "name" }],
    ["a schema that is a text", documentOf({ name: "string" }), { code: "bad-keyword", path: "/properties" }],
    ["no alternative", documentOf({}, { oneOf: [] }), { code: "bad-keyword", path: "/oneOf" }],
    ["required twice", documentOf({}, { required: ["id", "id"] }), { code: "bad-keyword", path: "/required" }],
    ["a reference elsewhere", documentOf({ name: { $ref: "https://example.org/name" } }), { code: "dangling-reference", path: "/properties/name" }],
    ["a reference to nothing", documentOf({ name: { $ref: "#/$defs/name" } }), { code: "dangling-reference", path: "/properties/name" }],
    ["a dynamic reference", documentOf({ name: { $dynamicRef: "#name" } }), { code: "dynamic-reference", path: "/properties/name" }],
  ])("K1 %s is refused where it stands", (_, document, told) => {
    expect(judgeDocument(document)).toContainEqual(expect.objectContaining(told));
  });

  test("K1 references by anchor and by the document's own $id lead where they say; another resource inside is refused", () => {
    const $defs = { words: { $anchor: "words", type: "string", maxLength: 40 }, phone: { $anchor: "phone", type: "string", "x-class": "personal" } };
    for (const $ref of ["#words", "https://example.org/store#words", "store#/$defs/words", "https://example.org/store#/properties/id"])
      expect(codes(documentOf({ name: { $ref } }, { $id: "https://example.org/store", $defs: { words: $defs.words } })), $ref).toEqual([]);
    expect(
      codes(documentOf({ name: { $ref: "https://example.org/other#words" } }, { $id: "https://example.org/store", $defs: { words: $defs.words } })),
    ).toEqual(["dangling-reference"]);
    expect(codes(documentOf({ contact: { $ref: "#phone" } }, { $defs }))).toContain("no-purpose");
    expect(codes(documentOf({ name: { $ref: "#" } }, {}))).toContain("cyclic-reference");
    expect(codes(documentOf({ name: { $id: "other", type: "string" } }))).toEqual(["nested-id"]);
  });

  test("K1 readers of pointers only are given pointers", () => {
    const document = documentOf({ name: { $ref: "#words" }, $ref: { const: { $ref: "#words" } } }, { $defs: { "a/b": { $anchor: "words", type: "string" } } });
    expect(withPointers(document)).toMatchObject({ properties: { name: { $ref: "#/$defs/a~1b" }, $ref: { const: { $ref: "#words" } } } });
  });

  test("K2 a personal attribute without a purpose is refused by its name, however deep it lies", () => {
    const contact = { type: "object", properties: { phone: { type: "string", "x-class": "personal" } } };
    expect(judgeDocument(documentOf({ contact }))).toEqual([
      {
        code: "no-purpose",
        path: "/properties/contact/properties/phone",
        field: "contact.phone",
        message: "contact.phone is personal and names no purpose (x-purpose)",
      },
    ]);
    const mended = { ...contact, properties: { phone: { ...contact.properties.phone, "x-purpose": ["calling back"] } } };
    expect(judgeDocument(documentOf({ contact: mended }))).toEqual([]);
    expect(judgeDocument(documentOf({ list: { type: "array", items: contact } }))).toMatchObject([{ field: "list[].phone" }]);
  });

  test("K2 what draft-07 keeps under dependencies is looked into like the rest", () => {
    const over = (dependencies: object) => documentOf({}, { $schema: "http://json-schema.org/draft-07/schema#", dependencies });
    const phone = { type: "string", "x-class": "personal" };
    expect(judgeDocument(over({ name: { properties: { phone } } }))).toMatchObject([{ code: "no-purpose", path: "/dependencies/name/properties/phone" }]);
    expect(codes(over({ name: { $ref: "#" } }))).toContain("cyclic-reference");
    expect(codes(over({ name: ["door"] }))).toEqual([]);
  });

  test("K2 the key's form and namespace, every value's meaning and the uom are said", () => {
    const { "x-key": _, ...keyless } = documentOf();
    expect(codes(keyless)).toEqual(["no-key"]);
    expect(codes(documentOf({}, { "x-key": { attr: "serial", format: "^x$", namespace: "store" } }))).toEqual(["unknown-attribute"]);
    expect(codes(documentOf({}, { "x-key": { attr: "id", format: "", namespace: "store" } }))).toEqual(["no-key"]);
    expect(codes(documentOf({}, { required: ["name"] }))).toEqual(["optional-key"]);
    expect(judgeDocument(documentOf({ door: { enum: ["open", "ajar"], "x-meaning": { open: "cold air escapes" } } }))).toMatchObject([
      { code: "no-meaning", field: "door", message: "the value ajar has no meaning (x-meaning)" },
    ]);
    expect(codes(documentOf({ state: { const: "new" } }))).toEqual(["no-meaning"]);
    expect(codes(documentOf({ temperature: { type: "number", "x-uom": "grad C" } }))).toEqual(["bad-annotation"]);
    expect(codes(documentOf({ temperature: { type: "number", "x-uom": "furlongz" } }))).toEqual(["unknown-uom"]);
    expect(codes(documentOf({ name: { type: "string", "x-uom": "Cel" } }))).toEqual(["uom-of-no-number"]);
  });

  test("K2 annotations that do not parse, or name what is not there, are refused", () => {
    expect(judgeDocument(documentOf({ name: { type: "string", "x-null": { policy: "maybe", sentinels: [] } } }))).toMatchObject([
      { code: "bad-annotation", path: "/properties/name/x-null/policy", field: "name" },
    ]);
    expect(codes(documentOf({ name: { type: "string", "x-null": { policy: "absent", sentinels: ["N/A", -9999] } } }))).toEqual([]);
    expect(codes(documentOf({}, { "x-merge": { "*": "lww", colour: "max" } }))).toEqual(["unknown-attribute"]);
    expect(codes(documentOf({}, { "x-merge": { "*": "newest" } }))).toEqual(["bad-annotation"]);
    expect(codes(documentOf({}, { "x-relations": [{ attr: "owner", subject: "customer" }] }))).toEqual(["unknown-attribute"]);
  });
});

describe("limits of a document", () => {
  test("K3 one of 1 MB is refused by a named limit; one just below the limit is not", () => {
    expect(judgeDocument(documentOf({}, { description: "x".repeat(1024 * 1024) }))).toMatchObject([
      { code: "too-large", message: expect.stringContaining("DOCUMENT_BYTES_MAX") },
    ]);
    expect(judgeDocument(documentOf({}, { description: "x".repeat(DOCUMENT_BYTES_MAX - 2_000) }))).toEqual([]);
  });

  test("K3 one nested 200 deep is refused by a named limit, one of 100,000 too, without exhausting the stack", () => {
    for (const levels of [200, 100_000]) {
      let name: unknown = { type: "string" };
      for (let i = 0; i < levels; i++) name = { not: name };
      expect(judgeDocument(documentOf({ name }))).toMatchObject([{ code: "too-deep", message: expect.stringContaining(`${DOCUMENT_DEPTH_MAX}`) }]);
    }
  });

  test("K3 a schema that contains itself is refused where the circle closes; one that is shared is not", () => {
    const tree = { type: "object", properties: { left: { $ref: "#/$defs/tree" } } };
    expect(codes(documentOf({ tree: { $ref: "#/$defs/tree" } }, { $defs: { tree } }))).toEqual(["cyclic-reference"]);
    expect(codes(documentOf({}, { $ref: "#" }))).toEqual(["cyclic-reference"]);
    expect(codes(documentOf({}, { $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } }))).toEqual(["cyclic-reference"]);
    const shared = { $defs: { text: { type: "string" } } };
    expect(codes(documentOf({ a: { $ref: "#/$defs/text" }, b: { $ref: "#/$defs/text" } }, shared))).toEqual([]);
  });

  test("K3 references that double at each step cost no more than their text", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `d${i}`,
        i === 59 ? { properties: { last: true } } : { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
      ]),
    );
    const document = documentOf({}, { $defs, allOf: [{ $ref: "#/$defs/d0" }] });
    expect(judgeDocument(document)).toEqual([]);
    expect([attributesOf(document).has("last"), promisedOf(document).has("id")]).toEqual([true, true]);
  });

  test("K3 whatever comes, it is judged and nothing throws", () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 6 }),
        fc.constantFrom("properties", "items", "$ref", "x-key", "x-merge", "allOf", "$defs", "enum"),
        (value, keyword) => {
          expect(Array.isArray(judgeDocument(value))).toBe(true);
          expect(Array.isArray(judgeDocument(documentOf({ odd: value }, { [keyword]: value })))).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("attributes", () => {
  test("K1 are those of every alternative; promised is what all of them require", () => {
    const ticket = contractOf("ticket").schema;
    expect([...attributesOf(ticket).keys()]).toEqual(expect.arrayContaining(["id", "state", "expiresAt", "resolvedAt"]));
    const promised = promisedOf(ticket);
    expect([promised.has("state"), promised.has("id"), promised.has("expiresAt")]).toEqual([true, true, false]);
    const either = { oneOf: [{ required: ["a", "b"] }, { required: ["a", "c"] }], allOf: [{ required: ["d"] }], required: ["e"] };
    expect([...promisedOf(either)].toSorted()).toEqual(["a", "d", "e"]);
  });
});
