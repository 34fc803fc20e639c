/**
 * Schemas that hold of the same value, gathered: through references and `allOf`, and once for each alternative that may hold beside them.
 * From there the ways inwards: what holds of a member, an element, a name.
 */
import type { Document, Place } from "./document.ts";
import { entries, isObject, listOf } from "./keyword.ts";
import { type Language, matches } from "./language.ts";

/** Schemas that hold at once. */
export type Group = readonly Place[];
/** `own`: what makes it an alternative, none where there is only one way. */
export type Alternative = { readonly group: Group; readonly own: Group };

/** The value inside of a value that is spoken of. */
export type Step =
  | { readonly to: "name"; readonly name: string }
  | { readonly to: "pattern"; readonly source: string }
  | { readonly to: "place"; readonly at: number }
  | { readonly to: "rest" | "names" | "elements" | "contained" };

const REFERENCES = listOf("$ref $dynamicRef $recursiveRef");

/** `spend` counts; alternatives within alternatives end where it says no. */
export function alternativesOf(document: Document, group: Group, spend: () => boolean): readonly Alternative[] {
  const found: Alternative[] = [];
  const open: { readonly base: Group; readonly added: Group }[] = [{ base: [], added: group }];
  for (let next = open.shift(); next !== undefined && spend(); next = open.shift()) {
    const { base, added } = next;
    const whole = gathered(document, [...base, ...added]);
    const choices = whole.filter((place) => !base.includes(place)).flatMap((place) => choicesOf(document, place));
    if (choices.length === 0) found.push({ group: whole, own: base.length === 0 ? [] : added });
    for (const choice of choices) open.push({ base: whole, added: choice });
  }
  return found;
}

/** With everything that holds whenever these do. */
function gathered(document: Document, group: Group): Group {
  return reached(document, group, () => []);
}

/** With everything that may hold beside them, each once. */
export function everyOf(document: Document, group: Group): Group {
  return reached(document, group, (place) => choicesOf(document, place).flat());
}

function reached(document: Document, group: Group, also: (place: Place) => Group): Group {
  const all = new Set<Place>();
  const open = [...group];
  for (let place = open.shift(); place !== undefined; place = open.shift()) {
    if (all.has(place)) continue;
    all.add(place);
    open.push(...also(place));
    for (const keyword of REFERENCES) {
      const reference = place.schema[keyword];
      if (typeof reference === "string") open.push(...placesOf(document, [document.target(place, reference)]));
    }
    open.push(...placesOf(document, listIn(place, "allOf")));
  }
  return [...all];
}

/** What may hold besides; an empty choice where it may also be none. */
function choicesOf(document: Document, place: Place): readonly Group[] {
  const { schema } = place;
  const of = (...schemas: readonly unknown[]) => placesOf(document, schemas);
  const dependent = [...entries(schema["dependentSchemas"]), ...entries(schema["dependencies"])].filter(([, one]) => isObject(one));
  const isConditional = schema["if"] !== undefined && (schema["then"] !== undefined || schema["else"] !== undefined);
  return [
    ...["anyOf", "oneOf"].flatMap((keyword) => listIn(place, keyword).map((one) => of(one))),
    ...(isConditional ? [of(schema["if"], schema["then"]), of(schema["else"])] : []),
    ...dependent.map(([, one]) => of(one)),
    ...(dependent.length > 0 ? [[]] : []),
  ];
}

/** Every way inwards that one of the schemas speaks of. */
export function stepsOf(group: Group): readonly Step[] {
  return group.flatMap(({ schema }): readonly Step[] => [
    ...entries(schema["properties"]).map(([name]): Step => ({ to: "name", name })),
    ...entries(schema["patternProperties"]).map(([source]): Step => ({ to: "pattern", source })),
    ...(schema["additionalProperties"] === undefined && schema["unevaluatedProperties"] === undefined ? [] : [{ to: "rest" } as const]),
    ...(schema["propertyNames"] === undefined ? [] : [{ to: "names" } as const]),
    ...prefixOf(schema).map((_, at): Step => ({ to: "place", at })),
    ...(restOfElements(schema) === undefined && schema["unevaluatedItems"] === undefined ? [] : [{ to: "elements" } as const]),
    ...(schema["contains"] === undefined ? [] : [{ to: "contained" } as const]),
  ]);
}

/** What holds there. A name, pattern or place that is not spelt out is one of the rest. */
export function inside(document: Document, group: Group, step: Step, language: (source: string) => Language | null): Group {
  const spoken = placesOf(
    document,
    group.flatMap((place) => insideOne(place, step, language)),
  );
  if (spoken.length > 0 || step.to === "names") return spoken;
  const unevaluated = step.to === "elements" || step.to === "place" || step.to === "contained" ? "unevaluatedItems" : "unevaluatedProperties";
  return placesOf(
    document,
    group.map(({ schema }) => schema[unevaluated]),
  );
}

function insideOne({ schema }: Place, step: Step, languageOf: (source: string) => Language | null): readonly unknown[] {
  const named = entries(schema["properties"]);
  const patterns = entries(schema["patternProperties"]);
  const rest = [schema["additionalProperties"]];
  switch (step.to) {
    case "name": {
      const spelt = [
        ...named.filter(([name]) => name === step.name),
        ...patterns.filter(([source]) => {
          const language = languageOf(source);
          // What no automaton says may match.
          return language === null || matches(language, step.name);
        }),
      ];
      return spelt.length > 0 ? spelt.map(([, one]) => one) : rest;
    }
    case "pattern": {
      const spelt = patterns.filter(([source]) => source === step.source);
      return spelt.length > 0 ? spelt.map(([, one]) => one) : rest;
    }
    case "rest":
      return rest;
    case "names":
      return [schema["propertyNames"]];
    case "place":
      return [prefixOf(schema)[step.at] ?? restOfElements(schema)];
    case "elements":
      return [restOfElements(schema)];
    case "contained":
      return [schema["contains"] ?? restOfElements(schema)];
  }
}

/** The step in the path of an attribute: `address/city`, `tags/*` for elements, `{^ch_}` for names of a pattern. */
export function spelt(step: Step): string {
  if (step.to === "name") return step.name;
  if (step.to === "pattern") return `{${step.source}}`;
  if (step.to === "place") return String(step.at);
  return step.to === "rest" ? "{*}" : step.to === "names" ? "{name}" : "*";
}

function prefixOf(schema: Place["schema"]): readonly unknown[] {
  const [items, prefix] = [schema["items"], schema["prefixItems"]];
  return Array.isArray(items) ? items : Array.isArray(prefix) ? prefix : [];
}

function restOfElements(schema: Place["schema"]): unknown {
  return Array.isArray(schema["items"]) ? schema["additionalItems"] : schema["items"];
}

function listIn(place: Place, keyword: string): readonly unknown[] {
  const list = place.schema[keyword];
  return Array.isArray(list) ? list : [];
}

function placesOf(document: Document, schemas: readonly unknown[]): Group {
  return schemas.flatMap((schema) => {
    const place = isObject(schema) ? document.places.get(schema) : undefined;
    return place === undefined ? [] : [place];
  });
}
