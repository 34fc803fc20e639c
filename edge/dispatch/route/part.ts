/** A problem cut into parts that are each near together: routes stay whole, jobs in no route and empty vehicles go where they are near. */
import { NEVER } from "./legs.ts";
import { isJob, type Job, type Problem, type Routes, type Step, type Vehicle } from "./problem.ts";
import { draw, type Random } from "./random.ts";

/** Jobs of one part: few enough that each is improved much in little time, and enough to hold a dozen routes. */
const PART_JOBS = 200;
/** Jobs in no route that visit another part than their own. */
const GUESTS_MAX = 24;
/** How many of those in no route are asked for so many guests: whether a part could have a job is worked out one by one. */
const GUESTS_ASKED_MAX = 500;

/** `visiting`: its jobs have no vehicle near them, and those named are another part's, to be filled up once. */
export type Part = { readonly jobs: readonly number[]; readonly vehicles: readonly number[]; readonly visiting: boolean };

/** A part as a problem of its own, with the routes it begins with. */
export type PartProblem = { readonly problem: Problem; readonly routes: Routes; readonly part: Pick<Part, "jobs" | "vehicles"> };

type Item = { readonly place: number; readonly jobs: readonly number[]; readonly vehicle: number | null };

/**
 * Another cut for each draw of `random`. Every job is in one part. Every vehicle is in at most one that is its own; where there are fewer vehicles than
 * parts, the others visit the nearest that has some, and come last.
 */
export function cut(problem: Problem, routes: Routes, random: Random): readonly Part[] {
  const away = (from: number, to: number) => farness(problem, from, to);
  const items = itemsOf(problem, routes);
  const parts: Growing[] = group(items, away, random).map((one) => ({
    jobs: one.flatMap(({ jobs }) => jobs),
    vehicles: one.flatMap(({ vehicle }) => (vehicle === null ? [] : [vehicle])),
    place: one[0]?.place ?? 0,
  }));
  const taken = new Set(parts.flatMap(({ vehicles }) => vehicles));
  const idle = [...problem.vehicles.keys()].filter((vehicle) => !taken.has(vehicle));
  for (const vehicle of idle.length > problem.jobs.length ? rarestFirst(problem, routes, idle, random) : idle) {
    const { start, end } = problem.vehicles[vehicle] ?? {};
    const home = start ?? end;
    const open = parts.filter((part) => part.vehicles.length < part.jobs.length);
    // Of parts equally near, the one with the fewest vehicles for its jobs.
    let [best, least, scarcest] = [open[0], Infinity, Infinity];
    for (const part of open) {
      const [way, share] = [home === undefined ? 0 : away(home, part.place), part.vehicles.length / part.jobs.length];
      if (way > least || (way === least && share >= scarcest)) continue;
      [best, least, scarcest] = [part, way, share];
    }
    best?.vehicles.push(vehicle);
  }
  for (const { vehicles } of parts) vehicles.sort((a, b) => a - b);
  const served = parts.filter(({ vehicles }) => vehicles.length > 0);
  const wayTo = (place: number) => (least: Growing, part: Growing) => (away(place, part.place) < away(place, least.place) ? part : least);
  const visitors = parts.filter(({ vehicles }) => vehicles.length === 0);
  return [
    ...served.map(({ jobs, vehicles }) => ({ jobs, vehicles, visiting: false })),
    ...visitors.map(({ jobs, place }) => ({ jobs, vehicles: served.length === 0 ? [] : served.reduce(wayTo(place)).vehicles, visiting: true })),
  ];
}

type Growing = { readonly jobs: readonly number[]; readonly vehicles: number[]; readonly place: number };

/**
 * Of more vehicles than jobs not all can be looked at in a round. First those of the few that could have a job in no route; the others in an order of
 * chance, so that another round looks at other ones.
 */
function rarestFirst(problem: Problem, routes: Routes, idle: readonly number[], random: Random): readonly number[] {
  const planned = new Set(routes.flat().flatMap((step) => (isJob(step) ? [step.job] : [])));
  const rarity = new Map<number, number>(idle.map((vehicle) => [vehicle, Infinity]));
  for (const job of problem.jobs.keys()) {
    if (planned.has(job)) continue;
    const able = idle.filter((vehicle) => mayHave(problem, vehicle, job));
    for (const vehicle of able) rarity.set(vehicle, Math.min(rarity.get(vehicle) ?? Infinity, able.length));
  }
  const drawn = idle.map((vehicle) => ({ vehicle, rarity: rarity.get(vehicle) ?? Infinity, chance: draw(random) }));
  return drawn.sort((a, b) => (a.rarity === b.rarity ? a.chance - b.chance : a.rarity - b.rarity)).map(({ vehicle }) => vehicle);
}

