/**
 * Whether a bridge may be published: against our contract, against their object where its schema is at hand, and within itself. What
 * blocks is refused; the rest is told. A state that a contract gains blocks every bridge that does not say what it means.
 */
import type { Contract } from "../../contracts/contract.ts";
import { type Bridge, type Field, comesIn, goesOut } from "./bridge.ts";
import { type Bench, benchOf, checkExpression } from "./check-expression.ts";
import { checkRule } from "./check-rule.ts";
import { type Finding, finding } from "./finding.ts";
import { pathOf } from "./place.ts";
import { type Schema, type Shape, namesOf, narrowed, shapeOf } from "./shape.ts";
import { valueFits } from "./sides.ts";

/** A contract as far as a bridge asks. */
export type Spoken = Pick<Contract, "subject" | "version" | "schema">;

/** `theirs` is the schema of their object (`object.ts`), `joined` the contracts that the bridge's joins lead to. */
export function check(bridge: Bridge, ours: Spoken, theirs?: Schema, joined: readonly Spoken[] = []): readonly Finding[] {
  if (ours.subject !== bridge.ours.subject || ours.version !== bridge.ours.major) {
    const rule = `is written for ${bridge.ours.subject}@${bridge.ours.major}, this is ${ours.subject}@${ours.version}`;
    return [finding("other-document", "ours", rule, "check it against its own contract, or raise its major and mend it")];
  }
  if (theirs?.["x-object"] !== undefined && theirs["x-object"] !== bridge.theirs.object)
    return [
      finding("other-document", "theirs", `is written for ${bridge.theirs.object}, this is ${String(theirs["x-object"])}`, "give the schema of its own object"),
    ];
  const behind = Object.fromEntries(
    Object.entries(bridge.joins).flatMap(([attr, { subject, major }]) => {
      const found = joined.find((contract) => contract.subject === subject && contract.version === major);
      return found === undefined ? [] : [[attr, found.schema] as const];
    }),
  );
  const document = bridge.only === undefined ? ours.schema : narrowed(ours.schema, bridge.only.attr, bridge.only.values);
  let made: Bench | undefined;
  const documents = { ours: document, theirs, joined: behind, bench: () => (made ??= benchOf(bridge, { ours: document, theirs, joined: behind })) };
  return [
    ...checkScope(bridge, ours.schema),
    ...checkJoins(bridge, document, behind),
    ...bridge.fields.flatMap((field) => checkField(bridge, field, documents)),
    ...checkWrites(bridge),
    ...(theirs === undefined ? [] : [...checkConstants(bridge, theirs), ...checkRequired(bridge, document, theirs, behind)]),
  ];
}

/** Whether nothing of it stands in the way. */
export function publishable(findings: readonly Finding[]): boolean {
  return !findings.some(({ blocks }) => blocks);
}

function checkScope({ only, each }: Bridge, document: unknown): readonly Finding[] {
  const found: Finding[] = [];
  if (each !== undefined && shapeOf(document, [each])?.types.join() !== "array")
    found.push(finding("type", each, "a record for each item needs a list", "name a list of the contract in `each`"));
  if (only === undefined) return found;
  const shape = shapeOf(document, pathOf(only.attr));
  if (shape === null) return [...found, finding("unknown-attribute", only.attr, "the contract has no such attribute", "name one of its attributes in `only`")];
  const named = [...only.values, ...only.not];
  const silent = (shape.values ?? []).filter((value) => !named.some((one) => one === value));
  const unheard = named.filter((value) => shape.values?.some((one) => one === value) === false);
  return [
    ...found,
    ...silent.map((value) =>
      finding("unmapped", only.attr, `nothing says whether ${JSON.stringify(value)} crosses`, "name it in `only.values` or in `only.not`"),
    ),
    ...unheard.map((value) => finding("not-in-contract", only.attr, `${String(value)} is not a value of the contract`, "it never occurs; check the spelling")),
  ];
}

function checkJoins(bridge: Bridge, document: unknown, behind: Readonly<Record<string, unknown>>): readonly Finding[] {
  const declared = Object.entries(bridge.joins).flatMap(([attr, { subject, major }]) => {
    if (shapeOf(document, pathOf(attr)) === null)
      return [finding("unknown-attribute", attr, "the contract has no such attribute", "join by one of its attributes")];
    if (Object.hasOwn(behind, attr)) return [];
    return [finding("other-document", attr, `the contract ${subject}@${major} is not at hand`, "register it first, or mend its major version")];
  });
  const used = bridge.fields.flatMap((field) => {
    const [attr = "", beyond] = field.ours.split("/");
    if (beyond === undefined) return [];
    if (!Object.hasOwn(bridge.joins, attr))
      return [finding("unknown-attribute", field.ours, `${attr} is not among the bridge's joins`, "declare what it refers to")];
    return comesIn(field) ? [finding("not-invertible", field.ours, "belongs to another entity", "let it go out only, and bridge the other entity")] : [];
  });
  return [...declared, ...used];
}

type Documents = {
  readonly ours: unknown;
  readonly theirs: Schema | undefined;
  readonly joined: Readonly<Record<string, unknown>>;
  /** Made when the first expression asks. */
  readonly bench: () => Bench;
};

