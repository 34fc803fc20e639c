import { expect, test } from "vitest";
import { Device } from "../../contracts/device.ts";
import { ModelHash } from "../../contracts/ids.ts";
import type { IntakePlan } from "../../contracts/rpc.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { nextAsk, onScores, onTelemetry } from "../journey.ts";
import type { Scores } from "../verdict/scorer.ts";
import { saveTracks } from "./saved.ts";
import { startTracks } from "./start.ts";
import { judging, type Tracks } from "./track.ts";
import { glancesOf, traceOf } from "./view.ts";

const START = 1_763_750_000_000;
const [pump] = pumpVibration.profiles;
if (pump === undefined) throw new Error("no profile");
const profile = pump;
const width = profile.channels.length;
const [model, other] = ["a", "b"].map((one) => ModelHash.parse(one.repeat(64))) as [ModelHash, ModelHash];
const flat = (value: number): number[] => profile.channels.map(() => value);
const limited = {
  ...profile,
  channels: profile.channels.map((channel) => (channel.id === "pressure" ? { ...channel, limits: { tripHigh: 8, forMs: 0 } } : channel)),
};
const device = Device.parse({
  id: "d1",
  asset: "p1",
  profile: "pump",
  name: "d",
  addedAt: 0,
  baseline: { mean: flat(5), scale: flat(1), floor: flat(1), rows: 400, learntAt: 0 },
});
const planOf = (judges: NonNullable<IntakePlan["judges"]>): IntakePlan => ({
  unit: "plant",
  version: 1,
  scenario: { ...pumpVibration, profiles: [limited] },
  devices: [device],
  openAccess: false,
  judges,
});

/** A second of a pump whose model is sure of a fault, unless `pressure` says so first. */
function second(tracks: Tracks, i: number, score = 0.8, pressure = 5): readonly Verdict[] {
  const ts = START + i * 1_000;
  const row = Object.fromEntries(profile.channels.map(({ id }) => [id, id === "pressure" ? pressure : 5 + (i % 7) / 10]));
  onTelemetry(tracks, [{ device: "d1", payload: new TextEncoder().encode(JSON.stringify({ ts, channels: row })), arrivedAt: ts }]);
  const told: Verdict[] = [];
  for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) {
    const count = ask.devices.length;
    const made: Scores = {
      score: new Float32Array(count).fill(score),
      share: new Float32Array(count * width).fill(1 / width),
      level: new Float32Array(count * width),
      states: new Float32Array(count),
      stateWidth: 1,
    };
    told.push(...onScores(tracks, ask, made).verdicts);
  }
  return told;
}
const rowsUntil = (tracks: Tracks, state: string): number | undefined =>
  Array.from({ length: 40 }, (_, i) => i).find((i) => second(tracks, i).some((verdict) => verdict.state === state));

test("VP24 a model is judged as its card asks for, the others as the scenario says, and its curves show its own threshold", () => {
  const plan = planOf([{ model, judge: { onScore: 0.7, onDelayMs: 5_000 } }]);
  expect(judging(plan, model)).toEqual({ ...pumpVibration.judge, onScore: 0.7, onDelayMs: 5_000, warmRows: 0 });
  expect(judging(plan, other)).toEqual({ ...pumpVibration.judge, warmRows: 0 });
  const tracks = startTracks(plan, () => model, []);
  expect(rowsUntil(tracks, "anomalous")).toBe(5);
  expect(
    rowsUntil(
      startTracks(plan, () => other, []),
      "anomalous",
    ),
  ).toBe(0);
  expect(traceOf(tracks, "d1", 0)).toMatchObject({ onScore: 0.7 });
});

test("VP25 until it has seen its rows of a device a model's score is shown and nothing follows; limits hold meanwhile, and a checkpoint begins no count anew", () => {
  const plan = planOf([{ model, judge: { warmRows: 10 } }]);
  const open = (): Tracks => startTracks(plan, () => model, []);
  expect(rowsUntil(open(), "anomalous")).toBe(10);
  const tracks = open();
  for (let i = 0; i < 6; i++) expect(second(tracks, i)).toEqual([]);
  expect(glancesOf(tracks, () => true)).toMatchObject([{ score: expect.closeTo(0.8, 5) as number, state: "normal" }]);
  const again = startTracks(plan, () => model, saveTracks(tracks));
  for (let i = 6; i < 10; i++) expect(second(again, i)).toEqual([]);
  expect(second(again, 10)).toMatchObject([{ state: "anomalous", rule: "model" }]);
  const broken = open();
  for (let i = 0; i < 2; i++) expect(second(broken, i, 0.1, 9)).toEqual([]);
  expect(second(broken, 2, 0.1, 9)).toMatchObject([{ state: "anomalous", rule: "limit", severity: "critical" }]);
});
