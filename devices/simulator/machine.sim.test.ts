import { beforeAll, expect, test } from "vitest";
import type { Device } from "../../contracts/device.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { nextAsk, onScores, onTelemetry } from "../../edge/journey.ts";
import { startTracks } from "../../edge/journey/start.ts";
import type { Logged, Tracks } from "../../edge/journey/track.ts";
import type { Scorer } from "../../edge/verdict/scorer.ts";
import { faultModeOf } from "../../edge/ticket/fault-mode.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { modelPath, openModelFile } from "../replay/onnx-node.ts";
import { CHANNELS } from "./baseline.ts";
import { FAULT_MODES, type FaultName } from "./fault.ts";
import { demoSite } from "./fleet.ts";
import { MISCHIEF } from "./network.ts";
import { randomOf } from "./random.ts";
import type { DemoSite } from "./site.ts";
import { inject, startSource, tick, type Source } from "./source.ts";

const START = 1_763_750_000_000;
const HOUR_S = 3_600;
/** Samples are handed to the fold in messages of this many: as after a short outage, and as fast as the fold can take them. */
const MESSAGE_S = 30;
/** A model that learns a machine's noise as it runs has learnt it by then. */
const LEARNT_S = 400;

let scorer: Scorer;
let site: DemoSite;
beforeAll(async () => {
  const opened = await openModelFile(modelPath(pumpVibration.profiles[0]?.model ?? ""));
  if (isRefusal(opened)) throw new Error(opened.rule);
  scorer = opened;
  const commissioned = await demoSite(1, START);
  if (isRefusal(commissioned)) throw new Error(commissioned.rule);
  site = commissioned;
}, 60_000);

test.each([1, 2])("M6 two hours of twelve healthy machines, load steps, rests and starts included, raise nothing (seed %i)", async (seed) => {
  const { verdicts, scored, worst } = await world({ seed, seconds: 2 * HOUR_S });
  expect(verdicts.filter((verdict) => verdict.state === "anomalous")).toEqual([]);
  expect(scored).toBeGreaterThan(12 * 2 * HOUR_S * 0.95);
  // Not by a hair: the alarm begins at 0.5.
  expect(worst).toBeLessThan(0.5);
});

test.each(FAULT_MODES.flatMap((mode) => [1, 2, 3].map((seed) => [mode, seed] as const)))(
  "M7 %s is anomalous within 20 s and the evidence says which fault it is (seed %i)",
  async (mode, seed) => {
    for (const device of [site.devices[seed % 8], site.devices[8 + (seed % 4)]]) {
      if (device === undefined) throw new Error("the site has twelve devices");
      const atS = LEARNT_S + 100 + seed * 7;
      const beside = site.devices.filter((one, i) => one === device || i === seed || i === 9);
      const { verdicts } = await world({ seed, seconds: atS + 73, devices: beside, fault: { device: device.id, mode, atS } });
      const anomalous = verdicts.filter((verdict) => verdict.state === "anomalous" && verdict.at >= START + LEARNT_S * 1_000);
      expect(anomalous.map((verdict) => verdict.device)).toEqual([device.id]);
      const [first] = anomalous;
      if (first === undefined) throw new Error("unreachable");
      expect((first.at - START) / 1_000 - atS).toBeLessThan(20);
      expect(faultModeOf(pumpVibration, first).id, JSON.stringify(first.evidence)).toBe(mode);
    }
  },
);

test("M8 every device arrives commissioned, from as many rows as the scenario asks for, and the same each time", async () => {
  const again = await demoSite(2, START);
  if (isRefusal(again)) throw new Error(again.rule);
  for (const [i, device] of site.devices.entries()) {
    expect(device.baseline).toMatchObject({ rows: pumpVibration.commissioningRows, learntAt: START });
    expect(device.baseline?.mean).toHaveLength(CHANNELS.length);
    expect(again.devices[i]).toEqual(device);
  }
});

type World = {
  readonly seed: number;
  readonly seconds: number;
  readonly devices?: readonly Device[];
  readonly fault?: { readonly device: string; readonly mode: FaultName; readonly atS: number };
};

async function world({
  seed,
  seconds,
  devices = site.devices,
  fault,
}: World): Promise<{ readonly verdicts: readonly Verdict[]; readonly scored: number; readonly worst: number }> {
  const tracks = tracksOf(devices);
  const sources = new Map<string, Source>(devices.map((device) => [device.id, startSource(device.id, seed)]));
  const randoms = new Map(devices.map((device) => [device.id as string, randomOf(seed, `run/${device.id}`)]));
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

async function settle(tracks: Tracks): Promise<{ readonly verdicts: readonly Verdict[]; readonly worst: number }> {
  const verdicts = [];
  let worst = 0;
  for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) {
    const scores = await scorer.run(ask);
    worst = scores.score.reduce((most, score) => Math.max(most, score), worst);
    const found = onScores(tracks, ask, scores);
    verdicts.push(...found.verdicts);
  }
  return { verdicts, worst };
}

function tracksOf(devices: readonly Device[]): Tracks {
  return startTracks({ unit: "plant", version: 1, scenario: pumpVibration, devices: [...devices], openAccess: false }, () => scorer.hash, []);
}

function bytes(telemetry: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(telemetry));
}
