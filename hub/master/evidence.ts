/**
 * What agreement is worth. A pair is one of four kinds: records of the same thing; twins, that share all but what tells them apart (the
 * next branch, the next machine in the row, a namesake); sisters, of one house or family under another name; strangers. Each kind shows each
 * level of agreement at a rate of its own, and Bayes' rule turns levels into the probability of `same`.
 *
 * This is the model of Fellegi & Sunter (1969) with more than one kind of pair that does not match: with one, siblings lie nearer to copies
 * than to strangers, and expectation-maximisation (Winkler 1988) takes them for copies. The rates are counted where the truth is known.
 */
import type { Field, Level, Levels, MasterFamily } from "./profile.ts";
import { FIELDS } from "./profile.ts";

export type Kind = "same" | "twin" | "sister" | "stranger";
export const KINDS: readonly Kind[] = ["same", "twin", "sister", "stranger"];
const LEVELS: readonly Level[] = ["equal", "close", "akin", "part", "none", "apart"];

type Rates = Readonly<Partial<Record<Field, Readonly<Partial<Record<Level, number>>>>>>;
/** `share`: of the pairs that blocking gives, how many are of this kind. Rates of a field add up to 1. */
export type Model = Readonly<Record<Kind, { readonly share: number; readonly rates: Rates }>>;

/** A level of which nothing is known, and the least that any rate counts: what was never seen is unlikely rather than impossible. */
const RATE_MIN = 0.001;
/** Pairs added to each level when counting. */
const SMOOTHING = 0.5;
/** Records of the registers that the shipped rates were counted on. */
const COUNTED_RECORDS = 800;
/** Digits that a counted share is kept with. */
const DIGITS = 10_000;

/** Bits that a field's agreement speaks for one thing (or, negative, against it), beside the rival. */
export type Evidence = { readonly field: Field; readonly level: Level; readonly bits: number };
/** `rival`: what the pair is if it is not the same. */
export type Belief = { readonly score: number; readonly rival: Exclude<Kind, "same">; readonly fields: readonly Evidence[] };

/**
 * `records`: size of the register. The more there are, the more strangers are alike by chance; but blocks bound how many of them are compared,
 * so that their share grows as the root: precision then holds from 800 records to 9,700 (`bench identity`).
 */
export function weigh(model: Model, levels: Levels, records: number): Belief {
  const crowd = Math.max(1, Math.sqrt(records / COUNTED_RECORDS));
  const chance = (kind: Kind): number =>
    entriesOf(levels).reduce((product, [field, level]) => product * rateOf(model, kind, field, level), model[kind].share * (kind === "stranger" ? crowd : 1));
  const same = chance("same");
  const others = (["twin", "sister", "stranger"] as const).map((kind) => ({ kind, chance: chance(kind) }));
  const rival = others.reduce((best, one) => (one.chance > best.chance ? one : best)).kind;
  const fields = entriesOf(levels).map(([field, level]) => ({
    field,
    level,
    bits: round(Math.log2(rateOf(model, "same", field, level) / rateOf(model, rival, field, level)), 10),
  }));
  return { score: same / (same + others.reduce((sum, one) => sum + one.chance, 0)), rival, fields };
}

/** A pair whose truth is known. `kin`: siblings, of which the comparison tells twins and sisters apart. */
export type Labelled = { readonly levels: Levels; readonly truth: "same" | "kin" | "stranger" };

/** The model of pairs that people (or a generator) have labelled. */
export function countModel(family: MasterFamily, pairs: readonly Labelled[]): Model {
  const byKind = Map.groupBy(pairs, ({ levels, truth }): Kind => (truth === "kin" ? kinOf(family, levels) : truth));
  const model = KINDS.map((kind) => {
    const of = byKind.get(kind) ?? [];
    const rates = Object.fromEntries(FIELDS[family].map((field) => [field, ratesOf(field, of, pairs)]));
    return [kind, { share: round((of.length + SMOOTHING) / (pairs.length + KINDS.length * SMOOTHING), DIGITS), rates }] as const;
  });
  return Object.fromEntries(model) as Model;
}

/** What tells twins apart is the label, of people the home. */
function kinOf(family: MasterFamily, levels: Levels): Kind {
  if (family === "engineer") return levels.name === "apart" ? "sister" : "twin";
  return levels.label === "equal" || levels.label === "none" || levels.label === undefined ? "sister" : "twin";
}

/** Over the levels that occur in the field at all. */
function ratesOf(field: Field, of: readonly Labelled[], all: readonly Labelled[]): Readonly<Partial<Record<Level, number>>> {
  const seen = new Set(all.map(({ levels }) => levels[field]));
  const counts = LEVELS.filter((level) => seen.has(level)).map(
    (level) => [level, of.filter(({ levels }) => levels[field] === level).length + SMOOTHING] as const,
  );
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  return Object.fromEntries(counts.map(([level, count]) => [level, round(count / total, DIGITS)]));
}

function rateOf(model: Model, kind: Kind, field: Field, level: Level): number {
  return Math.max(RATE_MIN, model[kind].rates[field]?.[level] ?? RATE_MIN);
}

function entriesOf(levels: Levels): readonly (readonly [Field, Level])[] {
  return Object.entries(levels) as (readonly [Field, Level])[];
}

function round(value: number, digits: number): number {
  return Math.round(value * digits) / digits;
}
