/** Texts: length, patterns as regular languages, formats by name. */
import type { Ask } from "./ask.ts";
import { FORMATS_WITHIN } from "./format.ts";
import type { Literal } from "./formula.ts";
import type { NFA } from "refa";
import { AUTOMATON_LENGTH_MAX } from "./limit.ts";
import { areDisjoint, languageOfText } from "./language.ts";

/** Excluded texts that are put into the automaton; more of them change its answer only for tiny languages. */
const EXCLUDED_MAX = 20;
/** Work of comparing automata, in elementary questions a state. */
const STATE_STEPS = 10;

/** Whether no text satisfies all literals; positive `values` are tried elsewhere. */
export function isTextless(literals: readonly Literal[], ask: Ask): boolean {
  let [min, max] = [0, Infinity];
  const patterns = { yes: new Set<string>(), no: new Set<string>() };
  const formats = { yes: new Set<string>(), no: new Set<string>() };
  const excluded: string[] = [];
  for (const one of literals) {
    if (one.is === "size") [min, max] = [Math.max(min, one.min), Math.min(max, one.max)];
    if (one.is === "pattern") patterns[one.not ? "no" : "yes"].add(one.source);
    if (one.is === "format") formats[one.not ? "no" : "yes"].add(one.name);
    if (one.is === "values" && one.not) excluded.push(...[...one.values.values()].filter((value) => typeof value === "string"));
  }
  if (min > max) return true;
  if ([...patterns.no].some((source) => patterns.yes.has(source))) return true;
  if ([...formats.yes].some((name) => formats.no.has(name) || (FORMATS_WITHIN.get(name) ?? []).some((wider) => formats.no.has(wider)))) return true;
  if (max === 0 && excluded.includes("")) return true;
  if (patterns.yes.size + patterns.no.size === 0) return false;
  const key = JSON.stringify([[...patterns.yes].toSorted(), [...patterns.no].toSorted(), excluded.slice(0, EXCLUDED_MAX).toSorted(), min, max]);
  return ask.remember(`disjoint ${key}`, () => {
    const languages: readonly (NFA | undefined)[] = [
      ...[...patterns.yes].map((source) => ask.language(source)?.inside),
      ...[...patterns.no].map((source) => ask.language(source)?.outside),
      ...excluded.slice(0, EXCLUDED_MAX).map((text) => ask.remember(`text ${text}`, () => languageOfText(text))?.outside),
      ...(min === 0 && max > AUTOMATON_LENGTH_MAX ? [] : [ask.lengths(min, max)?.inside]),
    ];
    const known = languages.filter((one) => one !== undefined);
    return ask.spend(known.reduce((steps, one) => steps + one.countNodes() * STATE_STEPS, 0)) && areDisjoint(known) === true;
  });
}
