import { beforeAll, describe, expect, test } from "vitest";
import { Glances } from "../../contracts/board.ts";
import type { Device } from "../../contracts/device.ts";
import { AssetId, ChannelId, DeviceId } from "../../contracts/ids.ts";
import { SLICES } from "../../contracts/object-name.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { Channel, Scenario } from "../../contracts/scenario.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { modelPath, openModelFile } from "../../devices/replay/onnx-node.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { nextAsk, onScores, onTelemetry } from "../journey.ts";
import { numbersOf } from "../verdict/fixtures/ask.ts";
import type { Scorer } from "../verdict/scorer.ts";
import { saveTracks } from "./saved.ts";
import { replan, startTracks } from "./start.ts";
import type { Logged, Tracks } from "./track.ts";
import { glancesOf, quarantineOf } from "./view.ts";

const START = 1_763_750_000_000;
const LEARNT = pumpVibration.commissioningRows;
/** Normal level and spread of each channel. */
const NORMAL: Readonly<Record<string, readonly [number, number]>> = {
  "vibration.a.rms": [0.3, 0.01],
  "vibration.b.rms": [0.25, 0.01],
  current: [10, 0.1],
  pressure: [4, 0.05],
  "temperature.motor": [60, 0.2],
  "temperature.fluid": [30, 0.1],
  voltage: [400, 1],
  flow: [120, 1.5],
};

let scorer: Scorer;
beforeAll(async () => {
  const opened = await openModelFile(modelPath("shift"));
  if (isRefusal(opened)) throw new Error(opened.rule);
  scorer = opened;
});

type Channels = Record<string, number | string | null>;
type Bend = (channels: Channels, i: number) => Channels;
type World = { readonly tracks: Tracks; readonly verdicts: Verdict[]; readonly scorer?: Scorer };

function open(devices: readonly string[], scenario: Scenario = pumpVibration, by: Scorer = scorer): World {
  const [profile] = scenario.profiles;
  if (profile === undefined) throw new Error("the template has a profile");
  const made = devices.map((id): Device => ({ id: DeviceId.parse(id), asset: AssetId.parse(id), profile: profile.id, name: id, addedAt: START }));
  return { tracks: startTracks({ unit: "plant", version: 1, scenario, devices: made, openAccess: false }, () => by.hash, []), verdicts: [] };
}

async function score({ tracks, verdicts, scorer: by = scorer }: World): Promise<void> {
  for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) verdicts.push(...onScores(tracks, ask, await by.run(ask)).verdicts);
}

function well(next: () => number): Channels {
  return Object.fromEntries(Object.entries(NORMAL).map(([id, [mean, spread]]) => [id, mean + spread * (next() + next() - 1)]));
}

const say = (device: string, i: number, channels: Channels): Logged => ({
  device,
  payload: new TextEncoder().encode(JSON.stringify({ ts: START + i * 1_000, channels })),
  arrivedAt: START + i * 1_000 + 20,
});

/** Seconds `from` to `until` of each device, bent as said. */
async function live(world: World, from: number, until: number, bends: Readonly<Record<string, Bend>>): Promise<void> {
  const nexts = Object.keys(bends).map((id, at) => [id, numbersOf(at * 1_000 + from)] as const);
  for (let i = from; i < until; i++) {
    onTelemetry(
      world.tracks,
      nexts.map(([id, next]) => say(id, i, (bends[id] ?? ((one) => one))(well(next), i))),
    );
    await score(world);
  }
}

const calm: Bend = (channels) => channels;
const sensorsOf = ({ tracks }: World, device: string) => glancesOf(tracks, () => true).find((one) => one.device === device)?.sensors ?? [];

