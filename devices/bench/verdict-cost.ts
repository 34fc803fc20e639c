/**
 * What one sample costs, in processor time: in each model alone at several batch sizes, in the checks, the evidence and the judge around it, and in
 * all of it together, from the bytes of a message to its verdict. Beside it the same path with the plainest model. In Node, on one thread.
 */
import type { Device } from "../../contracts/device.ts";
import { AssetId, ChannelId, DeviceId, ModelHash } from "../../contracts/ids.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import { nextAsk, onScores, onTelemetry } from "../../edge/journey.ts";
import { startTracks } from "../../edge/journey/start.ts";
import type { Logged } from "../../edge/journey/track.ts";
import { evidenceOf } from "../../edge/verdict/evidence.ts";
import { madeAsk, numbersOf } from "../../edge/verdict/fixtures/ask.ts";
import { AT_REST, judgeScore, severityOf } from "../../edge/verdict/judge.ts";
import { holdLimits, openLimits } from "../../edge/verdict/limit.ts";
import { enterRegime, openRegime } from "../../edge/verdict/regime.ts";
import type { Scorer } from "../../edge/verdict/scorer.ts";
import { openSensors } from "../../edge/verdict/sensor-state.ts";
import { believe } from "../../edge/verdict/sensor.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { failure } from "../cli/outcome.ts";
import { modelPath, openModelFile } from "../replay/onnx-node.ts";
import { machine, quantile } from "./machine.ts";
import { PUMP_MODELS } from "./verdict-models.ts";
import { atMost, type Section, type SectionOptions, tableOfRows } from "./verdict-section.ts";

/** Devices at one sample each. The journey cuts them into calls of at most 256 rows. */
const BATCHES = [1, 16, 256, 1_024] as const;
const CHANNELS = 8;
/** Rows in one measurement, and measurements per figure; the figure is their median. */
const ROWS = 2_048;
const CALLS_MAX = 64;
const MEASUREMENTS = 7;
/** Seconds of every device before anything is measured: code is compiled, windows are open. */
const WARM_SECONDS = 20;
const PROMISED_MICROS = 20;
const PLAIN = "fleet";

type ByBatch = Readonly<Record<number, number>>;

export async function costSection({ tell }: SectionOptions): Promise<Section> {
  const [profile] = pumpVibration.profiles;
  if (profile === undefined) throw failure("the template has a profile");
  const models: Record<string, ByBatch> = {};
  for (const model of PUMP_MODELS) {
    tell(`${model} …`);
    models[model] = await alone(await opened(model));
  }
  const whole: Record<string, ByBatch> = {};
  for (const model of new Set([profile.model, PLAIN])) {
    tell(`bytes to verdict with ${model} …`);
    whole[model] = await bytesToVerdict(profile, await opened(model));
  }
  const around = { checks: await checks(profile), evidence: await evidence(profile), judge: await judge() };
  const most = whole[profile.model]?.[1_024] ?? Number.NaN;
  const plain = whole[PLAIN]?.[1_024] ?? Number.NaN;
  const row = (name: string, of: ByBatch): (string | number)[] => [name, ...BATCHES.map((batch) => (of[batch] ?? Number.NaN).toFixed(1))];
  return {
    section: "cost",
    title: "processor time per sample, µs",
    asked: [
      atMost(
        `${profile.model}, bytes to verdict, 1,024 devices`,
        PROMISED_MICROS,
        most,
        1,
        `(× ${(most / plain).toFixed(2)} of ${PLAIN}'s ${plain.toFixed(1)})`,
      ),
      atMost(`${profile.model}, bytes to verdict, 256 devices`, PROMISED_MICROS, whole[profile.model]?.[256] ?? Number.NaN, 1),
    ],
    table: [
      tableOfRows(
        ["devices a batch", ...BATCHES.map(String)],
        [...Object.entries(whole).map(([model, of]) => row(`bytes to verdict, ${model}`, of)), ...Object.entries(models).map(([model, of]) => row(model, of))],
      ),
      "",
      `around the model, 8 channels: sensors, limits and regime ${around.checks.toFixed(2)}, evidence ${around.evidence.toFixed(2)}, judge ${around.judge.toFixed(2)}`,
    ].join("\n"),
    figures: { live: profile.model, bytesToVerdict: whole, models, around, machine: machine() },
  };
}

async function opened(model: string): Promise<Scorer> {
  const scorer = await openModelFile(modelPath(model));
  if (isRefusal(scorer)) throw failure(`${model}: ${scorer.rule}`);
  return scorer;
}

/** Median processor time of one of `per` things that `body` does. */
async function microsOf(per: number, body: () => Promise<void> | void): Promise<number> {
  const took: number[] = [];
  for (let m = 0; m < MEASUREMENTS; m++) {
    const before = process.cpuUsage();
    await body();
    const { user, system } = process.cpuUsage(before);
    took.push((user + system) / per);
  }
  return quantile(took, 0.5);
}

