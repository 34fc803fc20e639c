/**
 * Contracts made up in both dialects, with definitions, references, annotations and large numbers, and the verdicts on them beside documents
 * and beside what was changed. `COMPATIBILITY_PAIRS` and `COMPATIBILITY_SEED` as in `witness.test.ts`.
 */
import { Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../../contracts/delta/json.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { judgeChange } from "../change.ts";
import { judgeDocument } from "../document.ts";
import { compare } from "./compare.ts";
import { admit } from "./document.ts";

const PAIRS = Math.ceil(Number(process.env["COMPATIBILITY_PAIRS"] ?? 1_000) / 4);
const SEED = Number(process.env["COMPATIBILITY_SEED"] ?? 20_250_101);
const DIALECTS = { "7": "http://json-schema.org/draft-07/schema#", "2020-12": "https://json-schema.org/draft/2020-12/schema" } as const;
type Dialect = keyof typeof DIALECTS;
type Keywords = { readonly [keyword: string]: Json };
const NAMES = ["a", "b", "c"] as const;
const NUMBERS = [-3, 0, 0.5, 2, 7, Number.MAX_SAFE_INTEGER, 2 ** 53, 1e300];

const bound = fc.constantFrom(...NUMBERS);
const leaf: fc.Arbitrary<Keywords> = fc.oneof(
  fc.record({ type: fc.constantFrom("number", "integer"), "x-uom": fc.constantFrom("Cel", "K", "bar") }),
  fc.record({ type: fc.constant("number"), maximum: bound }),
  fc.record({
    enum: fc.constant<Json>(["open", "shut"]),
    "x-meaning": fc.constantFrom<Json>({ open: "ajar", shut: "tight" }, { open: "tight", shut: "ajar" }),
  }),
  fc.record({ type: fc.constant("string"), "x-class": fc.constant("personal"), "x-purpose": fc.constantFrom<Json>(["visit"], ["visit", "marketing"]) }),
  fc.record({ type: fc.constant("string"), format: fc.constantFrom("date", "email") }),
  fc.constantFrom<Keywords>({ $ref: "#/$defs/one" }, { $ref: "#/$defs/two" }, { type: "string" }, { const: 2 ** 60 }),
);
/** A member, deeper in, by one of the ways that lead there. */
const attribute: fc.Arbitrary<(dialect: Dialect) => Keywords> = fc.tuple(leaf, fc.integer({ min: 0, max: 9 })).map(([one, way]) => (dialect) => {
  const inside = { type: "object", properties: { v: one } };
  if (way === 0) return { type: "object", additionalProperties: one };
  if (way === 1) return { type: "object", patternProperties: { "^v": one } };
  if (way === 2) return dialect === "7" ? { type: "array", items: [one] } : { type: "array", prefixItems: [one] };
  if (way === 3) return dialect === "7" ? { type: "object", dependencies: { v: inside } } : { type: "object", dependentSchemas: { v: inside } };
  if (way === 4) return { anyOf: [one, { type: "null" }] };
  if (way === 5)
    return {
      oneOf: [
        { properties: { k: { const: 1 }, v: one }, required: ["k"] },
        { properties: { k: { const: 2 } }, required: ["k"] },
      ],
    };
  if (way === 6) return { type: "array", items: one, maxItems: 3 };
  return way === 7 ? inside : one;
});
const contract = (dialect: Dialect): fc.Arbitrary<Keywords> =>
  fc
    .record({
      properties: fc.dictionary(fc.constantFrom(...NAMES), attribute, { maxKeys: 3, noNullPrototype: true }),
      one: leaf.filter((schema) => schema["$ref"] === undefined),
      two: leaf.filter((schema) => schema["$ref"] === undefined),
      open: fc.boolean(),
    })
    .map(({ properties, one, two, open }) => ({
      $schema: DIALECTS[dialect],
      type: "object",
      properties: { id: { type: "string" }, ...Object.fromEntries(Object.entries(properties).map(([name, make]) => [name, make(dialect)])) },
      required: ["id"],
      ...(open ? {} : { additionalProperties: false }),
      $defs: { one, two },
      "x-key": { attr: "id", format: "text", namespace: "n" },
    }));
/** The next one is another, or the old one with an attribute of the other: what is compatible is rare among strangers. */
const pair = fc.constantFrom<Dialect>("7", "2020-12").chain((dialect) =>
  fc.tuple(contract(dialect), contract(dialect), fc.boolean()).map(([old, other, isOther]): readonly [Dialect, Keywords, Keywords] => {
    if (isOther) return [dialect, old, other];
    return [dialect, old, { ...old, properties: { ...(other["properties"] as Keywords), ...(old["properties"] as Keywords) } }];
  }),
);
const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<Json>(null, 1, 2, "open", "x", "2024-02-29", "a@b.example", ...NUMBERS),
    fc.array(tie("value"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("v", "k"), tie("value"), { maxKeys: 2, noNullPrototype: true }),
  ),
})).value;
const entity = fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 3, noNullPrototype: true }).map((rest) => ({ id: "e", ...rest }));
const runs = { numRuns: PAIRS, seed: SEED };

