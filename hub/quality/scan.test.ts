import { describe, expect, test } from "vitest";
import { contractsOfUnit } from "../../contracts/contract.ts";
import { startRandom } from "../../edge/sim/random.ts";
import { type Field, fieldsOf, unknownField } from "./field.ts";
import type { Code, Finding } from "./finding.ts";
import { normal, sketchOf } from "./fixture/fields.ts";
import { DAY_MS } from "./period.ts";
import { type Usage, scan } from "./scan.ts";
import { type Sketch, emptySketch, observe } from "./sketch.ts";

const NOW = 1_763_750_000_000;
const random = startRandom(3).next;
const DOCUMENT = {
  type: "object",
  "x-owner": "service",
  "x-quality": { validity: 0.99 },
  properties: {
    id: { type: "string" },
    state: { type: "string", enum: ["open", "closed", "other"], "x-meaning": { open: "to be done", closed: "done", other: "neither" } },
    notes: { type: "string", description: "what the engineer saw" },
    temperature: { type: "number", "x-uom": "Cel" },
    code: { type: "string", description: "the controller's fault code" },
    copy: { type: "string", description: "the fault code" },
    level: { type: "string", description: "a level" },
  },
  required: ["id", "state"],
  "x-key": { attr: "id", format: "text", namespace: "x" },
};
const FIELDS = fieldsOf(DOCUMENT);
const field = (path: string): Field => FIELDS.get(path) ?? unknownField(path);
const used = (path: string, more: Partial<Usage> = {}): Usage => ({
  path,
  entities: 1_000,
  filled: 900,
  readers: [{ kind: "rule", name: "sla" }],
  lastSetAt: NOW - DAY_MS,
  ...more,
});
const found = (usage: readonly Usage[], document: unknown = DOCUMENT): readonly Finding[] => scan(usage, document, NOW);
const codesOf = (findings: readonly Finding[]): readonly (readonly [Code, string])[] => findings.map(({ code, path }) => [code, path]);
const of = (path: string, values: readonly unknown[]): Sketch => {
  const sketch = emptySketch();
  for (const value of values) observe(sketch, value, field(path));
  return sketch;
};
const times = (n: number, value: unknown): readonly unknown[] => Array.from({ length: n }, () => value);
const numbered = (n: number, text: string): readonly unknown[] => Array.from({ length: n }, (_, i) => `${text}${i % 40}`);

test("Q11 a contract that is documented, filled and read has no findings", () => {
  const healthy = [
    used("id"),
    used("state", { sketch: of("state", [...times(300, "open"), ...times(300, "closed"), ...times(50, "other")]) }),
    used("notes", { sketch: of("notes", times(500, "the seal leaks at the shaft")) }),
    used("temperature", { sketch: sketchOf(field("temperature"), 2_000, () => 60 + 8 * normal(random)) }),
    used("code", { sketch: of("code", numbered(500, "E")) }),
    used("level", { sketch: of("level", [...times(300, "low"), ...times(300, "high")]) }),
  ];
  expect(found(healthy)).toEqual([]);
  expect(found([])).toEqual([]);
});

describe("unused", () => {
  const cases: readonly (readonly [string, Partial<Usage>, readonly Code[]])[] = [
    ["never filled", { filled: 0 }, ["never-filled"]],
    ["rarely filled", { filled: 9 }, ["rarely-filled"]],
    ["filled in one of a hundred", { filled: 10 }, []],
    ["not judged by a few entities", { filled: 0, entities: 19 }, []],
    ["not written for half a year", { lastSetAt: NOW - 181 * DAY_MS }, ["not-written-lately"]],
    ["read by nobody", { readers: [] }, ["never-read"]],
    ["read by nobody knows whom", { readers: null }, []],
    ["always the same", { sketch: of("level", times(300, "low")) }, ["constant"]],
    ["neither filled nor read", { filled: 0, readers: [] }, ["never-filled", "never-read"]],
  ];
  test.each(cases)("Q11 a field is %s", (_, more, codes) => {
    expect(codesOf(found([used("level", more)]))).toEqual(codes.map((code) => [code, "level"]));
  });

  test("Q11 what the contract requires is made optional before it goes", () => {
    expect(found([used("state", { filled: 0 })])[0]?.suggestion).toContain("next major version");
    expect(found([used("notes", { filled: 0 })])).toMatchObject([{ topic: "unused", params: { entities: 1_000 }, sentence: "none of 1000 entities has it" }]);
    expect(found([used("notes", { filled: 0 })])[0]?.suggestion).not.toContain("major");
  });
});