/** By skills and names alone; time and room are the search's. */
function mayHave({ vehicles, jobs }: Problem, vehicle: number, job: number): boolean {
  const { skills = [], only, not } = jobs[job] ?? {};
  const has = vehicles[vehicle]?.skills ?? [];
  return (only?.includes(vehicle) ?? true) && !(not?.includes(vehicle) ?? false) && skills.every((skill) => has.includes(skill));
}

/**
 * The part as it is when its turn comes: without jobs that were planned elsewhere in the meantime, and with some that are in no route, since here
 * may be room for them: those that one of its vehicles may have, the highest priorities first.
 */
export function withGuests(problem: Problem, part: Part, routes: Routes, left: ReadonlySet<number>, random: Random): Part {
  const here = new Set(part.vehicles.flatMap((vehicle) => (routes[vehicle] ?? []).flatMap((step) => (isJob(step) ? [step.job] : []))));
  const own = new Set(part.jobs.filter((job) => here.has(job) || left.has(job)));
  const others = [...left].filter((job) => !own.has(job));
  const drawn = others.map((job) => ({ job, priority: problem.jobs[job]?.priority ?? 0, chance: draw(random) }));
  drawn.sort((a, b) => b.priority - a.priority || a.chance - b.chance);
  const guests: number[] = [];
  for (const { job } of drawn.slice(0, GUESTS_ASKED_MAX)) {
    if (guests.length === GUESTS_MAX) break;
    if (part.vehicles.some((vehicle) => mayHave(problem, vehicle, job))) guests.push(job);
  }
  return { ...part, jobs: [...new Set([...own, ...guests])] };
}

/** The part with what its vehicles have on their routes by now, too. */
export function withRoutes(part: Part, routes: Routes): Part {
  const here = part.vehicles.flatMap((vehicle) => (routes[vehicle] ?? []).flatMap((step) => (isJob(step) ? [step.job] : [])));
  return { ...part, jobs: [...new Set([...here, ...part.jobs])] };
}

/** Jobs and vehicles by their index in the part; pairs come along as pairs. */
export function partProblem(problem: Problem, routes: Routes, part: Pick<Part, "jobs" | "vehicles">): PartProblem {
  const mates = new Map(
    (problem.pairs ?? []).flatMap(
      ([first, second]) =>
        [
          [first, second],
          [second, first],
        ] as const,
    ),
  );
  const jobs = [...new Set(part.jobs.flatMap((job) => [job, ...(mates.has(job) ? [mates.get(job) ?? job] : [])]))];
  const jobAt = new Map(jobs.map((job, index) => [job, index]));
  const vehicleAt = new Map(part.vehicles.map((vehicle, index) => [vehicle, index]));
  const pairs = (problem.pairs ?? []).flatMap(([first, second]) => {
    const [a, b] = [jobAt.get(first), jobAt.get(second)];
    return a === undefined || b === undefined ? [] : [[a, b] as const];
  });
  return {
    problem: {
      ...problem,
      jobs: jobs.flatMap((job) => (problem.jobs[job] === undefined ? [] : [jobIn(problem.jobs[job], vehicleAt)])),
      vehicles: part.vehicles.flatMap((vehicle) => (problem.vehicles[vehicle] === undefined ? [] : [vehicleIn(problem.vehicles[vehicle], jobAt)])),
      pairs,
    },
    routes: part.vehicles.map((vehicle) => (routes[vehicle] ?? []).map((step) => (isJob(step) ? { job: jobAt.get(step.job) ?? -1 } : step))),
    part: { jobs, vehicles: part.vehicles },
  };
}

/** The routes of a part, by the problem's own indices. */
export function routesBack({ part }: PartProblem, routes: Routes): readonly (readonly [vehicle: number, steps: readonly Step[]])[] {
  return part.vehicles.map((vehicle, index) => [vehicle, (routes[index] ?? []).map((step) => (isJob(step) ? { job: part.jobs[step.job] ?? -1 } : step))]);
}

