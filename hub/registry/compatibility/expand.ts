/**
 * Keywords as formulas: what a schema says of values of one kind. Drafts 4 to 7, 2019-09 and 2020-12 are read; where validators differ on a
 * keyword that the stated draft does not have, both readings stay open, and nothing that depends on one of them is concluded.
 */
import type { Json } from "../../../contracts/delta/json.ts";
import type { Place } from "./document.ts";
import { evaluatedElements, evaluatedMembers } from "./evaluated.ts";
import {
  ALL_ELEMENTS,
  and,
  FALSE,
  type Formula,
  type Kind,
  kindOf,
  literal,
  type Names,
  negate,
  NOTHING,
  oneOfValues,
  or,
  schema,
  type Signed,
  size,
  TRUE,
  unknown,
} from "./formula.ts";
import { entries, isForeign, isOldReference, isSaying, type Keywords, restOf, texts } from "./keyword.ts";
import { ONE_OF_PAIRS_MAX } from "./limit.ts";
import { ONE, toRational } from "./rational.ts";
import type { Universe } from "./universe.ts";

/** Positive form; the negative is `negate` of it. */
export function expand(universe: Universe, signed: Signed, kind: Kind): Formula {
  const place = universe.place(signed);
  if (place === null) return TRUE;
  const keywords = place.schema;
  const reference = keywords["$ref"] === undefined ? TRUE : referred(universe, place, keywords["$ref"]);
  if (reference !== TRUE && isOldReference(place.dialect)) return reference;
  const parts = [
    ...typeAndValues(keywords, place, kind),
    ...combined(universe, place),
    ...(kind === "number" ? ofNumbers(keywords, place) : []),
    ...(kind === "string" ? ofTexts(keywords) : []),
    ...(kind === "array" ? ofArrays(universe, place) : []),
    ...(kind === "object" ? ofObjects(universe, place) : []),
  ];
  if (reference === TRUE) return and(parts);
  // A draft-07 validator ignores what stands beside a reference, a later one does not.
  const beside = Object.keys(keywords).some((keyword) => keyword !== "$ref" && isSaying(keyword));
  if (beside && place.dialect === "unstated") return and([reference, or([unknown("keywords beside $ref"), and(parts)])]);
  return and([reference, ...parts]);
}

/** A keyword that only some validators obey. */
function perhaps(place: Place, keyword: string, formula: Formula): Formula {
  return isForeign(keyword, place.dialect) ? or([unknown(keyword), formula]) : formula;
}

function typeAndValues(keywords: Keywords, place: Place, kind: Kind): readonly Formula[] {
  const parts: Formula[] = [];
  const stated = keywords["type"];
  if (stated !== undefined) {
    const types: readonly unknown[] = Array.isArray(stated) ? stated : [stated];
    const isWhole = kind === "number" && types.includes("integer") && !types.includes("number");
    parts.push(isWhole ? literal({ is: "multiple", of: ONE, not: false }) : types.includes(kind) ? TRUE : FALSE);
  }
  if (Array.isArray(keywords["enum"])) parts.push(oneOf(keywords["enum"], kind));
  if (keywords["const"] !== undefined) parts.push(perhaps(place, "const", oneOf([keywords["const"]], kind)));
  return parts;
}

function oneOf(values: readonly unknown[], kind: Kind): Formula {
  const mine = values.filter((value) => kindOf(value) === kind);
  return mine.length === 0 ? FALSE : oneOfValues(mine as Json[]);
}

