/**
 * A plan in slices, each an event of its own, with a rest after each. How much fits into one is learnt as it goes, across the turns of others,
 * since the clock of a deployed Worker stands still in between; the proposal is the same however it is cut.
 */
import { bucketOf, emptySpread, SLICE_ITERATIONS_FROM, SLICE_MS_FROM, SLICE_MS_LONG, type PlannerWork } from "../../contracts/planner.ts";
import type { PlanAsk, Proposal } from "../dispatch/replan/ask.ts";
import { restAfter, SLICE_MS } from "../dispatch/replan/pace.ts";
import { advance, phaseOf, proposalOf, startSolve } from "../dispatch/replan/solve.ts";

/** Iterations of the first slice of each kind of work: half a millisecond each while the code is cold, on a slow machine and a large plan. */
const FIRST = 4;
/** Fewer are no slice: on a busy thread it is others who make a turn long. */
const ITERATIONS_MIN = 4;
const ITERATIONS_MAX = 4_096;
const GROWTH = 1.25;
/** What an iteration takes is told by the quickest of so many slices: in the others somebody else had a turn, too. */
const REMEMBERED = 3;

/** `turn` comes back after so many ms and when whoever else was waiting had their turn; `now` in ms. */
export type Turns = { readonly now: () => number; readonly turn: (ms: number) => Promise<void> };
/**
 * `workMs`: of all slices, by the wall, with the turn of whoever was waiting at the end of each. The rest without: `sliceMsMax` of the longest,
 * `sliceMs` and `sliceIterations` how they spread, `slicesLong` how many took longer than a slice is to. With a clock that stands still within an
 * event they are nothing.
 */
export type Planned = { readonly proposal: Proposal } & Readonly<SliceWork>;
type SliceWork = Pick<PlannerWork, "slices" | "workMs" | "sliceMsMax" | "sliceMs" | "slicesLong" | "sliceIterations">;

/** The start, the pieces of the model, the search and what is told of it: each is a slice, with a turn of others behind it. */
export async function planInSlices(ask: PlanAsk, turns: Turns): Promise<Planned> {
  const { turn } = turns;
  const meter = startMeter(turns);
  const { made: solving } = await meter.slice(() => startSolve(ask));
  let size = FIRST;
  let phase = phaseOf(solving);
  const took: number[] = [];
  for (let isDone = false; !isDone;) {
    const is = phaseOf(solving);
    if (is !== phase) {
      // What was learnt of another kind of work says nothing of this one.
      [phase, size] = [is, FIRST];
      took.length = 0;
    }
    const slice = await meter.slice(() => advance(solving, size), is === "search" ? size : 0);
    isDone = slice.made;
    // With whatever others took of the turn: on a busy thread slices are smaller, and rests are longer. A clock of whole milliseconds tells no more.
    took.push(slice.tookMs / size);
    if (took.length > REMEMBERED) took.shift();
    size = Math.floor(Math.max(ITERATIONS_MIN, Math.min(ITERATIONS_MAX, size * GROWTH, SLICE_MS / Math.min(...took))));
    if (!isDone) await turn(restAfter(slice.tookMs));
  }
  const { made: proposal } = await meter.slice(() => proposalOf(solving));
  return { proposal, ...meter.work };
}

type Meter = {
  /** `tookMs`: with the turn behind it. `iterations`: of the search, where it is one of them. */
  readonly slice: <T>(body: () => T, iterations?: number) => Promise<{ readonly made: T; readonly tookMs: number }>;
  readonly work: SliceWork;
};

function startMeter({ now, turn }: Turns): Meter {
  const [sliceMs, sliceIterations] = [emptySpread(), emptySpread()];
  const work = { slices: 0, workMs: 0, sliceMsMax: 0, sliceMs, slicesLong: 0, sliceIterations };
  return {
    work,
    async slice(body, iterations = 0) {
      const begun = now();
      const made = body();
      const ownMs = now() - begun;
      await turn(0);
      const tookMs = now() - begun;
      work.slices++;
      work.workMs += tookMs;
      work.sliceMsMax = Math.max(work.sliceMsMax, ownMs);
      if (ownMs > SLICE_MS_LONG) work.slicesLong++;
      count(sliceMs, bucketOf(ownMs, SLICE_MS_FROM));
      if (iterations > 0) count(sliceIterations, bucketOf(iterations, SLICE_ITERATIONS_FROM));
      return { made, tookMs };
    },
  };
}

function count(spread: number[], bucket: number): void {
  spread[bucket] = (spread[bucket] ?? 0) + 1;
}
