/** State mappings: total on both sides, and honest about what is equivalent. */
import { type Field, type StateRule, comesIn, goesOut } from "./bridge.ts";
import { type Finding, finding } from "./finding.ts";
import { type Judge, holes, includes, shown, strangers, twice } from "./sides.ts";

export const checkState: Judge<"state"> = (field, rule, { ours, theirs }) => {
  const { pairs } = rule;
  if (ours.values === null)
    return [finding("type", field.ours, "a state mapping needs the values listed in the contract", "give the attribute an enum, or use a look-up")];
  const listed = theirs?.values ?? rule.theirs ?? null;
  const [out, into] = [pairs.filter(goesOut), pairs.filter(comesIn)];
  const found: Finding[] = [];
  if (goesOut(field)) {
    found.push(
      ...holes(
        field.ours,
        ours.values,
        out.map((pair) => pair.ours),
        "unmapped state",
      ),
    );
    found.push(
      ...twice(
        field.ours,
        out.map((pair) => pair.ours),
        "goes out as two values",
      ),
    );
  }
  if (comesIn(field)) {
    found.push(...holes(field.theirs, listed, [...into.map((pair) => pair.theirs), ...rule.refused], "unmapped state of theirs"));
    found.push(...twice(field.theirs, [...into.map((pair) => pair.theirs), ...rule.refused], "comes in as two values, or is refused too"));
  }
  if (listed === null)
    found.push(finding("unmapped", field.theirs, "nothing lists the states that theirs has, so none can be missed", "list all of them in the rule's `theirs`"));
  const spoken = [...pairs.map((pair) => pair.theirs), ...rule.refused];
  const strange = (theirs?.values ?? null) === null && rule.theirs !== undefined ? [...new Set(spoken)].filter((value) => !includes(listed, value)) : [];
  const unheard = [...new Set(pairs.map((pair) => pair.ours))].filter((value) => !includes(ours.values, value));
  return [
    ...found,
    ...unheard.map((value) => finding("not-in-contract", field.ours, `${value} is not a value of the contract`, "it never occurs; check the spelling")),
    ...strange.map((value) =>
      finding("unknown-value", field.theirs, `${shown(value)} is not among its values`, "list it in the rule's `theirs`, or correct it"),
    ),
    ...strangers(field.theirs, theirs, spoken),
    ...checkRelations(field, rule),
  ];
};

/** Equivalence is one to one; a union is made of states that are narrower, a split of states that are broader. */
function checkRelations(field: Field, { pairs, unions, splits }: StateRule): readonly Finding[] {
  const shared = pairs.flatMap((pair) => {
    if (pair.relation !== "equivalent") return [];
    const rival = pairs.find((other) => other !== pair && (other.theirs === pair.theirs || other.ours === pair.ours));
    if (rival === undefined) return [];
    const rule = `${pair.ours} is declared equivalent to ${shown(pair.theirs)}, but ${rival.ours} is mapped to ${shown(rival.theirs)}`;
    return [finding("not-equivalent", field.ours, rule, "declare both narrower or broader, and say than what")];
  });
  const wrong = [
    ...unions.filter(
      (value) =>
        !consists(
          pairs.filter((pair) => pair.theirs === value),
          "narrower",
        ),
    ),
    ...splits.filter(
      (value) =>
        !consists(
          pairs.filter((pair) => pair.ours === value),
          "broader",
        ),
    ),
  ];
  const broken = wrong.map((value) =>
    finding(
      "not-equivalent",
      field.ours,
      `${shown(value)} is no union of the states mapped to it`,
      "name only values whose pairs are all narrower, or all broader",
    ),
  );
  return [...shared, ...broken];
}

function consists(pairs: StateRule["pairs"], relation: "narrower" | "broader"): boolean {
  return pairs.length > 0 && pairs.every((pair) => pair.relation === relation);
}
