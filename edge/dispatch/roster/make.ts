/**
 * Makes a roster: closes the gaps that the shifts which are there leave, then looks for a cheaper and fairer way to do so, by ruin and recreate
 * (Schrimpf 2000) and small moves, with an acceptance that cools down. What is there stays, or is proposed to be left out where the ask allows that. The same ask,
 * seed and budget give the same roster.
 *
 *   existing ──▶ close ──▶ (ruin and close, or move ──▶ keep or not) × iterations ──▶ proposals, what stays open and why
 */
import type { EngineerId } from "../../../contracts/ids.ts";
import type { DatedShift, RosterAsk } from "../../../contracts/roster.ts";
import { below, type Random, draw, startRandom } from "../route/random.ts";
import { changed, close, type Closed, reconsidered, standing } from "./close.ts";
import { costOf } from "./cost.ts";
import { type Coverage, coverageOf } from "./cover.ts";
import { existingTours, type Grid, gridInPieces, SLOT_MS, type Tour } from "./grid.ts";
import { move } from "./move.ts";
import { explainLacks, type Hire, type Lack } from "./lack.ts";
import { fairnessOf, type Share } from "./fairness.ts";

/** `closesMs`: arrivals, summed over needs, that would wait too long without it. */
export type Proposal =
  | { readonly type: "add"; readonly shift: DatedShift; readonly closesMs: number }
  | { readonly type: "leave-out"; readonly shift: DatedShift };

export type Roster = {
  readonly before: Coverage;
  readonly after: Coverage;
  readonly proposals: readonly Proposal[];
  /** Gaps that stay open, each with its reasons and the smallest changes that would close it, and who would have to be hired for all of them. */
  readonly lacks: readonly Lack[];
  readonly hires: readonly Hire[];
  readonly fairness: readonly Share[];
  /** Shifts that are there of engineers who are not in the ask: they were left out of account. */
  readonly unknown: readonly EngineerId[];
  readonly cost: number;
  readonly iterations: number;
};

/** How far the search is. */
export type RosterStep = { readonly iteration: number; readonly cost: number; readonly proposed: number };

export type Search = { readonly seed: number; readonly iterations: number };

