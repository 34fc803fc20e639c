/** The schemas inside a JSON Schema document, each once, with its JSON Pointer and the attribute it speaks of. Without recursion: documents are foreign. */

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

/** What a reference within the document points to; null when it leaves the document or points to nothing. Method: RFC 6901 in a fragment. */
export function resolve(document: unknown, reference: string): Place | null {
  if (!reference.startsWith("#")) return null;
  const pointer = decode(reference.slice(1));
  if (pointer === null || (pointer !== "" && !pointer.startsWith("/"))) return null;
  let at: unknown = document;
  for (const part of pointer.split("/").slice(1)) {
    const name = unescape(part);
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return null;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return { schema: at, pointer, field: pointer };
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
