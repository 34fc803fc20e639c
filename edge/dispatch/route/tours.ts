/** What stands in a plan of any size, route by route: when each step begins, and why nobody has the jobs that are left. */
import { compile } from "./model.ts";
import { partProblem, routesBack, type PartProblem } from "./part.ts";
import { layRoutes, startPlan, tourOf, type Plan } from "./plan.ts";
import { isJob, type Problem, type Routes, type Stop, type Timetable, type Tour } from "./problem.ts";
import { closestOf, whyNot, type WhyLeft, type WhyNot } from "./why.ts";

/** Vehicles looked at, over all jobs that are left: a look takes some 50 µs. */
const LOOKS_MAX = 20_000;
/** For one job, at least and at most; those that are nearest. */
const LOOKS_EACH: readonly [least: number, most: number] = [1, 60];
/** Ways measured to find the nearest, over all jobs that are left: one takes some 0.3 µs. Beyond it every so many vehicles are measured. */
const WAYS_MAX = 2_000_000;
/** Jobs that are looked at with one model of a vehicle's route: they grow it, and its table of ways by the square. */
const MODEL_JOBS = 48;

/** As `timetableOf`, without a model of the whole; jobs that a route can't hold are left. */
export function timetableIn(problem: Problem, routes: Routes): Timetable {
  const left = new Set(problem.jobs.keys());
  const tours: Tour[] = [];
  for (const [vehicle, steps] of routes.entries()) {
    if (!steps.some(isJob)) continue;
    const one = planOf(problem, routes, vehicle, []);
    const tour = tourBack(one.made, tourOf(one.plan, 0), vehicle);
    for (const stop of tour.stops) if (isJob(stop)) left.delete(stop.job);
    tours.push(tour);
  }
  return { tours, left: [...left] };
}

/** By job of `left`, in its order. Vehicles that lack a skill or may not have the job are all counted; of the others the nearest are looked at. */
export function whyAllLeft(problem: Problem, routes: Routes, left: readonly number[]): WhyLeft[] {
  const [least, most] = LOOKS_EACH;
  const looks = Math.max(least, Math.min(most, Math.floor(LOOKS_MAX / Math.max(1, left.length))));
  const ways = Math.max(looks, Math.floor(WAYS_MAX / Math.max(1, left.length)));
  const fitting = new Map<string, Fitting>();
  const reasons: WhyNot[][] = [];
  const visits = new Map<number, number[]>();
  for (const [index, job] of left.entries()) {
    const { skills = [], only, not } = problem.jobs[job] ?? {};
    const key = JSON.stringify([skills, only, not]);
    const fits = fitting.get(key) ?? fittingOf(problem, job);
    fitting.set(key, fits);
    reasons.push([...fits.reasons]);
    for (const vehicle of nearest(problem, job, spread(fits.able, ways, index), looks)) {
      const list = visits.get(vehicle) ?? [];
      list.push(index);
      visits.set(vehicle, list);
    }
  }
  for (const [vehicle, indices] of visits) {
    for (let at = 0; at < indices.length; at += MODEL_JOBS) {
      const some = indices.slice(at, at + MODEL_JOBS);
      const { plan, made } = planOf(
        problem,
        routes,
        vehicle,
        some.map((index) => left[index] ?? 0),
      );
      const bare = startPlan(plan.model);
      const nodeOf = new Map(made.part.jobs.map((job, node) => [job, node]));
      for (const index of some) reasons[index]?.push(whyNot(plan, nodeOf.get(left[index] ?? -1) ?? 0, 0, bare));
    }
  }
  return reasons.map(closestOf);
}

type Fitting = { readonly reasons: readonly WhyNot[]; readonly able: readonly number[] };

/** Who may have the job, and what keeps the others from it whatever the plan is. */
function fittingOf({ jobs, vehicles }: Problem, job: number): Fitting {
  const { skills = [], only, not } = jobs[job] ?? {};
  const reasons: WhyNot[] = [];
  const able: number[] = [];
  for (const [vehicle, { skills: has = [] }] of vehicles.entries()) {
    const lacks = skills.filter((skill) => !has.includes(skill));
    if (lacks.length > 0) reasons.push({ code: "skills", skills: lacks });
    else if (only?.includes(vehicle) === false || not?.includes(vehicle) === true) reasons.push({ code: "not-allowed" });
    else able.push(vehicle);
  }
  return { reasons, able };
}

/** At most so many of them, evenly, others for each job. */
function spread(able: readonly number[], most: number, job: number): readonly number[] {
  if (able.length <= most) return able;
  return Array.from({ length: most }, (_, i) => able[(Math.floor((i * able.length) / most) + job) % able.length] ?? 0);
}

function nearest({ jobs, vehicles, profiles }: Problem, job: number, able: readonly number[], count: number): readonly number[] {
  if (able.length <= count) return able;
  const place = jobs[job]?.place ?? 0;
  const away = (vehicle: number): number => {
    const { start, end, profile = 0 } = vehicles[vehicle] ?? {};
    const from = start ?? end;
    return from === undefined ? 0 : (profiles[profile]?.time(from, place) ?? 0);
  };
  const ways = able.map((vehicle) => ({ vehicle, way: away(vehicle) }));
  return ways
    .sort((a, b) => a.way - b.way)
    .slice(0, count)
    .map(({ vehicle }) => vehicle);
}

function planOf(problem: Problem, routes: Routes, vehicle: number, more: readonly number[]): { readonly plan: Plan; readonly made: PartProblem } {
  const jobs = [...(problem.vehicles[vehicle]?.pinned ?? []), ...(routes[vehicle] ?? []).flatMap((step) => (isJob(step) ? [step.job] : [])), ...more];
  const made = partProblem(problem, routes, { jobs: [...new Set(jobs)], vehicles: [vehicle] });
  const plan = startPlan(compile(made.problem));
  layRoutes(plan, made.routes);
  return { plan, made };
}

function tourBack(made: PartProblem, tour: Tour, vehicle: number): Tour {
  const steps = routesBack(made, [tour.stops])[0]?.[1] ?? [];
  const stops = tour.stops.flatMap(({ startAt, endAt }, i): Stop[] => {
    const step = steps[i];
    return step === undefined ? [] : [isJob(step) ? { job: step.job, startAt, endAt } : { break: step.break, startAt, endAt }];
  });
  return { ...tour, vehicle, stops };
}
