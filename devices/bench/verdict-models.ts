/**
 * All models for pumps beside each other on SKAB, each through the path of live telemetry (rows as JSON, journey, graph, judge), in one run: what
 * nested cross-validation said of its kind (train/folds.json: settings that had not seen the series), and what its alarms are worth as it ships,
 * with one setting for all series. Beside them what needs no model (`verdict-plain.ts`), in the same folds.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { isRefusal, type Refusal, refuse } from "../../contracts/refusal.ts";
import { numbersOf } from "../../edge/verdict/fixtures/ask.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { modelPath, openModelFile } from "../replay/onnx-node.ts";
import { listRecordings, readRecording, type Recording } from "../replay/recording.ts";
import { linesOf, replayTogether } from "../replay/replay.ts";
import { PEERS, type Peer } from "./verdict-plain.ts";
import { type Counts, countsOf, falseRuns, type Figure, type Interval, intervalsOf, type Labels, readLabels, type Worth, worthOf } from "./skab.ts";

/** Simple ones first, then what ships for pumps. */
export const PUMP_MODELS = ["fleet", "baseline", "cusum", "spot", "pca", "gru", "lstm", "autoencoder", "trees", "shift", "ensemble"] as const;
const CHANNELS = 8;
const FIRST = pumpVibration.commissioningRows;

const Row = z.array(z.number().nullable()).length(8);
const Fold = z.array(z.number().int());
const Folds = z.object({
  series: z.array(z.string()),
  models: z.record(z.string(), z.array(z.strictObject({ folds: z.array(Fold), settings: z.array(z.unknown()), counts: z.array(Row) }))),
});
export type Folds = z.infer<typeof Folds>;

export type Crossed = {
  readonly shuffles: number;
  /** Of the shuffles. */
  readonly mean: Worth;
  /** Of the first shuffle, over series. */
  readonly intervals: Readonly<Record<Figure, Interval>>;
  /** Each fold of each shuffle: what it was on series that its settings had not seen. */
  readonly folds: readonly (readonly Worth[])[];
};
export type ModelWorth = {
  readonly model: string;
  /** Null where it was not cross-validated. */
  readonly crossed: Crossed | null;
  /** Of what ships, all series with one setting; it, or its form, has seen them. */
  readonly shipped: Worth;
  readonly intervals: Readonly<Record<Figure, Interval>>;
  readonly calm: { readonly edges: number; readonly longest: number; readonly hours: number };
};
export type Labelled = { readonly recording: Recording; readonly labels: Labels | null };
/** By the name of what raised them: the alarms as `outpost replay` writes them. */
export type Predictions = ReadonlyMap<string, string>;

/** Refuses `malformed` when there are no labelled recordings below `folder`. Two minutes on an idle core. */
export async function benchModels(
  folder: string,
  tell: (line: string) => void,
  models: readonly string[] = PUMP_MODELS,
): Promise<{ readonly worths: readonly ModelWorth[]; readonly predictions: Predictions } | Refusal> {
  const recordings: Labelled[] = [];
  for (const path of await listRecordings(folder).catch(() => [])) {
    const recording = await readRecording(folder, path, CHANNELS);
    if (isRefusal(recording)) return recording;
    recordings.push({ recording, labels: await readLabels(path, FIRST) });
  }
  if (!recordings.some((one) => one.labels !== null)) return refuse("malformed", "a folder with labelled recordings (SKAB)", `look at ${folder}`, "data");
  const folds = await readFolds();
  const [worths, predictions] = [[] as ModelWorth[], new Map<string, string>()];
  for (const [name, peer] of Object.entries(PEERS)) worths.push(worthOfPeer(name, peer, recordings, folds));
  for (const model of models) {
    tell(`${model} …`);
    const scorer = await openModelFile(modelPath(model));
    if (isRefusal(scorer)) return scorer;
    const replayed = await replayTogether(
      recordings.map(({ recording }) => recording),
      pumpVibration,
      scorer,
    );
    predictions.set(model, `series,idx,score,alarm\n${recordings.map(({ recording }, i) => linesOf(recording.series, replayed[i] ?? [])).join("")}`);
    const alarms = replayed.map((rows) => rows.slice(FIRST).map(({ alarm }) => alarm));
    worths.push({
      model,
      crossed: crossedOf(folds.models[model]?.map((one) => ({ ...one, counts: one.counts.map(readCounts) }))),
      ...worthOfAlarms(recordings, alarms),
    });
  }
  return { worths, predictions };
}

