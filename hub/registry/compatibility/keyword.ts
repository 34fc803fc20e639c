/** The keywords of JSON Schema: where subschemas stand, what shape each value must have, and which drafts know the keyword. */

import type { Names } from "./formula.ts";

/** A schema as it was parsed: an object of keywords, or a boolean. */
export type Schema = Readonly<Record<string, unknown>> | boolean;
export type Keywords = Readonly<Record<string, unknown>>;

/** Which draft a document says it is written in. */
export type Dialect = "draft-04" | "draft-06" | "draft-07" | "2019-09" | "2020-12" | "unstated";

const DIALECTS: readonly (readonly [RegExp, Dialect])[] = [
  [/draft-04/, "draft-04"],
  [/draft-06/, "draft-06"],
  [/draft-07/, "draft-07"],
  [/2019-09/, "2019-09"],
  [/2020-12/, "2020-12"],
];

export function dialectOf(uri: unknown): Dialect {
  return typeof uri === "string" ? (DIALECTS.find(([pattern]) => pattern.test(uri))?.[1] ?? "unstated") : "unstated";
}

/** Before 2019-09 a `$ref` silenced every keyword beside it. */
export function isOldReference(dialect: Dialect): boolean {
  return dialect === "draft-04" || dialect === "draft-06" || dialect === "draft-07";
}

/** Words of a text, for lists that would be a column. */
export function listOf(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(" "));
}

const SINGLE = listOf("additionalProperties unevaluatedProperties propertyNames items additionalItems unevaluatedItems contains not if then", "else");
const LISTED = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];
const NAMED = ["properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions"];

/** Every subschema that stands directly in this one, with the pointer steps that lead to it. */
export function subschemas(schema: Keywords): readonly { readonly steps: readonly string[]; readonly schema: unknown }[] {
  const found: { steps: readonly string[]; schema: unknown }[] = [];
  for (const keyword of SINGLE) if (schema[keyword] !== undefined && !Array.isArray(schema[keyword])) found.push({ steps: [keyword], schema: schema[keyword] });
  for (const keyword of LISTED) {
    const list = schema[keyword];
    if (Array.isArray(list)) for (const [at, one] of list.entries()) found.push({ steps: [keyword, String(at)], schema: one });
  }
  for (const keyword of NAMED) {
    const map = schema[keyword];
    if (!isObject(map)) continue;
    for (const [name, one] of Object.entries(map)) if (keyword !== "dependencies" || !Array.isArray(one)) found.push({ steps: [keyword, name], schema: one });
  }
  return found;
}

/** Of those, the ones that speak of the same value: following them goes nowhere deeper in a document. */
export function isInPlace(keyword: string): boolean {
  return ["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies"].includes(keyword);
}

const COUNT = "a whole number from 0 up";
const isCount = (value: unknown) => typeof value === "number" && Number.isInteger(value) && value >= 0;
const NUMBER = "a number";
const isNumber = (value: unknown) => typeof value === "number" && Number.isFinite(value);
const isList = (value: unknown) => Array.isArray(value);
const isText = (value: unknown) => typeof value === "string";
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const TYPES = ["null", "boolean", "number", "integer", "string", "array", "object"];
const isType = (value: unknown) => typeof value === "string" && TYPES.includes(value);
const isMap = (value: unknown) => isObject(value);

/** Keyword, what its value must be, and the test of it. Subschemas are tested where they are entered. */
const SHAPES: readonly (readonly [readonly string[], string, (value: unknown) => boolean])[] = [
  [["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains"], COUNT, isCount],
  [["minimum", "maximum"], NUMBER, isNumber],
  [["exclusiveMinimum", "exclusiveMaximum"], NUMBER, (value) => isNumber(value) || typeof value === "boolean"],
  [["multipleOf"], "a number above 0", (value) => typeof value === "number" && Number.isFinite(value) && value > 0],
  [["pattern", "format", "$ref", "$dynamicRef", "$recursiveRef", "$id", "$anchor", "$dynamicAnchor"], "a text", isText],
  [["enum"], "a list of values", isList],
  [["type"], "a type of JSON, or a list of them", (value) => isType(value) || (Array.isArray(value) && value.every(isType))],
  [["required"], "a list of names", (value) => isTexts(value) || typeof value === "boolean"],
  [["uniqueItems"], "true or false", (value) => typeof value === "boolean"],
  [["allOf", "anyOf", "oneOf"], "a list of schemas, not empty", (value) => Array.isArray(value) && value.length > 0],
  [["prefixItems"], "a list of schemas", isList],
  [["properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions"], "schemas by name", isMap],
  [["dependentRequired"], "lists of names by name", (value) => isObject(value) && Object.values(value).every(isTexts)],
];
const SHAPE_BY_KEYWORD = new Map(SHAPES.flatMap(([keywords, shape, fits]) => keywords.map((keyword) => [keyword, { shape, fits }] as const)));

/** The first keyword whose value has not the shape that the drafts ask for. */
export function misshapen(schema: Keywords): { readonly keyword: string; readonly shape: string } | null {
  for (const [keyword, value] of Object.entries(schema)) {
    const known = SHAPE_BY_KEYWORD.get(keyword);
    if (known !== undefined && !known.fits(value)) return { keyword, shape: known.shape };
  }
  return null;
}

/** Keywords that say something of values; all others are notes, containers or names. */
const SAYING = new Set(
  listOf(
    "type enum const allOf anyOf oneOf not if then else $ref $dynamicRef $recursiveRef minimum maximum exclusiveMinimum",
    "exclusiveMaximum multipleOf minLength maxLength pattern format items prefixItems additionalItems unevaluatedItems",
    "contains minContains maxContains minItems maxItems uniqueItems properties patternProperties additionalProperties",
    "unevaluatedProperties propertyNames minProperties maxProperties required dependentRequired dependentSchemas dependencies",
  ),
);

export function isSaying(keyword: string): boolean {
  return SAYING.has(keyword);
}

const FROM_2019 = ["dependentRequired", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties", "minContains", "maxContains"];
const UNKNOWN_IN: Readonly<Record<Dialect, readonly string[]>> = {
  "draft-04": ["const", "contains", "propertyNames", "if", "prefixItems", ...FROM_2019],
  "draft-06": ["if", "prefixItems", ...FROM_2019],
  "draft-07": ["prefixItems", ...FROM_2019],
  "2019-09": ["prefixItems", "dependencies"],
  "2020-12": ["additionalItems", "dependencies"],
  unstated: [],
};

/** Whether the stated draft has no such keyword: some validators obey it all the same, so nothing may depend on either. */
export function isForeign(keyword: string, dialect: Dialect): boolean {
  return UNKNOWN_IN[dialect].includes(keyword);
}

export function isObject(value: unknown): value is Keywords {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The members that `additionalProperties` speaks of: neither named nor matched. */
export function restOf(keywords: Keywords): Names & { readonly by: "rest" } {
  return {
    by: "rest",
    names: new Set(entries(keywords["properties"]).map(([name]) => name)),
    patterns: entries(keywords["patternProperties"]).map(([source]) => source),
  };
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

export function entries(value: unknown): readonly (readonly [string, unknown])[] {
  return isObject(value) ? Object.entries(value) : [];
}
