/** Whether the rule of one field can carry its values. */
import { type Field, comesIn, goesOut } from "./bridge.ts";
import { checkConvert, checkInstant, checkScale } from "./check-quantity.ts";
import { checkState } from "./check-state.ts";
import { type Finding, finding } from "./finding.ts";
import type { Shape } from "./shape.ts";
import { type Judge, type Sides, holes, includes, oneWay, shown, strangers, twice, typesBeyond } from "./sides.ts";

/** Expressions are judged with the documents at hand: `check-expression.ts`. */
export function checkRule(field: Field, sides: Sides): readonly Finding[] {
  const { by } = field;
  switch (by.rule) {
    case "same":
      return checkSame(field, by, sides);
    case "look-up":
      return checkLookUp(field, by, sides);
    case "state":
      return checkState(field, by, sides);
    case "convert":
      return checkConvert(field, by, sides);
    case "scale":
      return checkScale(field, by, sides);
    case "instant":
      return checkInstant(field, by, sides);
    case "expression":
      return [];
  }
}

const checkSame: Judge<"same"> = (field, _rule, { ours, theirs }) => {
  if (theirs === null) return [];
  const uoms =
    ours.uom !== undefined && theirs.uom !== undefined && ours.uom !== theirs.uom
      ? [finding("uom", field.ours, `${ours.uom} is not ${theirs.uom}`, `convert between ${ours.uom} and ${theirs.uom}`)]
      : [];
  return [...uoms, ...(goesOut(field) ? fits(field, ours, theirs, "theirs") : []), ...(comesIn(field) ? fits(field, theirs, ours, "ours") : [])];
};

/** Whether every value of `from` may stand in `to`. */
function fits(field: Field, from: Shape, to: Shape, side: "ours" | "theirs"): readonly Finding[] {
  const name = field[side];
  const alien = typesBeyond(from.types, to.types);
  if (alien !== null) return [finding("type", name, `${alien} does not fit ${to.types.join(" or ")}`, "convert it, or map another field")];
  if (to.format?.startsWith("date") === true && from.format !== to.format)
    return [finding("type", name, `wants a ${to.format}`, "use the rule `instant` or an expression")];
  const strange = to.values === null ? undefined : (from.values ?? []).find((value) => !includes(to.values, value));
  if (to.values !== null && from.values === null) return [finding("type", name, "lists its values, the other side does not", "use a look-up")];
  if (strange !== undefined) return [finding("unknown-value", name, `does not know ${JSON.stringify(strange)}`, "use a look-up")];
  return tooLong(name, from, to);
}

function tooLong(name: string, from: Shape, to: Shape): readonly Finding[] {
  const [longest, most] = [from.charsMax, to.charsMax];
  return longest !== undefined && most !== undefined && longest > most
    ? [finding("length", name, `holds ${most} characters, the other side up to ${longest}`, "a longer value will be refused there")]
    : [];
}

const checkLookUp: Judge<"look-up"> = (field, { pairs, otherwise }, { ours, theirs }) => {
  const [out, into] = [pairs.filter(goesOut), pairs.filter(comesIn)];
  const found: Finding[] = [];
  if (goesOut(field)) {
    found.push(
      ...twice(
        field.ours,
        out.map((pair) => pair.ours),
        "goes out as two values",
      ),
    );
    if (otherwise?.theirs === undefined)
      found.push(
        ...holes(
          field.ours,
          ours.values,
          out.map((pair) => pair.ours),
          "no counterpart of theirs",
        ),
      );
    found.push(...strangers(field.theirs, theirs, [...out.map((pair) => pair.theirs), ...(otherwise?.theirs === undefined ? [] : [otherwise.theirs])]));
  }
  if (comesIn(field)) {
    found.push(
      ...twice(
        field.theirs,
        into.map((pair) => pair.theirs),
        "comes in as two values",
      ),
    );
    if (otherwise?.ours === undefined)
      found.push(
        ...holes(
          field.theirs,
          theirs?.values ?? null,
          into.map((pair) => pair.theirs),
          "no counterpart of ours",
        ),
      );
    found.push(...strangers(field.ours, ours, [...into.map((pair) => pair.ours), ...(otherwise?.ours === undefined ? [] : [otherwise.ours])]));
  }
  if (field.way === "both") {
    const lost = out.find((pair) => !into.some((other) => other.theirs === pair.theirs && other.ours === pair.ours));
    if (lost !== undefined) found.push(oneWay(field, `${shown(lost.ours)} goes out as ${shown(lost.theirs)} and does not come back`));
    if (otherwise?.theirs !== undefined) found.push(oneWay(field, `what is not in the table becomes ${shown(otherwise.theirs)}`));
  }
  return found;
};
