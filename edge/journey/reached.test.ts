import fc from "fast-check";
import { expect, test } from "vitest";
import { Device } from "../../contracts/device.ts";
import { ModelHash } from "../../contracts/ids.ts";
import { SLICES, sliceOf } from "../../contracts/object-name.ts";
import type { IntakePlan } from "../../contracts/rpc.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { nextAsk, onScores, onTelemetry } from "../journey.ts";
import { unpack } from "../verdict/pack.ts";
import type { ScoreAsk, Scores } from "../verdict/scorer.ts";
import { firstOf, notHeld, type Reached, reach, reachedAll } from "./reached.ts";
import { type SavedTracks, saveTracks } from "./saved.ts";
import { resumeRest, settleStates, startTracks } from "./start.ts";
import type { Logged, Tracks } from "./track.ts";
import { takeTrace } from "./view.ts";

const T0 = 1_763_750_000_000;
const MODEL = ModelHash.parse("1".repeat(64));
const flat = (value: number): number[] => Array.from({ length: 8 }, () => value);
const baseline = { mean: flat(0), scale: flat(1), floor: flat(1), rows: 400, learntAt: 1 };
const ids = Array.from({ length: 7 }, (_, i) => `pump-${i}`);
/** One of them is commissioned on the way. */
const devices = ids.map((id, i) => Device.parse({ id, asset: id, profile: "pump", name: id, addedAt: 1, ...(i === 3 ? {} : { baseline }) }));
const scenario = { ...pumpVibration, commissioningRows: 12, judge: { ...pumpVibration.judge, onDelayMs: 2_000, offDelayMs: 3_000 } };
const plan: IntakePlan = { unit: "plant", version: 1, scenario, devices, openAccess: false };

/** Counts its rows in its state, so that a row folded twice, or never, shows. */
function score(ask: ScoreAsk): Scores {
  const rows = ask.devices.length;
  const values = ask.devices.map((_, r) => ask.x[r * ask.channels] ?? 0);
  return {
    score: Float32Array.from(values, (value) => (value > 5 ? 1 : 0)),
    share: new Float32Array(rows * ask.channels).fill(1 / ask.channels),
    level: new Float32Array(rows * ask.channels).fill(1),
    states: Float32Array.from({ length: rows * 2 }, (_, i) => (ask.states[i >> 1]?.[i % 2] ?? 0) + (i % 2 === 0 ? 1 : (values[i >> 1] ?? 0))),
    stateWidth: 2,
  };
}

type Row = { readonly n: number; readonly messages: readonly Logged[] };

/** Some devices speak in each row, some twice, one that nobody knows, some nonsense, and a fault here and there. */
const log = fc
  .array(fc.array(fc.record({ device: fc.nat(7), value: fc.nat(9), kind: fc.nat(12) }), { minLength: 1, maxLength: 9 }), { minLength: 30, maxLength: 70 })
  .map((seconds): readonly Row[] => {
    let n = 0;
    return seconds.map((said, s) => {
      const messages = said.map(({ device, value, kind }, i): Logged => {
        const ts = T0 + s * 1_000 + (kind === 1 ? -2_000 : i);
        const text = kind === 0 ? "nonsense" : JSON.stringify({ ts, channels: { "vibration.a.rms": value } });
        return { device: ids[device] ?? "nobody", payload: new TextEncoder().encode(text), arrivedAt: T0 + s * 1_000 + 20 };
      });
      n += messages.length;
      return { n: n - messages.length, messages };
    });
  });

function foldRow(tracks: Tracks, messages: readonly Logged[]): readonly Verdict[] {
  onTelemetry(tracks, messages);
  const told: Verdict[] = [];
  for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) told.push(...onScores(tracks, ask, score(ask)).verdicts);
  return told;
}

/** What is on disk: slices, each with its place, and minutes of traces. */
type Disk = { readonly slices: Map<number, SavedTracks>; reached: Reached; readonly trace: Map<string, string> };

function begin({ slices }: Disk): Tracks {
  const tracks = startTracks(plan, () => MODEL, [...slices.values()]);
  settleStates(tracks);
  return tracks;
}

function save(disk: Disk, tracks: Tracks, only: ReadonlySet<number>, at: number): void {
  const next = reach(disk.reached, new Set([...tracks.dirty].filter((slice) => !only.has(slice))), at);
  for (const { device, fromAt, bytes } of takeTrace(tracks, only)) disk.trace.set(`${device} ${fromAt}`, bytes.join());
  for (const one of saveTracks(tracks, only)) disk.slices.set(one.slice, one);
  disk.reached = next;
}

const whole = (disk: Disk): unknown => [...disk.slices].toSorted(([a], [b]) => a - b).map(([slice, { bytes }]) => [slice, unpack(bytes)]);
const heard = (verdicts: readonly Verdict[]): readonly string[] =>
  verdicts.map(({ device, state, at, episode }) => `${device} ${state} ${at} ${episode}`).toSorted();

/** Folds the log, saving a few slices after some rows and dying after others. */
function live(rows: readonly Row[], turns: readonly { readonly slices: readonly number[]; readonly dies: boolean }[]) {
  const disk: Disk = { slices: new Map(), reached: reachedAll(0), trace: new Map() };
  const told: Verdict[] = [];
  let tracks = begin(disk);
  let made = 0;
  let turn = 0;
  for (let i = 0; i < rows.length;) {
    const { n, messages } = rows[i] ?? { n: 0, messages: [] };
    const end = n + messages.length;
    const verdicts = foldRow(tracks, notHeld(disk.reached, n, messages));
    if (n < disk.reached.rest && end >= disk.reached.rest)
      resumeRest(
        tracks,
        [...disk.slices.values()].filter(({ slice }) => slice === SLICES),
      );
    if (end > made) told.push(...verdicts);
    made = Math.max(made, end);
    const { slices, dies } = turns[turn++] ?? { slices: [], dies: false };
    const only = new Set(slices.map((one) => sliceOf(ids[one] ?? "nobody")));
    if (slices.length > 0 && end >= disk.reached.rest) save(disk, tracks, only, end);
    i++;
    if (!dies) continue;
    tracks = begin(disk);
    i = rows.findIndex((row) => row.n + row.messages.length > firstOf(disk.reached));
    if (i < 0) i = rows.length;
  }
  save(disk, tracks, new Set(tracks.dirty), made);
  return { disk, told };
}

test("VS3 slices saved one after the other, and a crash at any row: the fold comes to the same state, counters, traces and transitions", () => {
  const turns = fc.array(fc.record({ slices: fc.array(fc.nat(6), { maxLength: 3 }), dies: fc.nat(5).map((one) => one === 0) }), {
    minLength: 60,
    maxLength: 120,
  });
  fc.assert(
    fc.property(log, turns, (rows, some) => {
      const straight = live(rows, []);
      const crashed = live(rows, some);
      expect(whole(crashed.disk)).toEqual(whole(straight.disk));
      expect(crashed.disk.trace).toEqual(straight.disk.trace);
      expect(heard(crashed.told)).toEqual(heard(straight.told));
    }),
    { numRuns: 40 },
  );
});

test("VS3 a slice that did not change stands where the fold stands, and the fold begins again where the first one stands", () => {
  const changed = new Set([3, 5]);
  const once = reach(reachedAll(10), changed, 20);
  expect([once.rest, once.slices[3], once.slices[4], firstOf(once)]).toEqual([20, 10, 20, 10]);
  const twice = reach(once, new Set([5]), 30);
  expect([twice.rest, twice.slices[3], twice.slices[5], firstOf(twice)]).toEqual([30, 30, 10, 10]);
});
