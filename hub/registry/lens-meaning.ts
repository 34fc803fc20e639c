/**
 * Whether a lens leads from what the older form says of a value to what the newer one says: a uom changes only with the scale that converts
 * it, a value keeps its meaning or its name changes with it, and whatever else is said otherwise is restated on purpose. Who writes, how an
 * attribute merges, its stream, owner and promises may change with a major.
 */
import { type Json, canonical } from "../../contracts/delta/json.ts";
import { type Lens, type LensStep, attrThrough, valueThrough } from "../../contracts/delta/lens.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { convert } from "../../contracts/uom.ts";
import { attributesOf, withParts } from "./attribute.ts";
import type { Meant } from "./compatibility/document-meaning.ts";
import { meaningsThrough } from "./compatibility/meaning.ts";
import type { Problem } from "./document.ts";
import { type Schema, asSchema } from "./walk.ts";

/** How far a factor may be from that of the uoms; relative. Factors are written with 6 digits and more. */
const FACTOR_NOISE = 1e-5;
/** What a new major may say otherwise without a word. */
const FREE = new Set(["writers-narrowed", "writers-widened", "merge-changed", "stream-changed", "purpose-narrowed"]);

/** The lens and both documents were judged. Empty: each value means through the lens what it meant. */
export function judgeMeaning(lens: Lens, older: Json, newer: Json): readonly Problem[] {
  const meant = meaningsThrough(lens, older, newer);
  if (isRefusal(meant)) return [{ code: "lens-misses", path: meant.field ?? "", message: `${meant.rule}; ${meant.mend}` }];
  const [before, after] = [attributesOf(older), attributesOf(newer)];
  const restated = new Set([...named(lens, "restate"), ...named(lens, "loosen")]);
  const [scaled, mapped] = [named(lens, "scale"), named(lens, "map")];
  const isVouched = ({ attr, change }: Meant): boolean =>
    (change.code === "uom-changed" && scaled.includes(attr)) || (change.code === "meaning-changed" && mapped.includes(attr));
  const missed = meant
    .filter(({ attr, change }) => change.breaking && !FREE.has(change.code) && !restated.has(attr))
    // What is said of something that only one side has comes or goes with it.
    .filter((one) => (one.attr === "" || after.has(one.attr)) && !isVouched(one))
    .map(({ attr, change: { path, message } }) =>
      problem(path, `${message} No step of the lens converts it: convert it, rename it, or restate it and say why`, attr),
    );
  const kept = [...before.keys()].map((name) => [name, attrThrough(lens, name, "up")] as const).filter(([, name]) => after.has(name) && !restated.has(name));
  const wrong = kept.flatMap(([was, is]) => {
    const sides = { older: said(older, before.get(was) ?? []), newer: said(newer, after.get(is) ?? []) };
    return [...(scaled.includes(is) ? misconverted(lens, was, is, sides) : []), ...(mapped.includes(is) ? remeant(lens, was, is, sides) : [])];
  });
  return [...missed, ...wrong];
}

type Said = { readonly uom: string | undefined; readonly meaning: Readonly<Record<string, string>> };
type Sides = { readonly older: Said; readonly newer: Said };

/** A scale that is not the conversion between the two uoms; two points tell. */
function misconverted(lens: Lens, was: string, is: string, { older, newer }: Sides): readonly Problem[] {
  const [from, to] = [older.uom, newer.uom];
  if (from === undefined || to === undefined) return [];
  const isApart = (value: number): boolean => {
    const [made, meant] = [valueThrough(lens, was, value, "up"), convert(value, from, to)];
    return isRefusal(meant) || typeof made !== "number" || Math.abs(made - meant) > Math.max(Math.abs(made), Math.abs(meant)) * FACTOR_NOISE;
  };
  return [0, 1000].some(isApart)
    ? [problem("", `the scale of ${is} does not lead from ${from} to ${to}: correct factor and offset, or restate it and say why`, is)]
    : [];
}

/** A value that the table leaves as it is, under another meaning. */
function remeant(lens: Lens, was: string, is: string, { older, newer }: Sides): readonly Problem[] {
  return Object.entries(older.meaning).flatMap(([value, meaning]) => {
    const now = newer.meaning[value];
    const through = valueThrough(lens, was, value, "up");
    const stays = through === undefined || canonical(through) === canonical(value);
    return !stays || now === undefined || now === meaning
      ? []
      : [problem("", `the value ${value} of ${is} meant "${meaning}" and means "${now}": map it to another value, or restate ${is} and say why`, is)];
  });
}

function said(document: Json, schemas: readonly Schema[]): Said {
  const all = schemas.flatMap((schema) => withParts(document, schema));
  const uom = all.map((schema) => schema["x-uom"]).find((one) => typeof one === "string");
  const meanings = all.flatMap((schema) => Object.entries(asSchema(schema["x-meaning"]))).toReversed();
  return { uom, meaning: Object.fromEntries(meanings.flatMap(([value, meaning]) => (typeof meaning === "string" ? [[value, meaning]] : []))) };
}

/** The attributes that steps of a kind speak of, by the names that they have in the end. */
function named(lens: Lens, step: Exclude<LensStep["step"], "rename">): readonly string[] {
  return lens.flatMap((one, at) => (one.step === step ? [attrThrough(lens.slice(at + 1), one.attr, "up")] : []));
}

function problem(path: string, message: string, field: string): Problem {
  return { code: "lens-misses", path, message, ...(field === "" ? {} : { field }) };
}
