/**
 * All models for pumps beside each other on SKAB, each through the path of live telemetry (rows as JSON, journey, graph, judge), in one run: what its
 * alarms are worth with one setting for all series, and what nested cross-validation said of its kind (train/folds.json: settings that had not seen
 * the series). Besides: alarms on the long recording without anomalies, cost per row, and how far the runtime is from the training kit.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { ModelCard } from "../../contracts/model.ts";
import type { Device } from "../../contracts/device.ts";
import { AssetId, DeviceId } from "../../contracts/ids.ts";
import { isRefusal, type Refusal, refuse } from "../../contracts/refusal.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { nextAsk, onScores, onTelemetry } from "../../edge/journey.ts";
import { startTracks } from "../../edge/journey/start.ts";
import { madeAsk, numbersOf } from "../../edge/verdict/fixtures/ask.ts";
import { differenceOf, Probes } from "../../edge/verdict/fixtures/probe.ts";
import type { Scorer } from "../../edge/verdict/scorer.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { modelPath, openModelFile } from "../replay/onnx-node.ts";
import { listRecordings, readRecording, type Recording } from "../replay/recording.ts";
import { quantile } from "./machine.ts";
import { type Counts, countsOf, falseRuns, intervalOf, type Labels, readLabels, type Worth, worthOf } from "./skab.ts";

/** Peers first, then what ships for pumps. */
export const PUMP_MODELS = ["fleet", "baseline", "cusum", "spot", "pca", "gru", "lstm", "autoencoder", "trees", "shift", "ensemble"] as const;
export const BATCHES = [1, 16, 256, 1_024] as const;
const CHANNELS = 8;
/** Rows in one measurement of cost, and measurements per figure; the figure is their median. */
const COST_ROWS = 2_048;
const COST_CALLS_MAX = 64;
const COST_MEASUREMENTS = 7;

const Row = z.array(z.number().nullable()).length(8);
const Folds = z.strictObject({
  series: z.array(z.string()),
  models: z.record(z.string(), z.array(z.strictObject({ folds: z.array(z.array(z.number().int())), settings: z.array(z.unknown()), counts: z.array(Row) }))),
});

type Interval = readonly [number, number];
export type Crossed = {
  readonly shuffles: number;
  readonly mean: Worth;
  readonly f1: Interval;
  readonly falseShare: Interval;
  readonly missedShare: Interval;
  /** F1 of each fold of each shuffle: what it was on series that its settings had not seen. */
  readonly folds: readonly (readonly number[])[];
};
export type ModelWorth = {
  readonly model: string;
  readonly bytes: number;
  /** Of the graph that ships, all series with one setting; it, or its form, has seen them. */
  readonly shipped: Worth;
  readonly f1: Interval;
  readonly calm: { readonly edges: number; readonly longest: number; readonly hours: number };
  readonly crossed: Crossed | null;
  readonly microsPerRow: Readonly<Record<number, number>>;
  /** Largest distance of a score, share or level from what the kit says. */
  readonly kitDifference: number;
};

/** Refuses `malformed` when there are no labelled recordings below `folder`. About a minute on an idle core. */
export async function benchModels(
  folder: string,
  tell: (line: string) => void,
  models: readonly string[] = PUMP_MODELS,
): Promise<readonly ModelWorth[] | Refusal> {
  const recordings: Labelled[] = [];
  for (const path of await listRecordings(folder).catch(() => [])) {
    const recording = await readRecording(folder, path, CHANNELS);
    if (isRefusal(recording)) return recording;
    recordings.push({ recording, labels: await readLabels(path, pumpVibration.commissioningRows) });
  }
  if (!recordings.some((one) => one.labels !== null)) return refuse("malformed", "a folder with labelled recordings (SKAB)", `look at ${folder}`, "data");
  const probes = Probes.parse(await json("../../edge/verdict/fixtures/probes.json"));
  const folds = Folds.parse(await json("../../edge/verdict/train/folds.json"));
  const out: ModelWorth[] = [];
  for (const model of models) {
    tell(`${model} …`);
    const scorer = await openModelFile(modelPath(model));
    if (isRefusal(scorer)) return scorer;
    const worth = await worthOfModel(scorer, recordings);
    const { bytes } = ModelCard.parse(await json(`../../edge/verdict/models/${model}.json`));
    const microsPerRow = await costOf(scorer);
    out.push({ model, bytes, ...worth, crossed: crossedOf(folds, model), microsPerRow, kitDifference: await differenceOf(scorer, probes, model) });
  }
  return out;
}

