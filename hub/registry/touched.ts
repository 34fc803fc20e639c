/** Which fields of a contract differ between two documents: by attribute path, whatever the difference means. */
import { type Json, canonical } from "../../contracts/delta/json.ts";
import { placesOf } from "./reference.ts";
import { type Schema, isSchema } from "./walk.ts";

export type TouchedField = {
  readonly field: string;
  readonly how: "added" | "removed" | "changed";
  readonly before: readonly Schema[];
  readonly after: readonly Schema[];
};

/** Keywords that hold other fields, which count for themselves. */
const INSIDE = new Set(["properties", "items", "prefixItems", "anyOf", "oneOf", "allOf", "$defs", "definitions", "$schema"]);

/** Both were judged. `before` undefined: everything is new. The document's own words are the field "". */
export function touchedFields(before: Json | undefined, after: Json): readonly TouchedField[] {
  const [a, b] = [before === undefined ? new Map<string, readonly Schema[]>() : fieldsOf(before), fieldsOf(after)];
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((field): readonly TouchedField[] => {
    const [was, is] = [a.get(field), b.get(field)];
    if (was === undefined) return [{ field, how: "added", before: [], after: is ?? [] }];
    if (is === undefined) return [{ field, how: "removed", before: was, after: [] }];
    return textOf(was) === textOf(is) ? [] : [{ field, how: "changed", before: was, after: is }];
  });
}

function fieldsOf(document: Json): Map<string, readonly Schema[]> {
  const fields = new Map<string, readonly Schema[]>();
  for (const { schema, field, pointer } of placesOf(document)) {
    if (!isSchema(schema)) continue;
    // What only references lead to has no attribute's name: it counts as the document's own words, place by place.
    const inDocument = field === "" || field.startsWith("/");
    const name = inDocument ? "" : field;
    fields.set(name, [...(fields.get(name) ?? []), inDocument ? { [pointer]: shallow(schema) } : schema]);
  }
  return fields;
}

function textOf(schemas: readonly Schema[]): string {
  return schemas
    .map((schema) => canonical(shallow(schema)))
    .toSorted()
    .join("\n");
}

function shallow(schema: Schema): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !INSIDE.has(keyword)));
}
