/**
 * Verdicts beside documents: pairs of schemas are made up, decided, and each verdict is tried with documents that the old schema allows and
 * another validator judges. "Compatible" with one document that the new schema refuses is the one mistake that must not happen.
 * `COMPATIBILITY_PAIRS=200000` (and `COMPATIBILITY_SEED`) makes a long run of it and prints what it met.
 */
import { Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../../contracts/delta/json.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { compare } from "./compare.ts";
import { admit } from "./document.ts";
import { isObject } from "./keyword.ts";

const PAIRS = Number(process.env["COMPATIBILITY_PAIRS"] ?? 1_000);
const SEED = Number(process.env["COMPATIBILITY_SEED"] ?? 20_250_101);
const DOCUMENTS = 60;
const NAMES = ["a", "b", "ab", "x"];
const TEXTS = ["", "a", "b", "ab", "aab", "xyz", "2024-02-30", "2024-02-29"];
const PATTERNS = ["^a", "b$", "^a*$", "^[ab]{1,2}$", "a|x", "^(ab?)+$"];
const NUMBERS = [-2, -1, 0, 0.5, 1, 1.5, 2, 3, 4, 6];
type Schema = Record<string, unknown> | boolean;

const numberOf = fc.constantFrom(...NUMBERS);
const leafValue = fc.oneof(fc.constant(null), fc.boolean(), numberOf, fc.constantFrom(...TEXTS));
const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leafValue,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 3 }),
  ),
})).value;

const some = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined, freq: 2 });
const seldom = <T>(one: fc.Arbitrary<T>) => fc.oneof({ arbitrary: fc.constant(undefined), weight: 4 }, { arbitrary: one, weight: 1 });
const count = fc.integer({ min: 0, max: 3 });
const schema: fc.Arbitrary<Schema> = fc.letrec<{ schema: Schema }>((tie) => {
  const inner = tie("schema");
  const named = fc.dictionary(fc.constantFrom(...NAMES), inner, { minKeys: 1, maxKeys: 3 });
  const list = fc.array(inner, { minLength: 1, maxLength: 3 });
  const type = fc.constantFrom("null", "boolean", "number", "integer", "string", "array", "object");
  const keywords = (members: Record<string, fc.Arbitrary<unknown>>) => fc.record(members).map(compact);
  const ofNumbers = keywords({
    type: fc.constantFrom("number", "integer", undefined),
    minimum: some(numberOf),
    maximum: some(numberOf),
    exclusiveMinimum: seldom(numberOf),
    exclusiveMaximum: seldom(numberOf),
    multipleOf: seldom(fc.constantFrom(0.5, 1, 2, 3)),
  });
  const ofTexts = keywords({
    type: fc.constantFrom("string", "string", undefined),
    minLength: some(count),
    maxLength: some(count),
    pattern: some(fc.constantFrom(...PATTERNS)),
    format: seldom(fc.constantFrom("date", "uuid")),
  });
  const ofArrays = keywords({
    type: fc.constantFrom("array", "array", undefined),
    prefixItems: seldom(list),
    items: some(inner),
    contains: seldom(inner),
    minContains: seldom(count),
    maxContains: seldom(count),
    minItems: seldom(count),
    maxItems: some(count),
    uniqueItems: seldom(fc.boolean()),
    unevaluatedItems: seldom(inner),
  });
  const ofObjects = keywords({
    type: fc.constantFrom("object", "object", undefined),
    properties: some(named),
    required: some(fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 2 })),

    additionalProperties: some(fc.oneof(fc.boolean(), inner)),
    patternProperties: seldom(fc.dictionary(fc.constantFrom(...PATTERNS), inner, { maxKeys: 2 })),
    propertyNames: seldom(ofTexts),

    minProperties: seldom(count),
    maxProperties: seldom(count),
    dependentRequired: seldom(fc.dictionary(fc.constantFrom(...NAMES), fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 2 }), { maxKeys: 2 })),
    dependentSchemas: seldom(named),
    unevaluatedProperties: seldom(fc.oneof(fc.boolean(), inner)),
  });
  const combined = fc.oneof(
    keywords({ anyOf: list }),
    keywords({ oneOf: list }),
    keywords({ allOf: list }),
    keywords({ not: inner }),
    fc.tuple(inner, some(inner), some(inner)).map((parts) => compact(Object.fromEntries(["if", "then", "else"].map((keyword, at) => [keyword, parts[at]])))),
    keywords({ type: fc.uniqueArray(type, { minLength: 1, maxLength: 3 }) }),
    fc.constant({ $ref: "#" }),
  );
  return {
    schema: fc.oneof(
      { depthSize: "small", maxDepth: 4 },
      {
        arbitrary: fc.oneof(
          fc.boolean(),
          keywords({ type }),
          keywords({ enum: fc.array(leafValue, { minLength: 1, maxLength: 3 }) }),
          keywords({ const: value }),
        ),
        weight: 2,
      },
      { arbitrary: ofNumbers, weight: 2 },
      { arbitrary: ofTexts, weight: 2 },
      { arbitrary: ofArrays, weight: 3 },
      { arbitrary: ofObjects, weight: 4 },
      { arbitrary: combined, weight: 3 },
      { arbitrary: fc.tuple(ofObjects, combined).map(([a, b]) => ({ ...b, ...a })), weight: 1 },
    ),
  };
}).schema;