async function json(path: string): Promise<unknown> {
  return JSON.parse(await readFile(fileURLToPath(new URL(path, import.meta.url)), "utf8"));
}

type Labelled = { readonly recording: Recording; readonly labels: Labels | null };

async function worthOfModel(scorer: Scorer, recordings: readonly Labelled[]): Promise<Pick<ModelWorth, "shipped" | "f1" | "calm">> {
  const alarms = await live(
    recordings.map(({ recording }) => recording),
    pumpVibration,
    scorer,
  );
  const scored = alarms.map((alarm) => alarm.slice(pumpVibration.commissioningRows));
  const counts = recordings.flatMap(({ labels }, i) => (labels === null ? [] : [countsOf(labels, scored[i] ?? [])]));
  const calm = scored.filter((_, i) => recordings[i]?.labels === null);
  const runs = calm.map(falseRuns);
  return {
    shipped: worthOf(counts),
    f1: intervalOf(counts, (worth) => worth.f1, numbersOf(1)),
    calm: {
      edges: runs.reduce((sum, run) => sum + run.edges, 0),
      longest: Math.max(0, ...runs.map((run) => run.longest)),
      hours: calm.reduce((sum, alarm) => sum + alarm.length, 0) / 3_600,
    },
  };
}

/** All recordings at once, a fresh device each, row by row: batches instead of single rows, and the same scores to the bit. Alarms by recording and row. */
async function live(recordings: readonly Recording[], scenario: Scenario, scorer: Scorer): Promise<readonly (readonly boolean[])[]> {
  const [profile] = scenario.profiles;
  if (profile === undefined) throw new Error("a scenario has a profile");
  const devices: readonly Device[] = recordings.map((_, i) => ({
    id: DeviceId.parse(`replayed-${i}`),
    asset: AssetId.parse(`replayed-${i}`),
    profile: profile.id,
    name: `replayed ${i}`,
    addedAt: 0,
  }));
  const tracks = startTracks({ unit: "replay", version: 1, scenario, devices: [...devices], openAccess: false }, () => scorer.hash, []);
  const alarms = recordings.map(({ rows }) => Array.from(rows, () => false));
  const encoder = new TextEncoder();
  const longest = Math.max(...recordings.map(({ rows }) => rows.length));
  for (let i = 0; i < longest; i++) {
    onTelemetry(
      tracks,
      recordings.flatMap(({ rows }, d) => {
        const [row, device] = [rows[i], devices[d]];
        if (row === undefined || device === undefined) return [];
        const channels = Object.fromEntries(profile.channels.map((channel, c) => [channel.id, row.values[c] ?? null]));
        return [{ device: device.id, payload: encoder.encode(JSON.stringify({ ts: row.at, channels })), arrivedAt: row.at }];
      }),
    );
    for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) onScores(tracks, ask, await scorer.run(ask));
    for (const [d, device] of devices.entries()) {
      const told = alarms[d];
      if (told !== undefined && i < told.length) told[i] = tracks.byDevice.get(device.id)?.watch.judged.state === "anomalous";
    }
  }
  return alarms;
}

