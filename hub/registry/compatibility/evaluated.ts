/**
 * What `unevaluatedProperties` and `unevaluatedItems` still see. Which members count as evaluated depends on which alternatives hold, so the
 * keyword becomes a choice of ways: in each, some alternatives hold and what they leave over must fit. Ways that count fewer members
 * than hold are stricter, hence harmless.
 */
import type { Place } from "./document.ts";
import { and, type Formula, literal, negate, or, schema, type Signed, TRUE, unknown } from "./formula.ts";
import { entries, isObject, restOf, type Schema } from "./keyword.ts";
import { EVALUATED_WAYS_MAX } from "./limit.ts";
import type { Universe } from "./universe.ts";

type Way = {
  readonly when: readonly Formula[];
  readonly allMembers: boolean;
  readonly names: readonly string[];
  readonly patterns: readonly string[];
  readonly allElements: boolean;
  readonly elements: number;
  readonly contains: readonly Schema[];
};
const NONE: Way = { when: [], allMembers: false, names: [], patterns: [], allElements: false, elements: 0, contains: [] };

export function evaluatedMembers(universe: Universe, place: Place): Formula {
  const holds = universe.signed(place.schema["unevaluatedProperties"]);
  if (holds === 0 || place.schema["additionalProperties"] !== undefined) return TRUE;
  return choice(universe, place, "members", (way) =>
    way.allMembers ? TRUE : literal({ is: "every-member", at: { by: "rest", names: new Set(way.names), patterns: way.patterns }, holds }),
  );
}

export function evaluatedElements(universe: Universe, place: Place): Formula {
  const rest = place.schema["unevaluatedItems"] as Schema;
  if (universe.signed(rest) === 0) return TRUE;
  return choice(universe, place, "elements", (way) => {
    if (way.allElements) return TRUE;
    const holds: Signed = way.contains.length === 0 ? universe.signed(rest) : universe.made({ anyOf: [...way.contains, rest] }, place);
    return literal({ is: "every-element", at: { from: way.elements, to: Infinity }, holds });
  });
}

function choice(universe: Universe, place: Place, of: string, left: (way: Way) => Formula): Formula {
  const ways = waysOf(universe, place, true);
  if (ways === null) return unknown(`unevaluated ${of} of ${universe.signed(place.schema)}`);
  return or(ways.map((way) => and([...way.when, left(way)])));
}

/** `null`: too many ways, or a reference that may lead anywhere. */
function waysOf(universe: Universe, place: Place, isOutermost: boolean): readonly Way[] | null {
  const { schema: keywords } = place;
  if (keywords["$dynamicRef"] !== undefined || keywords["$recursiveRef"] !== undefined) return null;
  let ways: readonly Way[] | null = [own(place, isOutermost)];
  const each = (value: unknown) => (Array.isArray(value) ? value : []);
  const document = universe.document(place);
  if (typeof keywords["$ref"] === "string") ways = product(ways, inner(universe, document?.target(place, keywords["$ref"]), place));
  for (const one of each(keywords["allOf"])) ways = product(ways, inner(universe, one, place));
  for (const one of each(keywords["anyOf"])) ways = product(ways, optional(held(universe, one, place)));
  const only = each(keywords["oneOf"]);
  if (only.length > 0) ways = product(ways, joined(only.map((one) => held(universe, one, place))));
  if (keywords["if"] !== undefined) {
    const then = product(held(universe, keywords["if"], place), inner(universe, keywords["then"] ?? true, place));
    const otherwise = inner(universe, keywords["else"] ?? true, place);
    const unless = negate(schema(universe.signed(keywords["if"])));
    ways = product(ways, joined([then, otherwise?.map((way) => ({ ...way, when: [...way.when, unless] })) ?? null]));
  }
  for (const [name, one] of entries(keywords["dependentSchemas"])) {
    const present = literal({ is: "some-member", at: { by: "name", name }, holds: 0 });
    ways = product(ways, optional(inner(universe, one, place)?.map((way) => ({ ...way, when: [...way.when, present] })) ?? null));
  }
  return ways;
}

function own(place: Place, isOutermost: boolean): Way {
  const { schema: keywords } = place;
  const rest = restOf(keywords);
  const items = keywords["items"];
  const prefix = Array.isArray(keywords["prefixItems"]) ? keywords["prefixItems"].length : 0;
  const isList = Array.isArray(items);
  // Only from 2020-12 on does an element count as evaluated because it is one of those contained.
  const counts = keywords["contains"] !== undefined && place.dialect !== "2019-09";
  return {
    when: [],
    allMembers: keywords["additionalProperties"] !== undefined || (!isOutermost && keywords["unevaluatedProperties"] !== undefined),
    names: [...rest.names],
    patterns: rest.patterns,
    allElements:
      (items !== undefined && !isList) || (isList && keywords["additionalItems"] !== undefined) || (!isOutermost && keywords["unevaluatedItems"] !== undefined),
    elements: isList ? Math.max(prefix, items.length) : prefix,
    contains: counts ? [keywords["contains"] as Schema] : [],
  };
}

/** The ways of a schema that holds whenever this one does. */
function inner(universe: Universe, one: unknown, from: Place): readonly Way[] | null {
  if (!isObject(one)) return [NONE];
  const document = universe.document(from);
  const place = document?.places.get(one) ?? universe.place(universe.signed(one));
  return place === null ? [NONE] : waysOf(universe, place, false);
}

/** The ways of a schema that may hold, on the condition that it does. */
function held(universe: Universe, one: unknown, from: Place): readonly Way[] | null {
  const condition = schema(universe.signed(one));
  return inner(universe, one, from)?.map((way) => ({ ...way, when: [condition, ...way.when] })) ?? null;
}

function optional(ways: readonly Way[] | null): readonly Way[] | null {
  return joined([[NONE], ways]);
}

function joined(lists: readonly (readonly Way[] | null)[]): readonly Way[] | null {
  const all: Way[] = [];
  for (const list of lists) {
    if (list === null) return null;
    all.push(...list);
  }
  return all.length > EVALUATED_WAYS_MAX ? null : all;
}

function product(left: readonly Way[] | null, right: readonly Way[] | null): readonly Way[] | null {
  if (left === null || right === null || left.length * right.length > EVALUATED_WAYS_MAX) return null;
  return left.flatMap((a) =>
    right.map((b) => ({
      when: [...a.when, ...b.when],
      allMembers: a.allMembers || b.allMembers,
      names: [...a.names, ...b.names],
      patterns: [...a.patterns, ...b.patterns],
      allElements: a.allElements || b.allElements,
      elements: Math.max(a.elements, b.elements),
      contains: [...a.contains, ...b.contains],
    })),
  );
}