function jobIn(job: Job, vehicleAt: ReadonlyMap<number, number>): Job {
  const here = (list: readonly number[]) => list.flatMap((vehicle) => vehicleAt.get(vehicle) ?? []);
  return {
    ...job,
    ...(job.only === undefined ? {} : { only: here(job.only) }),
    ...(job.not === undefined ? {} : { not: here(job.not) }),
    ...(job.vehicleCost === undefined
      ? {}
      : {
          vehicleCost: new Map(
            [...job.vehicleCost].flatMap(([vehicle, cost]) => (vehicleAt.has(vehicle) ? [[vehicleAt.get(vehicle) ?? -1, cost] as const] : [])),
          ),
        }),
    ...(job.told === undefined ? {} : { told: { ...job.told, vehicle: vehicleAt.get(job.told.vehicle) ?? -1 } }),
  };
}

function vehicleIn(vehicle: Vehicle, jobAt: ReadonlyMap<number, number>): Vehicle {
  return vehicle.pinned === undefined ? vehicle : { ...vehicle, pinned: vehicle.pinned.flatMap((job) => jobAt.get(job) ?? []) };
}

/** Used and pinned routes, and each job or pair in no route. */
function itemsOf(problem: Problem, routes: Routes): Item[] {
  const planned = new Set<number>();
  const items: Item[] = [];
  for (const [vehicle, { pinned = [] }] of problem.vehicles.entries()) {
    const jobs = [...new Set([...pinned, ...(routes[vehicle] ?? []).flatMap((step) => (isJob(step) ? [step.job] : []))])];
    for (const job of jobs) planned.add(job);
    const middle = problem.jobs[jobs[Math.floor(jobs.length / 2)] ?? -1];
    if (middle !== undefined) items.push({ place: middle.place, jobs, vehicle });
  }
  const second = new Map((problem.pairs ?? []).map(([a, b]) => [a, b]));
  const seconds = new Set(second.values());
  for (const [job, { place }] of problem.jobs.entries()) {
    if (planned.has(job) || seconds.has(job)) continue;
    const mate = second.get(job);
    items.push({ place, jobs: mate === undefined ? [job] : [job, mate], vehicle: null });
  }
  return items;
}

/** Around an item by chance what is nearest to it, up to where the next is much farther; and so on with the others. */
function group(items: readonly Item[], away: (from: number, to: number) => number, random: Random): (readonly Item[])[] {
  const groups: (readonly Item[])[] = [];
  let rest = items;
  let weight = weightOf(rest);
  while (weight > PART_JOBS && rest.length > 1) {
    const middle = rest[Math.floor(draw(random) * rest.length)]?.place ?? 0;
    // Distance and index in one number, so that plain numbers are sorted.
    const count = rest.length;
    const far = Float64Array.from(rest, ({ place }, index) => Math.round(away(middle, place)) * count + index).sort();
    const near = Array.from(far, (key) => ({ way: Math.floor(key / count), item: rest[key % count] }));
    const at = gapOf(near.map(({ way, item }) => ({ way, weight: item?.jobs.length ?? 0 })));
    const listed = near.flatMap(({ item }) => (item === undefined ? [] : [item]));
    groups.push(listed.slice(0, at));
    rest = listed.slice(at);
    weight = weightOf(rest);
  }
  return weight === 0 ? groups : [...groups, rest];
}

/** How many are near: where the step to the next is widest, between half a part and a whole one. */
function gapOf(near: readonly { readonly way: number; readonly weight: number }[]): number {
  let [at, widest, weight] = [1, -1, 0];
  for (const [i, one] of near.entries()) {
    weight += one.weight;
    if (weight > PART_JOBS && i > 0) break;
    const step = (near[i + 1]?.way ?? Infinity) - one.way;
    if (weight < PART_JOBS / 2 || step <= widest) continue;
    [at, widest] = [i + 1, step];
  }
  return at;
}

function weightOf(items: readonly Item[]): number {
  return items.reduce((sum, { jobs }) => sum + jobs.length, 0);
}

function farness(problem: Problem, from: number, to: number): number {
  const time = problem.profiles[0]?.time;
  if (time === undefined || from === to) return 0;
  const way = time(from, to);
  return Number.isFinite(way) && way >= 0 ? way : NEVER;
}
