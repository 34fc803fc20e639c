/** Entities made from a schema, always the same ones: what expressions are tried on before a bridge is published. */
import type { Json } from "../../contracts/delta/json.ts";
import type { Fields } from "./place.ts";
import { type Schema, leavesOf, namesOf, shapeOf } from "./shape.ts";

/** Entities per alternative of a union. The first is as small as the schema allows, the others vary each attribute. */
const ROUNDS = 6;
/** Alternatives of a union that are tried; tickets have 7. */
const ALTERNATIVES_MAX = 50;
/** Lists and objects in each other, and members of one object; what lies beyond stays empty, so that a schema can't make a sample grow without end. */
const DEPTH_MAX = 3;
const MEMBERS_MAX = 40;
/** Values of one attribute. An enumeration is tried whole up to here. */
const VALUES_MAX = 60;

const TEXTS = ["a", "p-7", "A1", "a.b", "0190f3e2-7c1a", "Kreiselpumpe Süd", "泵 7", "2026-10-20T08:00:00.000Z", "2026-10-20", "a".repeat(64)];
const NUMBERS = [0, 1, 7, 0.5, 12.25, -3, 90, 180, 60_000, 754_321, 1_760_000_000_000, 0.000_1];

export function samplesOf(document: unknown): readonly Fields[] {
  const { all, required } = namesOf(document);
  const sample = sampler(document);
  return leavesOf(document, asSchema(document))
    .slice(0, ALTERNATIVES_MAX)
    .flatMap((alternative) => {
      const own = asSchema(alternative["properties"]);
      const mandatory: readonly unknown[] = Array.isArray(alternative["required"]) ? alternative["required"] : required;
      const names = Object.keys(own).length === 0 ? all : Object.keys(own);
      const members = names.map((name) => {
        const schemas = Object.hasOwn(own, name) ? [asSchema(own[name])] : (shapeOf(document, [name])?.schemas ?? []);
        return { name, values: schemas.flatMap((schema) => sample(schema, 0)) };
      });
      return Array.from({ length: ROUNDS }, (_, round) => assembled(round > 0 ? members : members.filter(({ name }) => mandatory.includes(name)), round));
    });
}

/** Values that an attribute of this schema may have. */
export function sampleValues(document: unknown, schema: Schema): readonly Json[] {
  return sampler(document)(schema, 0);
}

type Sampler = (schema: Schema, depth: number) => readonly Json[];

/** Each schema is sampled once per depth. */
function sampler(document: unknown): Sampler {
  const known = Array.from({ length: DEPTH_MAX + 1 }, () => new Map<Schema, readonly Json[]>());
  const sample: Sampler = (schema, depth) => {
    const before = known[depth]?.get(schema);
    if (before !== undefined) return before;
    const values = leavesOf(document, schema)
      .flatMap((leaf) => valuesOfLeaf(leaf, depth, sample))
      .slice(0, VALUES_MAX);
    known[depth]?.set(schema, values);
    return values;
  };
  return sample;
}

type Members = readonly { readonly name: string; readonly values: readonly Json[] }[];

/** An object with the `round`th value of each member. */
function assembled(members: Members, round: number): Fields {
  return Object.fromEntries(
    members.flatMap(({ name, values }) => {
      const value = values[round % Math.max(1, values.length)];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function valuesOfLeaf(leaf: Schema, depth: number, sample: Sampler): readonly Json[] {
  if (leaf["const"] !== undefined) return [leaf["const"] as Json];
  if (Array.isArray(leaf["enum"])) return leaf["enum"] as Json[];
  const types = (Array.isArray(leaf["type"]) ? leaf["type"] : [leaf["type"]]).filter((type) => type !== "null");
  return types.flatMap((type): readonly Json[] => {
    if (type === "boolean") return [true, false];
    if (type === "integer" || type === "number") return numbersOf(leaf, type === "integer");
    if (type === "array") return depth >= DEPTH_MAX ? [[]] : listsOf(sample(asSchema(leaf["items"]), depth + 1));
    if (type === "object") return depth >= DEPTH_MAX ? [{}] : objectsOf(leaf, depth, sample);
    return textsOf(leaf);
  });
}

function numbersOf(leaf: Schema, whole: boolean): readonly number[] {
  const [min, max] = [bound(leaf["minimum"], -1e15), bound(leaf["maximum"], 1e15)];
  return [...NUMBERS, min, max].filter((value) => value >= min && value <= max && Math.abs(value) < 1e15 && (!whole || Number.isInteger(value)));
}

function textsOf(leaf: Schema): readonly string[] {
  const [min, max] = [bound(leaf["minLength"], 0), bound(leaf["maxLength"], 1000)];
  const fits = patternOf(leaf["pattern"]);
  return TEXTS.filter((text) => text.length >= min && text.length <= max && fits(text));
}

/** A foreign pattern is tried on short texts only, which bounds what it can cost. */
function patternOf(pattern: unknown): (text: string) => boolean {
  if (typeof pattern !== "string") return () => true;
  try {
    const expression = new RegExp(pattern, "u");
    return (text) => text.length <= 20 && expression.test(text);
  } catch {
    return () => true;
  }
}

function listsOf([first, second]: readonly Json[]): readonly Json[] {
  return [[], ...(first === undefined ? [] : [[first]]), ...(first === undefined || second === undefined ? [] : [[first, second]])];
}

function objectsOf(leaf: Schema, depth: number, sample: Sampler): readonly Json[] {
  const required: readonly unknown[] = Array.isArray(leaf["required"]) ? leaf["required"] : [];
  const members = Object.entries(asSchema(leaf["properties"]))
    .slice(0, MEMBERS_MAX)
    .map(([name, schema]) => ({ name, values: sample(asSchema(schema), depth + 1) }));
  return [
    assembled(
      members.filter(({ name }) => required.includes(name)),
      0,
    ),
    assembled(members, 1),
    assembled(members, 2),
  ];
}

function bound(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function asSchema(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}
