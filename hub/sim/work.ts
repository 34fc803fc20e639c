/** What is written: by the stages and people of units, with a poisonous operation now and then, and by people who settle a `manual` conflict. */
import type { Json } from "../../contracts/delta/json.ts";
import { FAMILIES, GRADE, GRADE_MAX, HUB_ONLY, type Major, PHASES, UNKNOWN, UNREGISTERED, asNewest, inMajor, isPassing, namesOf, pickId } from "./contract.ts";
import { attempt } from "./crash.ts";
import { keep } from "./traffic.ts";
import { type Attributes, type Unit, type Wish, commit, evict } from "./unit-side.ts";
import { type World, count, crashPoint, strikes } from "./world.ts";

/** A value that makes batches short, and one that nobody may send. */
const HUGE_CHARS = 24_000;
const TOO_LARGE_CHARS = 33_000;
const NUMBER_MAX = 1_000;
/** Attributes that can be written in a way that nobody may take. */
const POISONED = [UNKNOWN, HUB_ONLY, GRADE, "title"] as const;

/** One transaction of a unit. */
export function workAt(world: World, unit: Unit): void {
  const wishes = Array.from({ length: world.random.between(1, 3) }, () => wishOf(world, unit));
  // An entity is changed once in a transaction.
  const once = [...new Map(wishes.map((wish) => [`${wish.entity}\n${wish.id}`, wish])).values()];
  commitAt(world, unit, once);
}

/** A person looks at both values of a conflict and decides. */
export function settleConflict(world: World, unit: Unit): boolean {
  for (const stream of ["tickets", "assets"] as const) {
    for (const { entity, id, record } of unit.store.listBases(stream)) {
      if (record.cells["note"]?.held === undefined) continue;
      count(world, "conflict settled");
      commitAt(world, unit, [{ entity, id, after: (before) => ({ ...before, note: token(world, unit.name) }) }]);
      return true;
    }
  }
  return false;
}

function commitAt(world: World, unit: Unit, wishes: readonly Wish[]): void {
  const done = attempt(unit.fuse, crashPoint(world), () => commit(unit, wishes, `${unit.name}-${++world.made}`, world.now + unit.skewMs));
  if (done === null) {
    evict(unit);
    return count(world, "unit crashed");
  }
  unit.asleep = false;
  keep(world, unit, done.done);
}

function wishOf(world: World, unit: Unit): Wish {
  const poison = strikes(world, world.odds.poison);
  const entity = poison && world.random.chance(0.25) ? UNREGISTERED : world.random.pick(FAMILIES);
  const id = pickId(world.random);
  if (isPassing(id) && world.random.chance(0.3)) return { entity, id, after: () => null };
  const names = namesOf(unit.major).filter((name) => ![UNKNOWN, HUB_ONLY].includes(name));
  const attrs = new Set(Array.from({ length: world.random.between(1, 4) }, () => world.random.pick(names)));
  const bad = poison && entity !== UNREGISTERED ? world.random.pick(POISONED) : null;
  if (bad !== null) attrs.add(inMajor(bad, unit.major));
  if (bad !== null) count(world, `poison ${bad}`);
  else if (poison) count(world, "poison unregistered");
  return {
    entity,
    id,
    after(before) {
      const next: Record<string, Json> = { ...before };
      for (const attr of attrs) {
        const name = asNewest(attr, unit.major);
        if (next[attr] !== undefined && bad === null && ["title", "extra", "crew"].includes(name) && world.random.chance(0.2)) delete next[attr];
        else next[attr] = bad === name ? poisonOf(world, name) : valueOf(world, unit.name, name, before?.[attr], unit.major, before);
      }
      return next;
    },
  };
}

/** A value that no other write brings, wherever the rule allows it. `name`: in the newest words. */
export function valueOf(world: World, writer: string, name: string, was: Json | undefined, major: Major, before?: Attributes): Json {
  switch (name) {
    case "phase":
      return world.random.pick(major === 1 ? PHASES.older : PHASES.newer);
    case "peak":
    case "floor":
      return world.random.between(1, NUMBER_MAX);
    case "grade":
      return world.random.between(0, GRADE_MAX);
    case "visits":
      return before === undefined ? 1 : (typeof was === "number" ? was : 0) + 1;
    case "tags":
      return [...(Array.isArray(was) ? was : []), token(world, writer)];
    case "title":
      if (!strikes(world, 0.01)) return token(world, writer);
      count(world, "huge value");
      return token(world, writer).padEnd(HUGE_CHARS, "x");
    default:
      return token(world, writer);
  }
}

function poisonOf(world: World, name: string): Json {
  if (name === GRADE) return GRADE_MAX + world.random.between(1, NUMBER_MAX);
  return name === "title" ? token(world, "big").padEnd(TOO_LARGE_CHARS, "x") : token(world, "bad");
}

export function token(world: World, writer: string): string {
  return `${writer}:${++world.made}`;
}
