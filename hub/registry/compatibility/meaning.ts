/**
 * What contracts say beyond the shape of values: units, keys, meanings of enum values, merge rules, who writes, what stands for "none", whom it
 * concerns and what for. Two schemas may allow the very same documents and still be misread for one another; such changes break in
 * both directions. Statements about an attribute that only one side has come with the attribute. Alternatives are compared one by one:
 * each with the one that takes its place.
 */
import { canonical } from "../../../contracts/delta/json.ts";
import type { Change } from "./change.ts";
import type { Document } from "./document.ts";
import { documentChanges } from "./document-meaning.ts";
import { type Alternative, alternativesOf, everyOf, type Group, inside, spelt, stepsOf } from "./group.ts";
import { entries, isObject, type Schema } from "./keyword.ts";
import { MEANING_STEPS_MAX } from "./limit.ts";
import type { Solver } from "./solver.ts";
import { changesOf, filled, statementOf } from "./statement.ts";
import type { Universe } from "./universe.ts";

/** `attr`: the top-level attribute that it is said of; "" for the document. */
export type Meant = { readonly attr: string; readonly change: Change };
export type Compared = { readonly old: Document; readonly next: Document; readonly universe: Universe; readonly solver: Solver };

/** Attributes that are still to be compared: what holds of them on either side. */
type Pair = { readonly attr: string; readonly name: string; readonly old: Group; readonly next: Group };

/** None when neither side says anything of the kind. */
export function meanings(compared: Compared): readonly Meant[] {
  const { old, next, solver } = compared;
  if (!isAnnotated(old) && !isAnnotated(next)) return [];
  const known = new Map<string, Meant>();
  const add = (attr: string, change: Change) => {
    const key = JSON.stringify([attr, change]);
    if (!known.has(key)) known.set(key, { attr, change });
  };
  for (const change of documentChanges(old, next, namesOf(old), namesOf(next))) add("", change);
  const seen = new Set<string>();
  const number = numbering();
  let steps = 0;
  const spend = () => ++steps <= MEANING_STEPS_MAX;
  const open: Pair[] = [{ attr: "", name: "", old: rootOf(old), next: rootOf(next) }];
  for (let pair = open.shift(); pair !== undefined && spend(); pair = open.shift()) {
    const key = JSON.stringify([pair.attr, pair.old.map(number), pair.next.map(number)]);
    if (pair.old.length === 0 || pair.next.length === 0 || seen.has(key)) continue;
    seen.add(key);
    for (const [was, is] of matched(compared, alternativesOf(old, pair.old, spend), alternativesOf(next, pair.next, spend), spend)) {
      const [before, after] = [filled(statementOf(was.group), was.others.map(statementOf)), filled(statementOf(is.group), is.others.map(statementOf))];
      for (const change of changesOf(pair.name === "" ? "the document" : pair.name, before, after)) add(pair.attr, change);
      const ways = new Map([...stepsOf(was.group), ...stepsOf(is.group)].map((step) => [JSON.stringify(step), step]));
      for (const step of ways.values()) {
        const name = pair.name === "" ? spelt(step) : `${pair.name}/${spelt(step)}`;
        const attr = pair.name === "" ? spelt(step) : pair.attr;
        open.push({ attr, name, old: inside(old, was.group, step, solver.language), next: inside(next, is.group, step, solver.language) });
      }
    }
  }
  if (steps > MEANING_STEPS_MAX) {
    const message = "It would take more steps than allowed to compare what the attributes mean; say it with fewer alternatives.";
    add("", { code: "undecidable", path: "", message, breaking: true });
  }
  return [...known.values()];
}

type Met = { readonly group: Group; readonly others: readonly Group[] };

/** Each alternative with those of the other side that take its place; `others` are all that take the place of the other one. */
function matched(compared: Compared, old: readonly Alternative[], next: readonly Alternative[], spend: () => boolean): readonly (readonly [Met, Met])[] {
  const [first, second] = [old[0], next[0]];
  if (old.length === 1 && next.length === 1 && first !== undefined && second !== undefined)
    return [
      [
        { group: first.group, others: [] },
        { group: second.group, others: [] },
      ],
    ];
  const [before, after] = [old.map(lookedAt), next.map(lookedAt)];
  const forth = before.map((one) => successors(compared, one, after, spend));
  const back = after.map((one) => successors(compared, one, before, spend));
  const groups = (of: readonly Seen[] = []) => of.map(({ group }) => group);
  return before.flatMap((was, i) =>
    after.flatMap((is, j): readonly (readonly [Met, Met])[] =>
      forth[i]?.includes(is) === true || back[j]?.includes(was) === true
        ? [
            [
              { group: was.group, others: groups(back[j]) },
              { group: is.group, others: groups(forth[i]) },
            ],
          ]
        : [],
    ),
  );
}

/** An alternative with what it is known by. */
type Seen = { readonly group: Group; readonly tags: ReadonlyMap<string, string>; readonly shape: string };

function lookedAt({ group, own }: Alternative): Seen {
  return { group, tags: tagsOf(group), shape: shapeOf(own) };
}

/** By the same tag; else those of the same shape; else whatever may be the same value. */
function successors({ universe, solver }: Compared, one: Seen, others: readonly Seen[], spend: () => boolean): readonly Seen[] {
  if (!others.every(spend)) return [];
  const tagged = others.filter(({ tags }) => {
    const shared = [...one.tags.keys()].filter((name) => tags.has(name));
    return shared.length > 0 && shared.every((name) => tags.get(name) === one.tags.get(name));
  });
  if (tagged.length > 0) return tagged;
  const alike = others.filter(({ shape }) => shape === one.shape);
  if (alike.length > 0) return alike;
  const signed = ({ group }: Seen) => group.map(({ schema }) => universe.signed(schema));
  return others.filter((other) => !solver.isEmpty([...signed(one), ...signed(other)]));
}

/** Members that have one value only. */
function tagsOf(group: Group): ReadonlyMap<string, string> {
  const tags = group.flatMap(({ schema }) =>
    entries(schema["properties"]).flatMap(([name, one]): readonly (readonly [string, string])[] => {
      if (!isObject(one)) return [];
      const values: unknown = one["const"] === undefined ? one["enum"] : [one["const"]];
      return Array.isArray(values) && values.length === 1 ? [[name, canonical(values[0])]] : [];
    }),
  );
  return new Map(tags);
}

/** The schemas without their notes and annotations. */
function shapeOf(group: Group): string {
  return group.map(({ schema }) => canonical(bare(schema))).join("\n");
}

function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([keyword]) => !keyword.startsWith("x-") && keyword !== "description" && keyword !== "title")
      .map(([keyword, one]) => [keyword, bare(one)]),
  );
}

function numbering(): (place: object) => number {
  const numbers = new Map<object, number>();
  return (place) => {
    const known = numbers.get(place) ?? numbers.size;
    numbers.set(place, known);
    return known;
  };
}

/** The names of top-level attributes, whichever alternative they stand in. */
function namesOf(document: Document): ReadonlySet<string> {
  return new Set(everyOf(document, rootOf(document)).flatMap(({ schema }) => entries(schema["properties"]).map(([name]) => name)));
}

function rootOf(document: Document): Group {
  const place = isObject(document.root) ? document.places.get(document.root) : undefined;
  return place === undefined ? [] : [place];
}

function isAnnotated(document: Document): boolean {
  return [...document.places.keys()].some((schema: Schema) => Object.keys(schema).some((keyword) => keyword.startsWith("x-")));
}
