/** From a timetable to VROOM's output (v1.14). */
import { check } from "../../edge/dispatch/route/check.ts";
import { isJob, type Problem, type Stop, type Timetable, type Tour, type Vehicle } from "../../edge/dispatch/route/problem.ts";
import type { WhyLeft, WhyNot } from "../../edge/dispatch/route/why.ts";
import type { PlanTask, Task } from "./plan-input.ts";
import { outside, overloaded, summed, tooFar, violationsOf, type Violation } from "./plan-violation.ts";

export type OutputStep = {
  readonly type: "start" | Task["type"] | "break" | "end";
  readonly id?: number;
  readonly description?: string;
  readonly location?: readonly [number, number];
  readonly location_index?: number;
  readonly setup: number;
  readonly service: number;
  readonly waiting_time: number;
  readonly load?: readonly number[];
  readonly arrival: number;
  /** Travelled so far, in seconds and metres. */
  readonly duration: number;
  readonly distance?: number;
  readonly violations: readonly Violation[];
};

type Sums = {
  readonly cost: number;
  readonly setup: number;
  readonly service: number;
  readonly duration: number;
  readonly waiting_time: number;
  readonly priority: number;
  readonly distance?: number;
  readonly delivery?: readonly number[];
  readonly pickup?: readonly number[];
};

export type OutputRoute = Sums & {
  readonly vehicle: number;
  readonly description?: string;
  readonly steps: readonly OutputStep[];
  readonly violations: readonly Violation[];
};
export type Unassigned = Task & { readonly reason: string; readonly code: string };

export type PlanOutput = {
  readonly code: 0;
  readonly summary: Sums & {
    readonly routes: number;
    readonly unassigned: number;
    readonly violations: readonly Violation[];
    readonly computing_times: { readonly loading: number; readonly solving: number };
  };
  readonly unassigned: readonly Unassigned[];
  readonly routes: readonly OutputRoute[];
  /** What Outpost adds: how travel was reckoned, and the work that was done. */
  readonly travel: PlanTask["travel"];
  readonly search: { readonly seed: number; readonly iterations: number };
};

type Times = { readonly loading: number; readonly solving: number };
type Work = { readonly seed: number; readonly iterations: number };

export function outputOf(task: PlanTask, { tours, left }: Timetable, whys: readonly WhyLeft[], times: Times, search: Work): PlanOutput {
  const { input, problem, tasks, travel } = task;
  const dims = Math.max(0, ...problem.jobs.map(({ delivery = [], pickup = [] }) => Math.max(delivery.length, pickup.length)));
  const far = problem.profiles.some(({ distance }) => distance !== undefined);
  const routes = tours.map((tour) => routeOf(task, tour, dims, far));
  const paired = new Map(
    (problem.pairs ?? []).flatMap(
      ([a, b]) =>
        [
          [a, b],
          [b, a],
        ] as const,
    ),
  );
  const unassigned = left.flatMap((job, i): Unassigned[] => {
    const [one, why] = [tasks[job], whys[i]];
    return one === undefined || why === undefined ? [] : [{ ...one, ...reasonOf(why, paired.has(job), input.vehicles.length) }];
  });
  const violations = summed(routes.flatMap((route) => route.violations));
  return {
    code: 0,
    summary: { ...sumOf(routes), routes: routes.length, unassigned: unassigned.length, violations, computing_times: times },
    unassigned,
    routes,
    travel,
    search,
  };
}

function sumOf(routes: readonly Sums[]): Sums {
  const sum = (of: (route: Sums) => number) => routes.reduce((total, route) => total + of(route), 0);
  const lists = (name: "delivery" | "pickup") => {
    const some = routes[0]?.[name];
    return some === undefined ? {} : { [name]: some.map((_, dim) => sum((route) => route[name]?.[dim] ?? 0)) };
  };
  return {
    cost: sum(({ cost }) => cost),
    ...lists("delivery"),
    ...lists("pickup"),
    setup: sum(({ setup }) => setup),
    service: sum(({ service }) => service),
    duration: sum(({ duration }) => duration),
    waiting_time: sum((route) => route.waiting_time),
    priority: sum(({ priority }) => priority),
    ...(routes[0]?.distance === undefined ? {} : { distance: sum(({ distance = 0 }) => distance) }),
  };
}

