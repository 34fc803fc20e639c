/** What the checks of a field share: its two sides, whether a type or a value fits one of them, and the findings that tables have in common. */
import { type Json, sameJson } from "../../contracts/delta/json.ts";
import type { Field, Rule, Scalar } from "./bridge.ts";
import { type Finding, finding } from "./finding.ts";
import { type Shape, typeOf } from "./shape.ts";

/** Both sides of one field. `theirs` is null where their schema was not given. */
export type Sides = { readonly ours: Shape; readonly theirs: Shape | null };
export type Judge<R extends Rule["rule"]> = (field: Field, rule: Extract<Rule, { rule: R }>, sides: Sides) => readonly Finding[];

/** The first type of `from` that `to` does not have; null when all fit. Nothing said is anything. */
export function typesBeyond(from: readonly string[], to: readonly string[]): string | null {
  if (to.length === 0) return null;
  if (from.length === 0) return "anything";
  return from.find((type) => !to.includes(type) && !(type === "integer" && to.includes("number"))) ?? null;
}

/** Whether one value may stand at a place of that shape. */
export function valueFits(value: Json, shape: Shape): boolean {
  if (value === null) return shape.nullable;
  return typesBeyond([typeOf(value)], shape.types) === null && (shape.values === null || includes(shape.values, value));
}

export function holes(name: string, values: readonly Json[] | null, mapped: readonly Scalar[], what: string): readonly Finding[] {
  return (values ?? [])
    .filter((value) => !includes(mapped, value))
    .map((value) => finding("unmapped", name, `${what}: ${JSON.stringify(value)}`, "say what it is on the other side, or that it never crosses"));
}

export function twice(name: string, values: readonly Scalar[], what: string): readonly Finding[] {
  const repeated = [...new Set(values.filter((value, at) => values.indexOf(value) !== at))];
  return repeated.map((value) => finding("ambiguous", name, `${shown(value)} ${what}`, "let one pair go both ways and give the others a way: out or in"));
}

export function strangers(name: string, shape: Shape | null, values: readonly Scalar[]): readonly Finding[] {
  if (shape === null) return [];
  const strange = [...new Set(values)].filter((value) => !valueFits(value, shape));
  return strange.map((value) => finding("unknown-value", name, `${shown(value)} is not among its values`, "use a value that the field may hold"));
}

export function oneWay(field: Field, rule: string): Finding {
  return finding("not-invertible", field.ours, rule, "let the field go one way: out or in");
}

export function includes(values: readonly Json[] | null, value: Json): boolean {
  return (values ?? []).some((one) => sameJson(one, value));
}

export function shown(value: Scalar): string {
  return typeof value === "string" ? value : String(value);
}