describe("VP8 what is wrong with a sensor", () => {
  test.each<[string, string, string, (value: number) => number | null]>([
    ["another unit", "pressure", "uom", (bar) => bar * 14.5038],
    ["a sentinel", "vibration.a.rms", "sentinel", () => 99.99],
    ["a value that stands still", "flow", "stuck", () => 120.5],
    ["silence", "temperature.motor", "drop-out", () => null],
  ])("%s is no alarm of the machine: it is told as what it is, counted, and clears", async (_, channel, fault, to) => {
    const world = open(["pump-1"]);
    const bad: Bend = (channels) => ({ ...channels, [channel]: to(Number(channels[channel])) });
    await live(world, 0, LEARNT + 50, { "pump-1": calm });
    await live(world, LEARNT + 50, LEARNT + 150, { "pump-1": bad });
    expect(sensorsOf(world, "pump-1")).toMatchObject([{ channel, fault }]);
    expect(sensorsOf(world, "pump-1")[0]?.count).toBeGreaterThan(20);
    expect(Glances.safeParse({ now: START, devices: glancesOf(world.tracks, () => true), counters: world.tracks.counters }).success).toBe(true);
    expect(quarantineOf(world.tracks)).toMatchObject([{ device: "pump-1", field: `channels.${channel}`, count: 1 }]);
    await live(world, LEARNT + 150, LEARNT + 200, { "pump-1": calm });
    expect([sensorsOf(world, "pump-1"), world.verdicts]).toEqual([[], []]);
  });

  test("leaves the other channels watched: a fault that comes meanwhile is found, and the doubted channel is no evidence", async () => {
    const world = open(["pump-1"]);
    const psi: Bend = (channels) => ({ ...channels, pressure: Number(channels["pressure"]) * 14.5038 });
    await live(world, 0, LEARNT + 50, { "pump-1": calm });
    await live(world, LEARNT + 50, LEARNT + 80, { "pump-1": psi });
    await live(world, LEARNT + 80, LEARNT + 110, { "pump-1": (channels, i) => ({ ...psi(channels, i), flow: Number(channels["flow"]) - 60 }) });
    expect(world.verdicts).toMatchObject([{ state: "anomalous", evidence: [{ channel: "flow" }] }]);
    expect(world.verdicts[0]?.evidence.some(({ channel }) => channel === "pressure")).toBe(false);
  });
});

test("VE1 fixed limits hold for a channel that nothing was learnt of, which is no evidence to the model", async () => {
  const [pump] = pumpVibration.profiles;
  if (pump === undefined) throw new Error("the template has a profile");
  const channels = pump.channels.map((one) => (one.id === "pressure" ? { ...one, limits: { tripHigh: 9 } } : one));
  const world = open(["pump-1"], { ...pumpVibration, profiles: [{ ...pump, channels }] });
  await live(world, 0, LEARNT + 20, { "pump-1": ({ pressure: _none, ...others }) => others });
  await live(world, LEARNT + 20, LEARNT + 60, { "pump-1": calm });
  expect([sensorsOf(world, "pump-1").map(({ fault }) => fault), world.verdicts]).toEqual([["unlearnt"], []]);
  await live(world, LEARNT + 60, LEARNT + 70, { "pump-1": (one) => ({ ...one, pressure: 99.9 }) });
  expect([sensorsOf(world, "pump-1").map(({ fault }) => fault), world.verdicts]).toEqual([["sentinel"], []]);
  await live(world, LEARNT + 70, LEARNT + 90, { "pump-1": (one) => ({ ...one, pressure: 12 }) });
  expect(world.verdicts).toMatchObject([{ state: "anomalous", rule: "limit", evidence: [{ channel: "pressure", share: 1 }] }]);
});

