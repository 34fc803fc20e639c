/**
 * The attributes of an entity as a document gives them: over all its alternatives, through references within it. The document is finite
 * (`reference.ts`); each schema is looked at once, however often it is referred to.
 */
import { type Schema, asSchema, isSchema, resolve } from "./walk.ts";

export type Members = {
  /** The schemas of each name: several where a document is a union by state. */
  readonly named: ReadonlyMap<string, readonly Schema[]>;
  readonly items: readonly Schema[];
  /** No alternative lets through a name that it does not know. */
  readonly closed: boolean;
};

/** The schemas of each top-level attribute. */
export function attributesOf(document: unknown): ReadonlyMap<string, readonly Schema[]> {
  return membersOf(document, [asSchema(document)]).named;
}

/** What lies directly inside of some schemas of a document. */
export function membersOf(document: unknown, schemas: readonly Schema[]): Members {
  const named = new Map<string, Schema[]>();
  const items: Schema[] = [];
  const seen = new Set<Schema>();
  const visit = (schema: Schema): void => {
    if (seen.has(schema)) return;
    seen.add(schema);
    const properties = schema["properties"];
    for (const [name, one] of Object.entries(asSchema(properties))) named.set(name, [...(named.get(name) ?? []), isSchema(one) ? one : {}]);
    if (isSchema(schema["items"])) items.push(schema["items"]);
    const { every, union } = partsOf(document, schema);
    [...every, ...union].forEach(visit);
  };
  schemas.forEach(visit);
  const known = new Map<Schema, boolean>();
  return { named, items, closed: schemas.every((schema) => isClosedThroughout(document, schema, known)) };
}

/** Whether an object that this schema allows has no member that it does not name: itself, by something that it includes, or as each of its alternatives. */
function isClosedThroughout(document: unknown, schema: Schema, known: Map<Schema, boolean>): boolean {
  const before = known.get(schema);
  if (before !== undefined) return before;
  // What contains itself without a member in between says nothing, so it closes nothing.
  known.set(schema, false);
  const eachClosed = (union: unknown): boolean =>
    Array.isArray(union) && union.every((one: unknown) => one === false || (isSchema(one) && isClosedThroughout(document, one, known)));
  const closed =
    isClosed(schema) ||
    isNoObject(schema) ||
    partsOf(document, schema).every.some((one) => isClosedThroughout(document, one, known)) ||
    eachClosed(schema["anyOf"]) ||
    eachClosed(schema["oneOf"]);
  known.set(schema, closed);
  return closed;
}

function isNoObject(schema: Schema): boolean {
  const { type } = schema;
  return type !== undefined && ![type].flat().includes("object");
}

/** A schema with all that it includes, refers to and is one of, each once. */
export function withParts(document: unknown, schema: Schema): readonly Schema[] {
  const all = new Set<Schema>();
  const open = [schema];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    if (all.has(next)) continue;
    all.add(next);
    const { every, union } = partsOf(document, next);
    open.push(...every, ...union);
  }
  return [...all];
}

/** The attributes that every valid entity has. */
export function promisedOf(document: unknown): ReadonlySet<string> {
  const known = new Map<Schema, ReadonlySet<string>>();
  const promised = (schema: Schema): ReadonlySet<string> => {
    const before = known.get(schema);
    if (before !== undefined) return before;
    const { every, union } = partsOf(document, schema);
    const [first, ...others] = union.map(promised);
    const common = first === undefined ? [] : [...first].filter((name) => others.every((other) => other.has(name)));
    const names = new Set([...textsOf(schema["required"]), ...every.flatMap((one) => [...promised(one)]), ...common]);
    known.set(schema, names);
    return names;
  };
  return promised(asSchema(document));
}

function isClosed(schema: Schema): boolean {
  return (schema["additionalProperties"] === false || schema["unevaluatedProperties"] === false) && schema["patternProperties"] === undefined;
}

/** What a schema includes in any case, and what it is one of. */
function partsOf(document: unknown, schema: Schema): { readonly every: readonly Schema[]; readonly union: readonly Schema[] } {
  const reference = schema["$ref"];
  const target = typeof reference === "string" ? resolve(document, reference) : null;
  const list = (keyword: string): readonly Schema[] => (Array.isArray(schema[keyword]) ? schema[keyword].filter(isSchema) : []);
  return { every: [...list("allOf"), ...(target === null ? [] : [asSchema(target.schema)])], union: [...list("anyOf"), ...list("oneOf")] };
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