/** The whole of it at once. `iterations` bounds the search; 0 closes gaps only. */
export function makeRoster(ask: RosterAsk, search: Search): Roster {
  const steps = rosterSteps(ask, search);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same in steps of a few milliseconds, for whoever shares a thread. */
export function* rosterSteps(ask: RosterAsk, { seed, iterations }: Search): Generator<RosterStep, Roster> {
  const first: RosterStep = { iteration: 0, cost: 0, proposed: 0 };
  const grid = yield* stepped(gridInPieces(ask), first);
  const existing = existingTours(grid);
  const chance = startRandom(seed);
  yield first;
  const begun = standing(grid, existing);
  yield first;
  let current = yield* stepped(close(grid, begun), first);
  let cost = priced(grid, existing, current);
  let [best, bestCost] = [current, cost];
  for (let iteration = 1; iteration <= iterations; iteration++) {
    const step = { iteration, cost: bestCost, proposed: proposedOf(best.tours) };
    const next = yield* stepped(neighbour(grid, current, chance), step);
    yield step;
    if (next === null) continue;
    const price = priced(grid, existing, next);
    if (price < bestCost) [best, bestCost] = [next, price];
    const heat = HEAT * (1 - iteration / iterations);
    if (price < cost - heat * Math.log(Math.max(Number.MIN_VALUE, draw(chance)))) [current, cost] = [next, price];
  }
  return yield* report(grid, begun, best, bestCost, iterations);
}

function* neighbour(grid: Grid, current: Closed, chance: Random): Generator<undefined, Closed | null> {
  if (draw(chance) < MOVES) return move(grid, current, chance);
  const ruined = ruin(grid, current, chance);
  return ruined === null ? null : yield* close(grid, ruined, chance);
}

/** Share of the iterations that move one shift: they cost a tenth of a ruin. */
const MOVES = 0.8;
/** A worsening of so many hours is taken in one of e cases at the beginning. */
const HEAT = 0.4;
/** At most so many shifts are torn out at once: more of them are seldom put back better. */
const RUIN_MAX = 6;
const DAY_SLOTS = 86_400_000 / SLOT_MS;

function* stepped<T>(work: Generator<undefined, T>, step: RosterStep): Generator<RosterStep, T> {
  for (;;) {
    const next = work.next();
    if (next.done === true) return next.value;
    yield step;
  }
}

function proposedOf(tours: readonly Tour[]): number {
  return tours.filter(({ existing }) => existing === undefined).length;
}

function priced(grid: Grid, existing: readonly Tour[], { tours, late }: Closed): number {
  const kept = tours.filter((tour) => tour.existing !== undefined).length;
  return costOf(grid, tours, late, existing.length - kept);
}

/** Takes out some of the shifts that may go: those about one of them in time, or those of its engineer. Null where none may go. */
function ruin(grid: Grid, current: Closed, chance: Random): Closed | null {
  const { tours } = current;
  const loose = tours.filter((tour) => isLoose(grid, tour));
  const seed = loose[below(chance, loose.length)];
  if (seed === undefined) return null;
  const count = 1 + below(chance, RUIN_MAX);
  const alone = draw(chance) < 0.3;
  const near = (tour: Tour): number => Math.abs(tour.slot - seed.slot) + (alone && tour.engineer !== seed.engineer ? 365 * DAY_SLOTS : 0);
  const gone = new Set(loose.toSorted((a, b) => near(a) - near(b)).slice(0, count));
  const from = Math.min(...[...gone].map(({ slot }) => slot));
  const to = Math.max(...[...gone].map(({ end }) => end));
  const left = tours.filter((tour) => !gone.has(tour));
  return reconsidered(grid, changed(grid, current, left, from, to), from, to);
}

/** A shift that is there may be left out only where that was asked for, and only one that has not begun. */
function isLoose({ ask }: Grid, { existing, placed }: Tour): boolean {
  return existing === undefined || (ask.change === "propose" && placed.from >= ask.from && placed.from < ask.until);
}

function* report(grid: Grid, begun: Closed, ended: Closed, cost: number, iterations: number): Generator<RosterStep, Roster> {
  const { tours, late } = ended;
  const { ask, engineers } = grid;
  const step: RosterStep = { iteration: iterations, cost, proposed: proposedOf(tours) };
  const kept = new Set(tours.map((tour) => tour.existing));
  const dropped = begun.tours.filter((tour) => !kept.has(tour.existing));
  const proposals: Proposal[] = dropped.flatMap(({ existing: id }) =>
    ask.existing.filter((shift) => shift.id === id).map((shift) => ({ type: "leave-out", shift })),
  );
  for (const tour of tours.toSorted((a, b) => a.placed.from - b.placed.from || a.engineer - b.engineer)) {
    const engineer = engineers[tour.engineer]?.id;
    if (tour.existing !== undefined || engineer === undefined) continue;
    const { kind, from, until } = tour.placed;
    const without = tours.filter((other) => other !== tour);
    const more = Math.floor(changed(grid, ended, without, tour.slot, tour.end).late) - Math.floor(late);
    proposals.push({ type: "add", shift: { id: `${engineer}@${from}`, engineer, kind, from, until }, closesMs: Math.max(0, more) * SLOT_MS });
    yield step;
  }
  const before = coverageOf(grid, begun.tours, begun.waits.delays);
  yield step;
  const after = coverageOf(grid, tours, ended.waits.delays);
  yield step;
  const { lacks, hires } = yield* stepped(explainLacks(grid, ended, after.gaps), step);
  const known = new Set(engineers.map(({ id }) => id));
  return {
    before,
    after,
    proposals,
    lacks,
    hires,
    fairness: fairnessOf(grid, tours),
    unknown: [...new Set(ask.existing.map(({ engineer }) => engineer).filter((id) => !known.has(id)))],
    cost,
    iterations,
  };
}
