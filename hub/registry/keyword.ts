/** What each keyword of JSON Schema may hold: draft-07 and 2020-12, as far as a value alone can tell. Where schemas lie is `walk.ts`'s. */
import { z } from "zod";
import { type Schema, isSchema } from "./walk.ts";

const DRAFT_07 = "http://json-schema.org/draft-07/schema";
const DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema";
export const DIALECTS: readonly string[] = [DRAFT_07, DRAFT_2020];

/** Longer patterns are programs, and cost whoever checks a value by them. */
const PATTERN_CHARS_MAX = 1_000;

const text = z.string();
const whole = z.number().int().min(0);
const names = z.array(text).refine((list) => new Set(list).size === list.length, "names, each once");
const type = z.enum(["null", "boolean", "object", "array", "number", "integer", "string"]);
const pattern = z.string().max(PATTERN_CHARS_MAX).refine(compiles, "not a regular expression");
const schema = z.union([z.boolean(), z.custom<Schema>(isSchema)], { error: "a schema is an object or a boolean" });
const schemas = z.array(schema).min(1);
const schemaMap = z.record(text, schema);

const VALUES: Readonly<Record<string, z.ZodType>> = {
  type: z.union([type, z.array(type).min(1)], { error: "a type of JSON, or a list of them" }),
  enum: z.array(z.unknown()).min(1, "names no value: nothing would be valid"),
  multipleOf: z.number().positive(),
  maximum: z.number(),
  minimum: z.number(),
  exclusiveMaximum: z.number(),
  exclusiveMinimum: z.number(),
  maxLength: whole,
  minLength: whole,
  maxItems: whole,
  minItems: whole,
  maxProperties: whole,
  minProperties: whole,
  maxContains: whole,
  minContains: whole,
  uniqueItems: z.boolean(),
  pattern,
  format: text,
  required: names,
  dependentRequired: z.record(text, names),
  dependencies: z.record(text, z.union([names, schema])),
  title: text,
  description: text,
  $comment: text,
  $schema: text,
  $id: text,
  $ref: text,
  $anchor: text,
  deprecated: z.boolean(),
  readOnly: z.boolean(),
  writeOnly: z.boolean(),
  examples: z.array(z.unknown()),
  allOf: schemas,
  anyOf: schemas,
  oneOf: schemas,
  prefixItems: schemas,
  items: z.union([schema, z.array(schema)], { error: "a schema, or a list of them" }),
  ...Object.fromEntries(
    ["not", "if", "then", "else", "additionalItems", "unevaluatedItems", "contains", "additionalProperties", "unevaluatedProperties", "propertyNames"].map(
      (keyword) => [keyword, schema],
    ),
  ),
  properties: schemaMap,
  patternProperties: schemaMap.refine((map) => Object.keys(map).every((key) => pattern.safeParse(key).success), "a name is not a regular expression"),
  $defs: schemaMap,
  definitions: schemaMap,
  dependentSchemas: schemaMap,
};

/** The keywords of a schema that hold what they can't, with the rule that each one broke. */
export function badKeywords(schema: Schema): readonly { readonly keyword: string; readonly rule: string }[] {
  return Object.entries(schema).flatMap(([keyword, value]) => {
    const parsed = Object.hasOwn(VALUES, keyword) ? VALUES[keyword]?.safeParse(value) : undefined;
    return parsed === undefined || parsed.success ? [] : [{ keyword, rule: parsed.error.issues[0]?.message ?? "not a value of this keyword" }];
  });
}

function compiles(source: string): boolean {
  try {
    return new RegExp(source, "u").source !== "";
  } catch {
    return false;
  }
}