function combined(universe: Universe, place: Place): readonly Formula[] {
  const { schema: keywords } = place;
  const list = (keyword: string) => (Array.isArray(keywords[keyword]) ? keywords[keyword].map((one) => schema(universe.signed(one))) : null);
  const parts: Formula[] = [];
  parts.push(...(list("allOf") ?? []));
  const any = list("anyOf");
  if (any !== null) parts.push(or(any));
  const one = list("oneOf");
  if (one !== null) parts.push(or(one), ...(one.length > ONE_OF_PAIRS_MAX ? [unknown(`one of ${JSON.stringify(one)}`)] : pairs(one)));
  if (keywords["not"] !== undefined) parts.push(negate(schema(universe.signed(keywords["not"]))));
  if (keywords["if"] !== undefined) {
    const condition = schema(universe.signed(keywords["if"]));
    const branch = (keyword: string) => (keywords[keyword] === undefined ? TRUE : schema(universe.signed(keywords[keyword])));
    const [then, otherwise] = [branch("then"), branch("else")];
    if (then !== TRUE) parts.push(perhaps(place, "if", or([negate(condition), then])));
    if (otherwise !== TRUE) parts.push(perhaps(place, "if", or([condition, otherwise])));
  }
  for (const keyword of ["$dynamicRef", "$recursiveRef"]) {
    const reference = keywords[keyword];
    if (typeof reference === "string") parts.push(referred(universe, place, reference));
  }
  return parts;
}

/** No two of them at once. */
function pairs(of: readonly Formula[]): readonly Formula[] {
  return of.flatMap((one, at) => of.slice(at + 1).map((other) => or([negate(one), negate(other)])));
}

function referred(universe: Universe, place: Place, reference: unknown): Formula {
  const target = typeof reference === "string" ? universe.document(place)?.target(place, reference) : undefined;
  return target === undefined ? unknown(`reference ${String(reference)}`) : schema(universe.signed(target));
}

function ofNumbers(keywords: Keywords, place: Place): readonly Formula[] {
  const parts: Formula[] = [];
  for (const [keyword, open, is] of [
    ["minimum", "exclusiveMinimum", "above"],
    ["maximum", "exclusiveMaximum", "below"],
  ] as const) {
    const [bound, strict] = [keywords[keyword], keywords[open]];
    const isStrict = typeof strict === "boolean" && strict;
    // Draft 4 writes the strictness of a bound as a boolean beside it; later ones ignore such a boolean.
    if (typeof bound === "number" && isStrict && place.dialect !== "draft-04")
      parts.push(literal({ is, bound: toRational(bound), open: false }), or([unknown(open), literal({ is, bound: toRational(bound), open: true })]));
    else if (typeof bound === "number") parts.push(literal({ is, bound: toRational(bound), open: isStrict }));
    if (typeof strict === "number") parts.push(perhaps(place, open, literal({ is, bound: toRational(strict), open: true })));
  }
  const of = keywords["multipleOf"];
  if (typeof of === "number") parts.push(literal({ is: "multiple", of: toRational(of), not: false }));
  return parts;
}

function ofTexts(keywords: Keywords): readonly Formula[] {
  const parts = [sized(keywords, "minLength", "maxLength")];
  if (typeof keywords["pattern"] === "string") parts.push(literal({ is: "pattern", source: keywords["pattern"], not: false }));
  if (typeof keywords["format"] === "string") parts.push(literal({ is: "format", name: keywords["format"], not: false }));
  return parts;
}

function sized(keywords: Keywords, least: string, most: string): Formula {
  const [min, max] = [keywords[least], keywords[most]];
  return size(typeof min === "number" ? min : 0, typeof max === "number" ? max : Infinity);
}

