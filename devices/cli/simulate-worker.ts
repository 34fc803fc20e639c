/** A process that runs seeds, with a planted bug or without, for the command that started it. It ends when that command does. */
import { MUTANTS } from "../../hub/sim/mutants.ts";
import { runSeed } from "../../hub/sim/run.ts";
import { kill } from "./plant.ts";
import type { MutantJob, SeedJob } from "./simulate-pool.ts";

process.on("message", (job: SeedJob | MutantJob) => {
  void answer(job).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`, () => process.exit(1));
    },
  );
});

async function answer(job: SeedJob | MutantJob): Promise<object> {
  if ("seed" in job) return runSeed(job.seed);
  const mutant = MUTANTS.find(({ name }) => name === job.mutant);
  if (mutant === undefined) throw new Error(`no mutant ${job.mutant}`);
  return await kill(mutant, job.seeds);
}
