/**
 * Public suites against a port. A suite is other people's files in a folder of the caller's; each of its tests runs in a process of its own,
 * with a time limit, so that what one leaves behind or waits for is no other's affair.
 */

/** `reason`: why it failed, in the suite's own terms; "" when it passed. */
export type Outcome = { readonly suite: string; readonly test: string; readonly passed: boolean; readonly reason: string };
export type Trial = { readonly suite: string; readonly test: string; run(port: number): Promise<Outcome> };
export type Score = { readonly suite: string; readonly passed: number; readonly of: number; readonly failing: readonly Outcome[] };

/** Runs each trial once, one at a time on each port. Outcomes are in the order of the trials. */
export async function runTrials(trials: readonly Trial[], ports: readonly number[], tell: (outcome: Outcome) => void): Promise<readonly Outcome[]> {
  const outcomes = new Map<Trial, Outcome>();
  const waiting = [...trials];
  await Promise.all(
    ports.map(async (port) => {
      for (let trial = waiting.shift(); trial !== undefined; trial = waiting.shift()) {
        const outcome = await trial.run(port);
        outcomes.set(trial, outcome);
        tell(outcome);
      }
    }),
  );
  return trials.flatMap((trial) => outcomes.get(trial) ?? []);
}

/** By suite, in the order in which suites come first. */
export function scoresOf(outcomes: readonly Outcome[]): readonly Score[] {
  return [...new Set(outcomes.map((one) => one.suite))].map((suite) => {
    const its = outcomes.filter((one) => one.suite === suite);
    const failing = its.filter((one) => !one.passed);
    return { suite, passed: its.length - failing.length, of: its.length, failing };
  });
}
