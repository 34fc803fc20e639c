/** Entities made from a schema, always the same ones: what expressions are tried on before a bridge is published. */
import type { Json } from "../../contracts/delta/json.ts";
import type { Fields } from "./place.ts";
import { type Schema, leavesOf, shapeOf, namesOf } from "./shape.ts";

/** Entities per alternative of a union. The first is as small as the schema allows, the others vary each attribute. */
const ROUNDS = 6;
/** Lists and objects in each other; deeper ones stay empty. */
const DEPTH_MAX = 6;
/** Values of one attribute. An enumeration is tried whole up to here. */
const VALUES_MAX = 60;

const TEXTS = ["a", "p-7", "A1", "a.b", "0190f3e2-7c1a", "Kreiselpumpe Süd", "泵 7", "2026-10-20T08:00:00.000Z", "2026-10-20", "a".repeat(64)];
const NUMBERS = [0, 1, 7, 0.5, 12.25, -3, 90, 180, 60_000, 754_321, 1_760_000_000_000, 0.000_1];

export function samplesOf(document: unknown): readonly Fields[] {
  const { all, required } = namesOf(document);
  const alternatives = leavesOf(document, asSchema(document), 0);
  return alternatives.flatMap((alternative) =>
    Array.from({ length: ROUNDS }, (_, round) => {
      const own = Object.keys(asSchema(alternative["properties"]));
      const mandatory = Array.isArray(alternative["required"]) ? alternative["required"] : required;
      const names = (own.length === 0 ? all : own).filter((name) => round > 0 || mandatory.includes(name));
      const members = names.map((name) => [name, valuesOf(document, alternative, name)] as const);
      return Object.fromEntries(members.flatMap(([name, values]) => pick(name, values, round)));
    }),
  );
}

/** Values that an attribute of this schema may have. */
export function sampleValues(document: unknown, schema: Schema, depth = 0): readonly Json[] {
  return leavesOf(document, schema, 0)
    .flatMap((leaf) => valuesOfLeaf(document, leaf, depth))
    .slice(0, VALUES_MAX);
}

function valuesOf(document: unknown, alternative: Schema, name: string): readonly Json[] {
  const own = asSchema(alternative["properties"])[name];
  const schemas = own === undefined ? (shapeOf(document, [name])?.schemas ?? []) : [asSchema(own)];
  return schemas.flatMap((schema) => sampleValues(document, schema));
}

function pick(name: string, values: readonly Json[], round: number): readonly (readonly [string, Json])[] {
  const value = values[round % Math.max(1, values.length)];
  return value === undefined ? [] : [[name, value]];
}

function valuesOfLeaf(document: unknown, leaf: Schema, depth: number): readonly Json[] {
  if (leaf["const"] !== undefined) return [leaf["const"] as Json];
  if (Array.isArray(leaf["enum"])) return leaf["enum"] as Json[];
  const types = (Array.isArray(leaf["type"]) ? leaf["type"] : [leaf["type"]]).filter((type) => type !== "null");
  return types.flatMap((type): readonly Json[] => {
    if (type === "boolean") return [true, false];
    if (type === "integer" || type === "number") return numbersOf(leaf, type === "integer");
    if (type === "array") return listsOf(document, leaf, depth);
    if (type === "object") return depth >= DEPTH_MAX ? [{}] : objectsOf(document, leaf, depth);
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

function listsOf(document: unknown, leaf: Schema, depth: number): readonly Json[] {
  const items = depth >= DEPTH_MAX ? [] : sampleValues(document, asSchema(leaf["items"]), depth + 1);
  const [first, second] = items;
  return [[], ...(first === undefined ? [] : [[first]]), ...(first === undefined || second === undefined ? [] : [[first, second]])];
}

function objectsOf(document: unknown, leaf: Schema, depth: number): readonly Json[] {
  const properties = Object.entries(asSchema(leaf["properties"]));
  const required: readonly unknown[] = Array.isArray(leaf["required"]) ? leaf["required"] : [];
  return Array.from({ length: 3 }, (_, round) =>
    Object.fromEntries(
      properties
        .filter(([name]) => round > 0 || required.includes(name))
        .flatMap(([name, schema]) => pick(name, sampleValues(document, asSchema(schema), depth + 1), round)),
    ),
  );
}

function bound(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function asSchema(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}
