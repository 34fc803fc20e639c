/** Whether an operation can be merged at all. What can't is poison: it goes to a dead letter with a reason, and the stream goes on. */
import { z } from "zod";
import { jsonBytes } from "../../contracts/delta/json.ts";
import { type Operation, VALUE_BYTES_MAX } from "../../contracts/delta/operation.ts";
import { FAMILIES, type Family, STREAM_OF } from "../../contracts/entity.ts";

/** The reason it is poison, `{code}` or `{code}: {field}`; null when it may be merged. `writes`: the attributes its unit registered. */
export function poison(operation: Operation, writes: Readonly<Record<string, readonly string[]>>): string | null {
  const { entity, attr, op, value } = operation;
  if (!isFamily(entity) || STREAM_OF[entity] !== operation.stream) return "unknown-entity";
  const registered = Object.hasOwn(writes, entity) ? writes[entity] : undefined;
  if (registered === undefined) return "not-registered";
  if (op === "delete") return attr === "" ? null : "breaks-contract: attr";
  if (!registered.includes(attr)) return `breaks-contract: ${attr}`;
  if (op === "unset") return value === undefined ? null : "breaks-contract: value";
  if (value === undefined) return "breaks-contract: value";
  if (jsonBytes(value) > VALUE_BYTES_MAX) return "too-large";
  const schemas = SCHEMAS[entity].get(attr);
  // Known to the unit only: carried, not judged.
  return schemas === undefined || schemas.some((schema) => schema.safeParse(value).success) ? null : `breaks-contract: ${attr}`;
}

export function isFamily(entity: string): entity is Family {
  return Object.hasOwn(FAMILIES, entity);
}

/** The schemas of each attribute: several where a family is a union by state. */
const SCHEMAS: Readonly<Record<Family, ReadonlyMap<string, readonly z.ZodType[]>>> = mapFamilies((family) => {
  const schema: z.ZodType = FAMILIES[family];
  const shapes =
    schema instanceof z.ZodUnion
      ? schema.options.filter((option) => option instanceof z.ZodObject).map((option) => option.shape)
      : schema instanceof z.ZodObject
        ? [schema.shape]
        : [];
  const byAttr = new Map<string, readonly z.ZodType[]>();
  for (const shape of shapes) {
    for (const [attr, type] of Object.entries(shape)) if (type instanceof z.ZodType) byAttr.set(attr, [...new Set([...(byAttr.get(attr) ?? []), type])]);
  }
  return byAttr;
});

function mapFamilies<T>(make: (family: Family) => T): Readonly<Record<Family, T>> {
  return Object.fromEntries((Object.keys(FAMILIES) as Family[]).map((family) => [family, make(family)])) as Record<Family, T>;
}
