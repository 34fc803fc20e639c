/** What one sample costs in the model: microseconds per sample at several batch sizes, and of the whole fold from bytes to verdict. In Node. */
import type { Device } from "../../contracts/device.ts";
import { AssetId, ChannelId, DeviceId } from "../../contracts/ids.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { machine, type Measured, quantile } from "../../devices/bench/machine.ts";
import { modelPath, openModelFile } from "../../devices/replay/onnx-node.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import type { Logged } from "../journey/track.ts";
import { nextAsk, onScores, onTelemetry } from "../journey.ts";
import { startTracks } from "../journey/start.ts";
import { holdLimits, openLimits } from "./limit.ts";
import { enterRegime, openRegime } from "./regime.ts";
import { believe } from "./sensor.ts";
import { openSensors } from "./sensor-state.ts";
import { madeAsk, numbersOf } from "./fixtures/ask.ts";
import type { Scorer } from "./scorer.ts";

/** What the template runs, beside the plainest, a network and what might take its place. */
const LIVE = "shift";
const MODELS = ["baseline", LIVE, "gru", "ensemble"] as const;
export const BATCHES = [1, 16, 256, 1_024] as const;
/** Samples in one measurement, and measurements per figure; the figure is their median, which a busy machine moves least. */
const SAMPLES = 4_096;
const CALLS_MAX = 256;
const MEASUREMENTS = 15;
const FLEET = 200;
const FLEET_SECONDS = 50;

/** µs per sample: `shift.256` in a call of 256 rows; `checks` are those before the model; `fold` parses, places, scores (with what the template runs) and judges 200 devices at one sample each per round. */
export async function benchVerdict(): Promise<Measured> {
  const figures: Record<string, number> = {};
  for (const model of MODELS) {
    const scorer = await opened(model);
    for (const rows of BATCHES) figures[`${model}.${rows}`] = await perSample(scorer, rows);
  }
  figures["checks"] = checks();
  figures["fold"] = await fold(await opened(LIVE));
  const ratio = (model: string): number => rounded((figures[`${model}.256`] ?? 0) / (figures[`${model}.1`] ?? 1));
  const ratios = Object.fromEntries(MODELS.map((model) => [`${model} 256/1`, ratio(model)]));
  return { bench: "verdict", ratios, figures, machine: machine() };
}

async function opened(model: string): Promise<Scorer> {
  const scorer = await openModelFile(modelPath(model));
  if (isRefusal(scorer)) throw new Error(scorer.rule);
  return scorer;
}

async function perSample(scorer: Scorer, rows: number): Promise<number> {
  const ask = madeAsk(scorer.hash, rows, 8, numbersOf(rows), []);
  const calls = Math.min(CALLS_MAX, Math.ceil(SAMPLES / rows));
  const took: number[] = [];
  for (let m = 0; m < MEASUREMENTS; m++) {
    const from = performance.now();
    for (let i = 0; i < calls; i++) await scorer.run(ask);
    took.push(((performance.now() - from) * 1_000) / (calls * rows));
  }
  return rounded(quantile(took, 0.5));
}

/** Sensor checks, limits and regime of one sample of 8 channels, every one of them with limits. */
function checks(): number {
  const [template] = pumpVibration.profiles;
  if (template === undefined) throw new Error("the template has a profile");
  const title = { en: "Band", zh: "档" };
  const profile: DeviceProfile = {
    ...template,
    channels: template.channels.map((channel) => ({ ...channel, limits: { warnHigh: 40, tripHigh: 50 } })),
    regime: { channel: ChannelId.parse("flow"), settleMs: 1_000, bands: [0, 10, 100].map((from, i) => ({ id: `band-${i}`, title, from })) },
  };
  const each = (value: number): number[] => profile.channels.map(() => value);
  const baseline = { mean: each(20), scale: each(1), floor: each(1), rows: 400, learntAt: 0 };
  const [sensors, limits, regime] = [openSensors(8), openLimits(profile), openRegime(profile)];
  const next = numbersOf(2);
  const rows = Array.from({ length: SAMPLES }, () => Float32Array.from({ length: 8 }, () => 20 + next()));
  const took: number[] = [];
  for (let m = 0; m < MEASUREMENTS; m++) {
    const from = performance.now();
    for (const [i, row] of rows.entries()) {
      const ts = (m * SAMPLES + i) * 1_000;
      const values = believe(sensors, profile, ts, row, baseline, () => {});
      if (regime !== null) enterRegime(regime, profile, ts, values);
      holdLimits(limits, profile, ts, values);
    }
    took.push(((performance.now() - from) * 1_000) / SAMPLES);
  }
  return rounded(quantile(took, 0.5));
}

async function fold(scorer: Scorer): Promise<number> {
  const [profile] = pumpVibration.profiles;
  if (profile === undefined) throw new Error("the template has a profile");
  const each = (value: number): number[] => profile.channels.map(() => value);
  const baseline = { mean: each(20), scale: each(1), floor: each(1), rows: 400, learntAt: 0 };
  const devices: readonly Device[] = Array.from({ length: FLEET }, (_, i) => ({
    id: DeviceId.parse(`d${i}`),
    asset: AssetId.parse(`a${i}`),
    profile: profile.id,
    name: `d${i}`,
    addedAt: 0,
    baseline,
  }));
  const tracks = startTracks({ unit: "bench", version: 1, scenario: pumpVibration, devices, openAccess: false }, () => scorer.hash, []);
  const next = numbersOf(1);
  const rounds: Logged[][] = Array.from({ length: FLEET_SECONDS }, (_, s) =>
    devices.map((device) => {
      const channels = Object.fromEntries(profile.channels.map((channel) => [channel.id, 20 + next()]));
      return { device: device.id, arrivedAt: s * 1_000, payload: new TextEncoder().encode(JSON.stringify({ ts: s * 1_000, channels })) };
    }),
  );
  const took: number[] = [];
  for (const messages of rounds) {
    const from = performance.now();
    onTelemetry(tracks, messages);
    for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) onScores(tracks, ask, await scorer.run(ask));
    took.push(((performance.now() - from) * 1_000) / FLEET);
  }
  return rounded(quantile(took, 0.5));
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
