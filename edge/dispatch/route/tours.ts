/** What stands in a plan of any size, route by route: when each step begins, and why nobody has the jobs that are left. */
import { compile } from "./model.ts";
import { partProblem, routesBack, type PartProblem } from "./part.ts";
import { layRoutes, startPlan, tourOf, type Plan } from "./plan.ts";
import { isJob, type Problem, type Routes, type Stop, type Timetable, type Tour } from "./problem.ts";
import { closestOf, whyNot, type WhyLeft, type WhyNot } from "./why.ts";

/** Vehicles looked at, over all jobs that are left: a look takes some 50 µs. */
const LOOKS_MAX = 20_000;
/** For one job, at least and at most; those that are nearest. */
const LOOKS_EACH: readonly [least: number, most: number] = [3, 60];

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

/** By job of `left`, in its order. */
export function whyAllLeft(problem: Problem, routes: Routes, left: readonly number[]): WhyLeft[] {
  const [least, most] = LOOKS_EACH;
  const looks = Math.max(least, Math.min(most, Math.floor(LOOKS_MAX / Math.max(1, left.length))));
  return left.map((job) => whyOneLeft(problem, routes, job, looks));
}

function whyOneLeft(problem: Problem, routes: Routes, job: number, looks: number): WhyLeft {
  const { jobs, vehicles } = problem;
  const reasons: WhyNot[] = [];
  const able: number[] = [];
  for (const [vehicle, { skills: has = [] }] of vehicles.entries()) {
    const { skills = [], only, not } = jobs[job] ?? {};
    const lacks = skills.filter((skill) => !has.includes(skill));
    if (lacks.length > 0) reasons.push({ code: "skills", skills: lacks });
    else if (only?.includes(vehicle) === false || not?.includes(vehicle) === true) reasons.push({ code: "not-allowed" });
    else able.push(vehicle);
  }
  const place = jobs[job]?.place ?? 0;
  const away = (vehicle: number) => {
    const { start, end, profile = 0 } = vehicles[vehicle] ?? {};
    const from = start ?? end;
    return from === undefined ? 0 : (problem.profiles[profile]?.time(from, place) ?? 0);
  };
  const near = able.map((vehicle) => ({ vehicle, way: away(vehicle) })).sort((a, b) => a.way - b.way);
  for (const { vehicle } of near.slice(0, looks)) {
    const { plan, made } = planOf(problem, routes, vehicle, [job]);
    reasons.push(whyNot(plan, made.part.jobs.indexOf(job), 0));
  }
  return closestOf(reasons);
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
