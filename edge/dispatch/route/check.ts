/**
 * An independent judge: reads a problem and a timetable, and says which hard rules it breaks and what it costs. Written from the meaning of the
 * problem alone and shares no code with the optimiser, so that neither can hide the other's mistakes.
 */
import { isJob, type Job, type Problem, type Profile, type Timetable, type Tour, type Vehicle } from "./problem.ts";

export type FaultCode =
  | "unknown"
  | "twice"
  | "lost"
  | "skills"
  | "not-allowed"
  | "window"
  | "too-early"
  | "shift"
  | "unreachable"
  | "capacity"
  | "jobs"
  | "travel"
  | "distance"
  | "break"
  | "pinned"
  | "pair";

export type Fault = { readonly code: FaultCode; readonly vehicle?: number; readonly job?: number };

export type Costs = {
  readonly legs: number;
  readonly fixed: number;
  readonly overtime: number;
  readonly fairness: number;
  readonly late: number;
  readonly wait: number;
  /** Vehicles that cost a job something, reassigned or moved what people were told. */
  readonly vehicle: number;
  readonly told: number;
  readonly dropped: number;
  readonly total: number;
};

export type Judgement = { readonly faults: readonly Fault[]; readonly costs: Costs };

/** `dropCost`: what leaving out costs a job that says nothing of it. */
export function check(problem: Problem, timetable: Timetable, dropCost: (job: number) => number = () => 0): Judgement {
  const faults: Fault[] = [];
  const seen = new Map<number, number>();
  const parts = { legs: 0, fixed: 0, overtime: 0, fairness: 0, late: 0, wait: 0, vehicle: 0, told: 0, dropped: 0 };
  const vehicles = new Set<number>();
  for (const tour of timetable.tours) {
    const vehicle = problem.vehicles[tour.vehicle];
    if (vehicle === undefined || vehicles.has(tour.vehicle)) {
      faults.push({ code: vehicle === undefined ? "unknown" : "twice", vehicle: tour.vehicle });
      continue;
    }
    vehicles.add(tour.vehicle);
    for (const stop of tour.stops) {
      if (!isJob(stop)) continue;
      if (problem.jobs[stop.job] === undefined) faults.push({ code: "unknown", job: stop.job });
      if (seen.has(stop.job)) faults.push({ code: "twice", job: stop.job });
      seen.set(stop.job, tour.vehicle);
    }
    faults.push(...faultsOf(problem, vehicle, tour).map((fault) => ({ ...fault, vehicle: tour.vehicle })));
    addTour(problem, vehicle, tour, parts);
  }
  for (const job of timetable.left) {
    if (seen.has(job)) faults.push({ code: "twice", job });
    seen.set(job, -1);
    parts.dropped += problem.jobs[job]?.dropCost ?? dropCost(job);
  }
  for (const job of problem.jobs.keys()) if (!seen.has(job)) faults.push({ code: "lost", job });
  for (const [vehicle, { pinned = [] }] of problem.vehicles.entries())
    for (const job of pinned) if (seen.get(job) !== vehicle) faults.push({ code: "pinned", vehicle, job });
  for (const [first, second] of problem.pairs ?? []) if (seen.get(first) !== seen.get(second)) faults.push({ code: "pair", job: first });
  const total = Object.values(parts).reduce((sum, part) => sum + part, 0);
  return { faults, costs: { ...parts, total } };
}

function faultsOf(problem: Problem, vehicle: Vehicle, tour: Tour): Fault[] {
  const jobs = tour.stops.flatMap((stop) => (isJob(stop) ? [stop.job] : []));
  const pinned = new Set(vehicle.pinned);
  const faults: Fault[] = [];
  if ((vehicle.pinned ?? []).some((job, i) => jobs[i] !== job)) faults.push({ code: "pinned" });
  for (const [id, job] of named(problem, jobs)) {
    if (pinned.has(id)) continue;
    if ((job.skills ?? []).some((skill) => !(vehicle.skills ?? []).includes(skill))) faults.push({ code: "skills", job: id });
    if (job.not?.includes(tour.vehicle) === true || job.only?.includes(tour.vehicle) === false) faults.push({ code: "not-allowed", job: id });
  }
  const facts = factsOf(problem, vehicle);
  if (jobs.length > Math.max(vehicle.jobsMax ?? Infinity, pinned.size)) faults.push({ code: "jobs" });
  faults.push(
    ...breakFaults(vehicle, tour, facts),
    ...timeFaults(problem, vehicle, tour, pinned, facts),
    ...loadFaults(problem, vehicle, jobs),
    ...pairFaults(problem, jobs),
  );
  const { travel, distance } = totals(problem, vehicle, tour);
  if (travel > Math.max(vehicle.travelMax ?? Infinity, facts.travel)) faults.push({ code: "travel" });
  if (distance > Math.max(vehicle.distanceMax ?? Infinity, facts.distance)) faults.push({ code: "distance" });
  return faults;
}

