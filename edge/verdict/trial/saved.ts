/** The models' places of each device as bytes, by slice beside the fold's own rows, and back: after a crash or in a sandbox nothing begins cold. */
import { ModelHash } from "../../../contracts/ids.ts";
import type { ShadowEpisode } from "../../../contracts/model-record.ts";
import { SLICES } from "../../../contracts/object-name.ts";
import type { Judged } from "../judge.ts";
import { pack, unpack } from "../pack.ts";
import type { SavedDrift } from "./drift.ts";
import { type Beside, type Counts, type Levels, openTrial, type Trial } from "./slot.ts";

/** The fold's own rows take the numbers from 0 to SLICES. */
const FIRST_SLICE = SLICES + 1;
/** What is of no device. */
export const TRIALS_REST_SLICE = FIRST_SLICE + SLICES;
/** Another layout is not read: a model beside begins anew. */
const SAVED_FORMAT = 1;

export type SavedRow = { readonly slice: number; readonly bytes: Uint8Array<ArrayBuffer> };
type SavedLevels = { readonly values: Float32Array; readonly wanted: number; readonly count: number } | null;
type SavedTrial = {
  readonly id: string;
  readonly since: number;
  readonly channels: number;
  readonly model: string;
  readonly floor: Float32Array | null;
  readonly levels: SavedLevels;
  readonly counts: Counts;
  /** The last one that is in the counts; absent in checkpoints from before it was saved. */
  readonly episode?: string;
  /** The live model's state, should the plan be another one when this is read. */
  readonly state: Float32Array | null;
  readonly beside: {
    readonly model: string;
    readonly state: Float32Array | null;
    readonly floor: Float32Array | null;
    readonly levels: SavedLevels;
    readonly judged: Judged;
    readonly peak: number;
    readonly counts: Counts;
  } | null;
};
type SavedSlice = { readonly format: number; readonly type: "trials"; readonly trials: readonly SavedTrial[] };
export type SavedRest = { readonly ended: readonly ShadowEpisode[]; readonly drift: readonly SavedDrift[] };
type SavedWhole = SavedRest & { readonly format: number; readonly type: "trials-rest" };

/** A device's trial with what else of it is saved: `episode`, the last that was counted. */
export type TrialToSave = { readonly trial: Trial; readonly channels: number; readonly state: Float32Array | null; readonly episode: string };

export function saveTrials(
  slices: Iterable<number>,
  sliceOf: (device: string) => number,
  trials: ReadonlyMap<string, TrialToSave>,
  rest: SavedRest,
): readonly SavedRow[] {
  const bySlice = new Map<number, SavedTrial[]>([...slices].map((slice) => [slice, []]));
  for (const [id, one] of trials) bySlice.get(sliceOf(id))?.push(saveTrial(id, one));
  const rows = [...bySlice].map(([slice, saved]) => ({
    slice: FIRST_SLICE + slice,
    bytes: pack({ format: SAVED_FORMAT, type: "trials", trials: saved } satisfies SavedSlice),
  }));
  return [...rows, { slice: TRIALS_REST_SLICE, bytes: pack({ format: SAVED_FORMAT, type: "trials-rest", ...rest } satisfies SavedWhole) }];
}

function saveTrial(id: string, { trial, channels, state, episode }: TrialToSave): SavedTrial {
  const { since, model, floor, counts, beside } = trial;
  return {
    id,
    since,
    channels,
    model,
    floor,
    levels: saveLevels(trial.levels, channels),
    counts,
    episode,
    state,
    beside: beside === null ? null : { ...beside, levels: saveLevels(beside.levels, channels) },
  };
}

function saveLevels(levels: Levels | null, channels: number): SavedLevels {
  return levels === null ? null : { ...levels, values: levels.values.slice(0, levels.count * channels) };
}

/** The rows that are ours among those of a checkpoint. */
export function loadTrials(rows: readonly SavedRow[]): { readonly byDevice: ReadonlyMap<string, TrialToSave>; readonly rest: SavedRest } {
  const read = rows
    .filter(({ slice }) => slice >= FIRST_SLICE)
    .map(({ bytes }) => unpack(bytes) as SavedSlice | SavedWhole)
    .filter(({ format }) => format === SAVED_FORMAT);
  const rest = read.find((one) => one.type === "trials-rest") ?? { ended: [], drift: [] };
  const trials = read.flatMap((one) => (one.type === "trials" ? one.trials : []));
  return { rest, byDevice: new Map(trials.map((saved) => [saved.id, loadTrial(saved)])) };
}

function loadTrial({ since, channels, model, floor, levels, counts, state, episode = "", beside }: SavedTrial): TrialToSave {
  const trial = openTrial(ModelHash.parse(model));
  trial.since = since;
  trial.floor = floor;
  trial.levels = loadLevels(levels, channels);
  trial.counts = { ...counts };
  trial.beside = beside === null ? null : loadBeside(beside, channels);
  return { channels, trial, state, episode };
}

function loadBeside(saved: NonNullable<SavedTrial["beside"]>, channels: number): Beside {
  return { ...saved, model: ModelHash.parse(saved.model), levels: loadLevels(saved.levels, channels), counts: { ...saved.counts } };
}

function loadLevels(saved: SavedLevels, channels: number): Levels | null {
  if (saved === null) return null;
  const values = new Float32Array(saved.wanted * channels);
  values.set(saved.values);
  return { values, wanted: saved.wanted, count: saved.count };
}