async function alone(scorer: Scorer): Promise<ByBatch> {
  const out: Record<number, number> = {};
  for (const rows of BATCHES) {
    const ask = madeAsk(scorer.hash, rows, CHANNELS, numbersOf(rows), []);
    const calls = Math.min(CALLS_MAX, Math.ceil(ROWS / rows));
    out[rows] = await microsOf(calls * rows, async () => {
      for (let i = 0; i < calls; i++) await scorer.run(ask);
    });
  }
  return out;
}

/** Devices that are commissioned and well, each with one sample a second. */
async function bytesToVerdict(profile: DeviceProfile, scorer: Scorer): Promise<ByBatch> {
  const out: Record<number, number> = {};
  const each = (value: number): number[] => profile.channels.map(() => value);
  const baseline = { mean: each(1.5), scale: each(1), floor: each(1), rows: 400, learntAt: 0 };
  for (const count of BATCHES) {
    const devices = Array.from({ length: count }, (_, i): Device => {
      const id = `d${i}`;
      return { id: DeviceId.parse(id), asset: AssetId.parse(id), profile: profile.id, name: id, addedAt: 0, baseline };
    });
    const tracks = startTracks({ unit: "bench", version: 1, scenario: pumpVibration, devices, openAccess: false }, () => scorer.hash, []);
    const next = numbersOf(1);
    const encoder = new TextEncoder();
    let second = 0;
    const make = (seconds: number): readonly (readonly Logged[])[] =>
      Array.from({ length: seconds }, () => {
        const ts = second++ * 1_000;
        return devices.map((device) => ({
          device: device.id,
          arrivedAt: ts,
          payload: encoder.encode(JSON.stringify({ ts, channels: Object.fromEntries(profile.channels.map(({ id }) => [id, 1 + next()])) })),
        }));
      });
    const fold = async (rounds: readonly (readonly Logged[])[]): Promise<void> => {
      for (const messages of rounds) {
        onTelemetry(tracks, messages);
        for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) onScores(tracks, ask, await scorer.run(ask));
      }
    };
    await fold(make(WARM_SECONDS));
    const seconds = Math.min(CALLS_MAX, Math.ceil(ROWS / count));
    const rounds = Array.from({ length: MEASUREMENTS }, () => make(seconds));
    out[count] = await microsOf(seconds * count, () => fold(rounds.shift() ?? []));
    const { scored, samples } = tracks.counters;
    if (scored !== second * count || samples !== scored)
      throw failure(`${scored} of ${second * count} samples were scored: the figure would be of something else`);
  }
  return out;
}

/** Sensor checks, limits and regime of one sample, every channel with limits. */
async function checks(template: DeviceProfile): Promise<number> {
  const title = { en: "Band", zh: "档" };
  const profile: DeviceProfile = {
    ...template,
    channels: template.channels.map((channel) => ({ ...channel, limits: { warnHigh: 40, tripHigh: 50 } })),
    regime: { channel: ChannelId.parse("flow"), settleMs: 1_000, bands: [0, 10, 100].map((from, i) => ({ id: `band-${i}`, title, from })) },
  };
  const each = (value: number): number[] => profile.channels.map(() => value);
  const baseline = { mean: each(20), scale: each(1), floor: each(1), rows: 400, learntAt: 0 };
  const [sensors, limits, regime] = [openSensors(CHANNELS), openLimits(profile), openRegime(profile)];
  const next = numbersOf(2);
  const rows = Array.from({ length: ROWS }, () => Float32Array.from({ length: CHANNELS }, () => 20 + next()));
  let second = 0;
  return microsOf(ROWS, () => {
    for (const row of rows) {
      const ts = second++ * 1_000;
      const values = believe(sensors, profile, ts, row, baseline, () => {});
      if (regime !== null) enterRegime(regime, profile, ts, values);
      holdLimits(limits, profile, ts, values);
    }
  });
}

async function evidence({ channels }: DeviceProfile): Promise<number> {
  const next = numbersOf(3);
  const share = Float32Array.from({ length: ROWS * CHANNELS }, () => next() / CHANNELS);
  return microsOf(ROWS, () => {
    for (let r = 0; r < ROWS; r++) evidenceOf(share, r, channels, () => false);
  });
}

async function judge(): Promise<number> {
  const subject = { device: DeviceId.parse("d"), asset: AssetId.parse("a"), model: ModelHash.parse("0".repeat(64)) };
  const next = numbersOf(4);
  const scores = Array.from({ length: ROWS }, () => next() ** 4);
  let [judged, second] = [AT_REST, 0];
  return microsOf(ROWS, () => {
    for (const score of scores) {
      const ts = second++ * 1_000;
      const sign = { ts, arrivedAt: ts, fresh: true, absorbed: 0, score, evidence: [], rule: "model" as const, severity: severityOf(score) };
      ({ judged } = judgeScore(judged, sign, subject, pumpVibration.judge));
    }
  });
}
