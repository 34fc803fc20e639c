/** The schemas inside a JSON Schema document, each once, with its JSON Pointer and the attribute it speaks of. Without recursion: documents are foreign. */
import { resolveUri, splitUri } from "./compatibility/uri.ts";

export type Schema = Readonly<Record<string, unknown>>;
/** `field`: attribute path such as `contact.phone` or `parts[].quantity`; "" at the root. */
export type Place = { readonly schema: unknown; readonly pointer: string; readonly field: string };

/** Where schemas lie, by keyword: one, a list of them, or a map of them. */
const ONE = new Set([
  "not",
  "if",
  "then",
  "else",
  "items",
  "additionalItems",
  "unevaluatedItems",
  "contains",
  "additionalProperties",
  "unevaluatedProperties",
  "propertyNames",
]);
const LIST = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
const MAP = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"]);

/** `also`: further places to begin at, such as what references point to. */
export function walk(document: unknown, also: (schema: Schema) => readonly Place[] = () => []): readonly Place[] {
  const stack: Place[] = [{ schema: document, pointer: "", field: "" }];
  const found: Place[] = [];
  const seen = new Set<string>();
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    if (seen.has(place.pointer)) continue;
    seen.add(place.pointer);
    found.push(place);
    if (isSchema(place.schema)) stack.push(...also(place.schema), ...childrenOf(place.schema, place));
  }
  return found;
}

export function childrenOf(schema: Schema, { pointer, field }: Place): readonly Place[] {
  return Object.entries(schema).flatMap(([keyword, value]): readonly Place[] => {
    const at = `${pointer}/${escape(keyword)}`;
    if (LIST.has(keyword) || (keyword === "items" && Array.isArray(value))) {
      const inside = keyword === "items" || keyword === "prefixItems" ? `${field}[]` : field;
      return Array.isArray(value) ? value.map((one: unknown, i) => ({ schema: one, pointer: `${at}/${i}`, field: inside })) : [];
    }
    if (ONE.has(keyword))
      return [{ schema: value, pointer: at, field: keyword.toLowerCase().endsWith("items") || keyword === "contains" ? `${field}[]` : field }];
    if (MAP.has(keyword) && isSchema(value)) {
      const names = keyword === "properties" || keyword === "patternProperties";
      // Draft-07's `dependencies` holds lists of names beside schemas.
      return Object.entries(value)
        .filter(([, one]) => keyword !== "dependencies" || !Array.isArray(one))
        .map(([name, one]) => ({
          schema: one,
          pointer: `${at}/${escape(name)}`,
          field: names ? (field === "" ? name : `${field}.${name}`) : field,
        }));
    }
    return [];
  });
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asSchema(value: unknown): Schema {
  return isSchema(value) ? value : {};
}

/**
 * What a reference within the document leads to, by JSON Pointer, by `$anchor`, or by the `$id` of the document itself; null when it leaves
 * the document or leads to nothing. Methods: RFC 6901 in a fragment, JSON Schema 2020-12 core 8.2.
 */
export function resolve(document: unknown, reference: string): Place | null {
  const own = asSchema(document)["$id"];
  const base = typeof own === "string" ? splitUri(own).uri : "";
  const { uri, fragment } = splitUri(resolveUri(reference, base));
  const pointer = uri === base ? decode(fragment) : null;
  if (pointer === null) return null;
  if (pointer !== "" && !pointer.startsWith("/")) return anchorsOf(document).get(pointer) ?? null;
  let at: unknown = document;
  for (const part of pointer.split("/").slice(1)) {
    const name = unescape(part);
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return null;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return { schema: at, pointer, field: pointer };
}

/** The document with every reference by anchor or by its own `$id` as a JSON Pointer: for readers that know no others. */
export function withPointers(document: unknown): unknown {
  const rewritten = (schema: unknown, isMap: boolean): unknown => {
    if (Array.isArray(schema)) return schema.map((one) => rewritten(one, false));
    if (!isSchema(schema)) return schema;
    return Object.fromEntries(
      Object.entries(schema).map(([keyword, value]) => {
        if (isMap) return [keyword, rewritten(value, false)];
        if (keyword === "$ref" && typeof value === "string" && !value.startsWith("#/")) {
          const target = resolve(document, value);
          return [keyword, target === null ? value : `#${encodeURI(target.pointer)}`];
        }
        return [keyword, ONE.has(keyword) || LIST.has(keyword) || MAP.has(keyword) ? rewritten(value, MAP.has(keyword)) : value];
      }),
    );
  };
  return rewritten(document, false);
}

/** Looked for once a document. */
const ANCHORS = new WeakMap<object, ReadonlyMap<string, Place>>();

function anchorsOf(document: unknown): ReadonlyMap<string, Place> {
  if (!isSchema(document)) return new Map();
  const known = ANCHORS.get(document);
  if (known !== undefined) return known;
  const found = new Map<string, Place>();
  for (const { schema, pointer } of walk(document)) {
    const anchor = asSchema(schema)["$anchor"];
    if (typeof anchor === "string" && !found.has(anchor)) found.set(anchor, { schema, pointer, field: pointer });
  }
  ANCHORS.set(document, found);
  return found;
}

/** The attribute that a JSON Pointer into a document speaks of: `/oneOf/2/properties/parts/items/properties/quantity/maximum` → `parts[].quantity`. */
export function fieldOf(pointer: string): string {
  const steps = pointer.split("/").slice(1).map(unescape);
  let field = "";
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] ?? "";
    if (step === "properties" && i + 1 < steps.length) {
      field = field === "" ? (steps[i + 1] ?? "") : `${field}.${steps[i + 1] ?? ""}`;
      i += 1;
    } else if (LIST.has(step) && step !== "prefixItems") i += 1;
    else if (step === "items" || step === "prefixItems") field = `${field}[]`;
    else if (step !== "not" && step !== "if" && step !== "then" && step !== "else") break;
  }
  return field;
}

function decode(fragment: string): string | null {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return null;
  }
}

function unescape(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

export function escape(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