function crossedOf({ models }: z.infer<typeof Folds>, model: string): Crossed | null {
  const shuffles = models[model]?.map((one) => ({ folds: one.folds, counts: one.counts.map(readCounts) }));
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
    f1: intervalOf(first.counts, (worth) => worth.f1, numbersOf(1)),
    falseShare: intervalOf(first.counts, (worth) => worth.falseShare, numbersOf(1)),
    missedShare: intervalOf(first.counts, (worth) => worth.missedShare, numbersOf(1)),
    folds: shuffles.map(({ folds, counts }) => folds.map((fold) => worthOf(fold.flatMap((i) => counts[i] ?? [])).f1)),
  };
}

function readCounts(row: z.infer<typeof Row>): Counts {
  const [tp, fp, fn, tn, nab, changes, found] = row.map((value) => value ?? 0);
  return { tp: tp ?? 0, fp: fp ?? 0, fn: fn ?? 0, tn: tn ?? 0, nab: nab ?? 0, changes: changes ?? 0, found: found ?? 0, delay: row[7] ?? null };
}

async function costOf(scorer: Scorer): Promise<Readonly<Record<number, number>>> {
  const out: Record<number, number> = {};
  for (const rows of BATCHES) {
    const ask = madeAsk(scorer.hash, rows, CHANNELS, numbersOf(rows), []);
    const calls = Math.min(COST_CALLS_MAX, Math.ceil(COST_ROWS / rows));
    const took: number[] = [];
    for (let m = 0; m < COST_MEASUREMENTS; m++) {
      const before = process.cpuUsage();
      for (let i = 0; i < calls; i++) await scorer.run(ask);
      const { user, system } = process.cpuUsage(before);
      took.push((user + system) / (calls * rows));
    }
    out[rows] = quantile(took, 0.5);
  }
  return out;
}

/** Two tables: what alarms are worth, and what it costs; then the folds of those that were cross-validated. */
export function tableOfModels(rows: readonly ModelWorth[]): string {
  const share = (value: number): string => (100 * value).toFixed(1);
  const span = ([low, high]: Interval, digits = 2): string => `${low.toFixed(digits)}–${high.toFixed(digits)}`;
  const line = (cells: readonly (string | number)[]): string =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(12) : String(cell).padStart(i === 2 || i === 8 ? 12 : 8))).join("");
  const worth = ({ f1, falseShare, missedShare, nab }: Worth): string[] => [share(falseShare), share(missedShare), nab.toFixed(1), f1.toFixed(3)];
  const told = rows.map(({ model, shipped, f1, calm, crossed }) => {
    const [far, mar, nab, shippedF1] = worth(shipped);
    const kept = crossed === null ? ["–", "–", "–", "–", "–"] : (([a, b, c, d]) => [d ?? "", span(crossed.f1), a ?? "", b ?? "", c ?? ""])(worth(crossed.mean));
    return line([
      model,
      shippedF1 ?? "",
      span(f1),
      far ?? "",
      mar ?? "",
      nab ?? "",
      `${Math.round(100 * shipped.foundShare)}`,
      ...kept,
      `${calm.edges}/${calm.longest}`,
    ]);
  });
  const cost = rows.map(({ model, bytes, microsPerRow, kitDifference }) =>
    line([model, bytes, kitDifference.toExponential(1), ...BATCHES.map((batch) => (microsPerRow[batch] ?? Number.NaN).toFixed(1))]),
  );
  const folds = rows.flatMap(
    ({ model, crossed }) => crossed?.folds.map((fold, s) => line([s === 0 ? model : "", `${s + 1}.`, "", ...fold.map((f1) => f1.toFixed(3))])) ?? [],
  );
  return [
    line(["model", "F1", "95 %", "false %", "missed %", "NAB", "found %", "cv F1", "95 %", "false %", "missed %", "NAB", "calm"]),
    ...told,
    "",
    "calm: rising edges / longest alarm in rows on the recording without anomalies · cv: nested, by series, five folds; mean of the shuffles",
    "",
    line(["model", "bytes", "from kit", ...BATCHES.map((batch) => `µs @${batch}`)]),
    ...cost,
    "",
    "F1 of each fold, tried with settings that had not seen it, by shuffle",
    ...folds,
  ].join("\n");
}
