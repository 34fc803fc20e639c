/**
 * A plan in slices, each an event of its own, with a rest after each. How much fits into one is learnt as it goes, across the turns of others,
 * since the clock of a deployed Worker stands still in between; the proposal is the same however it is cut.
 */
import type { PlanAsk, Proposal } from "../dispatch/replan/ask.ts";
import { restAfter, SLICE_MS } from "../dispatch/replan/pace.ts";
import { advance, proposalOf, startSolve } from "../dispatch/replan/solve.ts";

/** Iterations of the first slice: a tenth of a millisecond each, on a slow machine and a large plan. */
const FIRST = 16;
/** Fewer are no slice: on a busy thread it is others who make a turn long. */
const ITERATIONS_MIN = 8;
const ITERATIONS_MAX = 4_096;
const GROWTH = 1.25;
/** What an iteration takes is told by the quickest of so many slices: in the others somebody else had a turn, too. */
const REMEMBERED = 3;

/** `turn` comes back after so many ms and when whoever else was waiting had their turn; `now` in ms. */
export type Turns = { readonly now: () => number; readonly turn: (ms: number) => Promise<void> };
/** `workMs`: of all slices; `sliceMsMax`: of the longest. By the wall, with the turn of whoever was waiting at its end. */
export type Planned = { readonly proposal: Proposal; readonly slices: number; readonly workMs: number; readonly sliceMsMax: number };

export async function planInSlices(ask: PlanAsk, { now, turn }: Turns): Promise<Planned> {
  const solving = startSolve(ask);
  let size = FIRST;
  let [slices, workMs, sliceMsMax] = [0, 0, 0];
  const took: number[] = [];
  for (let isDone = false; !isDone; slices++) {
    const begun = now();
    isDone = advance(solving, size);
    await turn(0);
    // With whatever others took of the turn: on a busy thread rests are longer.
    const tookMs = now() - begun;
    workMs += tookMs;
    sliceMsMax = Math.max(sliceMsMax, tookMs);
    took.push(tookMs / size);
    if (took.length > REMEMBERED) took.shift();
    size = Math.floor(Math.max(ITERATIONS_MIN, Math.min(ITERATIONS_MAX, size * GROWTH, SLICE_MS / Math.min(...took))));
    if (!isDone) await turn(restAfter(tookMs));
  }
  return { proposal: proposalOf(solving), slices, workMs, sliceMsMax };
}
