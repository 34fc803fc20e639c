import { expect, test } from "vitest";
import { runSeed } from "./run.ts";

/** Blocks of seeds; the long run is a command: `outpost simulate sync --seeds A..B`. */
const SEEDS = 40;

test.each([0, 1])("D1 D2 D3 D4 D5 D6 D7 D8 D9 D10 seeds of block %i: through faults of network, storage, clocks and people every invariant holds", (block) => {
  const faults: Record<string, number> = {};
  for (let seed = block * SEEDS + 1; seed <= (block + 1) * SEEDS; seed++) {
    const outcome = runSeed(seed);
    expect([seed, outcome.violations]).toEqual([seed, []]);
    for (const [name, count] of Object.entries(outcome.faults)) faults[name] = (faults[name] ?? 0) + count;
  }
  for (const name of ["hub restored", "hub restored in silence", "unit crashed", "hub crashed", "request dropped", "answer doubled", "late answer"])
    expect([name, (faults[name] ?? 0) > 0]).toEqual([name, true]);
});

test("D5 the same seed gives the same run", () => {
  expect(runSeed(7)).toEqual(runSeed(7));
});
