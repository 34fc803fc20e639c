/** What a problem must be for its plan to mean anything: whoever makes problems by hand, or from a file, is told the first thing that is not so. */
import { refuse, type Refusal } from "../../../contracts/refusal.ts";
import { HORIZON } from "./legs.ts";
import type { Job, Problem, Vehicle, Window } from "./problem.ts";

/** Refuses `malformed`, by field, rule and mend; what is only impossible (no vehicle, a skill that nobody has) is no fault: it is left out with its reason. */
export function refuseProblem(problem: Problem): Refusal | null {
  const { jobs, vehicles, pairs = [] } = problem;
  const shifts = vehicles.flatMap(({ window }) => (window !== undefined && Number.isFinite(window[0]) ? [window[0]] : []));
  const first = shifts.reduce((a, b) => Math.min(a, b), Infinity);
  const pinned = new Set<number>();
  for (const [i, job] of jobs.entries()) {
    const refusal = refuseJob(problem, job, `jobs[${i}]`);
    if (refusal !== null) return refusal;
  }
  for (const [i, vehicle] of vehicles.entries()) {
    const refusal = refuseVehicle(problem, vehicle, `vehicles[${i}]`, pinned);
    if (refusal !== null) return refusal;
    const from = vehicle.window?.[0] ?? first;
    if (from > first + HORIZON) return no(`vehicles[${i}].window`, `begins within ${HORIZON} of the earliest shift`, "plan a shorter time at once");
  }
  const paired = new Set<number>();
  for (const [i, pair] of pairs.entries())
    for (const job of pair) {
      if (!isIndex(job, jobs.length)) return no(`pairs[${i}]`, `names jobs, of which there are ${jobs.length}`, "correct it");
      if (paired.size === paired.add(job).size) return no(`pairs[${i}]`, "names jobs that are in no other pair", "leave one of the two out");
      if (pinned.has(job)) return no(`pairs[${i}]`, "names jobs that are not pinned", "leave one of the two out");
    }
  return null;
}

function refuseJob({ places, vehicles }: Problem, job: Job, field: string): Refusal | null {
  if (!isIndex(job.place, places)) return no(`${field}.place`, `is one of the ${places} places`, "correct it");
  for (const name of ["service", "setup"] as const)
    if (!isAmount(job[name] ?? 0)) return no(`${field}.${name}`, "is a length of time, 0 or more", "correct it");
  for (const name of ["delivery", "pickup"] as const)
    if (!(job[name] ?? []).every(isAmount)) return no(`${field}.${name}`, "is 0 or more in each dimension", "correct it");
  for (const name of ["only", "not"] as const)
    if (!(job[name] ?? []).every((one) => isIndex(one, vehicles.length)))
      return no(`${field}.${name}`, `names vehicles, of which there are ${vehicles.length}`, "correct it");
  if (job.told !== undefined && !isIndex(job.told.vehicle, vehicles.length))
    return no(`${field}.told.vehicle`, `is a vehicle, of which there are ${vehicles.length}`, "correct it");
  for (const name of ["release", "due", "lateCost", "waitCost", "dropCost", "priority"] as const)
    if (Number.isNaN(job[name] ?? 0)) return no(`${field}.${name}`, "is a number", "leave it out where there is none");
  return refuseWindows(job.windows ?? [], `${field}.windows`);
}

function refuseVehicle({ places, profiles, jobs }: Problem, vehicle: Vehicle, field: string, pinned: Set<number>): Refusal | null {
  for (const name of ["start", "end"] as const)
    if (!isIndex(vehicle[name] ?? 0, Math.max(1, places))) return no(`${field}.${name}`, `is one of the ${places} places`, "correct it");
  if (!isIndex(vehicle.profile ?? 0, profiles.length)) return no(`${field}.profile`, `is one of the ${profiles.length} profiles`, "correct it");
  if (!(vehicle.capacity ?? []).every(isAmount)) return no(`${field}.capacity`, "is 0 or more in each dimension", "correct it");
  for (const job of vehicle.pinned ?? []) {
    if (!isIndex(job, jobs.length)) return no(`${field}.pinned`, `names jobs, of which there are ${jobs.length}`, "correct it");
    if (pinned.size === pinned.add(job).size) return no(`${field}.pinned`, "names jobs that are pinned once", "leave one of the two out");
  }
  for (const [i, { service, windows }] of (vehicle.breaks ?? []).entries()) {
    if (!isAmount(service)) return no(`${field}.breaks[${i}].service`, "is a length of time, 0 or more", "correct it");
    const refusal = refuseWindows(windows, `${field}.breaks[${i}].windows`);
    if (refusal !== null) return refusal;
  }
  return vehicle.window === undefined ? null : refuseWindows([vehicle.window], `${field}.window`);
}

function refuseWindows(windows: readonly Window[], field: string): Refusal | null {
  for (const [i, [from, to]] of windows.entries()) {
    // Of numbers that are none, no comparison holds.
    if (!(from <= to)) return no(field, "ends no earlier than it begins", "swap the two, or correct one");
    if (!(from > (windows[i - 1]?.[1] ?? -Infinity)) && i > 0) return no(field, "has windows in order and apart", "sort them, and join those that overlap");
  }
  return null;
}

function isIndex(value: number, count: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < count;
}

function isAmount(value: number): boolean {
  return value >= 0;
}

function no(field: string, rule: string, mend: string): Refusal {
  return refuse("malformed", rule, mend, field);
}
