/**
 * Recordings through the very path that live telemetry takes: rows become JSON payloads, the journey reads, places and asks, the model
 * scores, the judge judges. Virtual time, one fresh device per file; its first rows are its commissioning.
 */
import type { Writable } from "node:stream";
import type { Device } from "../../contracts/device.ts";
import { AssetId, DeviceId, type ModelHash } from "../../contracts/ids.ts";
import { isRefusal, type Refusal, refuse } from "../../contracts/refusal.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { nextAsk, onScores, onTelemetry } from "../../edge/journey.ts";
import { startTracks } from "../../edge/journey/start.ts";
import type { Tracks } from "../../edge/journey/track.ts";
import type { Scorer } from "../../edge/verdict/scorer.ts";
import { modelPath, openModelFile } from "./onnx-node.ts";
import { listRecordings, readRecording, type Recording } from "./recording.ts";

export type ReplayOptions = {
  readonly data: string;
  readonly scenario: Scenario;
  /** Where the CSV goes, a line per row. */
  readonly out: Writable;
  /** An `.onnx` file in place of the template's model. */
  readonly modelOverride?: string;
  readonly onSeries?: (series: string, done: number, of: number) => void;
};
export type ReplaySummary = {
  readonly series: number;
  readonly rows: number;
  readonly scored: number;
  readonly alarmRows: number;
  readonly alarmEdges: number;
  readonly model: ModelHash;
  readonly modelName: string;
};

/** Recordings are taken together until they have so many rows, about 60 MB of them; one alone may have more. */
const TOGETHER_ROWS = 200_000;
const encoder = new TextEncoder();

/** What was known at a row, and nothing later. `score` is null during commissioning. */
export type ReplayedRow = { readonly score: number | null; readonly alarm: boolean };

/** Refuses `malformed` and `too-large` recordings, and models that do not open. */
export async function replay(options: ReplayOptions): Promise<ReplaySummary | Refusal> {
  const { scenario } = options;
  const profile = scenario.profiles[0];
  if (profile === undefined) return refuse("breaks-contract", "a scenario has a profile", "take another template");
  const scorer = await openModelFile(options.modelOverride ?? modelPath(profile.model));
  if (isRefusal(scorer)) return scorer;
  const paths = await listRecordings(options.data).catch(() => []);
  if (paths.length === 0) return refuse("malformed", "a folder with recordings (.csv)", `look at ${options.data}`, "data");

  await write(options.out, "series,idx,score,alarm\n");
  const sum = { series: paths.length, rows: 0, scored: 0, alarmRows: 0, alarmEdges: 0 };
  let recordings: Recording[] = [];
  for (const [done, path] of paths.entries()) {
    const recording = await readRecording(options.data, path, profile.channels.length);
    if (isRefusal(recording)) return recording;
    options.onSeries?.(recording.series, done, paths.length);
    recordings.push(recording);
    if (done < paths.length - 1 && recordings.reduce((rows, one) => rows + one.rows.length, 0) < TOGETHER_ROWS) continue;
    for (const [i, rows] of (await replayTogether(recordings, scenario, scorer)).entries()) {
      await write(options.out, linesOf(recordings[i]?.series ?? "", rows));
      sum.rows += rows.length;
      sum.scored += rows.filter(({ score }) => score !== null).length;
      sum.alarmRows += rows.filter(({ alarm }) => alarm).length;
      sum.alarmEdges += rows.filter(({ alarm }, r) => alarm && rows[r - 1]?.alarm !== true).length;
    }
    recordings = [];
  }
  return { ...sum, model: scorer.hash, modelName: options.modelOverride ?? profile.model };
}

/** Lines of the CSV, one a row. */
export function linesOf(series: string, rows: readonly ReplayedRow[]): string {
  return rows.map(({ score, alarm }, i) => `${series},${i},${score === null ? "" : score.toFixed(6)},${alarm ? 1 : 0}\n`).join("");
}

/** One fresh device of the scenario's first profile lives through the recording. */
export async function replayRecording(recording: Recording, scenario: Scenario, scorer: Scorer): Promise<readonly ReplayedRow[]> {
  return (await replayTogether([recording], scenario, scorer))[0] ?? [];
}

/** A fresh device for each recording, all beside each other: what each says is what it would say alone, to the bit, and a call of the model has many rows. */
export async function replayTogether(recordings: readonly Recording[], scenario: Scenario, scorer: Scorer): Promise<readonly (readonly ReplayedRow[])[]> {
  const profile = scenario.profiles[0] ?? never();
  const devices = recordings.map((_, i): Device => {
    const id = `replayed-${i}`;
    return { id: DeviceId.parse(id), asset: AssetId.parse(id), profile: profile.id, name: id, addedAt: 0 };
  });
  const tracks = startTracks({ unit: "replay", version: 1, scenario, devices, openAccess: false }, () => scorer.hash, []);
  const out = recordings.map((): ReplayedRow[] => []);
  const longest = recordings.reduce((most, { rows }) => Math.max(most, rows.length), 0);
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
    const scored = await settle(tracks, scorer);
    for (const [d, { rows }] of recordings.entries()) {
      const id = devices[d]?.id;
      const watch = id === undefined ? undefined : tracks.byDevice.get(id)?.watch;
      if (i < rows.length && id !== undefined && watch !== undefined)
        out[d]?.push({ score: scored.has(id) ? watch.score : null, alarm: watch.judged.state === "anomalous" });
    }
  }
  return out;
}

/** Which devices had a sample scored; rows of commissioning are seen by the model, too, and are none. */
async function settle(tracks: Tracks, scorer: Scorer): Promise<ReadonlySet<string>> {
  const scored = new Set<string>();
  for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) {
    for (const [r, device] of ask.devices.entries()) if ((ask.ts[r] ?? -1) >= 0) scored.add(device);
    onScores(tracks, ask, await scorer.run(ask));
  }
  return scored;
}

async function write(out: Writable, text: string): Promise<void> {
  if (!out.write(text)) await new Promise<void>((resolve) => out.once("drain", resolve));
}

function never(): never {
  throw new Error("a scenario has a profile");
}
