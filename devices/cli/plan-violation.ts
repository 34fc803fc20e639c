/**
 * What a plan breaks of the rules of its file, in VROOM's words (v1.14): only what is pinned may. Breaks are never left out, a shipment's ends are
 * never swapped and a break's `max_load` is not read, so that `missing_break`, `precedence` and `max_load` are never said.
 */
import type { Job, Vehicle, Window } from "../../edge/dispatch/route/problem.ts";

type Cause = "lead_time" | "delay" | "load" | "skills" | "max_tasks" | "max_travel_time" | "max_distance";
/** `duration`: seconds too early or too late. */
export type Violation = { readonly cause: Cause; readonly duration?: number };

/** How far a vehicle has come with a step: its tasks, its travel in seconds and metres, and what is on board behind it. */
export type Reached = { readonly tasks: number; readonly travel: number; readonly metres: number; readonly load: readonly number[] };

/** Of one step with a task. */
export function violationsOf(vehicle: Vehicle, job: Job, startAt: number, reached: Reached): Violation[] {
  const lacks = (job.skills ?? []).some((skill) => !(vehicle.skills ?? []).includes(skill));
  return [
    ...outside(job.windows, startAt),
    ...overloaded(vehicle, reached.load),
    ...(lacks ? [{ cause: "skills" } as const] : []),
    ...(reached.tasks > (vehicle.jobsMax ?? Infinity) ? [{ cause: "max_tasks" } as const] : []),
    ...tooFar(vehicle, reached),
  ];
}

/** An instant in none of the windows is late for the last that was open, or early where none was. */
export function outside(windows: readonly Window[] = [[-Infinity, Infinity]], at: number): Violation[] {
  const [first] = windows;
  const open = windows.findLast(([from]) => from <= at);
  if (open !== undefined) return at > open[1] ? [{ cause: "delay", duration: at - open[1] }] : [];
  return first === undefined ? [] : [{ cause: "lead_time", duration: first[0] - at }];
}

export function overloaded({ capacity = [] }: Vehicle, load: readonly number[]): Violation[] {
  return load.some((amount, dim) => amount > (capacity[dim] ?? Infinity)) ? [{ cause: "load" }] : [];
}

export function tooFar({ travelMax = Infinity, distanceMax = Infinity }: Vehicle, { travel, metres }: Pick<Reached, "travel" | "metres">): Violation[] {
  return [...(travel > travelMax ? [{ cause: "max_travel_time" } as const] : []), ...(metres > distanceMax ? [{ cause: "max_distance" } as const] : [])];
}

/** As VROOM sums them: each cause once, with the seconds of all its steps. */
export function summed(violations: readonly Violation[]): Violation[] {
  const sums = new Map<Cause, Violation>();
  for (const { cause, duration } of violations)
    sums.set(cause, { cause, ...(duration === undefined ? {} : { duration: duration + (sums.get(cause)?.duration ?? 0) }) });
  return [...sums.values()];
}
