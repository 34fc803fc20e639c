/**
 * Arrays: which elements must be there, what each must be, how many there may be. An array exists unless one of the counts below can't
 * be met; demands that could only fail together are not combined beyond pairs, so "no array" is certain and "an array" is not.
 */
import type { Ask } from "./ask.ts";
import { type Literal, negated, type Signed } from "./formula.ts";

type Some = Extract<Literal, { is: "some-elements" }>;
type AtMost = Extract<Literal, { is: "at-most-elements" }>;

/** Consecutive places about whose elements the same is said. */
type Region = { readonly from: number; readonly to: number; readonly holds: readonly Signed[] };

/** What the literals say, by place. */
export type Arrays = {
  readonly min: number;
  readonly max: number;
  readonly at: ReadonlyMap<number, readonly Signed[]>;
  readonly ranges: readonly Region[];
  /** Demands on one place. */
  readonly demanded: ReadonlyMap<number, readonly Signed[]>;
  readonly some: readonly Some[];
  readonly atMost: readonly AtMost[];
  readonly unique: boolean;
  readonly repeated: boolean;
};

export function gatherArrays(literals: readonly Literal[]): Arrays {
  let [min, max] = [0, Infinity];
  const at = new Map<number, Signed[]>();
  const demanded = new Map<number, Signed[]>();
  const ranges: Region[] = [];
  const some: Some[] = [];
  const atMost: AtMost[] = [];
  for (const one of literals) {
    if (one.is === "size") [min, max] = [Math.max(min, one.min), Math.min(max, one.max)];
    if (one.is === "every-element" && one.at.to === one.at.from + 1) push(at, one.at.from, one.holds);
    else if (one.is === "every-element") ranges.push({ ...one.at, holds: [one.holds] });
    if (one.is === "at-most-elements") atMost.push(one);
    if (one.is !== "some-elements") continue;
    // An element that must be at a place makes the array at least so long.
    min = Math.max(min, one.at.from + one.times);
    if (one.at.to === one.at.from + 1) push(demanded, one.at.from, one.holds);
    else some.push(one);
  }
  const has = (not: boolean) => literals.some((one) => one.is === "unique" && one.not === not);
  return { min, max, at, ranges, demanded, some, atMost, unique: has(false), repeated: has(true) };
}

/** Whether one more literal alone shows that there is no such array: cheap, and never wrong when it says so. */
export function contradictsArrays(arrays: Arrays, one: Literal, ask: Ask): boolean {
  if (one.is === "size") return one.min > arrays.max || one.max < arrays.min;
  if (one.is === "unique") return one.not ? arrays.unique || arrays.max < 2 : arrays.repeated;
  if (one.is !== "some-elements") return false;
  if (one.at.from + one.times > arrays.max) return true;
  if (one.at.to !== one.at.from + 1) return false;
  return ask.isEmpty([...holdsAt(arrays, one.at.from), ...(arrays.demanded.get(one.at.from) ?? []), one.holds]);
}

/** Whether there is no array of which all of it is true. */
export function isArrayless(arrays: Arrays, ask: Ask): boolean {
  if (arrays.min > arrays.max || (arrays.unique && arrays.repeated)) return true;
  const regions = regionsOf(arrays, ask);
  let max = Math.min(arrays.max, regions.at(-1)?.to ?? 0);
  for (const limit of arrays.atMost) max = Math.min(max, longestWith(limit, regions, ask));
  if (arrays.unique && arrays.min > 1)
    max = Math.min(
      max,
      regions.reduce((sum, region) => sum + Math.min(region.to - region.from, ask.countAtMost(region.holds)), 0),
    );
  if (arrays.min > max) return true;
  for (const [place, demands] of arrays.demanded) if (ask.isEmpty([...holdsAt(arrays, place), ...demands])) return true;
  if (arrays.some.some((demand) => roomFor(demand, [demand.holds], arrays, regions, max, ask) < demand.times)) return true;
  if (arrays.some.some((demand, at) => arrays.some.slice(at + 1).some((other) => excludeEachOther(demand, other, arrays, regions, max, ask)))) return true;
  if (arrays.atMost.some((limit) => arrays.some.some((demand) => demand.times > limit.times && isAlways(demand, limit.holds, regions, ask)))) return true;
  return arrays.repeated && !mayRepeat(regions, max, ask);
}

/** Places that may be filled, cut where an element can't exist; the last one may be endless. */
function regionsOf(arrays: Arrays, ask: Ask): readonly Region[] {
  const cuts = new Set([0]);
  const cut = (from: number, to: number) => {
    cuts.add(from);
    cuts.add(to);
  };
  for (const place of [...arrays.at.keys(), ...arrays.demanded.keys()]) cut(place, place + 1);
  for (const { from, to } of arrays.ranges) cut(from, to);
  for (const { at } of arrays.some) cut(at.from, at.to);
  const sorted = [...cuts].filter((place) => place < arrays.max).toSorted((a, b) => a - b);
  const regions: Region[] = [];
  for (const [index, from] of sorted.entries()) {
    const holds = holdsAt(arrays, from);
    if (ask.isEmpty(holds)) break;
    regions.push({ from, to: Math.min(sorted[index + 1] ?? Infinity, arrays.max), holds });
  }
  return regions;
}

function holdsAt(arrays: Arrays, place: number): readonly Signed[] {
  return [...(arrays.at.get(place) ?? []), ...arrays.ranges.flatMap(({ from, to, holds }) => (from <= place && place < to ? holds : []))];
}

/** How many elements may be these, within the places the demand speaks of. */
function roomFor(demand: Some, holds: readonly Signed[], arrays: Arrays, regions: readonly Region[], max: number, ask: Ask): number {
  let room = 0;
  for (const region of regions) {
    const places = Math.min(region.to, demand.at.to, max) - Math.max(region.from, demand.at.from);
    if (places <= 0) continue;
    const all = [...region.holds, ...(arrays.demanded.get(region.from) ?? []), ...holds];
    if (!ask.isEmpty(all)) room += arrays.unique ? Math.min(places, ask.countAtMost(all)) : places;
  }
  return room;
}

/** Two demands that no element meets at once, with no room for both. */
function excludeEachOther(a: Some, b: Some, arrays: Arrays, regions: readonly Region[], max: number, ask: Ask): boolean {
  return a.times + b.times > max && roomFor(a, [a.holds, b.holds], arrays, regions, max, ask) === 0;
}

/** The longest array in which no more elements than allowed are bound to be counted. */
function longestWith(limit: AtMost, regions: readonly Region[], ask: Ask): number {
  let counted = 0;
  for (const region of regions) {
    if (!ask.isEmpty([...region.holds, negated(limit.holds)])) continue;
    if (counted + (region.to - region.from) > limit.times) return region.from + (limit.times - counted);
    counted += region.to - region.from;
  }
  return Infinity;
}

function isAlways(demand: Some, holds: Signed, regions: readonly Region[], ask: Ask): boolean {
  return regions.every((region) => region.from >= demand.at.to || region.to <= demand.at.from || ask.isEmpty([...region.holds, demand.holds, negated(holds)]));
}

function mayRepeat(regions: readonly Region[], max: number, ask: Ask): boolean {
  if (max < 2) return false;
  return regions.some((one, at) => {
    if (one.from >= max) return false;
    if (Math.min(one.to, max) - one.from >= 2) return true;
    return regions.slice(at + 1).some((other) => other.from < max && !ask.isEmpty([...one.holds, ...other.holds]));
  });
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