function routeOf({ input, problem, tasks }: PlanTask, told: Tour, dims: number, far: boolean): OutputRoute {
  const tour = leaveLater(problem, told);
  const from = input.vehicles[tour.vehicle];
  const vehicle = problem.vehicles[tour.vehicle];
  if (from === undefined || vehicle === undefined) throw new RangeError(`no vehicle ${tour.vehicle}`);
  const jobs = tour.stops.flatMap((stop) => (isJob(stop) ? [stop.job] : []));
  const { costs } = check(problem, { tours: [tour], left: [] });
  const steps = stepsOf(problem, vehicle, tour, tasks, from, dims, far);
  const amounts = (name: "delivery" | "pickup") =>
    Array.from({ length: dims }, (_, dim) => jobs.reduce((sum, job) => sum + (problem.jobs[job]?.[name]?.[dim] ?? 0), 0));
  return {
    vehicle: from.id,
    ...(from.description === undefined ? {} : { description: from.description }),
    cost: Math.round(costs.legs + costs.fixed),
    ...(dims === 0 ? {} : { delivery: amounts("delivery"), pickup: amounts("pickup") }),
    setup: steps.reduce((sum, { setup }) => sum + setup, 0),
    service: steps.reduce((sum, { service }) => sum + service, 0),
    duration: steps.at(-1)?.duration ?? 0,
    waiting_time: steps.reduce((sum, step) => sum + step.waiting_time, 0),
    priority: jobs.reduce((sum, job) => sum + (problem.jobs[job]?.priority ?? 0), 0),
    ...(far ? { distance: steps.at(-1)?.distance ?? 0 } : {}),
    steps,
    violations: summed(steps.flatMap(({ violations }) => violations)),
  };
}

function stepsOf(
  problem: Problem,
  vehicle: Vehicle,
  tour: Tour,
  tasks: readonly Task[],
  from: PlanTask["input"]["vehicles"][number],
  dims: number,
  far: boolean,
): OutputStep[] {
  const profile = problem.profiles[vehicle.profile ?? 0];
  const jobAt = (stop: Stop) => (isJob(stop) ? problem.jobs[stop.job] : undefined);
  const seconds = new Map((problem.pairs ?? []).map(([, second]) => [second, true]));
  const paired = new Set((problem.pairs ?? []).flat());
  const load = Array.from({ length: dims }, (_, dim) =>
    tour.stops.reduce((sum, stop) => sum + (isJob(stop) && !paired.has(stop.job) ? (jobAt(stop)?.delivery?.[dim] ?? 0) : 0), 0),
  );
  const loaded = () => (dims === 0 ? {} : { load: [...load] });
  const steps: OutputStep[] = [];
  let tasksDone = 0;
  let [here, free, travelled, metres, ahead] = [vehicle.start, tour.leaveAt, 0, 0, 0];
  /** Travels for as long as there is way, and until `by`. */
  const go = (by: number): number => {
    const some = Math.min(ahead, by - free);
    ahead -= some;
    free += some;
    travelled += some;
    return free;
  };
  const wayTo = (place: number | undefined): void => {
    if (here === undefined || place === undefined) return;
    ahead = profile?.time(here, place) ?? 0;
    metres += profile?.distance?.(here, place) ?? 0;
  };
  const common = () => ({ duration: travelled, ...(far ? { distance: Math.round(metres) } : {}) });
  const still = { setup: 0, service: 0, waiting_time: 0 };
  if (vehicle.start !== undefined)
    steps.push({
      type: "start",
      ...spotOf(from.start, from.start_index),
      ...still,
      ...loaded(),
      arrival: tour.leaveAt,
      ...common(),
      violations: overloaded(vehicle, load),
    });
  for (const [i, stop] of tour.stops.entries()) {
    const job = jobAt(stop);
    // The way to the next job begins before the breaks that come first.
    if (i === 0 || isJob(tour.stops[i - 1] ?? stop))
      wayTo(
        tour.stops
          .slice(i)
          .map(jobAt)
          .find((one) => one !== undefined)?.place ?? vehicle.end,
      );
    const arrival = go(job === undefined ? stop.startAt : Infinity);
    const waits = stop.startAt - arrival;
    if (!isJob(stop)) {
      const rest = from.breaks[stop.break];
      steps.push({
        type: "break",
        id: rest?.id ?? 0,
        ...(rest?.description === undefined ? {} : { description: rest.description }),
        ...still,
        service: stop.endAt - stop.startAt,
        waiting_time: waits,
        ...loaded(),
        arrival,
        ...common(),
        violations: outside(vehicle.breaks?.[stop.break]?.windows, stop.startAt),
      });
      free = stop.endAt;
      continue;
    }
    const task = tasks[stop.job];
    if (task === undefined || job === undefined) continue;
    for (let dim = 0; dim < dims; dim++) {
      if (seconds.has(stop.job)) load[dim] = (load[dim] ?? 0) - (job.delivery?.[dim] ?? 0);
      else load[dim] = (load[dim] ?? 0) + (job.pickup?.[dim] ?? 0) - (paired.has(stop.job) ? 0 : (job.delivery?.[dim] ?? 0));
    }
    const setup = here === job.place ? 0 : (job.setup ?? 0);
    const violations = violationsOf(vehicle, job, stop.startAt, { tasks: ++tasksDone, travel: travelled, metres, load });
    steps.push({ ...task, setup, service: job.service ?? 0, waiting_time: waits, ...loaded(), arrival, ...common(), violations });
    here = job.place;
    free = stop.endAt;
  }
  if (vehicle.end === undefined) return steps;
  if (isJob(tour.stops.at(-1) ?? { break: 0 })) wayTo(vehicle.end);
  const arrival = go(Infinity);
  steps.push({
    type: "end",
    ...spotOf(from.end, from.end_index),
    ...still,
    ...loaded(),
    arrival,
    ...common(),
    violations: [...outside(vehicle.window === undefined ? undefined : [vehicle.window], arrival), ...tooFar(vehicle, { travel: travelled, metres })],
  });
  return steps;
}

