/**
 * A proposal in the making, in pieces of any size: first the ways, row by row, then the search. The same ask gives the same proposal, however
 * it is cut; the pieces are the caller's, who lets others have their turn in between.
 */
import { beginInPieces, best, step } from "../route/anneal.ts";
import { compileInPieces } from "../route/model.ts";
import type { Pieces } from "../route/pieces.ts";
import { layRoutes, planCost, startPlan } from "../route/plan.ts";
import { isJob, type Problem, type Routes } from "../route/problem.ts";
import type { Search } from "../route/search.ts";
import { greatCircle } from "../travel.ts";
import type { PlanAsk, Proposal, Snapshot } from "./ask.ts";

export type Solve = {
  readonly ask: PlanAsk;
  /** In ms; −1 for what can't be reached. */
  readonly table: Int32Array;
  rows: number;
  opening: Pieces<Search> | null;
  search: Search | null;
  done: number;
  costBefore: number;
};

/** Ways that cost about as much as one iteration of the search; and iterations that cost about as much as a piece of the model. */
const WAYS_AN_ITERATION = 100;
const ITERATIONS_A_PIECE = 8;

export function startSolve(ask: PlanAsk): Solve {
  const { places, ways } = ask.snapshot;
  const isKnown = "table" in ways;
  const table = isKnown ? ways.table : new Int32Array(places.length * places.length);
  return { ask, table, rows: isKnown ? places.length : 0, opening: null, search: null, done: 0, costBefore: 0 };
}

/** What is done next. An iteration's worth of one kind takes another time than of another. */
export function phaseOf({ ask, rows, search }: Solve): "ways" | "model" | "search" {
  return rows < ask.snapshot.places.length ? "ways" : search === null ? "model" : "search";
}

/** Some work more, about so many iterations' worth and all of one phase; true when all is done. */
export function advance(solve: Solve, iterations: number): boolean {
  const { ask, search } = solve;
  const { length } = ask.snapshot.places;
  if (solve.rows < length) {
    const rows = Math.max(1, Math.floor((iterations * WAYS_AN_ITERATION) / length));
    for (let i = 0; i < rows && solve.rows < length; i++) fillRow(solve, solve.rows++);
    return false;
  }
  if (search === null) {
    const opening = (solve.opening ??= open(solve));
    for (let left = iterations; left > 0 && solve.search === null; left -= ITERATIONS_A_PIECE) {
      const piece = opening.next();
      if (piece.done === true) solve.search = piece.value;
    }
    return solve.search !== null && ask.snapshot.problem.jobs.length === 0;
  }
  const more = Math.min(iterations, ask.iterations - solve.done);
  step(search, more, (done) => done / ask.iterations);
  solve.done += more;
  return solve.done >= ask.iterations;
}

/** What the search has found by now. */
export function proposalOf({ ask, search, done, costBefore }: Solve): Proposal {
  const { snapshot, seed } = ask;
  const found = search === null || search.best.cost >= costBefore ? snapshot.routes : best(search);
  const tours = found.map((steps, i) => ({
    engineer: nameOf(snapshot.engineers, i),
    tickets: steps.flatMap((one) => (isJob(one) ? [nameOf(snapshot.tickets, one.job)] : [])),
  }));
  const planned = new Set(tours.flatMap(({ tickets }) => tickets));
  return {
    version: snapshot.version,
    seed,
    iterations: done,
    tours,
    left: snapshot.tickets.filter((ticket) => !planned.has(ticket)),
    costBefore: Math.round(costBefore),
    costAfter: Math.round(Math.min(costBefore, search?.best.cost ?? costBefore)),
  };
}

/** All at once: for who has nobody to give way to. */
export function solve(ask: PlanAsk): Proposal {
  const solving = startSolve(ask);
  while (!advance(solving, ask.iterations));
  return proposalOf(solving);
}

export function problemOf({ problem, places }: Snapshot, table: Int32Array): Problem {
  const time = (from: number, to: number): number => table[from * places.length + to] ?? -1;
  return { ...problem, places: places.length, profiles: [{ time }] };
}

function* open(solve: Solve): Pieces<Search> {
  const { snapshot, seed, warm } = solve.ask;
  const model = yield* compileInPieces(problemOf(snapshot, solve.table));
  yield;
  const plan = startPlan(model);
  layRoutes(plan, snapshot.routes);
  solve.costBefore = planCost(plan);
  yield;
  return yield* beginInPieces(model, { seed, routes: warm === undefined ? snapshot.routes : warmed(snapshot, warm) });
}

/** An earlier proposal in today's numbers; breaks stand where they do now. */
function warmed({ routes, tickets, engineers }: Snapshot, warm: NonNullable<PlanAsk["warm"]>): Routes {
  const jobs = new Map(tickets.map((ticket, i) => [ticket, i]));
  return engineers.map((engineer, i) => {
    const tour = warm.find((one) => one.engineer === engineer);
    const now = routes[i] ?? [];
    if (tour === undefined) return now;
    return [...tour.tickets.flatMap((ticket) => jobs.get(ticket) ?? []).map((job) => ({ job })), ...now.filter((one) => !isJob(one))];
  });
}

function fillRow({ ask, table }: Solve, row: number): void {
  const { places, ways } = ask.snapshot;
  const from = places[row];
  if (from === undefined || "table" in ways) return;
  const { leg } = greatCircle(ways, ways.factor);
  for (const [column, to] of places.entries()) {
    const { ms } = leg(from, to);
    table[row * places.length + column] = Number.isFinite(ms) ? ms : -1;
  }
}

function nameOf<T>(names: readonly T[], index: number): T {
  const name = names[index];
  if (name === undefined) throw new RangeError(`no name for ${index}`);
  return name;
}
