/** What merging needs to know of each family, from its schema and its rules: the same at every unit and at the hub that speaks our contracts. */
import { z } from "zod";
import { ABOUT } from "./about.ts";
import type { Writers } from "./annotation.ts";
import { contractName, contractOf } from "./contract.ts";
import type { Json } from "./delta/json.ts";
import type { Meaning } from "./delta/meaning.ts";
import { ruleOf } from "./delta/rules.ts";
import { FAMILIES, type Entity, type Family, STREAM_OF } from "./entity.ts";

export function isFamily(entity: string): entity is Family {
  return Object.hasOwn(FAMILIES, entity);
}

/** Undefined for what is no family, and for what does not leave the unit. */
export function meaningOf(entity: string): Meaning | undefined {
  return isFamily(entity) ? MEANINGS.get(entity) : undefined;
}

/** Attributes as they were heard, as an entity: what its family does not know is left out, since readers are tolerant. Null when they make none. */
export function readEntity(family: Family, attrs: Readonly<Record<string, Json>>): Entity | null {
  for (const shape of shapesOf(family)) {
    const known = Object.fromEntries(Object.entries(attrs).filter(([attr]) => Object.hasOwn(shape, attr)));
    const parsed = FAMILIES[family].safeParse(known);
    if (parsed.success) return parsed.data;
  }
  return null;
}

/** Why `readEntity` makes nothing of attributes: the first of them at fault in the state that they fit best; "" where none is. */
export function faultOf(family: Family, attrs: Readonly<Record<string, Json>>): string {
  const issues = shapesOf(family).flatMap((shape) => {
    const known = Object.fromEntries(Object.entries(attrs).filter(([attr]) => Object.hasOwn(shape, attr)));
    return [Object.entries(shape).flatMap(([attr, type]) => (type instanceof z.ZodType && !type.safeParse(known[attr]).success ? [attr] : []))];
  });
  const [best] = issues.toSorted((a, b) => a.length - b.length);
  return best?.[0] ?? "";
}

type Shape = Readonly<Record<string, unknown>>;

/** One for each state where a family is a union by state. */
function shapesOf(family: Family): readonly Shape[] {
  const schema: z.ZodType = FAMILIES[family];
  if (schema instanceof z.ZodUnion) return schema.options.filter((option) => option instanceof z.ZodObject).map((option) => option.shape);
  return schema instanceof z.ZodObject ? [schema.shape] : [];
}

function makeMeaning(family: Family): Meaning | null {
  const stream = STREAM_OF[family];
  if (stream === null) return null;
  const types = new Map<string, readonly z.ZodType[]>();
  for (const shape of shapesOf(family)) {
    for (const [attr, type] of Object.entries(shape)) if (type instanceof z.ZodType) types.set(attr, [...new Set([...(types.get(attr) ?? []), type])]);
  }
  const name = contractName(family);
  const personal = personalOf(family);
  const { otherwise, attrs = {} } = ABOUT[family].writers;
  const writersOf = (attr: string): Writers => (Object.hasOwn(attrs, attr) ? attrs[attr] : undefined) ?? otherwise;
  return {
    subject: family,
    major: Number(name.slice(name.indexOf("@") + 1)),
    stream,
    knows: (attr) => types.has(attr),
    ruleOf: (attr) => ruleOf(family, attr),
    // Who writes the key deletes.
    writersOf: (attr) => writersOf(attr === "" ? "id" : attr),
    ...(ABOUT[family].belongsTo === undefined ? {} : { belongsTo: ABOUT[family].belongsTo }),
    isPersonal: (attr) => personal.has(attr),
    fits: (attr, value) => types.get(attr)?.some((type) => type.safeParse(value).success) === true,
  };
}

/** Attributes that are personal as a whole, or in any part. */
function personalOf(family: Family): ReadonlySet<string> {
  const schema = contractOf(family).schema as {
    readonly properties?: object;
    readonly anyOf?: readonly { readonly properties?: object }[];
    readonly oneOf?: readonly { readonly properties?: object }[];
  };
  const alternatives = schema.anyOf ?? schema.oneOf ?? [schema];
  const found = alternatives.flatMap(({ properties = {} }) =>
    Object.entries(properties).filter(([, one]) => JSON.stringify(one).includes('"x-class":"personal"')),
  );
  return new Set(found.map(([attr]) => attr));
}

const MEANINGS: ReadonlyMap<string, Meaning> = new Map(
  (Object.keys(FAMILIES) as Family[]).flatMap((family) => {
    const meaning = makeMeaning(family);
    return meaning === null ? [] : [[family, meaning] as const];
  }),
);
