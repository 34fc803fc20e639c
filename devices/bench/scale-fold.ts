/**
 * What a sample costs from bytes to verdict at several batch sizes, and what devices hold in memory and in a checkpoint: the Intake's own stages, in
 * this process. Processor time of this thread, so that what else the machine does changes little.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { setTimeout as wait } from "node:timers/promises";
import type { Device } from "../../contracts/device.ts";
import { AssetId, DeviceId } from "../../contracts/ids.ts";
import { SLICES } from "../../contracts/object-name.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import { nextAsk, onScores, onTelemetry } from "../../edge/journey.ts";
import { saveTracks } from "../../edge/journey/saved.ts";
import { startTracks } from "../../edge/journey/start.ts";
import type { Logged, Tracks } from "../../edge/journey/track.ts";
import { takeTrace } from "../../edge/journey/view.ts";
import type { Scorer } from "../../edge/verdict/scorer.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { modelPath, openModelFile } from "../replay/onnx-node.ts";
import { healthyBaseline, pumpChannels } from "../simulator/healthy-pump.ts";
import { quantile } from "./machine.ts";
import { noise, randomOf } from "../simulator/random.ts";

export const BATCHES = [1, 16, 256, 1_024] as const;
const T0 = 1_763_750_000_000;
const FLEET = 1_024;
/** Rounds of the fleet before measuring, so that all code is compiled, and measured ones: fewer where a round takes long. */
const WARM_ROUNDS = 6;
const ROUNDS = 9;
const PARSE_ROUNDS = 200;
const SAVE_TIMES = 4;
/** Two minutes of each trace are full, and a third has begun. */
const SECONDS_HELD = 125;
/** Payloads that the devices of a second share: what they hold is of no matter, that they differ from second to second is. */
const PAYLOADS = 16;

/** µs of processor time per sample. `model`: the graph alone; `scoring`: gathered, scored and judged; `fold`: from the bytes of its message on. */
export type BatchCost = { readonly rows: number; readonly model: number; readonly scoring: number; readonly fold: number };
/** `saveMs`: to pack one slice after the other, as the Intake saves them. */
export type HeldState = {
  readonly devices: number;
  readonly bytesPerDevice: number;
  readonly savedBytesPerDevice: number;
  readonly saveP50Ms: number;
  readonly saveMaxMs: number;
};

const memories: WebAssembly.Memory[] = [];
// Its makers are watched before the first model is opened: the runtime tells nobody of its memory.
WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
  construct: (real, [shape]: [WebAssembly.MemoryDescriptor]) => {
    const memory = new real(shape);
    memories.push(memory);
    return memory;
  },
});

/** Of the ONNX runtime, once it has had calls of all sizes: it never gives memory back, and is the same wasm in workerd, where an inspector does not count it. */
export function runtimeBytes(): number {
  return memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

/** Of the model that the template runs. */
export async function costByBatch(): Promise<{ readonly batches: readonly BatchCost[]; readonly parse: number }> {
  const scorer = await liveScorer();
  const batches: BatchCost[] = [];
  for (const rows of BATCHES) batches.push(await costOf(scorer, rows));
  return { batches, parse: parseCost() };
}

/** Processor time over all rounds, since a system may count it in ticks of milliseconds; its parts by what each took of the median round. */
async function costOf(scorer: Scorer, rows: number): Promise<BatchCost> {
  const tracks = tracksOf(scorer, FLEET);
  const told = speaker();
  const took = { read: [] as number[], asked: [] as number[], ran: [] as number[] };
  let cpu = 0;
  for (let round = 0; round < WARM_ROUNDS + roundsOf(rows); round++) {
    const messages = told(round, FLEET);
    let [read, asked, ran] = [0, 0, 0];
    const from = cpuUs();
    for (let first = 0; first < FLEET; first += rows) {
      let at = performance.now();
      onTelemetry(tracks, messages.slice(first, first + rows));
      read += performance.now() - at;
      at = performance.now();
      for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) {
        const before = performance.now();
        const scores = await scorer.run(ask);
        ran += performance.now() - before;
        onScores(tracks, ask, scores);
      }
      asked += performance.now() - at;
    }
    const spent = cpuUs() - from;
    takeTrace(tracks);
    if (round < WARM_ROUNDS) continue;
    cpu += spent;
    took.read.push(read);
    took.asked.push(asked);
    took.ran.push(ran);
  }
  const fold = cpu / (roundsOf(rows) * FLEET);
  const [read, asked, ran] = [quantile(took.read, 0.5), quantile(took.asked, 0.5), quantile(took.ran, 0.5)];
  return { rows, model: (fold * ran) / (read + asked), scoring: (fold * asked) / (read + asked), fold };
}

