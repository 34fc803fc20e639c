import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { writeBurst } from "../../contracts/burst-wire.ts";
import type { Device } from "../../contracts/device.ts";
import { AssetId, DeviceId } from "../../contracts/ids.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { Scenario } from "../../contracts/scenario.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { nextAsk, onScores, onTelemetry } from "../../edge/journey.ts";
import { saveTracks } from "../../edge/journey/saved.ts";
import { startTracks } from "../../edge/journey/start.ts";
import type { Logged, Tracks } from "../../edge/journey/track.ts";
import { quarantineOf, tailOf, traceOf } from "../../edge/journey/view.ts";
import type { Scorer } from "../../edge/verdict/scorer.ts";
import { bearingVibration } from "../../hub/catalogue/bearing-vibration.ts";
import { modelPath, openModelFile } from "../replay/onnx-node.ts";
import { readRecording } from "../replay/recording.ts";
import { replayRecording } from "../replay/replay.ts";
import { BEARING, BEARING_RATE, soundOf } from "./bearing.ts";
import { randomOf } from "./random.ts";

const PRONOSTIA = fileURLToPath(new URL("../../../shared/data/pronostia", import.meta.url));
const FIRST = 1_790_000_000_000;
const ROW_MS = 10_000;
/** Rows at which the ring begins to fail, and of the whole life: an hour and a half of which the last half hour is bad. */
const [BREAKS, ROWS] = [360, 540];
const id = DeviceId.parse("B-1");
let scorer: Scorer;
beforeAll(async () => {
  const opened = await openModelFile(modelPath("wear"));
  if (isRefusal(opened)) throw new Error(opened.rule);
  scorer = opened;
});

function begin(scenario: Scenario = bearingVibration, saved: Parameters<typeof startTracks>[2] = []): Tracks {
  const profile = scenario.profiles[0]?.id;
  if (profile === undefined) throw new Error("a scenario has a profile");
  const device: Device = { id, asset: AssetId.parse("B-1"), profile, name: "B-1", addedAt: 0 };
  return startTracks({ unit: "plant", version: 1, scenario, devices: [device], openAccess: false }, () => scorer.hash, saved);
}
async function fold(tracks: Tracks, messages: readonly Logged[]): Promise<readonly Verdict[]> {
  onTelemetry(tracks, messages);
  const verdicts: Verdict[] = [];
  for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) verdicts.push(...onScores(tracks, ask, await scorer.run(ask)).verdicts);
  return verdicts;
}
function blocksOf(row: number, wear: number, samples = 2_560, bytesMax?: number): readonly Logged[] {
  const start = FIRST + row * ROW_MS;
  const blocks = writeBurst(soundOf(wear, start, samples, randomOf(7, `burst/${row}`)), bytesMax);
  if (isRefusal(blocks)) throw new Error(blocks.rule);
  return blocks.map((payload) => ({ device: id, payload, arrivedAt: start + 200, burst: true }));
}
const wearAt = (row: number): number => Math.max(0, row - BREAKS) / (ROWS - BREAKS);

test("VB20 a ring that begins to fail is anomalous well before its end, and not before it fails; a checkpoint on the way changes nothing", async () => {
  let tracks = begin();
  const whole = begin();
  const [found, told]: [Verdict[], Verdict[]] = [[], []];
  for (let row = 0; row < ROWS; row++) {
    const blocks = blocksOf(row, wearAt(row), 2_560, row % 90 === 4 ? 6_000 : undefined);
    for (const [b, block] of blocks.entries()) {
      found.push(...(await fold(tracks, [block])));
      if (row % 90 === 4 && b === 0) tracks = begin(bearingVibration, saveTracks(tracks));
    }
    told.push(...(await fold(whole, blocks)));
  }
  expect(found).toEqual(told);
  const anomalous = found.filter(({ state }) => state === "anomalous");
  expect(anomalous).toHaveLength(1);
  const at = ((anomalous[0]?.at ?? 0) - FIRST) / ROW_MS;
  expect([at > BREAKS, at < BREAKS + (ROWS - BREAKS) / 2]).toEqual([true, true]);
  expect(anomalous[0]?.evidence.every(({ channel }) => /band\.[12]$/.test(channel))).toBe(true);
  expect(tracks.counters).toMatchObject({ samples: ROWS, scored: ROWS - bearingVibration.commissioningRows, refused: 0 });
});

