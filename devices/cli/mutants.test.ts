import { expect, test } from "vitest";
import { MUTANTS } from "../../hub/sim/mutants.ts";
import type { Killed } from "./plant.ts";
import { type MutantJob, share } from "./simulate-pool.ts";

/** Tried where a mutant's own seed does not kill it any more. */
const SEEDS = [1, 30] as const;
const PROCESSES = 2;
/** All of them take some 20 s of one core. */
const PATIENCE_MS = 300_000;

test(
  "L51 every planted bug is found by a seed that is clean without it",
  async () => {
    const left = [...MUTANTS];
    const killed: Killed[] = [];
    await share<MutantJob, Killed>(
      PROCESSES,
      () => {
        const mutant = left.shift();
        return mutant === undefined ? null : { mutant: mutant.name, seeds: SEEDS };
      },
      (one) => killed.push(one),
    );
    expect(killed.filter(({ seed }) => seed === null)).toEqual([]);
    expect(killed.map(({ mutant }) => mutant).toSorted()).toEqual(MUTANTS.map(({ name }) => name).toSorted());
  },
  PATIENCE_MS,
);

test("L51 a bug that can't be planted fails the run by its name", async () => {
  const jobs: MutantJob[] = [{ mutant: "no such bug", seeds: SEEDS }];
  await expect(
    share<MutantJob, Killed>(
      1,
      () => jobs.shift() ?? null,
      () => undefined,
    ),
  ).rejects.toThrow("no mutant no such bug");
});