test("VP9 whatever one device sends, it is refused or passed over with a reason and a count, and the others are scored", async () => {
  const world = open(["pump-1", "pump-2"]);
  await live(world, 0, LEARNT + 20, { "pump-1": calm, "pump-2": calm });
  const nonsense: readonly Channels[] = [
    { pressure: "NaN" },
    { pressure: "-Infinity" },
    { pressure: "N/A" },
    { pressure: "warm" },
    { pressure: 1e38 },
    { pressure: -9_999 },
    { "temperature.motor": -9_999 },
    { flow: 999.9 },
    {},
    { unknown: 1 },
    Object.fromEntries(Object.keys(NORMAL).map((id) => [id, null])),
  ];
  const raw = ["{", "NaN", '{"ts":NaN}', '{"ts":1e300,"channels":{"flow":1}}', "[]", '{"channels":{"flow":1}}', '{"ts":-5,"channels":{"flow":1}}'];
  const next = numbersOf(8);
  const sick = numbersOf(9);
  for (let i = LEARNT + 20; i < LEARNT + 260; i++) {
    const text = raw[i % raw.length] ?? "";
    const clock: Logged = { ...say("pump-1", i + 7_200, well(sick)), arrivedAt: START + i * 1_000 + 20 };
    onTelemetry(world.tracks, [
      say("pump-1", i, { ...well(sick), ...nonsense[i % nonsense.length] }),
      { device: "pump-1", payload: new TextEncoder().encode(text), arrivedAt: START + i * 1_000 + 30 },
      clock,
      say("pump-2", i, { ...well(next), ...(i >= LEARNT + 200 ? { flow: 60 + next() } : {}) }),
    ]);
    await score(world);
  }
  const { counters } = world.tracks;
  expect(counters.refused).toBeGreaterThan(240 * 2);
  const rules = quarantineOf(world.tracks).map((kind) => kind.rule);
  for (const rule of ["not JSON", "a value is a number", "range -2 to 700 bar", "unknown channel", "ts lies at most", "a batch holds", "ts is a whole number"])
    expect([rule, rules.some((one) => one.startsWith(rule))]).toEqual([rule, true]);
  expect(world.verdicts.map(({ device, state }) => [device, state])).toEqual([["pump-2", "anomalous"]]);
  const rest = world.tracks.byDevice.get("pump-1");
  expect([rest?.queue.length, Number.isFinite(rest?.watch.score)]).toEqual([0, true]);
});

test.each(["shift", "baseline"])("VP10 %s: a fault in a fifth of the commissioning hides no fault that comes later", async (model) => {
  const opened = await openModelFile(modelPath(model));
  if (isRefusal(opened)) throw new Error(opened.rule);
  const judge = { ...pumpVibration.judge, onDelayMs: 5_000, offDelayMs: 10_000 };
  const world = { ...open(["pump-1"], model === "shift" ? pumpVibration : { ...pumpVibration, judge }, opened), scorer: opened };
  const fault: Bend = (channels) => ({ ...channels, flow: Number(channels["flow"]) - 30, "vibration.a.rms": Number(channels["vibration.a.rms"]) * 2 });
  await live(world, 0, 200, { "pump-1": calm });
  await live(world, 200, 280, { "pump-1": fault });
  await live(world, 280, LEARNT + 200, { "pump-1": calm });
  expect(world.tracks.byDevice.get("pump-1")?.watch.judged.state).toBe("normal");
  const before = world.verdicts.length;
  await live(world, LEARNT + 200, LEARNT + 260, { "pump-1": fault });
  expect(world.verdicts.slice(before).filter(({ state }) => state === "anomalous")).toHaveLength(1);
});

const [pumpProfile] = pumpVibration.profiles;

