/** A process that runs seeds, with a planted bug or without, for the command that started it. It ends when that command does. */
import { runSeed as runDaySeed } from "../../edge/sim/dispatch/run.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { MUTANTS } from "../../hub/sim/mutants.ts";
import { runSeed } from "../../hub/sim/run.ts";
import { kill } from "./plant.ts";
import type { DayJob, MutantJob, SeedJob } from "./simulate-pool.ts";

process.on("message", (job: SeedJob | MutantJob | DayJob) => {
  void answer(job).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`, () => process.exit(1));
    },
  );
});

async function answer(job: SeedJob | MutantJob | DayJob): Promise<object> {
  if ("day" in job) return runDaySeed(job.day, job.policy, { template: pumpVibration, clock: cpuMs });
  if ("seed" in job) return runSeed(job.seed);
  const mutant = MUTANTS.find(({ name }) => name === job.mutant);
  if (mutant === undefined) throw new Error(`no mutant ${job.mutant}`);
  return await kill(mutant, job.seeds);
}

/** Of this process: what else runs on the machine is not in it. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
