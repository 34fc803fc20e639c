/**
 * Names that no schema spells out: all of them fall into kinds, by which patterns they match and which name schemas they fit. What is said
 * of members with such names is said kind by kind.
 */
import type { Ask } from "./ask.ts";
import type { Literal, Names, Signed } from "./formula.ts";
import type { Json } from "../../../contracts/delta/json.ts";
import { NAME_PATTERNS_MAX } from "./limit.ts";
import { isAmong } from "./value.ts";

/** Names that are spelt out are kept out of a kind only up to this many: beyond, the kind merely seems larger. */
const SPELT_MAX = 30;

/** One kind of names. `null`: nothing is known of them, they may be any. */
export type NameKind = { readonly matches: ReadonlyMap<string, boolean>; readonly fits: ReadonlyMap<Signed, boolean> } | null;

export function kindsOfNames(said: readonly Names[], spelt: readonly string[], ask: Ask): readonly NameKind[] {
  const patterns = [...new Set(said.flatMap((names) => (names.by === "pattern" ? [names.source] : names.by === "rest" ? names.patterns : [])))].toSorted();
  const schemas = [...new Set(said.flatMap((names) => (names.by === "fits" ? [names.schema & ~1] : [])))].toSorted((a, b) => a - b);
  if (patterns.length + schemas.length === 0) return [{ matches: new Map(), fits: new Map() }];
  if (patterns.length + schemas.length > NAME_PATTERNS_MAX) return [null];
  return ask.remember(`kinds ${JSON.stringify([patterns, schemas, spelt.toSorted()])}`, () => split(patterns, schemas, spelt, ask));
}

/** Whether names of that kind are among these; `null` when only some may be. */
export function isKindAmong(kind: NameKind, names: Names): boolean | null {
  if (names.by === "name") return false;
  if (kind === null) return null;
  if (names.by === "pattern") return kind.matches.get(names.source) ?? null;
  if (names.by === "fits") {
    const fits = kind.fits.get(names.schema & ~1);
    return fits === undefined ? null : fits !== ((names.schema & 1) === 1);
  }
  const matched = names.patterns.map((source) => kind.matches.get(source) ?? null);
  return matched.includes(true) ? false : matched.includes(null) ? null : true;
}

/** How many names are of that kind, at most. */
export function countNamesAtMost(kind: NameKind, ask: Ask): number {
  if (kind === null) return Infinity;
  const literals = [...kind.matches].map(([source, yes]): Literal => ({ is: "pattern", source, not: !yes }));
  return ask.countTextsAtMost(
    literals,
    [...kind.fits].map(([schema, yes]) => (yes ? schema : schema ^ 1)),
  );
}

type Split = { readonly literals: readonly Literal[]; readonly all: readonly Signed[]; readonly kind: Exclude<NameKind, null> };

function split(patterns: readonly string[], schemas: readonly Signed[], spelt: readonly string[], ask: Ask): readonly NameKind[] {
  let kinds: readonly Split[] = [{ literals: [], all: [], kind: { matches: new Map(), fits: new Map() } }];
  const halved = (each: (one: Split, yes: boolean) => Split) =>
    kinds.flatMap((one) => [each(one, true), each(one, false)]).filter(({ literals, all }) => !ask.isTextless(literals, all));
  for (const source of patterns)
    kinds = halved(({ literals, all, kind }, yes) => ({
      literals: [...literals, { is: "pattern", source, not: !yes }],
      all,
      kind: { ...kind, matches: new Map([...kind.matches, [source, yes]]) },
    }));
  for (const schema of schemas)
    kinds = halved(({ literals, all, kind }, yes) => ({
      literals,
      all: [...all, yes ? schema : schema ^ 1],
      kind: { ...kind, fits: new Map([...kind.fits, [schema, yes]]) },
    }));
  return kinds.filter((one) => !isSpeltOut(one, spelt, ask)).map(({ kind }) => kind);
}

/** Whether every name of the kind is among those that are spelt out, such as with the pattern `^(a|b)$`. */
function isSpeltOut({ literals, all, kind }: Split, spelt: readonly string[], ask: Ask): boolean {
  const positive: readonly Names[] = [
    ...[...kind.matches].flatMap(([source, yes]) => (yes ? [{ by: "pattern" as const, source }] : [])),
    ...[...kind.fits].flatMap(([schema, yes]) => (yes ? [{ by: "fits" as const, schema }] : [])),
  ];
  if (positive.length === 0) return false;
  const used = spelt.filter((name) => positive.every((names) => isAmong(name, names, ask) === true));
  if (used.length === 0 || used.length > SPELT_MAX) return false;
  return ask.isTextless([...literals, { is: "values", values: new Map<string, Json>(used.map((name) => [JSON.stringify(name), name])), not: true }], all);
}