test("J1 what one contract allows another that is called compatible reads, in either dialect", () => {
  const met = { compatible: 0, refused: 0 };
  fc.assert(
    fc.property(pair, fc.array(entity, { minLength: 20, maxLength: 20 }), ([dialect, old, next], entities) => {
      const verdict = compare(old, next);
      if (verdict.changes.some(({ code }) => code === "malformed")) met.refused++;
      if (!verdict.compatible) return;
      met.compatible++;
      // Validators differ on formats.
      if (JSON.stringify(old).includes('"format":"date"') || JSON.stringify(old).includes('"format":"email"')) return;
      const [writes, reads] = [new Validator(old, dialect), new Validator(next, dialect)];
      for (const one of entities.filter((candidate) => writes.validate(candidate).valid))
        expect(reads.validate(one).valid, JSON.stringify([one, old, next])).toBe(true);
    }),
    runs,
  );
  expect(met.compatible).toBeGreaterThan(PAIRS / 20);
  expect(met.refused).toBeGreaterThan(0);
});

test("J8 a unit, a meaning or a purpose that changes anywhere within reach breaks, for readers and for the registry", () => {
  const turned = (text: string): string =>
    text.replaceAll('"Cel"', '"%"').replaceAll('"K"', '"Cel"').replaceAll('"open":"ajar"', '"open":"broken"').replaceAll('["visit"]', '["visit","resale"]');
  let changed = 0;
  fc.assert(
    fc.property(pair, ([, old]) => {
      const { $defs, ...root } = old;
      // Of definitions only those count that somebody refers to.
      const text = JSON.stringify(root);
      const reached = Object.entries($defs as Keywords).filter(([name]) => text.includes(`#/$defs/${name}"`));
      const whole = { ...root, $defs: Object.fromEntries(reached) };
      const next = JSON.parse(turned(JSON.stringify(whole))) as Keywords;
      if (isRefusal(admit(old)) || JSON.stringify(next) === JSON.stringify(whole)) return;
      changed++;
      for (const reader of ["new", "old"] as const) expect(compare(whole, next, reader).compatible, JSON.stringify(whole)).toBe(false);
      if (judgeDocument(whole).length + judgeDocument(next).length === 0) expect(judgeChange("BACKWARD", [whole], next).compatible).toBe(false);
    }),
    runs,
  );
  expect(changed).toBeGreaterThan(PAIRS / 5);
});

test("K4 what one contract allows the next reads, apart from attributes that only the older one names", () => {
  let compatible = 0;
  fc.assert(
    fc.property(pair, fc.array(entity, { minLength: 20, maxLength: 20 }), ([dialect, old, next], entities) => {
      if (judgeDocument(old).length + judgeDocument(next).length > 0) return;
      if (!judgeChange("BACKWARD", [old], next).compatible) return;
      compatible++;
      const known = Object.keys(next["properties"] as Keywords);
      if (JSON.stringify(old).includes('"format":"date"') || JSON.stringify(old).includes('"format":"email"')) return;
      const [writes, reads] = [new Validator(old, dialect), new Validator(next, dialect)];
      for (const one of entities.filter((candidate) => writes.validate(candidate).valid)) {
        const carried = Object.fromEntries(Object.entries(one).filter(([name]) => known.includes(name) || next["additionalProperties"] !== false));
        expect(reads.validate(carried).valid, JSON.stringify([one, old, next])).toBe(true);
      }
    }),
    runs,
  );
  expect(compatible).toBeGreaterThan(PAIRS / 20);
});