test.each<[string, (channels: readonly Channel[]) => readonly Channel[], Bend, boolean]>([
  ["in another order", (channels) => channels.toReversed(), calm, true],
  [
    "in another unit",
    (channels) => channels.map((one) => (one.id === "pressure" ? { ...one, uom: "[psi]", max: 10_000 } : one)),
    (said) => ({ ...said, pressure: Number(said["pressure"]) * 14.5038 }),
    true,
  ],
  [
    "that are others",
    (channels) => channels.map((one) => (one.id === "pressure" ? { ...one, id: ChannelId.parse("pressure.out") } : one)),
    ({ pressure, ...said }) => ({ ...said, "pressure.out": pressure ?? null }),
    false,
  ],
])("VE3 channels %s are no alarm, told to the unit or not, and after a restart", async (_what, change, bend, isKept) => {
  if (pumpProfile === undefined) throw new Error("the template has a profile");
  const world = open(["told", "untold", "older"]);
  await live(world, 0, LEARNT + 50, { told: calm, untold: calm, older: calm });
  const scenario: Scenario = { ...pumpVibration, profiles: [{ ...pumpProfile, channels: [...change(pumpProfile.channels)] }] };
  const devices = world.tracks.plan.devices.map((device): Device => {
    const baseline = world.tracks.byDevice.get(device.id)?.watch.baseline;
    if (baseline === null || baseline === undefined || device.id === "untold") return device;
    const { of: _of, ...older } = baseline;
    return { ...device, baseline: device.id === "older" ? older : baseline };
  });
  // The unit hears what was learnt before anybody changes the profile.
  replan(world.tracks, { ...world.tracks.plan, devices });
  const plan = { ...world.tracks.plan, version: 2, scenario };
  replan(world.tracks, plan);
  replan(world.tracks, plan);
  expect([...world.tracks.byDevice.values()].map(({ watch }) => watch.baseline !== null)).toEqual([isKept, isKept, isKept]);
  const again = {
    ...world,
    tracks: startTracks(
      plan,
      () => scorer.hash,
      saveTracks(
        world.tracks,
        Array.from({ length: SLICES }, (_, i) => i),
      ),
    ),
  };
  expect([...again.tracks.byDevice.values()].map(({ watch }) => watch.baseline !== null)).toEqual([isKept, isKept, isKept]);
  await live(again, LEARNT + 50, LEARNT + 150, { told: bend, untold: bend, older: bend });
  expect(again.verdicts).toEqual([]);
  expect(["told", "untold", "older"].flatMap((device) => sensorsOf(again, device))).toEqual([]);
});

test.each(["shift", "ensemble"])(
  "VE5 %s: a channel that was stuck through commissioning is no alarm when it moves again, and the others are watched",
  async (model) => {
    const opened = await openModelFile(modelPath(model));
    if (isRefusal(opened)) throw new Error(opened.rule);
    const world = { ...open(["pump-1"], pumpVibration, opened), scorer: opened };
    await live(world, 0, LEARNT + 20, { "pump-1": (said) => ({ ...said, flow: 120 }) });
    await live(world, LEARNT + 20, LEARNT + 220, { "pump-1": calm });
    expect(world.verdicts).toEqual([]);
    expect(sensorsOf(world, "pump-1").map(({ channel, fault }) => [channel, fault])).toEqual([["flow", "unlearnt"]]);
    await live(world, LEARNT + 220, LEARNT + 280, { "pump-1": (said) => ({ ...said, "vibration.a.rms": Number(said["vibration.a.rms"]) * 4 }) });
    expect(world.verdicts.map(({ state, evidence }) => [state, evidence.some(({ channel }) => channel === "flow")])).toEqual([["anomalous", false]]);
  },
);

