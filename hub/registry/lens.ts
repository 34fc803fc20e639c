/**
 * Whether a lens leads from one major to the next and back: each step finds what it speaks of, nothing is left over on either side, and what
 * no step speaks of is compatible both ways. A lens speaks of top-level attributes.
 */
import { type Json, canonical } from "../../contracts/delta/json.ts";
import type { Lens, LensStep } from "../../contracts/delta/lens.ts";
import { attributesOf, promisedOf } from "./attribute.ts";
import { judgeChange } from "./change.ts";
import type { Problem } from "./document.ts";
import { judgeMeaning } from "./lens-meaning.ts";
import { type Schema, asSchema, isSchema } from "./walk.ts";

/** Empty: older and newer units can speak to each other through it. */
export function judgeLens(lens: Lens, older: Json, newer: Json): readonly Problem[] {
  const sides: Sides = {
    older,
    newer,
    before: attributesOf(older),
    after: attributesOf(newer),
    promisedBefore: promisedOf(older),
    promisedAfter: promisedOf(newer),
  };
  // Attributes as they stand after each step: name → the older schemas, or null where a step vouches for the values.
  const names = new Map<string, readonly Schema[] | null>(sides.before);
  const problems = lens.flatMap((step, i) => judgeStep(step, names, sides).map((message) => told("bad-lens", `/${i}`, message, attrOf(step))));
  if (problems.length > 0) return problems;
  const left = [...names.keys()]
    .filter((name) => !sides.after.has(name))
    .map((name) => told("lens-leaves", "", `${name} is not in the newer form: remove or rename it`, name));
  const lacks = [...sides.after.keys()]
    .filter((name) => !names.has(name))
    .map((name) => told("lens-lacks", "", `${name} is new: add it, or rename something to it`, name));
  if (left.length + lacks.length > 0) return [...left, ...lacks];
  const verdict = judgeChange("FULL", [bare(lens.reduce<Schema>((form, step) => formThrough(form, step, sides), asSchema(older)))], bare(newer));
  const missed = verdict.changes
    .filter(({ breaking }) => breaking)
    .map(({ path, message }) => told("lens-misses", path, `${message}, and no step of the lens speaks of it`));
  return [...missed, ...judgeMeaning(lens, older, newer)];
}

type Sides = {
  readonly older: Json;
  readonly newer: Json;
  readonly before: ReadonlyMap<string, readonly Schema[]>;
  readonly after: ReadonlyMap<string, readonly Schema[]>;
  readonly promisedBefore: ReadonlySet<string>;
  readonly promisedAfter: ReadonlySet<string>;
};

/** What is wrong with a step; brings `names` to where it leads. */
function judgeStep(step: LensStep, names: Map<string, readonly Schema[] | null>, sides: Sides): readonly string[] {
  switch (step.step) {
    case "rename": {
      const schemas = names.get(step.from);
      if (schemas === undefined) return [`there is no ${step.from} to rename`];
      if (names.has(step.to)) return [`${step.to} is there already`];
      names.delete(step.from);
      names.set(step.to, schemas);
      return [];
    }
    case "map": {
      const schemas = names.get(step.attr);
      if (schemas === undefined) return [`there is no ${step.attr} to map`];
      names.set(step.attr, null);
      return judgePairs(step, schemas ?? [], sides.after.get(step.attr) ?? []);
    }
    case "scale": {
      const schemas = names.get(step.attr);
      if (schemas === undefined) return [`there is no ${step.attr} to scale`];
      names.set(step.attr, null);
      return [...(schemas ?? []), ...(sides.after.get(step.attr) ?? [])].every(isNumber) ? [] : [`${step.attr} is not a number on both sides`];
    }
    case "add":
      if (names.has(step.attr)) return [`${step.attr} is there already`];
      if (sides.before.has(step.attr)) return [`${step.attr} is in the older form too, whose values would be read as the new one's: choose another name`];
      names.set(step.attr, null);
      return sides.promisedAfter.has(step.attr) && step.otherwise === undefined
        ? [`${step.attr} is required: say what it is where it is absent (otherwise)`]
        : [];
    case "remove":
      if (!names.delete(step.attr)) return [`there is no ${step.attr} to remove`];
      if (sides.after.has(step.attr)) return [`${step.attr} is in the newer form too, where the older values would be read: choose another name there`];
      return sides.promisedBefore.has(step.attr)
        ? [`${step.attr} is required in the older form: who reads that would miss it; make it optional there first`]
        : [];
    case "restate":
    case "loosen":
      return names.has(step.attr) ? [] : [`there is no ${step.attr} to ${step.step}`];
  }
}

/** One for one, and total on both sides where the values are listed. */
function judgePairs(step: Extract<LensStep, { step: "map" }>, older: readonly Schema[], newer: readonly Schema[]): readonly string[] {
  return (["older", "newer"] as const).flatMap((side) => {
    const mapped = step.pairs.map((pair) => canonical(pair[side]));
    const listed = valuesOf(side === "older" ? older : newer);
    return [
      ...(new Set(mapped).size < mapped.length ? [`${step.attr}: two pairs have the same ${side} value`] : []),
      ...listed.filter((value) => !mapped.includes(value)).map((value) => `${step.attr}: the ${side} value ${value} has no counterpart`),
    ];
  });
}

