/**
 * What a JSON Schema says of one attribute: its types, values, uom and whether it may be absent. Seen through unions, `allOf` and
 * references within the document, so that ours (a union by state) and theirs (a flat object) read the same.
 */
import { resolve } from "../registry/walk.ts";
import { canonical, type Json } from "../../contracts/delta/json.ts";

export type Schema = Readonly<Record<string, unknown>>;

/** `types` is empty where anything may stand. `values` is null unless the schema lists them. `sure`: every valid entity has it, and it is not null. */
export type Shape = {
  readonly types: readonly string[];
  readonly values: readonly Json[] | null;
  readonly sure: boolean;
  readonly nullable: boolean;
  readonly format?: string;
  readonly uom?: string;
  readonly charsMax?: number;
  readonly writers?: string;
  readonly schemas: readonly Schema[];
};

/** Schemas in each other that are looked into; ours have 14. */
const DEPTH_MAX = 40;
/** Alternatives of one attribute; ours have 11. References that branch at each step would make millions. */
const LEAVES_MAX = 500;

/**
 * The shape of what stands at `path`, or null where the document does not know it. An object without `properties` may hold anything.
 * Below the list `each`, the path goes on in one of its items.
 */
export function shapeOf(document: unknown, path: readonly string[], each?: string): Shape | null {
  let schemas: readonly Schema[] = [asSchema(document)];
  let sure = true;
  for (const [at, name] of path.entries()) {
    const leaves = schemas.flatMap((schema) => leavesOf(document, schema));
    const bearing = leaves.filter((leaf) => !isNull(leaf));
    if (bearing.length > 0 && bearing.every(isOpen)) return { types: [], values: null, sure: false, nullable: true, schemas: [{}] };
    const members = schemas.map((schema) => memberOf(document, schema, name));
    sure = sure && members.every((member) => member.promised) && !leaves.some(mayBeNull);
    schemas = members.flatMap((member) => member.schemas);
    if (at === 0 && name === each) [schemas, sure] = [itemsOf(document, schemas), true];
    if (schemas.length === 0) return null;
  }
  return describe(document, schemas, sure);
}

/** The document for entities whose `attr` has one of `values`: the other alternatives of its union are left out. */
export function narrowed(document: unknown, attr: string, values: readonly Json[]): unknown {
  const schema = asSchema(document);
  for (const keyword of ["oneOf", "anyOf"]) {
    const union = schema[keyword];
    if (!Array.isArray(union)) continue;
    return { ...schema, [keyword]: union.filter((one) => shapeOf(asSchema(one), [attr])?.values?.some((value) => values.includes(value)) ?? true) };
  }
  return document;
}

/** Names of the top-level attributes, and those that every entity has. */
export function namesOf(document: unknown): { readonly all: readonly string[]; readonly required: readonly string[] } {
  const all = new Set<string>();
  const seen = new Set<Schema>();
  const visit = (schema: Schema, depth: number): void => {
    if (depth > DEPTH_MAX || seen.has(schema)) return;
    seen.add(schema);
    for (const name of Object.keys(asSchema(schema["properties"]))) all.add(name);
    const { every, union } = partsOf(document, schema);
    for (const part of [...every, ...union]) visit(part, depth + 1);
  };
  visit(asSchema(document), 0);
  return { all: [...all], required: [...all].filter((name) => memberOf(document, asSchema(document), name).promised) };
}

type Member = { readonly schemas: readonly Schema[]; readonly promised: boolean };

/** What a schema says of one of its members. Each schema is looked at once, so that references may branch and lead back. */
function memberOf(document: unknown, root: Schema, name: string): Member {
  const known = new Map<Schema, Member>();
  const look = (schema: Schema, depth: number): Member => {
    const before = known.get(schema);
    if (before !== undefined) return before;
    known.set(schema, { schemas: [], promised: false });
    if (depth > DEPTH_MAX) return { schemas: [], promised: false };
    const properties = asSchema(schema["properties"]);
    const own = Object.hasOwn(properties, name) ? [asSchema(properties[name])] : [];
    const { every, union } = partsOf(document, schema);
    const always = every.map((part) => look(part, depth + 1));
    const oneOf = union.filter((part) => !isNull(part)).map((part) => look(part, depth + 1));
    const required = Array.isArray(schema["required"]) && schema["required"].includes(name);
    const promised = required || always.some((member) => member.promised) || (oneOf.length > 0 && oneOf.every((member) => member.promised));
    const member = { schemas: few([...own, ...[...always, ...oneOf].flatMap(({ schemas }) => schemas)]), promised };
    known.set(schema, member);
    return member;
  };
  return look(root, 0);
}