describe("VP13 what drove a verdict", () => {
  const withLimits = (limits: object, zones?: object): Scenario => ({
    ...pumpVibration,
    profiles: pumpVibration.profiles.map((profile) => ({
      ...profile,
      channels: profile.channels.map((channel) =>
        channel.id === "pressure" ? { ...channel, limits } : channel.id === "vibration.a.rms" && zones !== undefined ? { ...channel, ...zones } : channel,
      ),
    })),
  });
  test("VP11 a limit needs no commissioning: it is held from the first sample, told again when it gets worse, and over when it is", async () => {
    const world = open(["pump-1"], withLimits({ warnHigh: 8, tripHigh: 10 }));
    const at =
      (bar: number): Bend =>
      (channels) => ({ ...channels, pressure: Number(channels["pressure"]) - 4 + bar });
    await live(world, 0, 10, { "pump-1": at(9) });
    await live(world, 10, 20, { "pump-1": at(11) });
    await live(world, 20, 40, { "pump-1": at(4) });
    expect(world.verdicts.map(({ state, rule, severity, evidence, since }) => [state, rule, severity, evidence[0]?.channel, since])).toEqual([
      ["anomalous", "limit", "medium", "pressure", START + 3_000],
      ["anomalous", "limit", "critical", "pressure", START + 3_000],
      ["normal", "limit", undefined, undefined, START + 3_000],
    ]);
    expect(world.tracks.byDevice.get("pump-1")?.watch.baseline).toBe(null);
  });
  test("is the model, a limit, a zone or the device's code, with its channels", async () => {
    const world = open(["pump-1"], withLimits({ tripHigh: 10 }, { uom: "mm/s", zones: { group: "medium", foundation: "rigid" } }));
    await live(world, 0, LEARNT + 50, { "pump-1": calm });
    expect(glancesOf(world.tracks, () => true)[0]).toMatchObject({ zone: "A" });
    await live(world, LEARNT + 50, LEARNT + 100, { "pump-1": (channels) => ({ ...channels, flow: 60 + Math.sin(Number(channels["flow"])) }) });
    await live(world, LEARNT + 100, LEARNT + 200, { "pump-1": calm });
    onTelemetry(world.tracks, [
      {
        ...say("pump-1", 0, {}),
        payload: new TextEncoder().encode(JSON.stringify({ ts: START + 700_000, events: [{ code: "E21" }] })),
        arrivedAt: START + 700_000,
      },
    ]);
    await score(world);
    expect(world.verdicts.filter(({ state }) => state === "anomalous").map(({ rule, evidence, code }) => [rule, evidence[0]?.channel, code])).toEqual([
      ["model", "flow", undefined],
      ["code", undefined, "E21"],
    ]);
    const rough = open(["pump-1"], withLimits({ tripHigh: 10 }, { uom: "mm/s", zones: { group: "medium", foundation: "rigid" } }));
    await live(rough, 0, 20, { "pump-1": (channels) => ({ ...channels, "vibration.a.rms": 5 + Number(channels["vibration.a.rms"]) }) });
    expect(rough.verdicts).toMatchObject([{ state: "anomalous", rule: "zone", severity: "high", evidence: [{ channel: "vibration.a.rms" }] }]);
    expect(glancesOf(rough.tracks, () => true)[0]).toMatchObject({ zone: "D", severity: "high" });
  });
  test("is never a sensor: a limit that only a sentinel breaks is not broken", async () => {
    const world = open(["pump-1"], withLimits({ tripHigh: 90 }));
    await live(world, 0, 60, { "pump-1": (channels, i) => (i < 30 ? channels : { ...channels, pressure: 99.99 }) });
    expect([world.verdicts, sensorsOf(world, "pump-1")]).toMatchObject([[], [{ channel: "pressure", fault: "sentinel" }]]);
  });
});

