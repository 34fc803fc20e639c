/** `simulate sync`: the sync fault simulator over seeds, on all cores; and `--mutants`, the simulator against planted bugs. The same seed gives the same run. */
import { availableParallelism } from "node:os";
import { MergeRule } from "../../contracts/delta/operation.ts";
import { FAULTS } from "../../hub/sim/fault.ts";
import { MUTANTS } from "../../hub/sim/mutants.ts";
import type { Outcome } from "../../hub/sim/run.ts";
import { startBar } from "./bar.ts";
import { failure, print, printJson, progress } from "./outcome.ts";
import type { Killed } from "./plant.ts";
import { type MutantJob, type SeedJob, share } from "./simulate-pool.ts";

export type SimulateSync = {
  readonly seeds?: readonly [number, number];
  readonly operations?: number;
  readonly jobs?: number;
  readonly mutants: boolean;
  readonly json: boolean;
};

const SEEDS: readonly [number, number] = [1, 100];
/** Seeds that a mutant is tried with after its own. */
const MUTANT_SEEDS: readonly [number, number] = [1, 400];
const SEED_MAX = 999_999_999;
/** In a run of so many operations everything that can go wrong has to have gone wrong. */
const OPERATIONS_ENOUGH = 100_000;
/** Failing seeds that are told one by one. */
const TOLD_MAX = 20;

export async function simulateSync(options: SimulateSync): Promise<void> {
  const jobs = options.jobs ?? availableParallelism();
  await (options.mutants ? againstMutants(options, jobs) : overSeeds(options, jobs));
}

async function overSeeds({ seeds, operations, json }: SimulateSync, jobs: number): Promise<void> {
  const [from, to] = seeds ?? (operations === undefined ? SEEDS : [1, SEED_MAX]);
  const started = performance.now();
  const bar = startBar("simulate sync");
  const sum = startSum();
  const waiting = new Map<number, Outcome>();
  let [given, added, told] = [from - 1, from - 1, 0];
  const isEnough = (): boolean => operations !== undefined && sum.operations >= operations;
  await share<SeedJob, Outcome>(
    jobs,
    () => (given >= to || isEnough() ? null : { seed: ++given }),
    (outcome) => {
      waiting.set(outcome.seed, outcome);
      // In the order of the seeds, so that the same command adds up the same ones, however fast each process is.
      for (let next = waiting.get(added + 1); next !== undefined && !isEnough(); next = waiting.get(added + 1)) {
        waiting.delete(++added);
        add(sum, next);
        if (next.violations.length > 0 && told++ < TOLD_MAX)
          progress(`seed ${next.seed}: ${next.violations[0] ?? ""}\n  again: npm run outpost -- simulate sync --seeds ${next.seed}..${next.seed}`);
      }
      const [done, of] = operations === undefined ? [sum.seeds, to - from + 1] : [sum.operations, operations];
      if (process.stderr.isTTY || Math.floor((10 * done) / of) > sum.tenths)
        bar.step(Math.min(done, of), of, operations === undefined ? "seeds" : "operations");
      sum.tenths = Math.floor((10 * done) / of);
    },
  );
  bar.end();
  const { tenths: _, ...counted } = sum;
  const never = neverCame(counted);
  const wallMs = Math.round(performance.now() - started);
  if (json) printJson({ ...counted, never, jobs, wallMs });
  else {
    print(
      `${counted.seeds} seeds, ${counted.operations} operations, ${counted.violations} violations, in ${(wallMs / 1_000).toFixed(1)} s with ${jobs} processes`,
    );
    for (const [title, counts] of [
      ["faults and what came of them", counted.faults],
      ["writes to what somebody else wrote last, by merge rule", counted.merges],
      ["outcomes, by merge rule", counted.outcomes],
    ] as const)
      print([title, ...Object.entries(counts).map(([name, count]) => `  ${name.padEnd(36)} ${count}`)].join("\n"));
  }
  const complaint = complaintOf(counted);
  if (complaint !== null) throw failure(complaint);
}

/** What has not come although it can. */
function neverCame({ faults, merges }: Pick<Sum, "faults" | "merges">): readonly string[] {
  return [...Object.entries(faults), ...Object.entries(merges)].filter(([, count]) => count === 0).map(([name]) => name);
}

/** Why a run counts as failed: a promise was broken, or a long run has left something untried. */
export function complaintOf(sum: Pick<Sum, "operations" | "violations" | "failing" | "faults" | "merges">): string | null {
  if (sum.failing.length > 0) return `${sum.violations} violations in seeds ${sum.failing.slice(0, TOLD_MAX).join(", ")}`;
  const never = neverCame(sum);
  return never.length > 0 && sum.operations >= OPERATIONS_ENOUGH ? `never came, and so was not tried: ${never.join(", ")}` : null;
}

type Sum = {
  seeds: number;
  operations: number;
  violations: number;
  readonly failing: number[];
  readonly faults: Record<string, number>;
  readonly merges: Record<string, number>;
  readonly outcomes: Record<string, number>;
  tenths: number;
};

function startSum(): Sum {
  const none = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 0]));
  return { seeds: 0, operations: 0, violations: 0, failing: [], faults: none(FAULTS), merges: none(MergeRule.options), outcomes: {}, tenths: -1 };
}

function add(sum: Sum, { seed, operations, violations, faults, merges, outcomes }: Outcome): void {
  sum.seeds += 1;
  sum.operations += operations;
  sum.violations += violations.length;
  if (violations.length > 0) sum.failing.push(seed);
  for (const [into, from] of [
    [sum.faults, faults],
    [sum.merges, merges],
    [sum.outcomes, outcomes],
  ] as const)
    for (const [name, count] of Object.entries(from)) into[name] = (into[name] ?? 0) + count;
}

async function againstMutants({ seeds = MUTANT_SEEDS, json }: SimulateSync, jobs: number): Promise<void> {
  const bar = startBar("mutants");
  const results = new Map<string, Killed>();
  const left = [...MUTANTS];
  await share<MutantJob, Killed>(
    jobs,
    () => {
      const mutant = left.shift();
      return mutant === undefined ? null : { mutant: mutant.name, seeds };
    },
    (result) => {
      results.set(result.mutant, result);
      bar.step(results.size, MUTANTS.length, result.mutant);
    },
  );
  bar.end();
  const all = MUTANTS.map(({ name, file, plants }) => ({ name, file, plants, ...results.get(name) }));
  const survivors = all.filter(({ seed = null }) => seed === null).map(({ name }) => name);
  if (json)
    printJson({
      mutants: all.length,
      killed: all.length - survivors.length,
      survivors,
      kills: all.map(({ name, file, plants, seed = null, rule = "", violation = "", tried = 0 }) => ({ name, file, plants, seed, rule, violation, tried })),
    });
  else {
    for (const { name, file, plants, seed = null, rule = "" } of all) {
      print(`${seed === null ? "survives" : `${rule.padEnd(3)} seed ${String(seed).padEnd(4)}`} ${name}: ${plants} (${file})`);
    }
    print(`${all.length} mutants, ${all.length - survivors.length} killed`);
  }
  if (survivors.length > 0) throw failure(`not found: ${survivors.join(", ")}`);
}
