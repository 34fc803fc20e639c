/**
 * The two places that one device has for models: the live one, whose state is the device's watch, and one beside it with a state, a floor and an
 * opinion of its own. A model that changes places takes its state and its floor along, so that none begins cold; the episode under way is the
 * device's and stays with the live place. Mutable: the fold owns it.
 */
import type { ModelHash } from "../../../contracts/ids.ts";
import { commissioningRows } from "../commission.ts";
import { AT_REST, type Judged } from "../judge.ts";
import type { Watch } from "../watch.ts";
import type { Runs } from "./share.ts";

/** Rows from which a model that comes to a running machine learns its floor: as commissioning, but never more than this (13 KB at 8 channels). */
const FLOOR_ROWS_MAX = 400;

/** `silent`: rows in a row without an answer. */
export type Counts = { rows: number; failures: number; silent: number; watchedMs: number; episodes: number; lastAt: number };
/** The levels that a model reached on normal rows, of which its floor is made. */
export type Levels = { readonly values: Float32Array; readonly wanted: number; count: number };

export type Beside = {
  readonly model: ModelHash;
  state: Float32Array | null;
  /** Null: the device's baseline carries it. */
  floor: Float32Array | null;
  levels: Levels | null;
  judged: Judged;
  peak: number;
  counts: Counts;
};
/** `floor`: of the live model where the baseline's is another's. `since`: which arrangement of models its counts are of. */
export type Trial = { since: number; model: ModelHash; floor: Float32Array | null; levels: Levels | null; counts: Counts; beside: Beside | null };

export function openTrial(model: ModelHash): Trial {
  return { since: 0, model, floor: null, levels: null, counts: noCounts(), beside: null };
}

export function noCounts(): Counts {
  return { rows: 0, failures: 0, silent: 0, watchedMs: 0, episodes: 0, lastAt: -1 };
}

/** `rows`: what commissioning takes. */
function openBeside(model: ModelHash, channels: number, rows: number): Beside {
  const wanted = Math.min(FLOOR_ROWS_MAX, commissioningRows(rows, channels));
  return {
    model,
    state: null,
    floor: null,
    levels: { values: new Float32Array(wanted * channels), wanted, count: 0 },
    judged: AT_REST,
    peak: 0,
    counts: noCounts(),
  };
}

/**
 * Puts the models where they belong. `watch` may still be with the model that it ran before. A device in the midst of commissioning has one model
 * only, and begins anew with another.
 */
export function seat(trial: Trial, watch: Watch, { live, beside }: Runs, rows: number): void {
  if (watch.learning !== null) {
    trial.beside = null;
    if (trial.model !== live) Object.assign(trial, openTrial(live));
    return;
  }
  const seated: Beside = {
    model: trial.model,
    state: watch.state,
    floor: trial.floor,
    levels: trial.levels,
    judged: watch.judged,
    peak: 0,
    counts: trial.counts,
  };
  const other = trial.beside;
  const find = (model: ModelHash): Beside | null => (seated.model === model ? seated : other?.model === model ? other : null);
  if (trial.model !== live) {
    const coming = find(live);
    trial.model = live;
    trial.floor = coming?.floor ?? null;
    trial.levels = coming?.levels ?? null;
    trial.counts = coming?.counts ?? noCounts();
    watch.state = coming?.state ?? null;
  }
  watch.model = live;
  trial.beside = beside === null || beside === live ? null : (find(beside) ?? openBeside(beside, watch.channels, rows));
}

/** Counts are of one arrangement: with another one they begin anew. */
export function countFrom(trial: Trial, since: number): void {
  if (trial.since === since) return;
  trial.since = since;
  trial.counts = noCounts();
  if (trial.beside !== null) trial.beside.counts = noCounts();
}

/** The live model can't be run: the one beside it takes over at once. False: there is none. */
export function changePlaces(trial: Trial, watch: Watch, rows: number): boolean {
  const { beside } = trial;
  if (beside === null || watch.learning !== null) return false;
  seat(trial, watch, { live: beside.model, beside: null }, rows);
  return true;
}
