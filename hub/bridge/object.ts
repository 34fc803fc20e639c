/**
 * Another system's object as a JSON Schema: what a bridge is checked against. Made from a few lines in a pack, or from the system's own
 * description of itself (`metadata.ts`). Beside JSON Schema it says `x-system`, `x-object`, `x-wanted` (fields that their forms ask for)
 * and, by field, `x-writable`, `x-refers`, `x-meaning`.
 */
import type { Schema } from "./shape.ts";

/** `must`: their API refuses a record without it · `wanted`: their forms do · `may`: neither. A field that must be is never null. */
export type Need = "must" | "wanted" | "may";

export type TheirField = { readonly need: Need; readonly schema: Schema };

export function objectSchema(system: string, object: string, fields: Readonly<Record<string, TheirField>>): Schema {
  const entries = Object.entries(fields);
  const named = (need: Need): readonly string[] => entries.filter(([, field]) => field.need === need).map(([name]) => name);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: Object.fromEntries(entries.map(([name, { need, schema }]) => [name, need === "must" ? schema : nullable(schema)])),
    required: named("must"),
    "x-system": system,
    "x-object": object,
    "x-wanted": named("wanted"),
  };
}

export function text(max: number, need: Need = "may"): TheirField {
  return { need, schema: { type: "string", maxLength: max } };
}

export function flag(need: Need = "may"): TheirField {
  return { need, schema: { type: "boolean" } };
}

export function number(need: Need = "may", more: Schema = {}): TheirField {
  return { need, schema: { type: "number", ...more } };
}

export function whole(need: Need = "may", more: Schema = {}): TheirField {
  return { need, schema: { type: "integer", ...more } };
}

export function instant(need: Need = "may"): TheirField {
  return { need, schema: { type: "string", format: "date-time" } };
}

export function day(need: Need = "may"): TheirField {
  return { need, schema: { type: "string", format: "date" } };
}

/** One of these values; what each means stands beside it. */
export function choice(values: Readonly<Record<string, string>>, need: Need = "may"): TheirField {
  return { need, schema: { type: "string", enum: Object.keys(values), "x-meaning": values } };
}

/** One of these numbers; what each is labelled with stands beside it. */
export function option(values: Readonly<Record<number, string>>, need: Need = "may"): TheirField {
  return { need, schema: { type: "integer", enum: Object.keys(values).map(Number), "x-meaning": values } };
}

/** A record of another object, of which these fields are read or found by. */
export function reference(object: string, fields: Readonly<Record<string, TheirField>>, need: Need = "may"): TheirField {
  const properties = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.need === "must" ? field.schema : nullable(field.schema)]));
  const required = Object.entries(fields).flatMap(([name, field]) => (field.need === "must" ? [name] : []));
  return { need, schema: { type: "object", properties, required, "x-refers": object } };
}

function nullable(schema: Schema): Schema {
  const values = schema["enum"];
  return { ...schema, type: [schema["type"], "null"], ...(Array.isArray(values) ? { enum: [...values, null] } : {}) };
}