test("VB20 features are seen like any channel, and the tail says what came without its waveform", async () => {
  const tracks = begin();
  await fold(tracks, blocksOf(0, 0));
  const trace = traceOf(tracks, id, 0);
  if (isRefusal(trace)) throw new Error(trace.rule);
  const of = (channel: string): number => trace.columns[2 + trace.channels.findIndex((one) => one === channel)]?.[0] ?? Number.NaN;
  expect(of("horizontal.rms")).toBeCloseTo(0.303, 2);
  expect(of("horizontal.kurtosis")).toBeCloseTo(3, 0);
  expect(of("vertical.rms") / of("horizontal.rms")).toBeCloseTo(0.7, 1);
  expect(of("horizontal.velocity.rms")).toBeGreaterThan((0.06 * 9_806) / Math.SQRT2 / (2 * Math.PI * 29.95));
  const [line] = tailOf(tracks, 0);
  expect(line).toMatchObject({
    device: id,
    fields: [{ field: "burst", value: "10316 bytes" }, { field: "start" }, { field: "samples", value: "2560" }, {}, {}],
  });
  expect(JSON.stringify(tracks.tail).length).toBeLessThan(2_000);
});

test("VB21 a burst that comes twice is a duplicate; blocks that are lost, bytes that are none, profiles that take none are refused and counted", async () => {
  const tracks = begin();
  await fold(tracks, [...blocksOf(0, 0), ...blocksOf(0, 0)]);
  expect(tracks.counters).toMatchObject({ samples: 1, duplicates: 1, refused: 0 });
  const [lost] = blocksOf(1, 0, 2_560, 6_000);
  if (lost === undefined) throw new Error("a block");
  await fold(tracks, [lost, ...blocksOf(2, 0), { ...lost, payload: new TextEncoder().encode('{"ts":1}') }]);
  expect(tracks.counters).toMatchObject({ samples: 2, refused: 2 });
  expect(quarantineOf(tracks).map(({ rule, field, count, sample }) => [rule, field, count, sample.slice(0, 12)])).toEqual([
    ["a burst comes whole", "samples", 1, "burst 10316 "],
    ["a block has a header of 36 bytes", "", 1, "burst 8 byte"],
  ]);
  const plain = {
    ...bearingVibration,
    profiles: bearingVibration.profiles.map(({ burst: _burst, ...one }) => ({ ...one, channels: one.channels.map(({ from: _from, ...c }) => c) })),
  };
  const deaf = begin(plain);
  await fold(deaf, blocksOf(0, 0));
  expect(quarantineOf(deaf)).toMatchObject([{ rule: "profile bearing takes no bursts", count: 1 }]);
  expect(deaf.counters.samples).toBe(0);
});

test("VB21 bursts that are not whole take so much room together, and the longest waiting gives way", async () => {
  const devices = Array.from({ length: 60 }, (_, i) => ({
    id: DeviceId.parse(`B-${i}`),
    asset: AssetId.parse("B"),
    profile: bearingVibration.profiles[0]?.id ?? never(),
    name: "B",
    addedAt: 0,
  }));
  const tracks = startTracks({ unit: "plant", version: 1, scenario: bearingVibration, devices, openAccess: false }, () => scorer.hash, []);
  const samples = new Float32Array(65_536);
  for (const [i, device] of devices.entries()) {
    const blocks = writeBurst({
      start: FIRST,
      rate: BEARING_RATE,
      axes: [
        { id: "horizontal", samples },
        { id: "vertical", samples },
      ],
    });
    if (isRefusal(blocks)) throw new Error(blocks.rule);
    await fold(tracks, [{ device: device.id, payload: blocks[0] ?? new Uint8Array(0), arrivedAt: FIRST + i, burst: true }]);
  }
  const open = [...tracks.byDevice.values()].filter(({ bursts }) => bursts.open !== null).map(({ device }) => device.id);
  expect(open).toEqual(devices.slice(-40).map((one) => one.id));
  expect(tracks.counters.refused).toBe(20);
});

