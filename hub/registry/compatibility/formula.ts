/**
 * What a schema says of one kind of value, as a formula in negation normal form: literals about numbers, texts, elements and members,
 * joined by `and` and `or`. A schema inside a schema stays a reference with a sign, so recursive schemas are finite here.
 */
import { canonical, type Json } from "../../../contracts/delta/json.ts";
import type { Rational } from "./rational.ts";

export type Kind = "null" | "boolean" | "number" | "string" | "array" | "object";
export const KINDS: readonly Kind[] = ["null", "boolean", "number", "string", "array", "object"];

/** A subschema that holds (even) or must not hold (odd): twice its number, plus one when negated. */
export type Signed = number;
export const ANYTHING: Signed = 0;
export const NOTHING: Signed = 1;

export function negated(signed: Signed): Signed {
  return signed ^ 1;
}

/** Which elements of an array: from `from` up to but not with `to`. */
export type Stretch = { readonly from: number; readonly to: number };

/** Which members of an object, by name. `fits`: names that a schema accepts (or refuses). */
export type Names =
  | { readonly by: "name"; readonly name: string }
  | { readonly by: "pattern"; readonly source: string }
  | { readonly by: "rest"; readonly names: ReadonlySet<string>; readonly patterns: readonly string[] }
  | { readonly by: "fits"; readonly schema: Signed };

export type Literal =
  | { readonly is: "values"; readonly values: ReadonlyMap<string, Json>; readonly not: boolean }
  | { readonly is: "above"; readonly bound: Rational; readonly open: boolean }
  | { readonly is: "below"; readonly bound: Rational; readonly open: boolean }
  | { readonly is: "multiple"; readonly of: Rational; readonly not: boolean }
  /** Characters of a text, elements of an array, members of an object. */
  | { readonly is: "size"; readonly min: number; readonly max: number }
  | { readonly is: "pattern"; readonly source: string; readonly not: boolean }
  | { readonly is: "format"; readonly name: string; readonly not: boolean }
  /** Something that is not looked into; two with one key are the same thing. */
  | { readonly is: "opaque"; readonly key: string; readonly not: boolean }
  | { readonly is: "every-element"; readonly at: Stretch; readonly holds: Signed }
  | { readonly is: "some-elements"; readonly at: Stretch; readonly holds: Signed; readonly times: number }
  | { readonly is: "at-most-elements"; readonly holds: Signed; readonly times: number }
  | { readonly is: "unique"; readonly not: boolean }
  | { readonly is: "every-member"; readonly at: Names; readonly holds: Signed }
  | { readonly is: "some-member"; readonly at: Names; readonly holds: Signed };

export type Formula =
  | { readonly op: "literal"; readonly literal: Literal }
  | { readonly op: "schema"; readonly signed: Signed }
  | { readonly op: "and"; readonly of: readonly Formula[] }
  | { readonly op: "or"; readonly of: readonly Formula[] };

export const TRUE: Formula = { op: "and", of: [] };
export const FALSE: Formula = { op: "or", of: [] };
export const ALL_ELEMENTS: Stretch = { from: 0, to: Infinity };

export function and(of: readonly Formula[]): Formula {
  return of.length === 1 && of[0] !== undefined ? of[0] : { op: "and", of };
}

export function or(of: readonly Formula[]): Formula {
  return of.length === 1 && of[0] !== undefined ? of[0] : { op: "or", of };
}

export function literal(one: Literal): Formula {
  return { op: "literal", literal: one };
}

export function schema(signed: Signed): Formula {
  return signed === ANYTHING ? TRUE : signed === NOTHING ? FALSE : { op: "schema", signed };
}

/** Literal of the values in `values`; the key is the value's canonical text. */
export function oneOfValues(values: readonly Json[], not = false): Formula {
  return literal({ is: "values", values: new Map(values.map((value) => [canonical(value), value])), not });
}

export function size(min: number, max: number): Formula {
  return min <= 0 && max === Infinity ? TRUE : min > max || min === Infinity ? FALSE : literal({ is: "size", min: Math.max(0, min), max });
}

/** Of a parsed JSON value. */
export function kindOf(value: unknown): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  const type = typeof value;
  return type === "boolean" || type === "number" || type === "string" ? type : "object";
}

/** Something that is not looked into. */
export function unknown(key: string): Formula {
  return literal({ is: "opaque", key, not: false });
}

/** What is so when `formula` is not. */
export function negate(formula: Formula): Formula {
  switch (formula.op) {
    case "and":
      return or(formula.of.map(negate));
    case "or":
      return and(formula.of.map(negate));
    case "schema":
      return schema(negated(formula.signed));
    case "literal":
      return negateLiteral(formula.literal);
  }
}

function negateLiteral(one: Literal): Formula {
  switch (one.is) {
    case "values":
    case "multiple":
    case "pattern":
    case "format":
    case "opaque":
    case "unique":
      return literal({ ...one, not: !one.not });
    case "above":
      return literal({ is: "below", bound: one.bound, open: !one.open });
    case "below":
      return literal({ is: "above", bound: one.bound, open: !one.open });
    case "size":
      return or([size(0, one.min - 1), size(one.max + 1, Infinity)].filter((part) => part !== FALSE));
    case "every-element":
      return literal({ is: "some-elements", at: one.at, holds: negated(one.holds), times: 1 });
    case "some-elements":
      return one.times === 1
        ? literal({ is: "every-element", at: one.at, holds: negated(one.holds) })
        : literal({ is: "at-most-elements", holds: one.holds, times: one.times - 1 });
    case "at-most-elements":
      return literal({ is: "some-elements", at: ALL_ELEMENTS, holds: one.holds, times: one.times + 1 });
    case "every-member":
      return literal({ is: "some-member", at: one.at, holds: negated(one.holds) });
    case "some-member":
      return literal({ is: "every-member", at: one.at, holds: negated(one.holds) });
  }
}