describe("overloaded", () => {
  const one = (path: string, sketch: Sketch): readonly Finding[] => found([used(path, { sketch })]).filter(({ topic }) => topic === "overloaded");

  test("Q12 several types in one field, beyond a few slips", () => {
    expect(one("level", of("level", [...times(300, "low"), ...times(60, 3)]))).toMatchObject([
      { code: "mixed-types", params: { types: "string 83 %, number 17 %" } },
    ]);
    expect(one("level", of("level", [...times(300, "low"), ...times(3, 3)]))).toEqual([]);
  });

  test("Q12 notes that hold codes, and texts that are numbers", () => {
    const notes = [...times(150, "the seal leaks at the shaft"), ...numbered(100, "E")];
    expect(one("notes", of("notes", notes))).toMatchObject([{ code: "mixed-forms", params: { forms: "text 60 %, code 40 %" } }]);
    expect(one("notes", of("notes", [...times(150, "leaks"), ...times(150, "the seal leaks")]))).toEqual([]);
    expect(one("level", of("level", numbered(200, "1")))).toMatchObject([{ code: "numbers-as-text" }]);
  });

  test("Q12 a value into which everything falls", () => {
    const state = (other: number): Sketch => of("state", [...times(100, "open"), ...times(other, "other")]);
    expect(one("state", state(60))).toMatchObject([{ code: "catch-all", params: { value: "other", share: 0.375 } }]);
    expect(one("state", state(30))).toEqual([]);
    expect(one("level", of("level", [...times(100, "漏水"), ...times(60, "其他")]))).toMatchObject([{ code: "catch-all", params: { value: "其他" } }]);
    expect(one("state", of("state", [...times(30, "open"), ...times(160, "closed")]))).toEqual([]);
  });

  test("Q12 numbers of two uoms, and not just of two modes", () => {
    const mixed = (change: (cel: number) => number): Sketch =>
      sketchOf(field("temperature"), 2_000, () => {
        const cel = 60 + 6 * normal(random);
        return random() < 0.25 ? change(cel) : cel;
      });
    expect(
      one(
        "temperature",
        mixed((cel) => cel * 1.8 + 32),
      ),
    ).toMatchObject([{ code: "mixed-uom", params: { uom: "[degF]", declared: "Cel" } }]);
    expect(
      one(
        "temperature",
        mixed((cel) => cel + 273.15),
      ),
    ).toMatchObject([{ code: "mixed-uom", params: { uom: "K" } }]);
    expect(
      one(
        "temperature",
        mixed((cel) => cel - 45),
      ),
    ).toEqual([]);
    expect(
      one(
        "temperature",
        mixed((cel) => cel),
      ),
    ).toEqual([]);
  });
});

describe("undocumented", () => {
  test("Q13 what a contract leaves unsaid is named field by field", () => {
    const silent = {
      type: "object",
      properties: {
        state: { type: "string", enum: ["open", "closed"], "x-meaning": { open: "to be done" } },
        pressure: { type: "number", description: "at the outlet" },
        remark: { type: "string" },
        phone: { type: "string", "x-class": "personal", description: "of the customer" },
        at: { type: "integer", maximum: 8_640_000_000_000_000 },
        count: { type: "integer", "x-uom": "1" },
        nested: { type: "object", properties: { depth: { type: "number", description: "of the well" } } },
      },
    };
    expect(codesOf(found([], silent))).toEqual([
      ["no-owner", ""],
      ["no-promises", ""],
      ["no-meaning", "state"],
      ["no-uom", "pressure"],
      ["no-description", "remark"],
      ["no-purpose", "phone"],
      ["no-uom", "nested.depth"],
    ]);
    expect(found([], silent)[2]?.params).toEqual({ values: "closed" });
  });

  test("Q13 our own contracts have owner, promises, meanings and purposes throughout", () => {
    for (const { subject, schema } of contractsOfUnit()) {
      const open = codesOf(found([], schema)).filter(([code]) => !["no-description", "no-uom"].includes(code));
      expect([subject, open]).toEqual([subject, []]);
    }
  });
});

describe("duplicates", () => {
  const twins = (a: readonly unknown[], b: readonly unknown[]): readonly (readonly [Code, string])[] =>
    codesOf(found([used("code", { sketch: of("code", a) }), used("copy", { sketch: of("copy", b) })]));

  test("Q14 two fields with the same values are one too many", () => {
    expect(twins(numbered(500, "E"), numbered(500, "E"))).toEqual([["same-values", "copy"]]);
    expect(found([used("code", { sketch: of("code", numbered(500, "E")) }), used("copy", { sketch: of("copy", numbered(500, "E")) })])[0]?.params).toEqual({
      twin: "code",
    });
  });

  test("Q14 other values, other counts or too little variety are no duplicates", () => {
    expect(twins(numbered(500, "E"), numbered(500, "F"))).toEqual([]);
    expect(twins(numbered(500, "E"), numbered(400, "E"))).toEqual([]);
    expect(twins(["a", ...times(250, "b"), ...times(250, "c")], ["a", ...times(250, "b"), ...times(250, "c")])).toEqual([]);
    const same = numbered(500, "Li Wei ");
    const personal = {
      type: "object",
      "x-owner": "x",
      "x-quality": {},
      properties: {
        a: { type: "string", "x-class": "personal", "x-purpose": ["x"], description: "x" },
        b: { type: "string", "x-class": "personal", "x-purpose": ["x"], description: "x" },
      },
    };
    const hidden = (path: string): Sketch => sketchOf(fieldsOf(personal).get(path) ?? unknownField(path), 500, () => same[Math.floor(500 * random())]);
    expect(found([used("a", { sketch: hidden("a") }), used("b", { sketch: hidden("b") })], personal)).toEqual([]);
  });
});