export async function readFolds(): Promise<Folds> {
  return Folds.parse(JSON.parse(await readFile(fileURLToPath(new URL("../../edge/verdict/train/folds.json", import.meta.url)), "utf8")));
}

/** `alarms`: of the rows after commissioning. */
function worthOfAlarms(recordings: readonly Labelled[], alarms: readonly (readonly boolean[])[]): Omit<ModelWorth, "model" | "crossed"> {
  const counts = recordings.flatMap(({ labels }, i) => (labels === null ? [] : [countsOf(labels, alarms[i] ?? [])]));
  const calm = alarms.filter((_, i) => recordings[i]?.labels === null);
  const runs = calm.map(falseRuns);
  return {
    shipped: worthOf(counts),
    intervals: intervalsOf(counts, numbersOf(1)),
    calm: {
      edges: runs.reduce((sum, run) => sum + run.edges, 0),
      longest: Math.max(0, ...runs.map((run) => run.longest)),
      hours: calm.reduce((sum, alarm) => sum + alarm.length, 0) / 3_600,
    },
  };
}

/** A peer's one setting is chosen as the models' limits are: on all series for what ships, on four fifths for what is tried on the last fifth. */
function worthOfPeer(model: string, { settings, alarms }: Peer, recordings: readonly Labelled[], folds: Folds): ModelWorth {
  const tried = settings.map((setting) => recordings.map(({ recording }) => alarms(recording, FIRST, setting).slice(FIRST)));
  const counts = tried.map((all) => folds.series.map((series) => countsOfSeries(recordings, all, series)));
  const best = (some: readonly number[]): number => {
    const worths = counts.map((all) => valueOf(worthOf(some.map((i) => all[i]).filter((one) => one !== undefined))));
    return worths.indexOf(Math.max(...worths));
  };
  const shuffles = folds.models["shift"]?.map(({ folds: cut }) => ({
    folds: cut,
    counts: folds.series.map(
      (_, i) => counts[best(folds.series.map((__, k) => k).filter((k) => !(cut.find((fold) => fold.includes(i)) ?? []).includes(k)))]?.[i] ?? NOTHING,
    ),
  }));
  return { model, crossed: crossedOf(shuffles), ...worthOfAlarms(recordings, tried[best(folds.series.map((_, i) => i))] ?? []) };
}

const NOTHING: Counts = { tp: 0, fp: 0, fn: 0, tn: 0, nab: 0, changes: 0, found: 0, delay: null };

function countsOfSeries(recordings: readonly Labelled[], alarms: readonly (readonly boolean[])[], series: string): Counts {
  const i = recordings.findIndex(({ recording }) => recording.series === series);
  const labels = recordings[i]?.labels;
  return labels === null || labels === undefined ? NOTHING : countsOf(labels, alarms[i] ?? []);
}

/** What settings are chosen by, as in train/measure.py: F1, less what is beyond the targets. */
function valueOf({ f1, falseShare, missedShare, nab, foundShare }: Worth): number {
  return f1 - Math.max(0, falseShare - 0.06) - Math.max(0, missedShare - 0.2) - 0.006 * Math.max(0, 37 - nab) - 0.4 * (1 - foundShare);
}

function crossedOf(shuffles: readonly { readonly folds: readonly (readonly number[])[]; readonly counts: readonly Counts[] }[] | undefined): Crossed | null {
  const [first] = shuffles ?? [];
  if (shuffles === undefined || first === undefined) return null;
  const worths = shuffles.map((one) => worthOf(one.counts));
  const mean = (of: (worth: Worth) => number): number => worths.reduce((sum, worth) => sum + of(worth), 0) / worths.length;
  return {
    shuffles: shuffles.length,
    mean: {
      f1: mean((worth) => worth.f1),
      falseShare: mean((worth) => worth.falseShare),
      missedShare: mean((worth) => worth.missedShare),
      nab: mean((worth) => worth.nab),
      foundShare: mean((worth) => worth.foundShare),
      medianDelay: mean((worth) => worth.medianDelay),
    },
    intervals: intervalsOf(first.counts, numbersOf(1)),
    folds: shuffles.map(({ folds, counts }) => folds.map((fold) => worthOf(fold.flatMap((i) => counts[i] ?? [])))),
  };
}

function readCounts(row: z.infer<typeof Row>): Counts {
  const [tp, fp, fn, tn, nab, changes, found] = row.map((value) => value ?? 0);
  return { tp: tp ?? 0, fp: fp ?? 0, fn: fn ?? 0, tn: tn ?? 0, nab: nab ?? 0, changes: changes ?? 0, found: found ?? 0, delay: row[7] ?? null };
}
