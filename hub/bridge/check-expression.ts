/** Expressions against both documents: type-checked, then tried on entities made from the contract; what claims both ways must come back. */
import { type Json, sameJson } from "../../contracts/delta/json.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { type Bridge, type Field, type Rule, comesIn, goesOut } from "./bridge.ts";
import { type TypeOf, celTypeOf, typer, typesOfCel } from "./expression.ts";
import { type Finding, finding } from "./finding.ts";
import { type Fields, pathOf, read, written } from "./place.ts";
import { samplesOf, sampleValues } from "./sample.ts";
import { namesOf, type Shape, shapeOf } from "./shape.ts";
import { type Sides, typesBeyond, valueFits } from "./sides.ts";
import { back, forth } from "./value.ts";

/** Doubles that went there and back; relative. */
const NEAR = 1e-9;
/** Names that CEL can say. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

type Documents = { readonly ours: unknown; readonly theirs: unknown; readonly joined: Readonly<Record<string, unknown>> };
type Expression = Extract<Rule, { rule: "expression" }>;

/** What the expressions of one bridge are tried with, made once. */
export type Bench = {
  readonly document: unknown;
  readonly entities: readonly Fields[];
  readonly joined: Fields;
  readonly typeForth: TypeOf;
  readonly typeBack: TypeOf;
};

export function benchOf(bridge: Bridge, { ours, theirs, joined }: Documents): Bench {
  return {
    document: ours,
    entities: samplesOf(ours).flatMap((entity) => scopes(entity, bridge.each)),
    joined: Object.fromEntries(Object.entries(joined).map(([attr, document]) => [attr, samplesOf(document)[1] ?? {}])),
    typeForth: typer({ ours: fieldsOf(ours), joined: "map<string, dyn>" }),
    typeBack: typer({ theirs: theirs === undefined ? "map<string, dyn>" : fieldsOf(theirs) }),
  };
}

export function checkExpression(bridge: Bridge, field: Field, by: Expression, sides: Sides, bench: Bench): readonly Finding[] {
  const found: Finding[] = [];
  if (goesOut(field) && by.forth === undefined)
    found.push(finding("expression", field.ours, "nothing says how it goes out", "give `forth`, or let the field come in only"));
  if (comesIn(field) && by.back === undefined)
    found.push(finding("expression", field.ours, "nothing says how it comes back", "give `back`, or let the field go out only"));
  if (found.length > 0) return found;
  if (goesOut(field) && by.forth !== undefined) found.push(...judgeType(field.theirs, bench.typeForth(by.forth, celTypeOf(sides.ours)), sides.theirs));
  if (comesIn(field) && by.back !== undefined) found.push(...judgeType(field.ours, bench.typeBack(by.back, celTypeOf(sides.theirs)), sides.ours));
  return found.length > 0 || !goesOut(field) ? found : tryOut(bridge, field, by, sides, bench);
}

function judgeType(name: string, type: ReturnType<TypeOf>, target: Shape | null): readonly Finding[] {
  if (isRefusal(type)) return [finding("expression", name, type.rule, type.mend)];
  // A double that holds a whole number is an integer in JSON; the samples tell whether it does.
  const types = typesOfCel(type).map((one) => (one === "number" ? "integer" : one));
  const held = target === null || target.types.length === 0 ? [] : [...target.types, ...(target.nullable ? ["null"] : [])];
  const alien = types.length === 0 ? null : typesBeyond(types, held);
  return alien === null
    ? []
    : [finding("type", name, `the expression yields ${type}, the field holds ${target?.types.join(" or ")}`, "convert it within the expression")];
}

/** The first sample that fails, does not fit or does not come back. */
function tryOut(bridge: Bridge, field: Field, by: Expression, { theirs }: Sides, bench: Bench): readonly Finding[] {
  for (const { entity, value } of casesOf(bridge, field, by, bench)) {
    const out = forth(by, value, entity, bench.joined);
    if (isRefusal(out)) return [finding("expression", field.ours, `${out.rule}, for ${shown(value)}`, out.mend)];
    if (theirs !== null && !valueFits(out.value, theirs))
      return [
        finding(
          "type",
          field.theirs,
          `${shown(value)} becomes ${shown(out.value)}, which the field does not hold`,
          "let the expression yield what the field holds",
        ),
      ];
    if (field.way !== "both") continue;
    const home = back(by, out.value, written({}, pathOf(field.theirs), out.value));
    if (isRefusal(home) || !near(home.value, value)) {
      const came = isRefusal(home) ? home.rule : `comes back as ${shown(home.value)}`;
      return [finding("not-invertible", field.ours, `${shown(value)} goes out as ${shown(out.value)} and ${came}`, "mend `back`, or let the field go one way")];
    }
  }
  return [];
}

/** Each sample entity as it is, and the first of them with each value that the attribute may have. */
function casesOf(
  bridge: Bridge,
  field: Field,
  by: Expression,
  { document, entities, joined }: Bench,
): readonly { readonly entity: Fields; readonly value: Json }[] {
  const [attr = "", beyond] = field.ours.split("/");
  if (beyond !== undefined) {
    const value = read(joined, [attr, ...pathOf(beyond)]);
    return value === undefined ? [] : entities.map((entity) => ({ entity, value }));
  }
  const path = pathOf(attr);
  const own = entities.flatMap((entity) => {
    const value = read(entity, path);
    return value === undefined || value === null ? [] : [{ entity, value }];
  });
  const [first] = own;
  const shape = shapeOf(document, path, bridge.each);
  const values = [...by.samples, ...(shape?.schemas.flatMap((schema) => sampleValues(document, schema)) ?? [])].filter((value) => value !== null);
  return first === undefined ? [] : [...own, ...values.map((value) => ({ entity: written(first.entity, path, value), value }))];
}

/** An entity as a record's expression sees it: with one item in the place of its list. */
function scopes(entity: Fields, each: string | undefined): readonly Fields[] {
  if (each === undefined) return [entity];
  const items = entity[each];
  return Array.isArray(items) ? items.map((item) => ({ ...entity, [each]: item })) : [];
}

/** Types of the top-level attributes, as CEL names them. */
function fieldsOf(document: unknown): Readonly<Record<string, string>> {
  const { all } = namesOf(document);
  return Object.fromEntries(all.filter((name) => NAME.test(name)).map((name) => [name, celTypeOf(shapeOf(document, [name]))]));
}

function near(a: Json, b: Json): boolean {
  if (typeof a === "number" && typeof b === "number") return Math.abs(a - b) <= NEAR * Math.max(1, Math.abs(a), Math.abs(b));
  return sameJson(a, b);
}

function shown(value: Json): string {
  return JSON.stringify(value).slice(0, 80);
}