describe("VP14 regimes", () => {
  const words = { en: "x", zh: "x" };
  const scenario: Scenario = {
    ...pumpVibration,
    profiles: pumpVibration.profiles.map((profile) => ({
      ...profile,
      regime: {
        channel: "current" as (typeof profile.channels)[number]["id"],
        settleMs: 10_000,
        bands: [
          { id: "off", title: words, from: 0 },
          { id: "half", title: words, from: 3 },
          { id: "full", title: words, from: 8 },
        ],
      },
    })),
  };
  /** Half speed: less of everything that the load moves. */
  const half: Bend = (channels) => ({
    ...channels,
    current: Number(channels["current"]) - 5,
    flow: Number(channels["flow"]) - 55,
    pressure: Number(channels["pressure"]) - 2.2,
  });
  const spoilt =
    (bend: Bend): Bend =>
    (channels, i) => {
      const bent = bend(channels, i);
      return { ...bent, "temperature.motor": Number(bent["temperature.motor"]) + 25 };
    };
  const turns =
    (from: number, until: number, every: number, bend: Bend): Bend =>
    (channels, i) =>
      i >= from && i < until && Math.floor((i - from) / every) % 2 === 0 ? bend(channels, i) : channels;

  test("what a machine does in another regime is no fault, and without regimes it would be one", async () => {
    const [with_, without] = [open(["pump-1"], scenario), open(["pump-1"])];
    const course = turns(LEARNT + 100, 4_000, 300, half);
    for (const world of [with_, without]) await live(world, 0, LEARNT + 1_600, { "pump-1": course });
    expect(without.verdicts.length).toBeGreaterThan(0);
    expect(with_.verdicts).toEqual([]);
    expect(glancesOf(with_.tracks, () => true)).toMatchObject([{ regime: expect.stringMatching(/half|full/) as string, state: "normal" }]);
    const { scored } = with_.tracks.counters;
    // Neither the settling, the first ten seconds included, nor the rows that half speed was learnt from.
    expect(scored).toBe(1_600 - 200 - 6 * 10);
  });
  test.each([
    ["that it was commissioned in", turns(0, 0, 1, half), spoilt((channels) => channels)],
    ["that it learnt later", turns(LEARNT + 100, LEARNT + 5_000, 6_000, half), spoilt(half)],
  ])("a fault in a regime %s is found", async (_, before, bad) => {
    const world = open(["pump-1"], scenario);
    await live(world, 0, LEARNT + 600, { "pump-1": before });
    expect(world.verdicts).toEqual([]);
    await live(world, LEARNT + 600, LEARNT + 700, { "pump-1": bad });
    expect(world.verdicts.map(({ state, evidence }) => [state, evidence[0]?.channel])).toEqual([["anomalous", "temperature.motor"]]);
  });
  test("two of them in its commissioning are learnt apart, and a value that goes to and fro at a boundary stays in one", async () => {
    const world = open(["pump-1"], { ...scenario, commissioningRows: 400 });
    await live(world, 0, 540, { "pump-1": turns(0, 540, 90, half) });
    const { regime } = world.tracks.byDevice.get("pump-1") ?? {};
    expect(regime?.normals.map((normal) => normal === null || Math.round(normal.mean[2] ?? 0))).toEqual([true, 5, 10]);
    await live(world, 540, 700, { "pump-1": (channels, i) => ({ ...half(channels, i), current: 2.99 + (i % 2) * 0.02 }) });
    expect(glancesOf(world.tracks, () => true)[0]?.regime).toBe("half");
    expect(world.tracks.byDevice.get("pump-1")?.regime?.since).toBeLessThan(START + 560_000);
  });
  test("no regime is learnt while an alarm stands", async () => {
    const world = open(["pump-1"], scenario);
    await live(world, 0, LEARNT + 50, { "pump-1": calm });
    onTelemetry(world.tracks, [
      { device: "pump-1", payload: new TextEncoder().encode(JSON.stringify({ ts: START + 450_000, events: [{ code: "E12" }] })), arrivedAt: START + 450_000 },
    ]);
    await live(world, LEARNT + 51, LEARNT + 300, { "pump-1": half });
    const { regime } = world.tracks.byDevice.get("pump-1") ?? {};
    expect([regime?.band, regime?.counts, regime?.normals[1]]).toEqual([1, [0, 0, 0], null]);
  });
});

test("VP6 a clock that was set back an hour, and one that is ten minutes behind, are told as such", async () => {
  const world = open(["back", "behind"]);
  const next = numbersOf(4);
  for (let i = 0; i < 120; i++) {
    const at = { arrivedAt: START + i * 1_000 + 20 };
    onTelemetry(world.tracks, [
      { ...say("back", i - (i >= 60 ? 3_600 : 0), well(next)), ...at },
      { ...say("behind", i - 600, well(next)), ...at },
    ]);
    await score(world);
  }
  expect(sensorsOf(world, "back")).toMatchObject([{ fault: "clock", mend: expect.stringContaining("3600 s behind") }]);
  expect(sensorsOf(world, "behind")).toMatchObject([{ fault: "clock", mend: expect.stringContaining("600 s behind") }]);
  expect(quarantineOf(world.tracks).map(({ device, field }) => [device, field])).toEqual([
    ["behind", "ts"],
    ["back", "ts"],
  ]);
});
