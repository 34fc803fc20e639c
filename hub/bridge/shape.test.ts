import { expect, test } from "vitest";
import { samplesOf } from "./sample.ts";
import { namesOf, narrowed, shapeOf } from "./shape.ts";

const node = { type: "object", properties: { next: { $ref: "#/$defs/node" }, name: { type: "string" } }, required: ["name"] };
const document = {
  $defs: { node, tag: { type: "string", maxLength: 9 } },
  allOf: [{ type: "object", properties: { id: { $ref: "#/$defs/tag" } }, required: ["id"] }],
  oneOf: [
    { properties: { state: { const: "a" }, only: { type: "integer" } }, required: ["state", "only"] },
    { properties: { state: { enum: ["b", "c"] }, tree: { $ref: "#/$defs/node" } }, required: ["state"] },
  ],
  properties: {
    maybe: { type: ["number", "null"] },
    either: { anyOf: [{ type: "string" }, { type: "integer" }] },
    open: { type: "object" },
    elsewhere: { $ref: "https://example.org/x" },
  },
  required: ["maybe", "open"],
};

test.each([
  ["id", { types: ["string"], sure: true, charsMax: 9 }],
  ["state", { types: ["string"], values: ["a", "b", "c"], sure: true }],
  ["only", { types: ["integer"], sure: false }],
  ["maybe", { types: ["number"], nullable: true, sure: false }],
  ["either", { types: ["string", "integer"], sure: false }],
  ["tree.name", { types: ["string"], sure: false }],
  ["tree.next.next.next.name", { types: ["string"], sure: false }],
  ["open.anything.at.all", { types: [], nullable: true, sure: false }],
  ["elsewhere", { types: [], sure: false }],
])("B7 the shape of %s is seen through unions, references and lists of types", (path, expected) => {
  expect(shapeOf(document, path.split("."))).toMatchObject(expected);
});

test("B7 what a document does not know has no shape", () => {
  expect(["colour", "id.colour", "tree.colour", "constructor", "__proto__"].map((path) => shapeOf(document, path.split(".")))).toEqual([
    null,
    null,
    null,
    null,
    null,
  ]);
  expect(namesOf(document)).toEqual({
    all: ["maybe", "either", "open", "elsewhere", "id", "state", "only", "tree"],
    required: ["maybe", "open", "id", "state"],
  });
  expect(shapeOf(narrowed(document, "state", ["a"]), ["only"])).toMatchObject({ sure: true });
  expect(shapeOf(narrowed(document, "state", ["a"]), ["tree"])).toBeNull();
});

test("B7 a document that refers to itself without end is finite", () => {
  const loop = { $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } }, properties: { x: { $ref: "#/$defs/a" }, y: { $ref: "#" } } };
  expect(shapeOf(loop, ["x"])).not.toBeNull();
  expect(samplesOf(loop).length).toBeGreaterThan(0);
});

test("B7 references that branch at each step, and objects that hold themselves, are looked at once", () => {
  const chain = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [`n${i}`, { title: `${i}`, anyOf: [{ $ref: `#/$defs/n${i + 1}` }, { $ref: `#/$defs/n${i + 1}` }] }]),
  );
  const branching = { $defs: { ...chain, n60: { type: "object", properties: { x: { type: "string" } }, required: ["x"] } }, $ref: "#/$defs/n42" };
  expect(shapeOf(branching, ["x"])).toMatchObject({ types: ["string"], sure: true });
  expect(namesOf(branching)).toEqual({ all: ["x"], required: ["x"] });
  expect(shapeOf({ ...branching, $ref: "#/$defs/n0" }, ["x"])).toBeNull();
  const wide = {
    $defs: { self: { type: "object", properties: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`p${i}`, { $ref: "#/$defs/self" }])) } },
    $ref: "#/$defs/self",
  };
  expect(samplesOf(wide).length).toBeGreaterThan(0);
  expect(shapeOf(wide, ["p1", "p2", "p3"])).toMatchObject({ types: ["object"] });
});
