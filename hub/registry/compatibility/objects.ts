/**
 * Objects: which members must be there, what each must be, how many there may be. As with arrays, "no object" is certain; demands that
 * could only fail together are not combined.
 */
import type { Ask } from "./ask.ts";
import { type Literal, type Names, type Signed } from "./formula.ts";
import { countNamesAtMost, isKindAmong, kindsOfNames, type NameKind } from "./names.ts";
import { isAmong } from "./value.ts";

type Said = { readonly at: Names; readonly holds: Signed };

/** What the literals say, by name. */
export type Objects = {
  readonly min: number;
  readonly max: number;
  /** Of a member, if it is there. */
  readonly at: ReadonlyMap<string, readonly Signed[]>;
  readonly every: readonly Said[];
  /** Members that must be there. */
  readonly demanded: ReadonlyMap<string, readonly Signed[]>;
  readonly some: readonly Said[];
};

export function gatherObjects(literals: readonly Literal[]): Objects {
  let [min, max] = [0, Infinity];
  const at = new Map<string, Signed[]>();
  const demanded = new Map<string, Signed[]>();
  const every: Said[] = [];
  const some: Said[] = [];
  for (const one of literals) {
    if (one.is === "size") [min, max] = [Math.max(min, one.min), Math.min(max, one.max)];
    if (one.is !== "every-member" && one.is !== "some-member") continue;
    const [byName, others] = one.is === "every-member" ? [at, every] : [demanded, some];
    if (one.at.by === "name") push(byName, one.at.name, one.holds);
    else others.push(one);
  }
  return { min, max, at, every, demanded, some };
}

/** Whether one more literal alone shows that there is no such object: cheap, and never wrong when it says so. */
export function contradictsObjects(objects: Objects, one: Literal, ask: Ask): boolean {
  if (one.is === "size") return one.min > objects.max || one.max < Math.max(objects.min, objects.demanded.size);
  if (one.is === "some-member") {
    if (one.at.by !== "name") return !isFound(objects, one, ask);
    const { name } = one.at;
    if (!objects.demanded.has(name) && objects.demanded.size >= objects.max) return true;
    return ask.isEmpty([...memberOf(objects, name, ask), one.holds]);
  }
  if (one.is !== "every-member") return false;
  const names = one.at.by === "name" ? [one.at.name].filter((name) => objects.demanded.has(name)) : [...objects.demanded.keys()];
  return names.some((name) => isAmong(name, one.at, ask) === true && ask.isEmpty([...memberOf(objects, name, ask), one.holds]));
}

/** Whether there is no object of which all of it is true. */
export function isObjectless(objects: Objects, ask: Ask): boolean {
  if (objects.min > objects.max || objects.demanded.size > objects.max) return true;
  for (const name of objects.demanded.keys()) if (ask.isEmpty(memberOf(objects, name, ask))) return true;
  if (objects.min > objects.demanded.size && !hasRoom(objects, objects.min - objects.demanded.size, ask)) return true;
  return objects.some.some((demand) => !isFound(objects, demand, ask));
}

/** What is said of the member of that name, whether demanded or possible. */
function memberOf(objects: Objects, name: string, ask: Ask): readonly Signed[] {
  return [
    ...(objects.at.get(name) ?? []),
    ...(objects.demanded.get(name) ?? []),
    ...objects.every.flatMap(({ at, holds }) => (isAmong(name, at, ask) === true ? [holds] : [])),
  ];
}

/** Whether some member, spelt out or not, may be what is demanded. */
function isFound(objects: Objects, demand: Said, ask: Ask): boolean {
  const isFull = objects.demanded.size >= objects.max;
  const named = isFull ? [...objects.demanded.keys()] : speltOut(objects, demand.at);
  if (named.some((name) => isAmong(name, demand.at, ask) !== false && !ask.isEmpty([...memberOf(objects, name, ask), demand.holds]))) return true;
  if (isFull) return false;
  return kinds(objects, [demand.at], ask).some((kind) => isKindAmong(kind, demand.at) !== false && !ask.isEmpty([...saidOfKind(objects, kind), demand.holds]));
}

/** Whether `count` members may be there beside those demanded. */
function hasRoom(objects: Objects, count: number, ask: Ask): boolean {
  let room = 0;
  for (const kind of kinds(objects, [], ask)) {
    if (ask.isEmpty(saidOfKind(objects, kind))) continue;
    room += countNamesAtMost(kind, ask);
    if (room >= count) return true;
  }
  for (const name of speltOut(objects)) {
    if (objects.demanded.has(name) || ask.isEmpty(memberOf(objects, name, ask))) continue;
    room++;
    if (room >= count) return true;
  }
  return room >= count;
}

function saidOfKind(objects: Objects, kind: NameKind): readonly Signed[] {
  return objects.every.flatMap(({ at, holds }) => (isKindAmong(kind, at) === true ? [holds] : []));
}

function kinds(objects: Objects, more: readonly Names[], ask: Ask): readonly NameKind[] {
  const said = [...objects.every.map(({ at }) => at), ...objects.some.map(({ at }) => at), ...more];
  return kindsOfNames(said, speltOut(objects, ...more), ask);
}

/** Every name that is spelt out somewhere. */
function speltOut(objects: Objects, ...more: readonly Names[]): readonly string[] {
  const rest = [...objects.every, ...objects.some].map(({ at }) => at).concat(more);
  const spelt = new Set([...objects.at.keys(), ...objects.demanded.keys()]);
  for (const names of rest) if (names.by === "rest") for (const name of names.names) spelt.add(name);
  return [...spelt];
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
