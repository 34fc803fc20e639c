/**
 * The search for problems of any size. A small one is one search. A large one is cut into parts that are near together, each searched for its
 * share of the way, and cut otherwise in the next round, so that what was a border becomes the middle of something.
 */
import { begin, best, LEVEL, step, type Progress, type Start } from "./anneal.ts";
import { compile } from "./model.ts";
import { cut, partProblem, routesBack, withGuests, withRoutes, type Part, type PartProblem } from "./part.ts";
import { isJob, type Problem, type Routes, type Step } from "./problem.ts";
import { refuseProblem } from "./refuse.ts";
import { startRandom, type Random } from "./random.ts";
import type { Search } from "./search.ts";

/** From here on parts are better than the whole: what is remembered of jobs and routes no longer fits into the processor's cache. */
const WHOLE_JOBS = 300;
/** Of jobs with vehicles: what is known of each pair fits as long. */
const WHOLE_PAIRS = 90_000;
/** How often a large problem is cut anew, and how warm each part begins, as a share of what a single search does: the first round does most. */
const ROUND_HEAT = [1, 0.3, 0.2, 0.1] as const;

export type Planning = { readonly problem: Problem; readonly whole: Search | null; readonly many: Many | null };

/** A large problem on its way. */
type Many = {
  readonly random: Random;
  readonly routes: (readonly Step[])[];
  readonly left: Set<number>;
  readonly seed: number;
  iterations: number;
  round: number;
  /** Parts of this round, and which is next. */
  parts: readonly Part[];
  next: number;
  open: Open | null;
  /** The round before the first only inserts. */
  built: boolean;
};

type Open = { readonly search: Search; readonly part: PartProblem; readonly from: number; readonly to: number; readonly since: number };

/** Throws where the problem is none: see `refuseProblem`. */
export function beginPlan(problem: Problem, start: Start): Planning {
  const { jobs, vehicles } = problem;
  const refusal = refuseProblem(problem);
  if (refusal !== null) throw new RangeError(`${refusal.field ?? "the problem"}: ${refusal.rule}; ${refusal.mend}`);
  if (jobs.length <= WHOLE_JOBS && jobs.length * vehicles.length <= WHOLE_PAIRS) return { problem, whole: begin(compile(problem), start), many: null };
  const routes = vehicles.map((_, vehicle) => start.routes?.[vehicle] ?? []);
  const left = new Set(jobs.keys());
  for (const step of routes.flat()) if (isJob(step)) left.delete(step.job);
  const random = startRandom(start.seed);
  const parts = cut(problem, routes, random);
  const many: Many = { random, routes, left, seed: start.seed, iterations: 0, round: 0, parts, next: 0, open: null, built: false };
  return { problem, whole: null, many };
}

/** Some iterations more. Of a large problem each part counts one when it is built, and compiling it takes some milliseconds. */
export function stepPlan({ problem, whole, many }: Planning, iterations: number, progress: Progress): void {
  if (whole !== null) step(whole, iterations, progress);
  if (many === null) return;
  const until = many.iterations + iterations;
  while (many.iterations < until) {
    if (!many.built) buildPart(problem, many);
    else if (many.open === null) openPart(problem, many, progress);
    else runPart(many, many.open, until, progress);
  }
}

/** The best routes so far. */
export function bestPlan({ whole, many, problem }: Planning): Routes {
  if (whole !== null) return best(whole);
  if (many === null) return [];
  const open = many.open;
  const routes = many.routes.slice();
  if (open !== null) for (const [vehicle, steps] of routesBack(open.part, best(open.search))) routes[vehicle] = steps;
  // What was never built yet is pinned at least.
  return routes.map((steps, vehicle) => (steps.length > 0 ? steps : (problem.vehicles[vehicle]?.pinned ?? []).map((job) => ({ job }))));
}

export function iterationsOf({ whole, many }: Planning): number {
  return whole?.now.iterations ?? many?.iterations ?? 0;
}

function buildPart(problem: Problem, many: Many): void {
  many.iterations++;
  const part = many.parts[many.next++];
  if (part === undefined) {
    many.built = true;
    // Routes that visitors were put into are longer than their parts know.
    if (many.parts.some(({ visiting }) => visiting)) many.parts = ownParts(cut(problem, many.routes, many.random));
    many.next = 0;
    return;
  }
  const made = partProblem(problem, many.routes, part.visiting ? withRoutes(part, many.routes) : part);
  settle(many, made, best(begin(compile(made.problem), { seed: many.seed, routes: made.routes })));
}

function openPart(problem: Problem, many: Many, progress: Progress): void {
  if (many.next >= many.parts.length) {
    many.round++;
    many.parts = ownParts(cut(problem, many.routes, many.random));
    many.next = 0;
  }
  const rounds = ROUND_HEAT.length;
  const now = progress(many.iterations);
  const end = many.round < rounds ? (many.round + 1) / rounds : 1;
  const part = many.parts[many.next++];
  if (part === undefined) {
    many.iterations++;
    return;
  }
  const made = partProblem(problem, many.routes, withGuests(problem, part, many.routes, many.left, many.random));
  const heat = ROUND_HEAT[Math.min(many.round, rounds - 1)] ?? 0;
  const search = begin(compile(made.problem), { seed: many.seed + many.iterations, routes: made.routes, heat });
  // What is left of the round is shared by the parts that are left of it, by their jobs.
  const waiting = many.parts.slice(many.next).reduce((sum, { jobs }) => sum + jobs.length, 0);
  const to = now + (Math.max(0, end - now) * part.jobs.length) / (part.jobs.length + waiting);
  many.open = { search, part: made, from: now, to, since: many.iterations };
}

/** What is in no route visits other parts a few at a time: to search among all of it again and again would cost more than it finds. */
function ownParts(parts: readonly Part[]): readonly Part[] {
  return parts.filter(({ visiting }) => !visiting);
}

function runPart(many: Many, { search, part, from, to, since }: Open, until: number, progress: Progress): void {
  const done = search.now.iterations;
  const some = Math.min(until - many.iterations, LEVEL - (done % LEVEL));
  const local: Progress = (iterations) => (to > from ? (progress(since + iterations) - from) / (to - from) : 1);
  step(search, some, local);
  many.iterations += some;
  // Looked at only where every cutting into steps looks.
  if (search.now.iterations % LEVEL !== 0 || progress(many.iterations) < to) return;
  settle(many, part, best(search));
  many.open = null;
}

function settle(many: Many, made: PartProblem, routes: Routes): void {
  for (const job of made.part.jobs) many.left.add(job);
  for (const [vehicle, steps] of routesBack(made, routes)) {
    many.routes[vehicle] = steps;
    for (const step of steps) if (isJob(step)) many.left.delete(step.job);
  }
}
