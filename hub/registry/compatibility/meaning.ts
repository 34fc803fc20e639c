/**
 * What contracts say beyond the shape of values: units, keys, meanings of enum values, merge rules, who writes, what stands for "none", whom it
 * concerns and what for. Two schemas may allow the very same documents and still be misread for one another; such changes break in
 * both directions. Statements about an attribute that only one side has come with the attribute. Alternatives are compared one by one:
 * each with the one that takes its place.
 */
import { canonical, type Json } from "../../../contracts/delta/json.ts";
import { attrThrough, type Lens, valueThrough } from "../../../contracts/delta/lens.ts";
import { isRefusal, type Refusal } from "../../../contracts/refusal.ts";
import { admit, type Document } from "./document.ts";
import { documentChanges, type Meant } from "./document-meaning.ts";
import { type Alternative, alternativesOf, everyOf, type Group, inside, spelt, type Step, stepsOf } from "./group.ts";
import { entries, isObject, type Schema } from "./keyword.ts";
import { MEANING_STEPS_MAX } from "./limit.ts";
import { solve, type Solver } from "./solver.ts";
import { changesOf, filled, statementOf } from "./statement.ts";
import { number, type Universe } from "./universe.ts";

/** `lens`: how the top-level attributes of the old one are called, and their values written, in the next one. */
type Compared = { readonly old: Document; readonly next: Document; readonly universe: Universe; readonly solver: Solver; readonly lens?: Lens };

/** Attributes that are still to be compared: what holds of them on either side. */
type Pair = { readonly attr: string; readonly name: string; readonly old: Group; readonly next: Group };

/** What is said otherwise in the next major, attribute by attribute through its lens. Refuses as `admit` does. */
export function meaningsThrough(lens: Lens, older: Json, newer: Json): readonly Meant[] | Refusal {
  const [old, next] = [admit(older), admit(newer)];
  if (isRefusal(old) || isRefusal(next)) return isRefusal(old) ? old : (next as Refusal);
  const universe = number([old, next]);
  return meanings({ old, next, universe, solver: solve(universe), lens });
}

/** None when neither side says anything of the kind. */
export function meanings(compared: Compared): readonly Meant[] {
  const { old, next, solver, lens = [] } = compared;
  if (!isAnnotated(old) && !isAnnotated(next)) return [];
  const known = new Map<string, Meant>();
  const add = (meant: Meant) => {
    const key = JSON.stringify(meant);
    if (!known.has(key)) known.set(key, meant);
  };
  const through = (attr: string) => attrThrough(lens, attr, "up");
  for (const meant of documentChanges(old, next, namesOf(old), namesOf(next), through)) add(meant);
  const seen = new Set<string>();
  const numberOf = numbering();
  let steps = 0;
  const spend = () => ++steps <= MEANING_STEPS_MAX;
  const open: Pair[] = [{ attr: "", name: "", old: rootOf(old), next: rootOf(next) }];
  for (let pair = open.shift(); pair !== undefined && spend(); pair = open.shift()) {
    const key = JSON.stringify([pair.attr, pair.old.map(numberOf), pair.next.map(numberOf)]);
    if (pair.old.length === 0 || pair.next.length === 0 || seen.has(key)) continue;
    seen.add(key);
    const isRoot = pair.name === "";
    const [before, after] = [alternativesOf(old, pair.old, spend), alternativesOf(next, pair.next, spend)];
    for (const [was, is] of matched({ ...compared, lens: isRoot ? lens : [] }, before, after, spend)) {
      const [said, says] = [filled(statementOf(was.group), was.others.map(statementOf)), filled(statementOf(is.group), is.others.map(statementOf))];
      for (const change of changesOf(isRoot ? "the document" : pair.name, said, says)) add({ attr: pair.attr, change });
      for (const [newer, older] of waysInto(was.group, is.group, isRoot ? lens : [])) {
        const name = isRoot ? spelt(newer) : `${pair.name}/${spelt(newer)}`;
        const attr = isRoot ? spelt(newer) : pair.attr;
        open.push({ attr, name, old: inside(old, was.group, older, solver.language), next: inside(next, is.group, newer, solver.language) });
      }
    }
  }
  if (steps > MEANING_STEPS_MAX) {
    const message = "It would take more steps than allowed to compare what the attributes mean; say it with fewer alternatives.";
    add({ attr: "", change: { code: "undecidable", path: "", message, breaking: true } });
  }
  return [...known.values()];
}

/** Every way inwards that either side speaks of, with the next name of it and the old one. */
function waysInto(was: Group, is: Group, lens: Lens): Iterable<readonly [Step, Step]> {
  const renamed = (step: Step, direction: "up" | "down"): Step => (step.to === "name" ? { ...step, name: attrThrough(lens, step.name, direction) } : step);
  const ways = [
    ...stepsOf(was).map((older) => [renamed(older, "up"), older] as const),
    ...stepsOf(is).map((newer) => [newer, renamed(newer, "down")] as const),
  ];
  return new Map(ways.map((way) => [JSON.stringify(way), way])).values();
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
  const [before, after] = [old.map((one) => lookedAt(one, compared.lens ?? [])), next.map((one) => lookedAt(one, []))];
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

/** Through the lens, as the next one would put it. */
function lookedAt({ group, own }: Alternative, lens: Lens): Seen {
  return { group, tags: tagsOf(group, lens), shape: shapeOf(own) };
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
function tagsOf(group: Group, lens: Lens): ReadonlyMap<string, string> {
  const tags = group.flatMap(({ schema }) =>
    entries(schema["properties"]).flatMap(([name, one]): readonly (readonly [string, string])[] => {
      if (!isObject(one)) return [];
      const values: unknown = one["const"] === undefined ? one["enum"] : [one["const"]];
      if (!Array.isArray(values) || values.length !== 1) return [];
      const value = values[0] as Json;
      return [[attrThrough(lens, name, "up"), canonical(valueThrough(lens, name, value, "up") ?? value)]];
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
