/** `simulate sync`: the sync fault simulator over a range of seeds. The same seed gives the same run. */
import { type Outcome, runSeed } from "../../hub/sim/run.ts";
import { failure, print, printJson } from "./outcome.ts";

export type SimulateSync = { readonly seeds: readonly [number, number]; readonly json: boolean };

export async function simulateSync({ seeds: [from, to], json }: SimulateSync): Promise<void> {
  const outcomes: Outcome[] = [];
  for (let seed = from; seed <= to; seed++) outcomes.push(runSeed(seed));
  const failing = outcomes.filter(({ violations }) => violations.length > 0);
  const summary = {
    seeds: outcomes.length,
    operations: outcomes.reduce((sum, { operations }) => sum + operations, 0),
    violations: failing.reduce((sum, { violations }) => sum + violations.length, 0),
    failing: failing.map(({ seed }) => seed),
    faults: addUp(outcomes.map(({ faults }) => faults)),
    merges: addUp(outcomes.map(({ merges }) => merges)),
  };
  if (json) printJson(summary);
  else {
    print(`${summary.seeds} seeds, ${summary.operations} operations, ${summary.violations} violations`);
    for (const [name, count] of [...Object.entries(summary.faults), ...Object.entries(summary.merges)]) print(`  ${name.padEnd(36)} ${count}`);
  }
  if (failing.length > 0)
    throw failure(
      failing
        .map(({ seed, violations }) => `seed ${seed}: ${violations[0] ?? ""}`)
        .join("; ")
        .slice(0, 500),
    );
}

function addUp(counts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const one of counts) for (const [name, count] of Object.entries(one)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
