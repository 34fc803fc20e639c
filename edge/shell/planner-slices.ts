/**
 * A plan in slices, each an event of its own. How much fits into one is learnt as it goes, across the turns of others, since the clock of a
 * deployed Worker stands still in between; the proposal is the same however it is cut.
 */
import type { PlanAsk, Proposal } from "../dispatch/replan/ask.ts";
import { advance, proposalOf, startSolve } from "../dispatch/replan/solve.ts";

/** A slice is to last so long; it must not last longer than 5 ms, or everything else on this thread waits. */
const SLICE_MS = 2.5;
/** Iterations of the first slice: a tenth of a millisecond each, on a slow machine and a large plan. */
const FIRST = 16;
const ITERATIONS_MAX = 4_096;

/** `turn` comes back when whoever else was waiting had their turn; `now` in ms. */
export type Turns = { readonly now: () => number; readonly turn: () => Promise<void> };
export type Planned = { readonly proposal: Proposal; readonly slices: number };

export async function planInSlices(ask: PlanAsk, { now, turn }: Turns): Promise<Planned> {
  const solving = startSolve(ask);
  let size = FIRST;
  let slices = 0;
  for (let isDone = false; !isDone; slices++) {
    const begun = now();
    isDone = advance(solving, size);
    await turn();
    // With whatever others took of the turn: on a busy thread slices get smaller, never larger than they should be.
    const tookMs = now() - begun;
    size = tookMs > SLICE_MS ? Math.max(1, Math.floor(size / 2)) : Math.min(ITERATIONS_MAX, Math.ceil(size * 1.25));
  }
  return { proposal: proposalOf(solving), slices };
}