/** The older form as a step leaves it. Where the step vouches for the values, the newer schema stands. */
function formThrough(form: Schema, step: LensStep, sides: Sides): Schema {
  if (step.step === "loosen") return loosened(form, step.attr, asSchema(sides.newer));
  return overAlternatives(form, (alternative) => {
    // Of several alternatives a new attribute belongs to those that have it.
    const other = counterpart(alternative, asSchema(sides.newer));
    if (step.step === "add" && other !== undefined && !Object.hasOwn(asSchema(other["properties"]), step.attr)) return alternative;
    const properties = new Map(Object.entries(asSchema(alternative["properties"])));
    const required = new Set(Array.isArray(alternative["required"]) ? alternative["required"].filter((name) => typeof name === "string") : []);
    if (step.step === "rename") {
      const schema = properties.get(step.from);
      if (properties.delete(step.from)) properties.set(step.to, schema);
      if (required.delete(step.from)) required.add(step.to);
    } else if (step.step === "remove") {
      properties.delete(step.attr);
      required.delete(step.attr);
    } else if (step.step !== "restate" && (properties.has(step.attr) || step.step === "add")) {
      const own = step.step === "map" ? mapped(properties.get(step.attr), step) : undefined;
      const stands = own ?? sides.after.get(step.attr)?.[0];
      if (stands !== undefined) properties.set(step.attr, stands);
      if (step.step === "add" && sides.promisedAfter.has(step.attr)) required.add(step.attr);
    }
    return { ...alternative, properties: Object.fromEntries(properties), required: [...required] };
  });
}

/** What the step vouches for, as the newer form has it: the attribute and whether it may be absent, or the alternatives that it tells apart. */
function loosened(form: Schema, attr: string, newer: Schema): Schema {
  const opened = overAlternatives(form, (alternative) => {
    const other = counterpart(alternative, newer);
    const schema = asSchema(other?.["properties"])[attr];
    if (other === undefined || schema === undefined || asSchema(schema)["const"] !== undefined) return alternative;
    const promised = Array.isArray(other["required"]) && other["required"].includes(attr);
    const required = Array.isArray(alternative["required"]) ? alternative["required"].filter((name) => promised || name !== attr) : [];
    return { ...alternative, properties: { ...asSchema(alternative["properties"]), [attr]: schema }, required };
  });
  const union = alternativesOf(newer);
  if (union === null || !union.list.every((one) => asSchema(asSchema(one["properties"])[attr])["const"] !== undefined)) return opened;
  const known = alternativesOf(opened)?.list ?? [];
  return { ...opened, [union.keyword]: union.list.map((one) => known.find((old) => counterpart(old, newer) === one) ?? one) };
}

/** The object of the newer form that an alternative of the older one stands for: the only one, or the one with the same constants. */
function counterpart(alternative: Schema, newer: Schema): Schema | undefined {
  const union = alternativesOf(newer);
  if (union === null) return newer;
  const constants = (one: Schema): readonly string[] =>
    Object.entries(asSchema(one["properties"])).flatMap(([name, schema]) =>
      asSchema(schema)["const"] === undefined ? [] : [canonical([name, asSchema(schema)["const"] as Json])],
    );
  const own = constants(alternative);
  return own.length === 0 ? undefined : union.list.find((one) => own.every((constant) => constants(one).includes(constant)));
}

function alternativesOf(schema: Schema): { readonly keyword: string; readonly list: readonly Schema[] } | null {
  const keyword = ["oneOf", "anyOf"].find((name) => Array.isArray(schema[name]));
  const list: unknown = keyword === undefined ? null : schema[keyword];
  return keyword === undefined || !Array.isArray(list) ? null : { keyword, list: list.map(asSchema) };
}

/** Listed values as the table writes them: alternatives that are told apart by one stay apart. Undefined where none are listed. */
function mapped(schema: unknown, step: Extract<LensStep, { step: "map" }>): Schema | undefined {
  const { const: constant, enum: listed } = asSchema(schema);
  const through = (value: unknown): unknown => step.pairs.find(({ older }) => canonical(older) === canonical(value))?.newer ?? value;
  if (constant !== undefined) return { const: through(constant) };
  return Array.isArray(listed) ? { enum: listed.map(through) } : undefined;
}

/** Every object of the root: itself, or those that it is one of. */
function overAlternatives(schema: Schema, change: (alternative: Schema) => Schema): Schema {
  const through = ["anyOf", "oneOf", "allOf"].flatMap((keyword) => {
    const list: unknown = schema[keyword];
    return Array.isArray(list) ? [[keyword, list.map((one: unknown) => (isSchema(one) ? overAlternatives(one, change) : one))] as const] : [];
  });
  const opened = { ...schema, ...Object.fromEntries(through) };
  return opened["properties"] !== undefined || through.length === 0 ? change(opened) : opened;
}

/** Shape only: what a value means is judged apart. */
function bare(schema: unknown): Json {
  if (Array.isArray(schema)) return schema.map(bare);
  if (!isSchema(schema)) return schema as Json;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([keyword]) => !keyword.startsWith("x-"))
      .map(([keyword, value]) => [keyword, bare(value)]),
  );
}

function valuesOf(schemas: readonly Schema[]): readonly string[] {
  return [
    ...new Set(schemas.flatMap((schema) => [schema["enum"], schema["const"] === undefined ? [] : [schema["const"]]].flat()).filter((one) => one !== undefined)),
  ].map(canonical);
}

function isNumber(schema: Schema): boolean {
  return schema["type"] === "number" || schema["type"] === "integer";
}

function attrOf(step: LensStep): string {
  return step.step === "rename" ? step.from : step.attr;
}

function told(code: string, path: string, message: string, field = ""): Problem {
  return { code, path, message, ...(field === "" ? {} : { field }) };
}
