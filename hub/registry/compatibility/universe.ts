/**
 * The subschemas of all documents of one comparison, numbered. What says the same is one number, in whichever document it stands, so
 * what did not change is seen to be equal without being looked into.
 */
import { canonical } from "../../../contracts/delta/json.ts";
import type { Document, Place } from "./document.ts";
import { ANYTHING, NOTHING, type Signed } from "./formula.ts";
import { isObject, isSaying, type Keywords, listOf, type Schema, subschemas } from "./keyword.ts";

export type Universe = {
  /** The number of a schema that stands in one of the documents, or was made. */
  signed(schema: unknown): Signed;
  /** A schema of which only part is taken, or that is put together of others: its children must have numbers already. */
  made(schema: Schema, like: Place): Signed;
  place(signed: Signed): Place | null;
  document(place: Place): Document | undefined;
};

export function number(documents: readonly Document[]): Universe {
  const signedOf = new Map<Keywords, Signed>();
  const signedByKey = new Map<string, Signed>();
  const places: Place[] = [];
  const documentOf = new Map<Place, Document>();

  const signed = (schema: unknown): Signed => {
    if (typeof schema === "boolean") return schema ? ANYTHING : NOTHING;
    const found = isObject(schema) ? signedOf.get(schema) : undefined;
    if (found === undefined) throw new Error("a subschema has no number: its keyword is missing in the list of those that hold schemas");
    return found;
  };
  const enter = (place: Place, document: Document | undefined): Signed => {
    const key = keyOf(place, document === undefined ? -1 : documents.indexOf(document), signed);
    const found = key === "{}" ? ANYTHING : signedByKey.get(key);
    // 0 and 1 are `true` and `false`.
    const result = found ?? (places.length + 1) * 2;
    if (found === undefined) {
      places.push(place);
      signedByKey.set(key, result);
      if (document !== undefined) documentOf.set(place, document);
    }
    signedOf.set(place.schema, result);
    return result;
  };
  for (const document of documents) {
    // A reference may lead to the inside of what comes later: places stand in the order in which they were met, so children are entered by need.
    const enterWhole = (place: Place): void => {
      if (signedOf.has(place.schema)) return;
      for (const { schema } of subschemas(place.schema)) {
        const inner = isObject(schema) ? document.places.get(schema) : undefined;
        if (inner !== undefined) enterWhole(inner);
      }
      enter(place, document);
    };
    for (const place of [...document.places.values()].toReversed()) enterWhole(place);
  }

  return {
    signed,
    made: (schema, like) => {
      if (typeof schema === "boolean") return signed(schema);
      const document = documents.find(({ places }) => places.get(like.schema) === like) ?? documentOf.get(like);
      return enter({ ...like, schema }, document);
    },
    place: (one) => places[(one >> 1) - 1] ?? null,
    document: (place) => documentOf.get(place),
  };
}

/** Keywords that mean another thing in another draft, or beside what a draft ignores. */
const BY_DIALECT = new Set(
  listOf(
    "$ref items prefixItems additionalItems contains dependencies const propertyNames if exclusiveMinimum exclusiveMaximum",
    "unevaluatedItems unevaluatedProperties dependentRequired dependentSchemas minContains maxContains $recursiveRef",
  ),
);

/** Two schemas with one key hold for the same values. Children are known by number, since they are entered before their parents. */
function keyOf(place: Place, document: number, signed: (schema: unknown) => Signed): string {
  const { schema } = place;
  const numberOf = new Map(subschemas(schema).map(({ steps, schema }) => [steps.join("\n"), signed(schema)]));
  const parts: string[] = [];
  let isByDialect = false;
  for (const keyword of Object.keys(schema).toSorted()) {
    if (!isSaying(keyword)) continue;
    isByDialect ||= BY_DIALECT.has(keyword);
    parts.push(`${JSON.stringify(keyword)}:${said(keyword, schema[keyword], numberOf)}`);
    // A reference is the same only within its document; what it leads to is compared when it is followed.
    if (keyword === "$ref" || keyword === "$dynamicRef" || keyword === "$recursiveRef") parts.push(`@${document}:${place.resource}`);
  }
  return `${isByDialect ? place.dialect : ""}{${parts.join(",")}}`;
}

function said(keyword: string, value: unknown, numberOf: ReadonlyMap<string, Signed>): string {
  const whole = numberOf.get(keyword);
  if (whole !== undefined) return `#${whole}`;
  if (Array.isArray(value)) return `[${value.map((one, at) => numbered(numberOf.get(`${keyword}\n${at}`), one)).join(",")}]`;
  if (!isObject(value)) return canonical(value);
  const members = Object.keys(value)
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${numbered(numberOf.get(`${keyword}\n${name}`), value[name])}`);
  return `{${members.join(",")}}`;
}

function numbered(child: Signed | undefined, value: unknown): string {
  return child === undefined ? canonical(value) : `#${child}`;
}
