/** What counts how much in a choice: lengths of time against one of travel. One set for all scenarios; a scenario may say otherwise. */
import type { DispatchPolicy } from "../../contracts/scenario.ts";
import type { Priority } from "../../contracts/ticket.ts";

export type Weights = {
  readonly response: Readonly<Record<Priority, number>>;
  readonly lateness: Readonly<Record<Priority, number>>;
  readonly overtime: number;
  readonly stability: number;
  readonly fairness: number;
  readonly preferenceMs: number;
};

/**
 * A machine that is about to fail waits at six times what driving costs, one that may wait at half of it. After the promise each minute weighs
 * as much as a detour that nobody would drive for less. Overtime is dearer than driving; what people were told is moved for a reason only.
 */
const WEIGHTS: Weights = {
  response: { p1: 6, p2: 2, p3: 0.5 },
  lateness: { p1: 30, p2: 10, p3: 3 },
  overtime: 3,
  stability: 0.5,
  fairness: 0.1,
  preferenceMs: 15 * 60_000,
};

/** Half a day's last job may take an hour longer: with less, a job of two hours is nobody's from the early afternoon on. */
const OVERTIME_MIN = 60;

export function weightsOf({ weights = {} }: DispatchPolicy): Weights {
  const { preferenceMin, ...given } = weights;
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...WEIGHTS, ...said, ...(preferenceMin === undefined ? {} : { preferenceMs: preferenceMin * 60_000 }) };
}

export function overtimeMinOf(policy: DispatchPolicy): number {
  return policy.overtimeMin ?? OVERTIME_MIN;
}
