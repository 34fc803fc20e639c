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
  let [rows, scored, alarmRows, alarmEdges] = [0, 0, 0, 0];
  for (const [done, path] of paths.entries()) {
    const recording = await readRecording(options.data, path, profile.channels.length);
    if (isRefusal(recording)) return recording;
    options.onSeries?.(recording.series, done, paths.length);
    let before = false;
    const lines: string[] = [];
    for (const [i, { score, alarm }] of (await replayRecording(recording, scenario, scorer)).entries()) {
      lines.push(`${recording.series},${i},${score === null ? "" : score.toFixed(6)},${alarm ? 1 : 0}\n`);
      rows++;
      if (score !== null) scored++;
      if (alarm) alarmRows++;
      if (alarm && !before) alarmEdges++;
      before = alarm;
    }
    await write(options.out, lines.join(""));
  }
  return { series: paths.length, rows, scored, alarmRows, alarmEdges, model: scorer.hash, modelName: options.modelOverride ?? profile.model };
}

/** One fresh device of the scenario's first profile lives through the recording. */
export async function replayRecording(recording: Recording, scenario: Scenario, scorer: Scorer): Promise<readonly ReplayedRow[]> {
  const id = DeviceId.parse("replayed");
  const profile = scenario.profiles[0];
  const device: Device = { id, asset: AssetId.parse("replayed"), profile: profile?.id ?? never(), name: "replayed", addedAt: 0 };
  const tracks = startTracks({ unit: "replay", version: 1, scenario, devices: [device], openAccess: false }, () => scorer.hash, []);
  const names = profile?.channels.map((channel) => channel.id) ?? [];
  const rows: ReplayedRow[] = [];
  for (const row of recording.rows) {
    const channels = Object.fromEntries(names.map((name, c) => [name, row.values[c] ?? null]));
    const payload = new TextEncoder().encode(JSON.stringify({ ts: row.at, channels }));
    const scoredBefore = tracks.counters.scored;
    onTelemetry(tracks, [{ device: id, payload, arrivedAt: row.at }]);
    await settle(tracks, scorer);
    const watch = tracks.byDevice.get(id)?.watch;
    rows.push({ score: watch !== undefined && tracks.counters.scored > scoredBefore ? watch.score : null, alarm: watch?.judged.state === "anomalous" });
  }
  return rows;
}

async function settle(tracks: Tracks, scorer: Scorer): Promise<void> {
  for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) onScores(tracks, ask, await scorer.run(ask));
}

async function write(out: Writable, text: string): Promise<void> {
  if (!out.write(text)) await new Promise<void>((resolve) => out.once("drain", resolve));
}

function never(): never {
  throw new Error("a scenario has a profile");
}