/** What a rule gives way to: the same vehicle with nothing but what is pinned. */
function factsOf(problem: Problem, vehicle: Vehicle): Facts {
  const pinned = vehicle.pinned ?? [];
  if (pinned.length === 0) return { endAt: -Infinity, travel: 0, distance: 0, restBy: new Map() };
  const stops = pinned.map((job) => ({ job, startAt: 0, endAt: 0 }));
  const { travel, distance } = totals(problem, vehicle, { vehicle: 0, leaveAt: 0, stops, endAt: 0 });
  const { time } = profileOf(problem, vehicle);
  let clock = shiftOf(problem, vehicle)[0];
  let here = vehicle.start;
  for (const [, job] of named(problem, pinned)) {
    const way = here === undefined ? 0 : wayOf(time(here, job.place), here === job.place);
    clock = Math.max(clock + way, job.windows?.[0]?.[0] ?? -Infinity) + (job.service ?? 0) + (here === job.place ? 0 : (job.setup ?? 0));
    here = job.place;
  }
  const restBy = new Map<number, number>();
  for (const [i, { service, windows }] of (vehicle.breaks ?? []).entries()) {
    const open = windows.find(([, to]) => to >= clock);
    // What is pinned may run so late that a break can only follow it.
    if (open === undefined) restBy.set(i, clock);
    clock = (open === undefined ? clock : Math.max(clock, open[0])) + service;
  }
  return {
    endAt: clock + (here === undefined || vehicle.end === undefined ? 0 : wayOf(time(here, vehicle.end), here === vehicle.end)),
    travel,
    distance,
    restBy,
  };
}

type Facts = { readonly endAt: number; readonly travel: number; readonly distance: number; readonly restBy: ReadonlyMap<number, number> };

function* named(problem: Problem, jobs: readonly number[]): Generator<readonly [number, Job]> {
  for (const id of jobs) {
    const job = problem.jobs[id];
    if (job !== undefined) yield [id, job];
  }
}

function breakFaults(vehicle: Vehicle, { stops }: Tour, { restBy }: Facts): Fault[] {
  const taken = stops.filter((stop) => !isJob(stop));
  const inOrder = taken.every((stop, i) => !isJob(stop) && stop.break === i);
  if (!inOrder || taken.length !== (vehicle.breaks ?? []).length) return [{ code: "break" }];
  return taken.flatMap((stop, i): Fault[] => {
    const rest = vehicle.breaks?.[i];
    const inside = rest?.windows.some(([from, to]) => stop.startAt >= from && stop.startAt <= to) === true;
    const lasts = stop.endAt - stop.startAt >= (rest?.service ?? 0);
    return (inside || stop.startAt <= (restBy.get(i) ?? -Infinity)) && lasts ? [] : [{ code: "break" }];
  });
}

/** The clock, read from the timetable: nothing begins before the one before has ended and the way is travelled; breaks take their time of it. */
function timeFaults(problem: Problem, vehicle: Vehicle, tour: Tour, pinned: ReadonlySet<number>, facts: Facts): Fault[] {
  const faults: Fault[] = [];
  const [opens, closes] = vehicle.window ?? [-Infinity, Infinity];
  const { time } = profileOf(problem, vehicle);
  let free = tour.leaveAt;
  let here = vehicle.start;
  let left = tour.leaveAt;
  let rested = 0;
  if (tour.leaveAt < opens) faults.push({ code: "shift" });
  const goTo = (place: number | undefined, at: number): void => {
    const travel =
      place === undefined || here === undefined || place === here
        ? place === undefined || here === undefined
          ? 0
          : wayOf(time(here, place), true)
        : wayOf(time(here, place), false);
    if (!Number.isFinite(travel)) faults.push({ code: "unreachable" });
    else if (at < free || at - left - rested < travel) faults.push({ code: "too-early" });
  };
  for (const stop of tour.stops) {
    if (!isJob(stop)) {
      if (stop.startAt < free) faults.push({ code: "too-early" });
      rested += stop.endAt - stop.startAt;
      free = stop.endAt;
      continue;
    }
    const job = problem.jobs[stop.job];
    if (job === undefined) continue;
    goTo(job.place, stop.startAt);
    const needed = (job.service ?? 0) + (here === job.place ? 0 : (job.setup ?? 0));
    if (stop.endAt - stop.startAt < needed) faults.push({ code: "too-early", job: stop.job });
    const open = (job.windows ?? [[-Infinity, Infinity]]).some(([from, to]) => stop.startAt >= from && stop.startAt <= to);
    if (!pinned.has(stop.job) && (!open || stop.startAt < (job.release ?? -Infinity))) faults.push({ code: "window", job: stop.job });
    here = job.place;
    free = left = stop.endAt;
    rested = 0;
  }
  goTo(vehicle.end, tour.endAt);
  if (tour.endAt < free) faults.push({ code: "too-early" });
  if (tour.endAt > Math.max(closes, facts.endAt)) faults.push({ code: "shift" });
  return faults;
}