test("J1 no document that the old schema allows is refused by a new one that is called compatible", () => {
  const met = { compatible: 0, incompatible: 0, witnessed: 0, undecided: 0 };
  const pair = fc.tuple(schema, schema, fc.integer({ min: 0, max: 5 }), fc.integer(), fc.array(value, { minLength: 12, maxLength: 12 }));
  fc.assert(
    fc.property(pair, ([first, second, how, seed, values]) => {
      const dice = diceOf(seed);
      const old = rooted(first);
      const next = how === 0 ? rooted(second) : rooted(mutated(first, second, dice, how));
      if (old === null || next === null) return;
      const verdict = compare(old, next);
      const reads = new Validator(next, "2020-12");
      const writes = new Validator(old, "2020-12");
      const judge = (document: Json) => writes.validate(document).valid && !reads.validate(document).valid;
      let witness: Json | undefined = values.find(judge);
      for (let at = 0; at < DOCUMENTS && witness === undefined; at++) {
        const document = sample(dice(2) === 0 ? old : next, { root: old, dice }, 4);
        if (judge(document)) witness = document;
      }
      if (verdict.compatible) met.compatible++;
      else met.incompatible++;
      if (!verdict.compatible && witness !== undefined) met.witnessed++;
      if (process.env["COMPATIBILITY_PRINT"] !== undefined && !verdict.compatible && witness === undefined)
        process.stdout.write(`UNWITNESSED ${JSON.stringify(old)} => ${JSON.stringify(next)}\n`);
      if (verdict.changes.some(({ code }) => code === "undecidable")) met.undecided++;
      if (verdict.compatible && witness !== undefined)
        throw new Error(`called compatible, but ${JSON.stringify(witness)} is refused\nold ${JSON.stringify(old)}\nnew ${JSON.stringify(next)}`);
      if (!verdict.compatible) expect(verdict.changes.some(({ breaking }) => breaking)).toBe(true);
    }),
    { numRuns: PAIRS, seed: SEED, endOnFailure: PAIRS > 10_000 },
  );
  if (process.env["COMPATIBILITY_PAIRS"] !== undefined) process.stdout.write(`${JSON.stringify(met)}\n`);
  // The run means something only if both verdicts occur and most refusals are borne out by a document.
  expect(met.compatible).toBeGreaterThan(PAIRS / 10);
  expect(met.witnessed).toBeGreaterThan(met.incompatible / 2);
});

test("J1 a single document is compatible with a schema when another validator allows it", () => {
  const met = { allowed: 0, refused: 0, doubted: 0 };
  fc.assert(
    fc.property(schema, fc.array(value, { minLength: 4, maxLength: 4 }), fc.integer(), (one, values, seed) => {
      const reads = rooted(one);
      if (reads === null) return;
      const validator = new Validator(reads, "2020-12");
      const draw = { root: reads, dice: diceOf(seed) };
      for (const document of [...values, sample(reads, draw, 4), sample(reads, draw, 4)]) {
        const { valid } = validator.validate(document);
        const { compatible } = compare({ enum: [document] }, reads);
        if (compatible) expect(valid, JSON.stringify([document, reads])).toBe(true);
        if (compatible) met.allowed++;
        else if (valid) met.doubted++;
        else met.refused++;
      }
    }),
    { numRuns: PAIRS / 2, seed: SEED, endOnFailure: PAIRS > 10_000 },
  );
  if (process.env["COMPATIBILITY_PAIRS"] !== undefined) process.stdout.write(`${JSON.stringify(met)}\n`);
  expect(met.refused).toBeGreaterThan(PAIRS / 4);
  // Doubted: formats that nobody here knows, and names that no automaton says.
  expect(met.doubted).toBeLessThan(met.allowed / 50);
});

/** What refers to itself without an end is refused and never compared; a boolean root is left to the table of cases. */
function rooted(one: Schema): Readonly<Record<string, Json>> | null {
  return isObject(one) && !isRefusal(admit(one)) && !isBeyondTheOther(one, false) ? (one as Readonly<Record<string, Json>>) : null;
}

/** The other validator lets a condition or a dependency see what its neighbours evaluated, which the drafts don't: nothing to be learnt there. */
function isBeyondTheOther(one: unknown, isBeside: boolean): boolean {
  if (typeof one !== "object" || one === null) return false;
  return Object.entries(one).some(
    ([keyword, inner]) =>
      (isBeside && keyword.startsWith("unevaluated")) || isBeyondTheOther(inner, isBeside || ["dependentSchemas", "if", "then", "else"].includes(keyword)),
  );
}

