/** What the schemas that hold of one value say of its meaning, taken together, and what it means that the next ones say otherwise. */
import type { z } from "zod";
import { AttributeAnnotations } from "../../../contracts/annotation.ts";
import { canonical } from "../../../contracts/delta/json.ts";
import { type Change, child, quoted } from "./change.ts";
import type { Place } from "./document.ts";
import type { Keywords } from "./keyword.ts";

type Keyword = keyof AttributeAnnotations;

/** `paths`: where each keyword is said first, and where the value itself is described. */
export type Statement = {
  readonly uom?: string;
  readonly meaning?: Readonly<Record<string, string>>;
  readonly writers?: string;
  /** Canonical text of the policy. */
  readonly none?: string;
  readonly personal?: "plain" | "personal";
  readonly purpose?: readonly string[];
  readonly paths: Readonly<Partial<Record<Keyword, string>>>;
  readonly path: string;
};

/** Several schemas that hold at once: what they say differently stands side by side, so that a change of either is seen. */
export function statementOf(group: readonly Place[]): Statement {
  const said = group.map((place) => ({ path: place.pointer, ...parsed(AttributeAnnotations, place.schema) }));
  const paths: Partial<Record<Keyword, string>> = {};
  for (const one of said)
    for (const keyword of Object.keys(AttributeAnnotations.shape) as Keyword[]) if (one[keyword] !== undefined) paths[keyword] ??= one.path;
  const each = <T>(keyword: Keyword, text: (one: AttributeAnnotations) => T | undefined): readonly T[] =>
    paths[keyword] === undefined ? [] : [...new Set(said.map(text))].filter((one) => one !== undefined);
  const meaning: Record<string, string> = {};
  for (const one of said)
    for (const [value, means] of Object.entries(one["x-meaning"] ?? {})) {
      const before = Object.hasOwn(meaning, value) ? meaning[value] : undefined;
      meaning[value] = before === undefined || before.split(" / ").includes(means) ? (before ?? means) : `${before} / ${means}`;
    }
  const [uom, writers, none] = [each("x-uom", (one) => one["x-uom"]), each("x-writers", (one) => one["x-writers"]), each("x-null", noneOf)];
  const personal = each("x-class", (one) => one["x-class"]);
  const purpose = [...new Set(said.flatMap((one) => one["x-purpose"] ?? []))];
  return {
    ...(uom.length === 0 ? {} : { uom: uom.join(" and ") }),
    ...(paths["x-meaning"] === undefined ? {} : { meaning }),
    ...(writers.length === 0 ? {} : { writers: writers.join(" and ") }),
    ...(none.length === 0 ? {} : { none: none.join(" and ") }),
    ...(personal.length === 0 ? {} : { personal: personal.includes("personal") ? "personal" : "plain" }),
    ...(purpose.length === 0 ? {} : { purpose }),
    paths,
    path: group[0]?.pointer ?? "",
  };
}

/** Where an alternative is silent, others that take its place may speak: what they say counts. */
export function filled(silent: Statement, others: readonly Statement[]): Statement {
  return others.reduce<Statement>((one, other) => ({ ...other, ...one, paths: { ...other.paths, ...one.paths } }), silent);
}

/** What changed from one statement about `name` to the next. */
export function changesOf(name: string, was: Statement, is: Statement): readonly Change[] {
  const changes: Change[] = [];
  const add = (keyword: Keyword, code: string, message: string, breaking = true) => {
    const path = is.paths[keyword] ?? was.paths[keyword] ?? is.path;
    changes.push({ code, path: child(path, keyword), message, breaking });
  };
  if (was.uom === undefined && is.uom !== undefined) add("x-uom", "uom-added", `The uom of ${name} is now stated: ${is.uom}.`, false);
  else if (was.uom !== is.uom) add("x-uom", "uom-changed", `The uom of ${name} was ${was.uom} and is ${is.uom ?? "not stated"}.`);

  const [meantWas, meantIs] = [was.meaning ?? {}, is.meaning ?? {}];
  for (const [value, meaning] of Object.entries(meantWas)) {
    const now = Object.hasOwn(meantIs, value) ? meantIs[value] : undefined;
    const means = now === undefined ? "has no stated meaning any more" : `means "${now}"`;
    if (now !== meaning) add("x-meaning", "meaning-changed", `The value ${quoted(value)} of ${name} meant "${meaning}" and ${means}.`);
  }
  for (const value of Object.keys(meantIs))
    if (!Object.hasOwn(meantWas, value)) add("x-meaning", "meaning-added", `The value ${quoted(value)} of ${name} means "${meantIs[value]}".`, false);

  const [writesWas, writesIs] = [was.writers ?? "any", is.writers ?? "any"];
  if (writesWas !== writesIs) {
    const narrowed = writesIs !== "any";
    add("x-writers", narrowed ? "writers-narrowed" : "writers-widened", `Who may write ${name} was ${writesWas} and is ${writesIs}.`, narrowed);
  }
  if (was.none !== is.none)
    add("x-null", "null-policy-changed", `What stands for "none" in ${name} was ${was.none ?? "nothing"} and is ${is.none ?? "nothing"}.`);

  const [classWas, classIs] = [was.personal ?? "plain", is.personal ?? "plain"];
  if (classWas !== classIs) add("x-class", classIs === "personal" ? "class-raised" : "class-lowered", `${name} was ${classWas} and is ${classIs}.`);

  const [purposeWas, purposeIs] = [was.purpose ?? [], is.purpose ?? []];
  const more = purposeIs.filter((purpose) => !purposeWas.includes(purpose));
  const fewer = purposeWas.filter((purpose) => !purposeIs.includes(purpose));
  if (more.length > 0) add("x-purpose", "purpose-widened", `${name} was collected for ${quoted(purposeWas)} and is now also for ${quoted(more)}.`);
  if (fewer.length > 0) add("x-purpose", "purpose-narrowed", `${name} is no longer collected for ${quoted(fewer)}.`, false);
  return changes;
}

/** One keyword at a time: what does not parse is left to registration, which refuses it, and hides nothing beside it. */
export function parsed<Shape extends z.ZodRawShape>(object: z.ZodObject<Shape>, value: Keywords): z.infer<z.ZodObject<Shape>> {
  const sound = Object.entries(value).filter(([keyword, one]) => Object.hasOwn(object.shape, keyword) && object.safeParse({ [keyword]: one }).success);
  return object.parse(Object.fromEntries(sound));
}

function noneOf(one: AttributeAnnotations): string | undefined {
  return one["x-null"] === undefined ? undefined : canonical(one["x-null"]);
}
