/**
 * How long the planner's work keeps a thread to itself at the least: the pieces in which a full day is read for it, and those in which it plans, of
 * which a slice is made of as many as fit. Each piece is done the same way several times, and the quickest counts: what the machine does besides
 * is no part of it. The first time, with code that nobody ran before, is told by itself.
 */
import type { UnitView } from "../../contracts/entity.ts";
import { nextAsk } from "../../edge/dispatch/replan/pace.ts";
import type { PlanAsk } from "../../edge/dispatch/replan/ask.ts";
import { advance, startSolve } from "../../edge/dispatch/replan/solve.ts";
import { MORNING } from "../../edge/sim/crowd.ts";
import { failure } from "../cli/outcome.ts";
import { CROWD, openCrowd } from "./crowd.ts";
import { machine, quantile, type Measured } from "./machine.ts";

const WORLDS = 3;
const TIMES = 6;
/** Iterations of a piece: the least that a slice has. */
const PIECE = 8;
/** Of one search; those that follow are like them. */
const PIECES_MAX = 150;
/** What a slice may last at most: everything else on its thread waits. */
const SLICE_MS_MAX = 5;

export function slices(tell: (line: string) => void): Measured {
  const read: number[] = [];
  const plan: number[] = [];
  const first: number[] = [];
  for (let seed = 1; seed <= WORLDS; seed++) {
    tell(`bench slices: day ${seed} of ${WORLDS}, ${CROWD.engineers} engineers and ${CROWD.tickets + CROWD.waiting} tickets, ${TIMES} times`);
    // Rows are remembered as they were read, as in a unit that decides all day.
    const { view } = openCrowd(seed);
    const runs = Array.from({ length: TIMES }, () => {
      const reading = readInPieces(view);
      return { reading: reading.took, planning: planInPieces(reading.ask) };
    });
    if (seed === 1) first.push(...(runs[0]?.reading ?? []), ...(runs[0]?.planning ?? []));
    read.push(...quickest(runs.map(({ reading }) => reading)));
    plan.push(...quickest(runs.map(({ planning }) => planning)));
  }
  const figures = (name: string, took: readonly number[]) => ({
    [`${name}, pieces`]: took.length,
    [`${name}, p50 ms`]: rounded(quantile(took, 0.5)),
    [`${name}, p99 ms`]: rounded(quantile(took, 0.99)),
    [`${name}, max ms`]: rounded(Math.max(...took)),
    [`${name}, over ${SLICE_MS_MAX} ms, %`]: rounded((100 * took.filter((ms) => ms > SLICE_MS_MAX).length) / took.length),
  });
  return {
    bench: "slices",
    ratios: {
      [`read, max / ${SLICE_MS_MAX} ms`]: rounded(Math.max(...read) / SLICE_MS_MAX),
      [`plan, max / ${SLICE_MS_MAX} ms`]: rounded(Math.max(...plan) / SLICE_MS_MAX),
    },
    figures: { ...figures("read", read), ...figures("plan", plan), ...figures("the first time", first) },
    machine: machine(),
  };
}

function readInPieces(view: UnitView): { readonly took: readonly number[]; readonly ask: PlanAsk } {
  const pieces = nextAsk(view, MORNING, { planned: "", asks: 0 });
  const took: number[] = [];
  for (;;) {
    const from = performance.now();
    const { done, value } = pieces.next();
    took.push(performance.now() - from);
    if (done !== true) continue;
    if (value.ask === null) throw failure("there is nothing to plan");
    return { took, ask: value.ask };
  }
}

function planInPieces(ask: PlanAsk): readonly number[] {
  const solving = startSolve(ask);
  const took: number[] = [];
  for (let isDone = false; !isDone && took.length < PIECES_MAX;) {
    const from = performance.now();
    isDone = advance(solving, PIECE);
    took.push(performance.now() - from);
  }
  return took;
}

/** Of each piece the shortest time. */
function quickest(runs: readonly (readonly number[])[]): number[] {
  return (runs[0] ?? []).map((_, piece) => Math.min(...runs.map((took) => took[piece] ?? Infinity)));
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