type Dice = (sides: number) => number;
type Draw = { readonly root: unknown; readonly dice: Dice };
function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** The schema with one to three places changed: a keyword dropped, taken from the other, or a number moved. */
function mutated(one: Schema, other: Schema, dice: Dice, times: number): Schema {
  let result: unknown = structuredClone(one);
  for (let at = 0; at < Math.ceil(times / 2); at++) result = changed(result, other, dice);
  return result as Schema;
}

function changed(one: unknown, other: Schema, dice: Dice): unknown {
  if (!isObject(one) || Object.keys(one).length === 0) return dice(3) === 0 ? other : one;
  const keys = Object.keys(one);
  const key = keys[dice(keys.length)] ?? "";
  const inner = one[key];
  const what = dice(6);
  if (what === 0) return compact({ ...one, [key]: undefined });
  if (what === 1 && isObject(other)) return { ...one, ...other };
  if (typeof inner === "number" && key !== "multipleOf" && what < 5)
    return { ...one, [key]: Math.max(key.startsWith("m") && /Length|Items|Properties|Contains/.test(key) ? 0 : -9, inner + dice(3) - 1) };
  if (Array.isArray(inner) && key !== "type" && inner.length > 1 && what < 4) return { ...one, [key]: inner.toSpliced(dice(inner.length), 1) };
  if (Array.isArray(inner) && ["anyOf", "oneOf", "allOf", "prefixItems"].includes(key))
    return { ...one, [key]: inner.with(dice(inner.length), changed(inner[0], other, dice)) };
  if (isObject(inner)) {
    const names = Object.keys(inner);
    const isMap = ["properties", "patternProperties", "dependentSchemas"].includes(key);
    if (!isMap) return key === "dependentRequired" ? one : { ...one, [key]: changed(inner, other, dice) };
    const name = names[dice(names.length)] ?? "a";
    return { ...one, [key]: dice(4) === 0 ? compact({ ...inner, [name]: undefined }) : { ...inner, [name]: changed(inner[name] ?? true, other, dice) } };
  }
  return one;
}

/** A document that has a fair chance to be allowed: what the keywords suggest, a little disturbed. */
function sample(one: unknown, { root, dice }: Draw, depth: number): Json {
  const any = (): Json => [null, true, NUMBERS[dice(NUMBERS.length)] ?? 0, TEXTS[dice(TEXTS.length)] ?? "", [], {}][dice(6)] ?? null;
  if (!isObject(one) || depth === 0 || dice(12) === 0) return any();
  const pick = (list: unknown): unknown => (Array.isArray(list) ? list[dice(list.length)] : undefined);
  if (one["$ref"] === "#") return sample(root, { root, dice }, depth - 1);
  if (one["const"] !== undefined) return one["const"] as Json;
  if (Array.isArray(one["enum"])) return pick(one["enum"]) as Json;
  const branch = pick(one["anyOf"]) ?? pick(one["oneOf"]) ?? pick(one["allOf"]) ?? (dice(2) === 0 ? one["then"] : one["else"]);
  const type = Array.isArray(one["type"]) ? pick(one["type"]) : one["type"];
  const isArray = type === "array" || ["items", "prefixItems", "contains", "maxItems"].some((keyword) => one[keyword] !== undefined);
  const isRecord = type === "object" || ["properties", "required", "additionalProperties", "minProperties"].some((keyword) => one[keyword] !== undefined);
  if (branch !== undefined && (dice(3) > 0 || (!isArray && !isRecord))) return sample(branch, { root, dice }, depth - 1);
  if (isArray && type !== "object") {
    const prefix = Array.isArray(one["prefixItems"]) ? one["prefixItems"] : [];
    return Array.from({ length: Math.max(Number(one["minItems"] ?? 0), dice(4)) }, (_, at) =>
      sample(dice(3) === 0 ? (one["contains"] ?? one["items"]) : (prefix[at] ?? one["items"] ?? one["unevaluatedItems"]), { root, dice }, depth - 1),
    );
  }
  if (isRecord) {
    const named = isObject(one["properties"]) ? one["properties"] : {};
    const required = Array.isArray(one["required"]) ? one["required"].map(String) : [];
    const names = [...new Set([...required, ...Object.keys(named).filter(() => dice(3) > 0), ...(dice(2) === 0 ? NAMES.slice(0, dice(4)) : [])])];
    return Object.fromEntries(names.map((name) => [name, sample(named[name] ?? one["additionalProperties"], { root, dice }, depth - 1)]));
  }
  if (type === "boolean") return dice(2) === 0;
  if (type === "string" || one["pattern"] !== undefined || one["minLength"] !== undefined) return TEXTS[dice(TEXTS.length)] ?? "";
  if (type === "null") return null;
  if (type === "integer") return dice(9) - 2;
  return type === "number" || one["minimum"] !== undefined ? (NUMBERS[dice(NUMBERS.length)] ?? 0) : any();
}

function compact(one: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined));
}