function spotOf(location: readonly [number, number] | undefined, row: number | undefined): Pick<OutputStep, "location" | "location_index"> {
  return { ...(location === undefined ? {} : { location }), ...(row === undefined ? {} : { location_index: row }) };
}

/** The same tour, each step as late as it may be without coming home later: less waiting on the way. With breaks only the start is later. */
export function leaveLater(problem: Problem, tour: Tour): Tour {
  const vehicle = problem.vehicles[tour.vehicle];
  const time = problem.profiles[vehicle?.profile ?? 0]?.time;
  const first = tour.stops[0];
  if (vehicle === undefined || time === undefined || first === undefined) return tour;
  const way = (from: number | undefined, to: number | undefined) => (from === undefined || to === undefined ? 0 : Math.round(time(from, to)));
  const placeOf = (stop: Stop) => (isJob(stop) ? problem.jobs[stop.job]?.place : undefined);
  if (tour.stops.some((stop) => !isJob(stop))) return isJob(first) ? { ...tour, leaveAt: first.startAt - way(vehicle.start, placeOf(first)) } : tour;
  let [by, ahead] = [tour.endAt, vehicle.end];
  const stops = tour.stops.toReversed().map((stop): Stop => {
    const lasts = stop.endAt - stop.startAt;
    const place = placeOf(stop);
    const windows = isJob(stop) ? problem.jobs[stop.job]?.windows : undefined;
    const latest = by - way(place, ahead) - lasts;
    const open = windows?.findLast(([from]) => from <= latest);
    const startAt = Math.max(stop.startAt, Math.min(latest, open?.[1] ?? latest));
    [by, ahead] = [startAt, place];
    return { ...stop, startAt, endAt: startAt + lasts };
  });
  return { ...tour, leaveAt: by - way(vehicle.start, ahead), stops: stops.toReversed() };
}

function reasonOf({ closest, count }: WhyLeft, paired: boolean, vehicles: number): { readonly reason: string; readonly code: string } {
  if (closest === null) return { reason: "there is no vehicle", code: "no-vehicle" };
  const rest = Object.entries(count).filter(([code]) => code !== closest.code);
  const others = rest.map(([code, some]) => `${some} ${OTHERS[code as WhyNot["code"]]}`).join(", ");
  const looked = Object.values(count).reduce((sum, some) => sum + some, 0);
  // Many jobs are left: nothing is said of vehicles that nobody looked at.
  const among = looked < vehicles ? `of the ${looked} of ${vehicles} vehicles that were looked at, the nearest: ` : "";
  const reason = `${among}${WORDS[closest.code](closest)}${others === "" ? "" : ` (of the others ${others})`}`;
  return { reason: paired ? `with the other end of its shipment: ${reason}` : reason, code: closest.code };
}

const WORDS: Readonly<Record<WhyNot["code"], (why: WhyNot) => string>> = {
  skills: (why) => `no vehicle has all its skills; the closest lacks ${why.code === "skills" ? why.skills.join(" and ") : "some"}`,
  "not-allowed": () => "no vehicle with the skills may have it",
  amount: (why) => `no vehicle holds enough${why.code === "amount" ? ` of amount ${why.dim}` : ""}`,
  window: () => "none of its time windows meets the hours of a vehicle that may have it",
  unreachable: () => "no vehicle that may have it can get there and on from there",
  "too-long": () => "no vehicle that may have it can be there in time and end in its hours, even with nothing else to do",
  limit: () => "it would break the limit of tasks, travel time or distance of each vehicle that could come",
  "amount-left": (why) => `the plans of those who could come leave too little${why.code === "amount-left" ? ` of amount ${why.dim}` : ""}`,
  "time-left": () => "no time left in the plans of those who could come",
  dearer: () => "the search ended before it was placed; it fits: give more seconds",
};

const OTHERS: Readonly<Record<WhyNot["code"], string>> = {
  skills: "lack a skill",
  "not-allowed": "may not have it",
  amount: "hold too little",
  window: "work at other hours",
  unreachable: "can't get there",
  "too-long": "have too short hours",
  limit: "are at their limit",
  "amount-left": "have no room left",
  "time-left": "have no time left",
  dearer: "could take it",
};
