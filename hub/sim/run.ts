/** One seed from its beginning to its verdict; the same seed, the same world. */
import type { MergeRule, StreamName } from "../../contracts/delta/operation.ts";
import { STREAMS } from "./contract.ts";
import type { Counted } from "./fault.ts";
import { sideOf } from "./hub-side.ts";
import { heal } from "./heal.ts";
import { collectTombstones, offer, readOn, trimLog, writeBack } from "./office.ts";
import { deliver, speak, timeOut, wake } from "./traffic.ts";
import { strike } from "./trouble.ts";
import type { Unit } from "./unit-side.ts";
import { judge } from "./verdict.ts";
import { settleConflict, workAt } from "./work.ts";
import { type World, startWorld } from "./world.ts";

export type Outcome = {
  readonly seed: number;
  readonly operations: number;
  readonly violations: readonly string[];
  readonly faults: Readonly<Partial<Record<Counted, number>>>;
  /** Writes to an attribute that somebody else wrote last, by the rule of the attribute. */
  readonly merges: Readonly<Partial<Record<MergeRule, number>>>;
  readonly outcomes: Readonly<Record<string, number>>;
};

const STEPS_MIN = 300;
const STEPS_MAX = 900;
const STEP_MS_MAX = 2_000;

/** One seed in so many has logs that are trimmed, and how often it is tried. */
const TRIMMED_ONE_IN = 4;
const TRIMS = 0.03;

type Act = (world: World) => unknown;

/** What goes on when nothing goes wrong, with how often each comes. */
const ACTS: readonly (readonly [Act, number])[] = [
  [(world) => workAt(world, unitIn(world)), 18],
  [(world) => writeBack(world), 4],
  [(world) => settleConflict(world, unitIn(world)), 1],
  [(world) => offer(world, sideOf(world.hub, streamIn(world))), 3],
  [(world) => readOn(world), 4],
  [(world) => timeOut(world, unitIn(world), streamIn(world)), 2],
  [(world) => wake(unitIn(world), streamIn(world)), 2],
  [(world) => collectTombstones(world, sideOf(world.hub, streamIn(world))), 1],
  [(world) => speak(world, unitIn(world), streamIn(world)), 30],
  [(world) => deliver(world), 35],
];
const WEIGHT = ACTS.reduce((sum, [, weight]) => sum + weight, 0);

function unitIn(world: World): Unit {
  return world.random.pick(world.units);
}

function streamIn(world: World): StreamName {
  return world.random.pick(STREAMS);
}

export function runSeed(seed: number): Outcome {
  const world = startWorld(seed);
  try {
    for (let left = world.random.between(STEPS_MIN, STEPS_MAX); left > 0 && world.violations.length === 0; left--) step(world);
    if (world.violations.length === 0) heal(world);
    if (world.violations.length === 0) judge(world);
  } catch (error) {
    world.violations.push(`bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  const { operations, violations, faults, merges, outcomes } = world;
  return { seed, operations, violations, faults, merges, outcomes };
}

function isTrimmed({ seed }: World): boolean {
  return seed % TRIMMED_ONE_IN === 0;
}

function step(world: World): void {
  const { random } = world;
  if (isTrimmed(world) && world.trims.chance(TRIMS)) trimLog(world, sideOf(world.hub, world.trims.pick(STREAMS)));
  // Now and then two write in the very same millisecond.
  if (!random.chance(0.3)) world.now += random.between(1, STEP_MS_MAX);
  if (random.chance(world.odds.trouble)) return strike(world);
  let at = random.next() * WEIGHT;
  for (const [act, weight] of ACTS) {
    at -= weight;
    if (at < 0) return void act(world);
  }
}