function few(schemas: readonly Schema[]): readonly Schema[] {
  return [...new Set(schemas)].slice(0, LEAVES_MAX);
}

/** A record of theirs is made of an item, so the item is there. */
function itemsOf(document: unknown, schemas: readonly Schema[]): readonly Schema[] {
  return schemas.flatMap((schema) => leavesOf(document, schema)).flatMap((leaf) => (isSchema(leaf["items"]) ? [leaf["items"]] : []));
}

function describe(document: unknown, schemas: readonly Schema[], sure: boolean): Shape {
  const leaves = schemas.flatMap((schema) => leavesOf(document, schema));
  const bearing = leaves.filter((leaf) => !isNull(leaf));
  const nullable = leaves.some(mayBeNull);
  const types = bearing.map((leaf) => typesOf(leaf).filter((type) => type !== "null"));
  const values = bearing.map((leaf) => valuesOf(leaf)?.filter((value) => value !== null) ?? null);
  const listed = values.every((list) => list !== null) ? values.flat() : null;
  const first = <T>(keyword: string, is: (value: unknown) => value is T): T | undefined => leaves.map((leaf) => leaf[keyword]).find(is);
  const [format, uom, charsMax, writers] = [first("format", isText), first("x-uom", isText), first("maxLength", isNumber), first("x-writers", isText)];
  return {
    types: types.some((list) => list.length === 0) ? [] : [...new Set(types.flat())],
    values: listed === null ? null : [...new Map(listed.map((value) => [canonical(value), value])).values()],
    sure: sure && !nullable,
    nullable,
    ...(format === undefined ? {} : { format }),
    ...(uom === undefined ? {} : { uom }),
    ...(charsMax === undefined ? {} : { charsMax }),
    ...(writers === undefined ? {} : { writers }),
    schemas,
  };
}

/** A schema taken apart into those that neither refer nor choose. What stands beside a reference counts with it. */
export function leavesOf(document: unknown, root: Schema): readonly Schema[] {
  const known = new Map<Schema, readonly Schema[]>();
  const look = (schema: Schema, depth: number): readonly Schema[] => {
    const before = known.get(schema);
    if (before !== undefined) return before;
    known.set(schema, []);
    const { every, union } = partsOf(document, schema);
    const { $ref: _ref, allOf: _all, anyOf: _any, oneOf: _one, ...own } = schema;
    const bare = Object.keys(own).length === 0;
    const below = depth > DEPTH_MAX ? [] : [...every, ...union].flatMap((part) => look(part, depth + 1));
    const leaves = every.length === 0 && union.length === 0 ? [schema] : few(below).map((leaf) => (bare || isNull(leaf) ? leaf : { ...own, ...leaf }));
    known.set(schema, leaves);
    return leaves;
  };
  return look(root, 0);
}

function partsOf(document: unknown, schema: Schema): { readonly every: readonly Schema[]; readonly union: readonly Schema[] } {
  const list = (keyword: string): readonly Schema[] => (Array.isArray(schema[keyword]) ? schema[keyword].map(asSchema) : []);
  const target = typeof schema["$ref"] === "string" ? pointed(document, schema["$ref"]) : [];
  return { every: [...list("allOf"), ...target], union: [...list("anyOf"), ...list("oneOf")] };
}

/** What a reference within the document leads to; nothing for those that lead elsewhere. */
function pointed(document: unknown, reference: string): readonly Schema[] {
  const target = resolve(document, reference)?.schema;
  return isSchema(target) ? [target] : [];
}

function typesOf(leaf: Schema): readonly string[] {
  const type = leaf["type"];
  if (typeof type === "string") return [type];
  if (Array.isArray(type)) return type.filter(isText);
  return [...new Set((valuesOf(leaf) ?? []).map(typeOf))];
}

/** The JSON type of a value, `integer` for whole numbers. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function valuesOf(leaf: Schema): readonly Json[] | null {
  if (leaf["const"] !== undefined) return [leaf["const"] as Json];
  return Array.isArray(leaf["enum"]) ? (leaf["enum"] as Json[]) : null;
}

function isNull(leaf: Schema): boolean {
  return leaf["type"] === "null" || leaf["const"] === null;
}

function mayBeNull(leaf: Schema): boolean {
  return isNull(leaf) || typesOf(leaf).includes("null");
}

/** An object of which nothing is said. */
function isOpen(leaf: Schema): boolean {
  const types = typesOf(leaf).filter((type) => type !== "null");
  return leaf["properties"] === undefined && leaf["additionalProperties"] !== false && (types.length === 0 || types.includes("object"));
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asSchema(value: unknown): Schema {
  return isSchema(value) ? value : {};
}