test("VB22 with its geometry, the failing ring is named by its line, and the others are not", async () => {
  const [profile] = bearingVibration.profiles;
  if (profile?.burst === undefined) throw new Error("the template takes bursts");
  const lines = (["bpfo", "bpfi", "bsf", "ftf"] as const).map((feature) => ({
    ...profile.channels[0],
    id: `line.${feature}`,
    uom: "[g]",
    from: { axis: "horizontal", feature },
  }));
  const scenario = Scenario.parse({
    ...bearingVibration,
    profiles: [{ ...profile, channels: lines, burst: { ...profile.burst, bearing: BEARING } }],
    faultModes: bearingVibration.faultModes.map((mode) => ({ ...mode, channels: [] })),
  });
  const tracks = begin(scenario);
  onTelemetry(tracks, blocksOf(0, 0.3, 25_600));
  const trace = traceOf(tracks, id, 0);
  if (isRefusal(trace)) throw new Error(trace.rule);
  const [bpfo = 0, ...others] = trace.columns.slice(2).map(([value]) => value ?? 0);
  for (const other of others) expect(bpfo).toBeGreaterThan(2 * other);
});

// The recordings are not part of this repository: without them nothing is tried, and the name of the test says so.
if (!existsSync(PRONOSTIA))
  test("VB23 recorded bearings as waveforms: no recordings beside this repository, nothing was tried", () => expect(existsSync(PRONOSTIA)).toBe(false));
else
  test("VB23 waveforms with the bands and velocities of a recorded bearing have its features again, and its scores", async () => {
    const recording = await readRecording(PRONOSTIA, join(PRONOSTIA, "Bearing3_1.csv"), 20);
    if (isRefusal(recording)) throw new Error(recording.rule);
    const recorded = await replayRecording(recording, bearingVibration, scorer);
    const tracks = begin();
    const scores: (number | null)[] = [];
    for (const [row, { values }] of recording.rows.entries()) {
      const start = FIRST + row * ROW_MS;
      const axes = ["horizontal", "vertical"].map((axis, a) => ({ id: axis, samples: waveLike(values.slice(10 * a, 10 * a + 10).map((value) => value ?? 0)) }));
      const blocks = writeBurst({ start, rate: BEARING_RATE, axes });
      if (isRefusal(blocks)) throw new Error(blocks.rule);
      const before = tracks.counters.scored;
      await fold(
        tracks,
        blocks.map((payload) => ({ device: id, payload, arrivedAt: start, burst: true })),
      );
      scores.push(tracks.counters.scored > before ? (tracks.byDevice.get(id)?.watch.score ?? null) : null);
      // What is in bands is what they say, and the recordings' RMS is that of their bands but for a mean, which they kept.
      const rms = Math.sqrt(values.slice(4, 8).reduce<number>((sum, band) => sum + (band ?? 0) ** 2, 0));
      expect((values[0] ?? 0) / rms).toBeGreaterThan(1 - 1e-4);
      expect((values[1] ?? 0) / (values[0] ?? 1) / (values[3] ?? 1)).toBeCloseTo(1, 4);
    }
    const trace = traceOf(tracks, id, 0);
    if (isRefusal(trace)) throw new Error(trace.rule);
    const columns = trace.columns.slice(2);
    const times = trace.columns[0] ?? [];
    for (const [i, at] of times.entries()) {
      const values = recording.rows[((at ?? 0) - FIRST) / ROW_MS]?.values ?? [];
      for (const c of [4, 5, 6, 7, 8, 14, 15, 16, 17, 18]) expect((columns[c]?.[i] ?? 0) / (values[c] ?? 1)).toBeCloseTo(1, 4);
    }
    expect(times.length).toBeGreaterThan(60);
    for (const [row, score] of scores.entries()) expect(Math.abs((score ?? -1) - (recorded[row]?.score ?? -1))).toBeLessThan(1e-5);
  });

const lines = [10, 990, 2_500, 7_500, 11_000].map((hz) =>
  Float64Array.from({ length: 2_560 }, (_, i) => Math.SQRT2 * Math.sin((2 * Math.PI * hz * i) / BEARING_RATE)),
);

/** A tenth of a second with the four bands of a recorded row, and its velocity by two lines at the ends of the lowest band. Bins are ten hertz apart. */
function waveLike([, , , , b0 = 0, b1 = 0, b2 = 0, b3 = 0, velocity = 0]: readonly number[]): Float32Array {
  const [low = 0, high = 0] = [10, 990].map((hz) => (9_806.65 / (2 * Math.PI * hz)) ** 2);
  const slow = (velocity ** 2 - b0 ** 2 * high) / (low - high);
  const rms = [Math.sqrt(slow), Math.sqrt(b0 ** 2 - slow), b1, b2, b3];
  return Float32Array.from({ length: 2_560 }, (_, i) => rms.reduce((sum, one, l) => sum + one * (lines[l]?.[i] ?? 0), 0));
}

function never(): never {
  throw new Error("a scenario has a profile");
}