function loadFaults(problem: Problem, vehicle: Vehicle, jobs: readonly number[]): Fault[] {
  const dims = Math.max(0, ...[...named(problem, jobs)].map(([, job]) => Math.max(job.delivery?.length ?? 0, job.pickup?.length ?? 0)));
  for (let dim = 0; dim < dims; dim++) {
    const facts = mostOnBoard(problem, vehicle.pinned ?? [], dim);
    if (mostOnBoard(problem, jobs, dim) > Math.max(vehicle.capacity?.[dim] ?? Infinity, facts)) return [{ code: "capacity" }];
  }
  return [];
}

function mostOnBoard(problem: Problem, jobs: readonly number[], dim: number): number {
  const firsts = new Map((problem.pairs ?? []).map(([first, second]) => [second, first]));
  const paired = new Set((problem.pairs ?? []).flat());
  const amount = (id: number, way: "delivery" | "pickup") => problem.jobs[id]?.[way]?.[dim] ?? 0;
  let load = jobs.reduce((sum, id) => sum + (paired.has(id) ? 0 : amount(id, "delivery")), 0);
  let most = load;
  for (const id of jobs) {
    const first = firsts.get(id);
    if (first !== undefined) load -= amount(first, "pickup");
    else load += amount(id, "pickup") - (paired.has(id) ? 0 : amount(id, "delivery"));
    most = Math.max(most, load);
  }
  return most;
}

function pairFaults(problem: Problem, jobs: readonly number[]): Fault[] {
  return (problem.pairs ?? []).flatMap(([first, second]): Fault[] => {
    const [a, b] = [jobs.indexOf(first), jobs.indexOf(second)];
    return b !== -1 && (a === -1 || a > b) ? [{ code: "pair", job: first }] : [];
  });
}

function profileOf(problem: Problem, vehicle: Vehicle): Profile {
  const profile = problem.profiles[vehicle.profile ?? 0];
  if (profile === undefined) throw new RangeError("no such profile");
  return profile;
}

/** Whole units of time; at one place there is no way to go but what the profile says. */
function wayOf(time: number, same: boolean): number {
  if (Number.isFinite(time) && time >= 0) return Math.round(time);
  return same ? 0 : Infinity;
}

type Totals = { readonly travel: number; readonly distance: number; readonly cost: number; readonly work: number };

function totals(problem: Problem, vehicle: Vehicle, tour: Tour): Totals {
  const { time, distance, cost } = profileOf(problem, vehicle);
  const sum = { travel: 0, distance: 0, cost: 0, work: 0 };
  let here = vehicle.start;
  const go = (place: number | undefined): void => {
    if (here === undefined || place === undefined) return;
    const took = wayOf(time(here, place), here === place);
    sum.travel += took;
    sum.work += took;
    sum.distance += distance?.(here, place) ?? 0;
    sum.cost += cost?.(here, place) ?? (vehicle.timeCost ?? 1) * took + (vehicle.distanceCost ?? 0) * (distance?.(here, place) ?? 0);
  };
  for (const stop of tour.stops) {
    const job = isJob(stop) ? problem.jobs[stop.job] : undefined;
    if (job === undefined) continue;
    go(job.place);
    sum.work += (job.service ?? 0) + (here === job.place ? 0 : (job.setup ?? 0));
    here = job.place;
  }
  go(vehicle.end);
  return sum;
}

type Parts = { -readonly [part in Exclude<keyof Costs, "total">]: number };

function addTour(problem: Problem, vehicle: Vehicle, tour: Tour, parts: Parts): void {
  if (!tour.stops.some(isJob)) return;
  const { cost, work } = totals(problem, vehicle, tour);
  const [opens, closes] = shiftOf(problem, vehicle);
  parts.legs += cost;
  parts.fixed += vehicle.fixedCost ?? 0;
  parts.overtime += (vehicle.overtimeCost ?? 0) * Math.max(0, tour.endAt - (vehicle.overtimeFrom ?? Infinity));
  parts.fairness += ((problem.fairness ?? 0) * work * work) / Math.max(1, closes - opens);
  for (const stop of tour.stops) {
    const job = isJob(stop) ? problem.jobs[stop.job] : undefined;
    if (job === undefined) continue;
    parts.late += (job.lateCost ?? 0) * Math.max(0, stop.startAt - (job.due ?? Infinity));
    parts.wait += (job.waitCost ?? 0) * (stop.startAt - (job.release ?? shiftOf(problem, {})[0]));
    parts.vehicle += job.vehicleCost?.get(tour.vehicle) ?? 0;
    if (job.told === undefined) continue;
    if (job.told.vehicle !== tour.vehicle) parts.told += job.told.reassignCost ?? 0;
    if (job.told.at !== undefined) parts.told += (job.told.moveCost ?? 0) * Math.abs(stop.startAt - job.told.at);
  }
}

/** Without an own window a vehicle's shift begins with the earliest of all, and is as long as a problem may be. */
function shiftOf(problem: Problem, vehicle: Vehicle): readonly [number, number] {
  const earliest = Math.min(...problem.vehicles.flatMap(({ window }) => (window === undefined ? [] : [window[0]])));
  const from = Number.isFinite(earliest) ? earliest : 0;
  const [opens, closes] = vehicle.window ?? [from, Infinity];
  return [Math.max(from, opens), Math.min(closes, from + 500_000_000)];
}