function roundsOf(rows: number): number {
  return rows === 1 ? ROUNDS : 5 * ROUNDS;
}

/** Its JSON alone, as nobody can do without: what the rest is held against. */
function parseCost(): number {
  const messages = speaker()(0, FLEET);
  let from = cpuUs();
  for (let round = 0; round < WARM_ROUNDS + PARSE_ROUNDS; round++) {
    if (round === WARM_ROUNDS) from = cpuUs();
    for (const { payload } of messages) JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  }
  return (cpuUs() - from) / (PARSE_ROUNDS * FLEET);
}

/** Memory of so many devices after two minutes at 1 Hz, and what saving them one slice after the other takes. */
export async function heldState(devices: number): Promise<HeldState> {
  const scorer = await liveScorer();
  const told = speaker();
  const before = await heldBytes();
  const tracks = tracksOf(scorer, devices);
  for (let s = 0; s < SECONDS_HELD; s++) {
    onTelemetry(tracks, told(s, devices));
    for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) onScores(tracks, ask, await scorer.run(ask));
    takeTrace(tracks);
  }
  const after = await heldBytes();
  // The quickest of some times: what else the machine did meanwhile is not meant.
  const took = Array.from({ length: SLICES }, () => Infinity);
  let saved = 0;
  for (let time = 0; time < SAVE_TIMES; time++) {
    saved = 0;
    for (let slice = 0; slice < SLICES; slice++) {
      const at = performance.now();
      saved += saveTracks(tracks, [slice]).reduce((sum, one) => sum + one.bytes.byteLength, 0);
      took[slice] = Math.min(took[slice] ?? Infinity, performance.now() - at);
    }
  }
  return {
    devices: tracks.byDevice.size,
    bytesPerDevice: (after - before) / devices,
    savedBytesPerDevice: saved / devices,
    saveP50Ms: quantile(took, 0.5),
    saveMaxMs: quantile(took, 1),
  };
}

function tracksOf(scorer: Scorer, count: number): Tracks {
  const { id: profile } = pumpProfile();
  const baseline = healthyBaseline(T0);
  const devices = Array.from({ length: count }, (_, i): Device => ({
    id: DeviceId.parse(`pump-${i}`),
    asset: AssetId.parse(`pump-${i}`),
    profile,
    name: `pump-${i}`,
    addedAt: 0,
    baseline,
  }));
  return startTracks({ unit: "bench", version: 1, scenario: pumpVibration, devices, openAccess: false }, () => scorer.hash, []);
}

/** Messages of one second, one of each device. */
function speaker(): (second: number, devices: number) => readonly Logged[] {
  const random = randomOf(1, "scale");
  const encoder = new TextEncoder();
  return (second, devices) => {
    const ts = T0 + second * 1_000;
    const payloads = Array.from({ length: PAYLOADS }, () => encoder.encode(JSON.stringify({ ts, channels: pumpChannels(() => noise(random)) })));
    return Array.from({ length: devices }, (_, i): Logged => ({
      device: `pump-${i}`,
      payload: payloads[i % PAYLOADS] ?? new Uint8Array(0),
      arrivedAt: ts + 20,
    }));
  };
}

async function liveScorer(): Promise<Scorer> {
  const scorer = await openModelFile(modelPath(pumpProfile().model));
  if (isRefusal(scorer)) throw new Error(scorer.rule);
  return scorer;
}

function pumpProfile(): DeviceProfile {
  const [profile] = pumpVibration.profiles;
  if (profile === undefined) throw new Error("the template has a profile");
  return profile;
}

function cpuUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** What is left when everything that nobody holds is gone; buffers go a turn after their owners. */
async function heldBytes(): Promise<number> {
  setFlagsFromString("--expose_gc");
  const collect = runInNewContext("gc") as () => void;
  for (let i = 0; i < 3; i++) {
    collect();
    await wait(20);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
