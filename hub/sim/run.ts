/** One seed from its beginning to its verdict; the same seed, the same world. */
import { STREAMS } from "./contract.ts";
import { sideOf } from "./hub-side.ts";
import { heal } from "./heal.ts";
import { collectTombstones, offer, readOn, writeBack } from "./office.ts";
import { deliver, speak, timeOut, wake } from "./traffic.ts";
import { strike } from "./trouble.ts";
import { judge } from "./verdict.ts";
import { settleConflict, workAt } from "./work.ts";
import { type World, startWorld } from "./world.ts";

export type Outcome = {
  readonly seed: number;
  readonly operations: number;
  readonly violations: readonly string[];
  readonly faults: Readonly<Record<string, number>>;
  readonly merges: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
};

const STEPS_MIN = 300;
const STEPS_MAX = 900;
const STEP_MS_MAX = 2_000;

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

function step(world: World): void {
  const { random } = world;
  world.now += random.between(0, STEP_MS_MAX);
  if (random.chance(world.odds.trouble)) return strike(world);
  const what = random.next();
  const unit = random.pick(world.units);
  if (what < 0.12) return workAt(world, unit);
  if (what < 0.15) return writeBack(world);
  if (what < 0.16) return void settleConflict(world, unit);
  if (what < 0.18) return void offer(world, sideOf(world.hub, random.pick(STREAMS)));
  if (what < 0.22) return void readOn(world);
  if (what < 0.24) return timeOut(world, unit, random.pick(STREAMS));
  if (what < 0.26) return wake(unit, random.pick(STREAMS));
  if (what < 0.27) return collectTombstones(world, sideOf(world.hub, random.pick(STREAMS)));
  if (what < 0.62) return void speak(world, unit, random.pick(STREAMS));
  deliver(world);
}