function ofArrays(universe: Universe, place: Place): readonly Formula[] {
  const { schema: keywords } = place;
  const parts = [sized(keywords, "minItems", "maxItems")];
  const every = (from: number, to: number, holds: Signed) => (holds === 0 ? TRUE : literal({ is: "every-element", at: { from, to }, holds }));
  const prefix = Array.isArray(keywords["prefixItems"]) ? keywords["prefixItems"] : null;
  for (const [at, one] of (prefix ?? []).entries()) parts.push(perhaps(place, "prefixItems", every(at, at + 1, universe.signed(one))));
  const items = keywords["items"];
  const additional = keywords["additionalItems"];
  if (Array.isArray(items)) {
    const tuple = [
      ...items.map((one, at) => every(at, at + 1, universe.signed(one))),
      ...(additional === undefined ? [] : [every(items.length, Infinity, universe.signed(additional))]),
    ];
    // 2020-12 knows no list of items; those who read it know the old meaning.
    parts.push(place.dialect === "2020-12" || prefix !== null ? or([unknown("a list as items"), and(tuple)]) : and(tuple));
  } else {
    if (items !== undefined) {
      const all = every(prefix?.length ?? 0, Infinity, universe.signed(items));
      // Where `prefixItems` is unknown, `items` is said of every element.
      parts.push(
        prefix !== null && isForeign("prefixItems", place.dialect)
          ? or([unknown("items beside prefixItems"), and([all, every(0, Infinity, universe.signed(items))])])
          : all,
      );
    }
    // Beside no list of items the drafts that know it ignore it; where none of them is stated, some validators may not.
    const isIgnored = !isForeign("additionalItems", place.dialect) && place.dialect !== "unstated";
    if (additional !== undefined && !isIgnored) parts.push(or([unknown("additionalItems alone"), every(0, Infinity, universe.signed(additional))]));
  }
  if (keywords["contains"] !== undefined) parts.push(contained(universe, place));
  if (keywords["uniqueItems"] === true) parts.push(literal({ is: "unique", not: false }));
  if (keywords["unevaluatedItems"] !== undefined) parts.push(perhaps(place, "unevaluatedItems", evaluatedElements(universe, place)));
  return parts;
}

function contained(universe: Universe, place: Place): Formula {
  const { schema: keywords } = place;
  const holds = universe.signed(keywords["contains"]);
  const count = (keyword: string, otherwise: number) => (typeof keywords[keyword] === "number" ? keywords[keyword] : otherwise);
  const atLeast = (times: number) => (times === 0 ? TRUE : literal({ is: "some-elements", at: ALL_ELEMENTS, holds, times }));
  const atMost = (times: number) => (times === Infinity ? TRUE : literal({ is: "at-most-elements", holds, times }));
  const [min, max] = [count("minContains", 1), count("maxContains", Infinity)];
  const plain =
    isForeign("minContains", place.dialect) && (min !== 1 || max !== Infinity)
      ? or([and([unknown("minContains"), atLeast(1)]), and([negate(unknown("minContains")), atLeast(min), atMost(max)])])
      : and([atLeast(min), atMost(max)]);
  return perhaps(place, "contains", plain);
}

function ofObjects(universe: Universe, place: Place): readonly Formula[] {
  const { schema: keywords } = place;
  const parts = [sized(keywords, "minProperties", "maxProperties")];
  const every = (at: Names, holds: Signed) => (holds === 0 ? TRUE : literal({ is: "every-member", at, holds }));
  for (const name of texts(keywords["required"])) parts.push(has(name));
  for (const [name, one] of entries(keywords["properties"])) parts.push(every({ by: "name", name }, universe.signed(one)));
  for (const [source, one] of entries(keywords["patternProperties"])) parts.push(every({ by: "pattern", source }, universe.signed(one)));
  if (keywords["additionalProperties"] !== undefined) parts.push(every(restOf(keywords), universe.signed(keywords["additionalProperties"])));
  if (keywords["propertyNames"] !== undefined)
    parts.push(perhaps(place, "propertyNames", every({ by: "fits", schema: universe.signed(keywords["propertyNames"]) ^ 1 }, NOTHING)));
  for (const [name, names] of entries(keywords["dependentRequired"])) parts.push(perhaps(place, "dependentRequired", needs(name, and(texts(names).map(has)))));
  for (const [name, one] of entries(keywords["dependentSchemas"])) parts.push(perhaps(place, "dependentSchemas", needs(name, schema(universe.signed(one)))));
  for (const [name, one] of entries(keywords["dependencies"]))
    parts.push(perhaps(place, "dependencies", needs(name, Array.isArray(one) ? and(texts(one).map(has)) : schema(universe.signed(one)))));
  if (keywords["unevaluatedProperties"] !== undefined) parts.push(perhaps(place, "unevaluatedProperties", evaluatedMembers(universe, place)));
  return parts;
}

function has(name: string): Formula {
  return literal({ is: "some-member", at: { by: "name", name }, holds: 0 });
}

function needs(name: string, what: Formula): Formula {
  return or([negate(has(name)), what]);
}
