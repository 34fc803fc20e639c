/** Whether one concrete value is allowed: `true`, `false`, or `null` where a format or pattern is beyond what is understood here. */
import { canonical } from "../../../contracts/delta/json.ts";
import type { Ask } from "./ask.ts";
import { hasFormat } from "./format.ts";
import { type Formula, type Literal, type Names, type Signed } from "./formula.ts";
import { matches } from "./language.ts";
import { TRIED_CHARS_MAX } from "./limit.ts";
import { fits } from "./numbers.ts";
import { toRational } from "./rational.ts";

type Certainty = boolean | null;

export function satisfies(value: unknown, formula: Formula, ask: Ask): Certainty {
  if (!ask.spend(1)) return null;
  switch (formula.op) {
    case "and":
      return all(formula.of, (one) => satisfies(value, one, ask));
    case "or":
      return not(all(formula.of, (one) => not(satisfies(value, one, ask))));
    case "schema":
      return ask.allows(value, formula.signed);
    case "literal":
      return satisfiesLiteral(value, formula.literal, ask);
  }
}

export function satisfiesLiteral(value: unknown, one: Literal, ask: Ask): Certainty {
  switch (one.is) {
    case "values":
      return one.values.has(canonical(value)) !== one.not;
    case "above":
    case "below":
    case "multiple":
      return typeof value !== "number" || fits(toRational(value), [one]);
    case "size": {
      const size = sizeOf(value);
      return size >= one.min && size <= one.max;
    }
    case "pattern": {
      const matched = typeof value === "string" ? isMatched(value, one.source, ask) : null;
      return matched === null ? null : matched !== one.not;
    }
    case "format": {
      const has = typeof value === "string" ? hasFormat(value, one.name) : null;
      // Most validators take a format for a note: that a text has it is certain, that it may not be written without it is not.
      if (has === false && !one.not) return null;
      return has === null ? null : has !== one.not;
    }
    case "opaque":
      return null;
    case "every-element":
      return all(listOf(value).slice(one.at.from, one.at.to), (element) => ask.allows(element, one.holds));
    case "some-elements":
      return atLeast(listOf(value).slice(one.at.from, one.at.to), one.holds, one.times, ask);
    case "at-most-elements":
      return not(atLeast(listOf(value), one.holds, one.times + 1, ask));
    case "unique":
      return (new Set(listOf(value).map(canonical)).size === listOf(value).length) !== one.not;
    case "every-member":
      return all(Object.entries(value as object), ([name, member]) => either(not(isAmong(name, one.at, ask)), ask.allows(member, one.holds)));
    case "some-member":
      return not(all(Object.entries(value as object), ([name, member]) => not(both(isAmong(name, one.at, ask), ask.allows(member, one.holds)))));
  }
}

/** Whether a member of that name is one of those. */
export function isAmong(name: string, names: Names, ask: Ask): Certainty {
  switch (names.by) {
    case "name":
      return names.name === name;
    case "pattern":
      return isMatched(name, names.source, ask);
    case "rest":
      return names.names.has(name) ? false : all(names.patterns, (source) => not(isMatched(name, source, ask)));
    case "fits":
      return ask.allows(name, names.schema);
  }
}

function isMatched(text: string, source: string, ask: Ask): Certainty {
  if (text.length > TRIED_CHARS_MAX || !ask.spend(text.length / 16)) return null;
  return ask.remember(`match ${JSON.stringify([source, text])}`, () => {
    const language = ask.language(source);
    return language === null ? null : matches(language, text);
  });
}

/** Characters are code points, as the drafts say. */
function sizeOf(value: unknown): number {
  return typeof value === "string" ? [...value].length : Array.isArray(value) ? value.length : Object.keys(value as object).length;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function atLeast(elements: readonly unknown[], holds: Signed, times: number, ask: Ask): Certainty {
  const found = elements.map((element) => ask.allows(element, holds));
  if (found.filter((one) => one === true).length >= times) return true;
  return found.filter((one) => one !== false).length < times ? false : null;
}

function all<T>(of: readonly T[], test: (one: T) => Certainty): Certainty {
  let result: Certainty = true;
  for (const one of of) {
    const certain = test(one);
    if (certain === false) return false;
    if (certain === null) result = null;
  }
  return result;
}

function both(a: Certainty, b: Certainty): Certainty {
  return a === false || b === false ? false : a === null || b === null ? null : true;
}

function either(a: Certainty, b: Certainty): Certainty {
  return not(both(not(a), not(b)));
}

function not(a: Certainty): Certainty {
  return a === null ? null : !a;
}