function checkField(bridge: Bridge, field: Field, documents: Documents): readonly Finding[] {
  // What is not joined is told once, with the joins.
  if (field.ours.includes("/") && documents.joined[field.ours.split("/")[0] ?? ""] === undefined) return [];
  const ours = ourShape(bridge, field, documents.ours, documents.joined);
  const theirs = documents.theirs === undefined ? null : shapeOf(documents.theirs, pathOf(field.theirs));
  const unknown = [
    ...(ours === null ? [finding("unknown-attribute", field.ours, "the contract has no such attribute", "map one of its attributes")] : []),
    ...(documents.theirs !== undefined && theirs === null
      ? [finding("unknown-field", field.theirs, `${bridge.theirs.object} has no such field`, "add it there, or map one that is there")]
      : []),
  ];
  if (ours === null || unknown.length > 0) return unknown;
  const sides = { ours, theirs };
  const rule = field.by.rule === "expression" ? checkExpression(bridge, field, field.by, sides, documents.bench()) : checkRule(field, sides);
  return [...rule, ...checkAbsence(field, ours, theirs), ...checkHands(field, ours, theirs)];
}

function checkAbsence(field: Field, ours: Shape, theirs: Shape | null): readonly Finding[] {
  const { absent } = field;
  const found: Finding[] = [];
  if (goesOut(field) && theirs !== null && !ours.sure && !theirs.nullable && absent?.theirs === undefined)
    found.push(finding("absent", field.theirs, `${field.ours} may be absent, the field may not be null`, "say in `absent.theirs` what stands for it"));
  if (absent?.theirs !== undefined && theirs !== null && !valueFits(absent.theirs, theirs))
    found.push(finding("type", field.theirs, "`absent.theirs` is not what the field holds", "give a value of its type"));
  if (absent?.ours !== undefined && !valueFits(absent.ours, ours))
    found.push(finding("type", field.ours, "`absent.ours` is not what the attribute holds", "give a value of its type"));
  if (field.way === "both" && absent !== undefined)
    found.push(finding("not-invertible", field.ours, "what stands for an absent value comes back as a value", "map it once out and once in"));
  return found;
}

/** Who may write which side. */
function checkHands(field: Field, ours: Shape, theirs: Shape | null): readonly Finding[] {
  const closed = goesOut(field) && theirs?.schemas.some((schema) => schema["x-writable"] === false) === true;
  return [
    ...(closed ? [finding("read-only", field.theirs, "their API does not let anybody write it", "let the field come in only, or map another")] : []),
    ...(comesIn(field) && ours.writers === "unit"
      ? [finding("writers", field.ours, "only the unit writes it", "what comes in is shown and not taken over")]
      : []),
  ];
}

/** One field, one writer. */
function checkWrites(bridge: Bridge): readonly Finding[] {
  const out = [...bridge.fields.filter(goesOut).map(({ theirs }) => theirs), ...bridge.constants.map(({ theirs }) => theirs)];
  const into = bridge.fields.filter(comesIn).map(({ ours }) => ours);
  const clash = (paths: readonly string[]): readonly string[] => [
    ...new Set(paths.filter((path, at) => paths.some((other, i) => i !== at && (other === path || other.startsWith(`${path}.`))))),
  ];
  const twice = [...clash(out), ...clash(into)].map((path) =>
    finding("ambiguous", path, "is written by more than one mapping", "keep one of them, or give them different ways"),
  );
  const { key } = bridge.theirs;
  return key === undefined || out.includes(key)
    ? twice
    : [...twice, finding("required", key, "is the key and nothing fills it", "map the attribute that identifies the entity")];
}

function checkConstants(bridge: Bridge, theirs: Schema): readonly Finding[] {
  return bridge.constants.flatMap(({ theirs: path, value }) => {
    const shape = shapeOf(theirs, pathOf(path));
    if (shape === null) return [finding("unknown-field", path, `${bridge.theirs.object} has no such field`, "leave it out, or name one that is there")];
    return valueFits(value, shape) ? [] : [finding("type", path, `${JSON.stringify(value)} is not what the field holds`, "give one of its values")];
  });
}

function checkRequired(bridge: Bridge, document: unknown, theirs: Schema, joined: Readonly<Record<string, unknown>>): readonly Finding[] {
  const root = (path: string): string => pathOf(path)[0] ?? path;
  const filling = bridge.fields
    .filter(goesOut)
    .filter((field) => field.absent?.theirs !== undefined || ourShape(bridge, field, document, joined)?.sure === true);
  const filled = new Set([...filling.map(({ theirs: path }) => root(path)), ...bridge.constants.map(({ theirs: path }) => root(path))]);
  const touched = new Set(bridge.fields.filter(goesOut).map(({ theirs: path }) => root(path)));
  const wanted = Array.isArray(theirs["x-wanted"]) ? theirs["x-wanted"].filter((name) => typeof name === "string") : [];
  const { required } = namesOf(theirs);
  return [
    ...required
      .filter((name) => !filled.has(name))
      .map((name) => finding("required", name, "theirs must have it and nothing always fills it", "map it, or give a constant")),
    ...wanted
      .filter((name) => !filled.has(name) && !touched.has(name))
      .map((name) => finding("wanted", name, "their forms ask for it", "map it, or give a constant, if people edit these records")),
  ];
}

function ourShape(bridge: Bridge, field: Field, document: unknown, joined: Readonly<Record<string, unknown>>): Shape | null {
  const [attr = "", beyond] = field.ours.split("/");
  if (beyond === undefined) return shapeOf(document, pathOf(attr), bridge.each);
  const behind = shapeOf(joined[attr], pathOf(beyond));
  return behind === null ? null : { ...behind, sure: behind.sure && shapeOf(document, pathOf(attr))?.sure === true };
}
