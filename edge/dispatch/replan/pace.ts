/**
 * When a unit asks its planner, for how much, and how the planner spends its time: the same for a served unit and for a simulated one. What a
 * unit reads for an ask it reads in pieces, since its devices and its people wait meanwhile.
 */
import type { UnitView } from "../../../contracts/entity.ts";
import type { Millis } from "../../../contracts/instant.ts";
import { readFacts } from "../facts.ts";
import { versionOf } from "../plan.ts";
import type { Pieces } from "../route/pieces.ts";
import type { PlanAsk, Tour } from "./ask.ts";
import { snapshotInPieces } from "./problem.ts";

/** What comes within so long is asked together: an alarm often brings others. */
const COALESCE_MS = 250;
/** Asks in a row that came too late: then it waits for the next change, so that a busy hour is not spent on plans that nobody gets. */
export const LATE_MAX = 3;
/** After an answer that came too late it waits twice as long, and so on up to this: while a plan changes faster than it is made, making it is in vain. */
const COALESCE_MS_MAX = 2_000;
/** A slice is to last so long; it must not last longer than 5 ms, or everything else on this thread waits. */
export const SLICE_MS = 1.5;
/** After a slice, so many times as long as it and whoever had their turn in between took: the planner has a quarter of a thread, and less of a busy one. */
export const REST = 3;
/** A rest is no longer, or a thread that is always busy would never see the end of a plan. */
export const REST_MS_MAX = 50;

/** Iterations for each job of the plan: from there on a plan of this size gets hardly better. */
const ITERATIONS_A_JOB = 20;
const ITERATIONS_MIN = 200;
const ITERATIONS_MAX = 4_000;

/** `planned`: the version of the plan that was asked about last. `warm`: what was proposed for an earlier one and came too late. */
export type Pace = { readonly planned: string; readonly asks: number; readonly warm?: readonly Tour[] };

/** `ask` null: there is nothing to gain, or the plan is as it was planned. */
export type Next = { readonly version: string; readonly ask: PlanAsk | null };

/** Between two pieces nothing may be put into the unit, or the ask is of two instants; its proposal would be refused then. */
export function* nextAsk(view: UnitView, now: Millis, { planned, asks, warm }: Pace): Pieces<Next> {
  const facts = readFacts(view, now);
  const version = versionOf(view, facts);
  if (version === planned) return { version, ask: null };
  yield;
  const snapshot = yield* snapshotInPieces(view, facts, version);
  const jobs = snapshot.tickets.length;
  if (jobs === 0) return { version, ask: null };
  return { version, ask: { snapshot, seed: asks + 1, iterations: iterationsFor(jobs), ...(warm === undefined ? {} : { warm }) } };
}

/** How long to wait for what else comes. `late`: answers in a row that came too late. */
export function waitBefore(late: number): Millis {
  return Math.min(COALESCE_MS_MAX, COALESCE_MS * 2 ** late);
}

function iterationsFor(jobs: number): number {
  return Math.min(ITERATIONS_MAX, Math.max(ITERATIONS_MIN, jobs * ITERATIONS_A_JOB));
}

/** Of the plan as it is now. */
export function planVersion(view: UnitView, now: Millis): string {
  return versionOf(view, readFacts(view, now));
}

/** How long to leave the thread to others after a slice that took so long, their turns in between counted in. */
export function restAfter(tookMs: number): Millis {
  return Math.min(REST_MS_MAX, Math.ceil(tookMs * REST));
}
