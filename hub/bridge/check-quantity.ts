/** Conversions: uoms of one dimension, numbers on both sides, and nothing lost on a way that leads back. */
import { isRefusal } from "../../contracts/refusal.ts";
import { convert, dimensionOf } from "../../contracts/uom.ts";
import { type Field, goesOut } from "./bridge.ts";
import { type Finding, finding } from "./finding.ts";
import type { Shape } from "./shape.ts";
import { type Judge, type Sides, oneWay, typesBeyond } from "./sides.ts";

export const checkConvert: Judge<"convert"> = (field, rule, sides) => {
  const [a, b] = [dimensionOf(rule.ours), dimensionOf(rule.theirs)];
  const unknown = [a === null ? rule.ours : null, b === null ? rule.theirs : null].filter((code) => code !== null);
  if (unknown.length > 0)
    return unknown.map((code) => finding("uom", field.ours, `${JSON.stringify(code)} is not a UCUM code known here`, "write it as in Cel, mm/s or L/min"));
  if (a !== b) return [finding("uom", field.ours, `${rule.ours} (${a}) and ${rule.theirs} (${b}) measure different things`, "choose uoms of one dimension")];
  const declared = (
    [
      ["ours", sides.ours],
      ["theirs", sides.theirs],
    ] as const
  ).flatMap(([side, shape]) =>
    shape?.uom === undefined || shape.uom === rule[side]
      ? []
      : [finding("uom", field[side], `is in ${shape.uom}, the bridge says ${rule[side]}`, `write ${shape.uom}`)],
  );
  const there = (value: number): number => asNumber(convert(value, rule.ours, rule.theirs));
  const home = (value: number): number => asNumber(convert(value, rule.theirs, rule.ours));
  return [...declared, ...checkNumeric(field, rule.round, sides, there, home)];
};

export const checkScale: Judge<"scale"> = (field, rule, sides) =>
  checkNumeric(
    field,
    rule.round,
    sides,
    (value) => value * rule.scale + rule.offset,
    (value) => (value - rule.offset) / rule.scale,
  );

function checkNumeric(
  field: Field,
  round: string | undefined,
  { ours, theirs }: Sides,
  there: (value: number) => number,
  home: (value: number) => number,
): readonly Finding[] {
  const found = [...notNumeric(field.ours, ours), ...(theirs === null ? [] : notNumeric(field.theirs, theirs))];
  const whole = (shape: Shape | null): boolean => shape?.types.length === 1 && shape.types[0] === "integer";
  // A whole number stays whole if 0 and 1 do: the conversion is linear.
  const keeps = (use: (value: number) => number): boolean => Number.isInteger(use(0)) && Number.isInteger(use(1));
  const breaks = (from: Shape | null, to: Shape | null, use: (value: number) => number): boolean =>
    whole(to) && !(whole(from) && keeps(use)) && round === undefined;
  const fraction = (name: string): Finding =>
    finding("type", name, "holds whole numbers, the conversion yields fractions", "say how to round, and map it one way");
  if (goesOut(field) && breaks(ours, theirs, there)) found.push(fraction(field.theirs));
  // Ours came from a whole number that went out, or was never sent: coming back it is whole again.
  if (field.way === "in" && breaks(theirs, ours, home)) found.push(fraction(field.ours));
  if (field.way === "both" && round !== undefined) found.push(oneWay(field, "what is rounded does not come back"));
  return found;
}

function notNumeric(name: string, shape: Shape): readonly Finding[] {
  return shape.types.length > 0 && shape.types.every((type) => type === "number" || type === "integer")
    ? []
    : [finding("type", name, `is ${shape.types.join(" or ") || "anything"}, not a number`, "convert numbers only")];
}

export const checkInstant: Judge<"instant"> = (field, rule, { ours, theirs }) => {
  const found: Finding[] = [];
  if (typesBeyond(["integer"], ours.types) !== null || typesBeyond(ours.types, ["integer"]) !== null)
    found.push(finding("type", field.ours, `is ${ours.types.join(" or ")}, not an instant`, "map an attribute that ends in At or By"));
  if (theirs !== null && (typesBeyond(["string"], theirs.types) !== null || (theirs.format !== undefined && theirs.format !== rule.as)))
    found.push(
      finding("type", field.theirs, `is ${theirs.format ?? theirs.types.join(" or ")}, the bridge writes a ${rule.as}`, "say `as` what their field is"),
    );
  if (rule.as === "date" && field.way === "both") found.push(oneWay(field, "a day has lost the time of day"));
  return found;
};

function asNumber(value: unknown): number {
  return isRefusal(value) || typeof value !== "number" ? Number.NaN : value;
}
