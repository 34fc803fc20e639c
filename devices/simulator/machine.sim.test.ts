import { beforeAll, expect, test } from "vitest";
import type { Device } from "../../contracts/device.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { nextAsk, onScores, onTelemetry, startTracks, type Logged, type Tracks } from "../../edge/journey.ts";
import type { Scorer } from "../../edge/verdict/scorer.ts";
import { faultModeOf } from "../../edge/ticket/fault-mode.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { modelPath, openModelFile } from "../replay/onnx-node.ts";
import { CHANNELS, healthyRows } from "./baseline.ts";
import { FAULT_MODES, type FaultName } from "./fault.ts";
import { MISCHIEF } from "./network.ts";
import { randomOf } from "./random.ts";
import { demoSite, machineOf } from "./site.ts";
import { inject, startSource, tick, type Source } from "./source.ts";

const START = 1_763_750_000_000;
const HOUR_S = 3_600;
/** Samples are handed to the fold in messages of this many: as after a short outage, and as fast as the fold can take them. */
const MESSAGE_S = 30;

let scorer: Scorer;
beforeAll(async () => {
  const opened = await openModelFile(modelPath("baseline"));
  if (isRefusal(opened)) throw new Error(opened.rule);
  scorer = opened;
});

test.each([1, 2])("M6 two hours of twelve healthy machines, load steps, rests and starts included, raise nothing (seed %i)", async (seed) => {
  const { verdicts, scored, worst } = await world({ seed, seconds: 2 * HOUR_S });
  expect(verdicts.filter((verdict) => verdict.state === "anomalous")).toEqual([]);
  expect(scored).toBeGreaterThan(12 * 2 * HOUR_S * 0.95);
  // Not by a hair: the alarm begins at 0.5 and takes five seconds of it.
  expect(worst).toBeLessThan(0.5);
});

test.each(FAULT_MODES.flatMap((mode) => [1, 2, 3].map((seed) => [mode, seed] as const)))("M7 %s is anomalous within 20 s and the evidence says which fault it is (seed %i)", async (mode, seed) => {
  const site = demoSite(seed, START);
  for (const device of [site.devices[seed % 8], site.devices[8 + (seed % 4)]]) {
    if (device === undefined) throw new Error("the site has twelve devices");
    const { verdicts } = await world({ seed, seconds: 180, fault: { device: device.id, mode, atS: 100 + seed * 7 } });
    const anomalous = verdicts.filter((verdict) => verdict.state === "anomalous");
    expect(anomalous.map((verdict) => verdict.device)).toEqual([device.id]);
    const [first] = anomalous;
    if (first === undefined) throw new Error("unreachable");
    expect((first.at - START) / 1_000 - (100 + seed * 7)).toBeLessThan(20);
    expect(faultModeOf(pumpVibration, first).id, JSON.stringify(first.evidence)).toBe(mode);
  }
});

test("M8 the baselines that devices arrive with are those that the model itself would have learnt", async () => {
  const device = demoSite(1, START).devices[0];
  if (device?.baseline === undefined) throw new Error("devices arrive commissioned");
  const rows = healthyRows(device.id, machineOf(device.id).kind, 400);
  const { baseline, ...uncommissioned } = device;
  const tracks = tracksOf([uncommissioned]);
  const telemetry = Array.from({ length: 400 }, (_, i) => ({ ts: START + i * 1_000, channels: Object.fromEntries(CHANNELS.map((channel, c) => [channel, numberOrNull(rows[i * CHANNELS.length + c])])) }));
  onTelemetry(tracks, [{ device: device.id, payload: bytes(telemetry), arrivedAt: START + 400_000 }]);
  const learnt = (await settle(tracks)).learnt[0]?.baseline;
  expect(learnt?.rows).toBe(400);
  for (const part of ["mean", "scale", "floor"] as const) for (const [c, value] of baseline[part].entries()) expect(learnt?.[part][c]).toBeCloseTo(value, 3);
});

type World = { readonly seed: number; readonly seconds: number; readonly fault?: { readonly device: string; readonly mode: FaultName; readonly atS: number } };

async function world({ seed, seconds, fault }: World): Promise<{ readonly verdicts: readonly Verdict[]; readonly scored: number; readonly worst: number }> {
  const site = demoSite(seed, START);
  const tracks = tracksOf(site.devices);
  const sources = new Map<string, Source>(site.devices.map((device) => [device.id, startSource(device.id, seed)]));
  const randoms = new Map(site.devices.map((device) => [device.id as string, randomOf(seed, `run/${device.id}`)]));
  const verdicts: Verdict[] = [];
  let worst = 0;
  for (let from = 0; from < seconds; from += MESSAGE_S) {
    const messages: Logged[] = [];
    for (const [id, random] of randoms) {
      const samples = [];
      for (let s = from; s < from + MESSAGE_S; s++) {
        let source = sources.get(id) ?? startSource(id, seed);
        if (fault?.device === id && fault.atS === s) source = inject(source, fault.mode);
        const next = tick(source, START + s * 1_000, 1_000, MISCHIEF, random);
        sources.set(id, next.source);
        samples.push(...next.out);
      }
      if (samples.length > 0) messages.push({ device: id, payload: bytes(samples), arrivedAt: START + (from + MESSAGE_S) * 1_000 });
    }
    onTelemetry(tracks, messages);
    const settled = await settle(tracks);
    verdicts.push(...settled.verdicts);
    worst = Math.max(worst, settled.worst);
  }
  expect(tracks.counters).toMatchObject({ refused: 0 });
  return { verdicts, scored: tracks.counters.scored, worst };
}

async function settle(tracks: Tracks): Promise<{ readonly verdicts: readonly Verdict[]; readonly learnt: readonly { readonly device: string; readonly baseline: NonNullable<Device["baseline"]> }[]; readonly worst: number }> {
  const verdicts = [];
  const learnt = [];
  let worst = 0;
  for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) {
    const scores = await scorer.run(ask);
    worst = scores.score.reduce((most, score) => Math.max(most, score), worst);
    const found = onScores(tracks, ask, scores);
    verdicts.push(...found.verdicts);
    learnt.push(...found.learnt);
  }
  return { verdicts, learnt, worst };
}

function tracksOf(devices: readonly Device[]): Tracks {
  return startTracks({ unit: "plant", version: 1, scenario: pumpVibration, devices: [...devices], openAccess: false }, () => scorer.hash, []);
}

function bytes(telemetry: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(telemetry));
}

function numberOrNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
