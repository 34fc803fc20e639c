/** A model beside the live one, on real SQLite: it harms nobody, changes places without losing a row, and takes over where the live one fails. */
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test, vi } from "vitest";
import { Device } from "../../contracts/device.ts";
import { ModelHash, ProfileId, type TenantId, type UnitId } from "../../contracts/ids.ts";
import { intakeObject } from "../../contracts/object-name.ts";
import { refuse } from "../../contracts/refusal.ts";
import type { IntakePlan, PlannedModels, UnitForIntake, WatchReport } from "../../contracts/rpc.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import type { Logged } from "../ingest/log.ts";
import type { ScoreAsk, Scorer, Scores } from "../verdict/scorer.ts";
import { fitProfile } from "./intake-fit.ts";
import { openPipeline, type Pipeline } from "./intake-pipeline.ts";
import type { Models } from "./intake-ports.ts";
import { entryOf, type IntakeStore, intakeStore, migrateIntake } from "./intake-store.ts";

beforeAll(() => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
});

const T0 = 1_760_000_000_000;
const profile = ProfileId.parse("pump");
const channels = pumpVibration.profiles[0]?.channels.length ?? 0;
const [LIVE, OTHER] = ["a", "b"].map((one) => ModelHash.parse(one.repeat(64))) as [ModelHash, ModelHash];
const of = (value: number): number[] => Array.from({ length: channels }, () => value);
const baseline = { mean: of(0), scale: of(1), floor: of(1), rows: 400, learntAt: T0 };
const ids = ["pump-1", "pump-2", "pump-3", "pump-4"];
const devices = ids.map((id) => Device.parse({ id, asset: id, profile: "pump", name: id, baseline, addedAt: T0 }));
const scenario = { ...pumpVibration, commissioningRows: 50, judge: { ...pumpVibration.judge, onDelayMs: 2_000, offDelayMs: 2_000, holdOffMs: 5_000 } };
const planOf = (version: number, ...models: readonly PlannedModels[]): IntakePlan => ({ unit: "plant", version, scenario, devices, openAccess: false, models });
const beside = (share = 0): PlannedModels => ({ profile, since: 0, live: LIVE, other: { hash: OTHER, share } });

type Answer = (x: number, state: number) => number;
type Made = Scorer & { readonly rows: () => number };

/** Scores what `answer` makes of the first channel; its state counts the rows that a device has had. */
function scorerOf(hash: ModelHash, answer: Answer): Made {
  let rows = 0;
  const run = async (ask: ScoreAsk): Promise<Scores> => {
    rows += ask.devices.length;
    const states = Float32Array.from(ask.devices, (_, r) => (ask.states[r]?.[0] ?? 0) + 1);
    const score = Float32Array.from(ask.devices, (_, r) => answer(ask.x[r * ask.channels] ?? 0, states[r] ?? 0));
    const unanswered = [...score.keys()].filter((r) => Number.isNaN(score[r]));
    return {
      score: score.map((one) => (Number.isNaN(one) ? 0 : one)),
      share: new Float32Array(ask.devices.length * ask.channels).fill(1 / ask.channels),
      level: new Float32Array(ask.devices.length * ask.channels).fill(0.5),
      states,
      stateWidth: 1,
      ...(unanswered.length === 0 ? {} : { unanswered }),
    };
  };
  return { hash, run, rows: () => rows };
}
const calm: Answer = (x) => (x > 5 ? 0.9 : 0.1);
const keen: Answer = (x) => (x > 2 ? 0.8 : 0.1);

/** One message with a sample for each second from `second` on. */
function batch(device: string, second: number, values: readonly number[]): Logged {
  const told = values.map((value, i) => ({ ts: T0 + (second + i) * 1_000, channels: { "vibration.a.rms": value } }));
  return { device, payload: new TextEncoder().encode(JSON.stringify(told)), arrivedAt: T0 + (second + values.length - 1) * 1_000 + 20 };
}

type Site = {
  readonly pipeline: Pipeline;
  readonly store: IntakeStore;
  readonly heard: Verdict[];
  readonly reports: WatchReport[];
  readonly say: (second: number, value: (device: number) => number) => Promise<void>;
  readonly send: (messages: readonly Logged[]) => Promise<void>;
  readonly reopen: () => Site;
};

function open(storage: DurableObjectStorage, scorers: readonly Scorer[], heard: Verdict[], reports: WatchReport[], plan?: IntakePlan): Site {
  const store = intakeStore(storage);
  const models: Models = {
    hashOf: () => LIVE,
    scorer: async (hash) => scorers.find((one) => one.hash === hash) ?? refuse("unknown-model", "a model that is here", "upload it"),
  };
  const unit: UnitForIntake = {
    intakePlan: async () => plan ?? planOf(1),
    admitDevice: async () => refuse("not-permitted", "", ""),
    learnt: async () => {},
    watched: async (report) => void reports.push(structuredClone(report)),
    applyVerdicts: async ({ from, verdicts }) => {
      heard.push(...verdicts.slice(heard.length + 1 - from));
      return { through: heard.length };
    },
  };
  const pipeline = openPipeline({
    store,
    models,
    clock: { now: () => T0, wakeBy: () => {} },
    plan: store.readPlan() ?? plan ?? planOf(1),
    part: 0,
    onProgress: () => {},
    onPlan: () => {},
    unit,
  });
  const say = (second: number, value: (device: number) => number): Promise<void> => send(ids.map((device, i) => batch(device, second, [value(i)])));
  const send = async (messages: readonly Logged[]): Promise<void> => {
    const n = pipeline.head();
    store.transaction(() => store.appendRow(n, messages.map(entryOf), T0));
    pipeline.appended({ n, end: n + messages.length, messages });
    await pipeline.work();
    await pipeline.send();
  };
  return { pipeline, store, heard, reports, say, send, reopen: () => open(storage, scorers, heard, reports, plan) };
}

async function site<T>(name: string, scorers: readonly Scorer[], plan: IntakePlan, body: (site: Site) => Promise<T>): Promise<T> {
  return runInDurableObject(env.INTAKE.getByName(intakeObject("default" as TenantId, name as UnitId, 0)), async (_, state) => {
    await migrateIntake(state.storage);
    return body(open(state.storage, scorers, [], [], plan));
  });
}

/** A minute at rest, in which a model beside learns its floor; then the first pump is a little off, and the second one much. */
const course = (second: number) => (device: number) => (second < 60 || second > 80 ? 0.1 : ([3, 9][device] ?? 0.1));
async function day(at: Site, from = 0, to = 100): Promise<void> {
  for (let second = from; second < to; second++) await at.say(second, course(second));
}
const said = (heard: readonly Verdict[]): readonly string[] =>
  heard.map(({ device, state, at, model }) => `${device} ${state} ${(at - T0) / 1_000} ${model[0]}`);

test("VL4 a model beside the live one says what it sees as episodes, and changes nothing of what the live one says", async () => {
  const alone = await site("trial-alone", [scorerOf(LIVE, calm)], planOf(1), async (at) => {
    await day(at);
    return said(at.heard);
  });
  expect(alone.some((one) => one.includes("anomalous"))).toBe(true);
  const both = await site("trial-both", [scorerOf(LIVE, calm), scorerOf(OTHER, keen)], planOf(1, beside()), async (at) => {
    await day(at);
    at.pipeline.checkpoint();
    await at.pipeline.work();
    return { said: said(at.heard), episodes: at.reports.flatMap(({ episodes }) => episodes), watched: at.reports.at(-1)?.watched };
  });
  expect(both.said).toEqual(alone);
  expect(
    new Set(
      both.episodes.filter(({ clearedAt }) => clearedAt !== undefined).map(({ device, model, since }) => `${device} ${model[0]} ${(since - T0) / 1_000}`),
    ),
  ).toEqual(new Set(["pump-1 b 60", "pump-2 b 60"]));
  expect(both.watched).toMatchObject([
    { model: LIVE, as: "live", devices: 4, rows: 400, failures: 0, episodes: 1 },
    { model: OTHER, as: "beside", devices: 4, rows: 200, learning: 0, episodes: 2 },
  ]);
});

const UNFIT: readonly (readonly [string, () => Made | null, string])[] = [
  [
    "throws",
    () =>
      scorerOf(OTHER, (): number => {
        throw new Error("memory access out of bounds");
      }),
    "fails",
  ],
  ["answers no numbers", () => scorerOf(OTHER, () => Number.NaN), "no-number"],
  ["is not there", () => null, "missing"],
];

test.each(UNFIT)("VL4 one that %s is parked alone, and the unit is told why", async (name, make, why) => {
  const other = make();
  const told = await site(`trial-${name.replaceAll(" ", "-")}`, [scorerOf(LIVE, calm), ...(other === null ? [] : [other])], planOf(1, beside()), async (at) => {
    await day(at);
    return { said: said(at.heard), parked: at.reports.at(-1)?.parked, scored: at.pipeline.fold.tracks().counters.scored };
  });
  expect(told.parked).toMatchObject([{ hash: OTHER, profile, why }]);
  expect(told.scored).toBe(400);
  expect(told.said.filter((one) => one.includes("anomalous"))).toEqual(["pump-2 anomalous 62 a"]);
});

test("VL5 a swap in the midst of traffic loses no row and scores none twice: the new model goes on from its own state, and its verdicts carry its hash", async () => {
  const [live, other] = [scorerOf(LIVE, calm), scorerOf(OTHER, keen)];
  await site("trial-swap", [live, other], planOf(1, beside()), async (at) => {
    await day(at, 0, 70);
    const before = [live.rows(), other.rows()];
    at.pipeline.replan(planOf(2, { profile, since: 0, live: OTHER, other: { hash: LIVE, share: 0 } }));
    await day(at, 70, 100);
    expect(at.pipeline.fold.tracks().counters.scored).toBe(400);
    expect([live.rows(), other.rows()]).toEqual(before.map((rows) => rows + 120));
    // A model's state counts its rows: neither began anew.
    for (const { watch } of at.pipeline.fold.tracks().byDevice.values()) expect([watch.model, watch.state?.[0]]).toEqual([OTHER, 100]);
    // The episode under way is the device's: it goes on and clears once, by the new model. What only that one sees begins now.
    expect(said(at.heard)).toEqual([
      "pump-2 suspect 60 a",
      "pump-2 anomalous 62 a",
      "pump-1 suspect 70 b",
      "pump-1 anomalous 72 b",
      "pump-1 normal 83 b",
      "pump-2 normal 83 b",
    ]);
    // And back: the one before it was kept warm.
    at.pipeline.replan(planOf(3, { profile, since: 0, live: LIVE }));
    await at.say(100, () => 0.1);
    for (const { watch } of at.pipeline.fold.tracks().byDevice.values()) expect([watch.model, watch.state?.[0]]).toEqual([LIVE, 101]);
  });
});

test("VL5 a canary is live on its share only; after a crash each device goes on with the model, the state and the floor that it had", async () => {
  await site("trial-canary", [scorerOf(LIVE, calm), scorerOf(OTHER, keen)], planOf(1, beside()), async (first) => {
    await day(first, 0, 55);
    first.pipeline.replan(planOf(2, beside(0.5)));
    await day(first, 55, 62);
    const running = (at: Site) => [...at.pipeline.fold.tracks().byDevice.values()].map(({ device, watch }) => [device.id, watch.model, watch.state?.[0]]);
    const before = running(first);
    expect(new Set(before.map(([, model]) => model))).toEqual(new Set([LIVE, OTHER]));
    expect(before.every(([, , state]) => state === 62)).toBe(true);
    const second = first.reopen();
    await second.pipeline.work();
    expect(running(second)).toEqual(before);
    for (let s = 62; s < 70; s++) await second.say(s, () => 9);
    expect(second.heard.filter(({ model }) => model === OTHER).length).toBeGreaterThan(0);
    const canary = new Set(before.flatMap(([id, model]) => (model === OTHER ? [id] : [])));
    for (const { device, model } of second.heard) expect(model).toBe(canary.has(device) ? OTHER : LIVE);
  });
});

test("VL8 a live model that fails in the night hands over to the one beside it from that row on; nothing goes unscored, and a crash changes nothing of it", async () => {
  let broken = false;
  const live = scorerOf(LIVE, (x): number => {
    if (broken) throw new Error("out of memory");
    return calm(x, 0);
  });
  await site("trial-takes-over", [live, scorerOf(OTHER, keen)], planOf(1, beside()), async (first) => {
    await day(first, 0, 62);
    first.pipeline.checkpoint();
    broken = true;
    // Three tries, as any model gets.
    for (let i = 0; i < 4; i++) await first.say(62 + i, course(62 + i));
    await first.pipeline.work();
    const { counters, byDevice } = first.pipeline.fold.tracks();
    expect(counters.scored).toBe(66 * 4);
    for (const { watch } of byDevice.values()) expect([watch.model, watch.state?.[0]]).toEqual([OTHER, 66]);
    expect(first.reports.at(-1)?.parked).toMatchObject([{ hash: LIVE, why: "fails" }]);
    const second = first.reopen();
    await day(second, 66, 100);
    expect(second.pipeline.fold.tracks().counters.scored).toBe(400);
    expect(new Set(said(second.heard)).size).toBe(second.heard.length);
    expect(
      said(second.heard)
        .filter((one) => one.startsWith("pump-2"))
        .map((one) => one.split(" ")[1]),
    ).toEqual(["suspect", "anomalous", "normal"]);
  });
});

test("VL2 an answer that is no number costs its own row: it is counted and shown, its state stays, and the others of the same call are scored", async () => {
  await site("trial-nan", [scorerOf(LIVE, (x) => (x > 8 ? Number.NaN : calm(x, 0)))], planOf(1), async (at) => {
    await day(at);
    const { counters, quarantine, byDevice } = at.pipeline.fold.tracks();
    expect([counters.scored, counters.refused]).toEqual([400 - 21, 21]);
    expect([...quarantine.values()].map(({ rule, count }) => [rule, count])).toEqual([["the model's answer is a number", 21]]);
    expect([...byDevice.values()].map(({ watch }) => watch.state?.[0])).toEqual([100, 79, 100, 100]);
  });
});

test("VL2 of a batch only the row without an answer passes unscored, whatever waits behind it", async () => {
  await site("trial-nan-batch", [scorerOf(LIVE, (x) => (x === 8 ? Number.NaN : calm(x, 0)))], planOf(1), async (at) => {
    await at.send(ids.map((device) => batch(device, 0, [0.1, 0.1, device === "pump-1" ? 8 : 0.1, 9, 9, 9, 9])));
    const { counters } = at.pipeline.fold.tracks();
    expect([counters.scored, counters.refused]).toEqual([27, 1]);
    expect(said(at.heard)).toContain("pump-1 anomalous 5 a");
  });
});

test("VL2 a row of commissioning without an answer teaches nothing, and the device is commissioned by the others", async () => {
  const fresh = { ...planOf(1), devices: devices.map(({ baseline: _learnt, ...one }) => one) };
  await site("trial-nan-learning", [scorerOf(LIVE, (x) => (x === 8 ? Number.NaN : calm(x, 0)))], fresh, async (at) => {
    for (let second = 0; second < 60; second++) await at.say(second, (i) => (i === 0 && second === 20 ? 8 : 0.1));
    const { counters, byDevice } = at.pipeline.fold.tracks();
    expect([...byDevice.values()].map(({ watch }) => watch.baseline?.rows)).toEqual([50, 50, 50, 50]);
    expect([counters.scored, counters.refused]).toEqual([40, 1]);
  });
});

test("VL8 where one takes over for some devices of a call, the others of it pass on: a machine that is being commissioned is not left behind", async () => {
  let broken = false;
  const live = scorerOf(LIVE, (x): number => {
    if (broken) throw new Error("out of memory");
    return calm(x, 0);
  });
  const [first, ...others] = devices;
  if (first === undefined) throw new Error("there are four");
  const { baseline: _learnt, ...fresh } = first;
  const plan = { ...planOf(1, beside()), devices: [fresh, ...others] };
  await site("trial-takes-over-some", [live, scorerOf(OTHER, keen)], plan, async (at) => {
    for (let second = 0; second < 49; second++) await at.say(second, () => 0.1);
    broken = true;
    // The fiftieth row completes its commissioning, so that its rows are in one call with the others.
    for (let second = 49; second < 60; second++) await at.say(second, () => 0.1);
    await at.pipeline.work();
    const { byDevice, counters } = at.pipeline.fold.tracks();
    expect([...byDevice.values()].map(({ queue, asked }) => [queue.length, asked])).toEqual([0, 1, 2, 3].map(() => [0, null]));
    expect(counters.scored).toBe(3 * 60);
    expect(byDevice.get("pump-2")?.watch.model).toBe(OTHER);
  });
});

test("VL4 what fails on one profile goes on beside the live model of another", async () => {
  const [pump] = scenario.profiles;
  if (pump === undefined) throw new Error("the template has a profile");
  const fan = ProfileId.parse("fan");
  const both = { ...scenario, profiles: [pump, { ...pump, id: fan }] };
  const split = devices.map((one, i) => (i < 2 ? one : { ...one, profile: fan }));
  const plan: IntakePlan = { ...planOf(1, beside(), { ...beside(), profile: fan }), scenario: both, devices: split };
  const picky = scorerOf(OTHER, (x) => calm(x, 0));
  const other: Scorer = {
    ...picky,
    run: async (ask) => {
      if (ask.profile === "pump") throw new Error("wrong shape");
      return picky.run(ask);
    },
  };
  await site("trial-two-profiles", [scorerOf(LIVE, calm), other], plan, async (at) => {
    await day(at, 0, 70);
    at.pipeline.checkpoint();
    await at.pipeline.work();
    const last = at.reports.at(-1);
    expect(last?.parked).toMatchObject([{ hash: OTHER, profile: "pump" }]);
    expect(last?.watched.filter(({ as }) => as === "beside")).toMatchObject([{ profile: "fan", model: OTHER, devices: 2, rows: 40 }]);
  });
});

test("VL9 drift is the live model's: with another one, or with other channels, it begins anew", async () => {
  await site("trial-drift", [scorerOf(LIVE, calm), scorerOf(OTHER, calm)], planOf(1, beside()), async (at) => {
    const HOUR = 3_600;
    for (let hour = 0; hour < 24 * 7; hour++) {
      const shift = hour < 24 * 4 ? 0 : 3;
      for (let i = 0; i < 6; i++) await at.say(hour * HOUR + i * 600, (device) => shift + ((i * 7 + device * 5 + hour) % 10) / 10);
    }
    at.pipeline.checkpoint();
    await at.pipeline.work();
    expect(at.reports.at(-1)?.drift).toMatchObject([{ profile: "pump", drift: { of: "input" } }]);
    at.pipeline.replan(planOf(2, { profile, since: 5, live: OTHER, other: { hash: LIVE, share: 0 } }));
    await at.pipeline.work();
    at.pipeline.checkpoint();
    await at.pipeline.work();
    expect(at.reports.at(-1)?.drift).toEqual([]);
  });
});

test("VP22 an Intake fits the floors of its own machines from the traces that it keeps, and refuses where too few have been well for long enough", async () => {
  const scorer = scorerOf(LIVE, calm);
  const models: Models = { hashOf: () => LIVE, scorer: async () => scorer };
  await site("fit", [scorer], planOf(1), async (at) => {
    // The second one alarms in the midst of it: what it said since is too little.
    for (let second = 0; second < 90; second++) await at.say(second, (device) => (device === 1 && second >= 50 && second < 60 ? 9 : 0.1));
    const fit = () => fitProfile({ store: at.store, models }, at.pipeline.fold.tracks(), "pump");
    expect(await fit()).toMatchObject({ model: LIVE, devices: 3, leftOut: [], rows: 3 * 90 });
    const found = await fit();
    expect("floor" in found ? found.floor : []).toEqual(of(1).with(0, 0.5));
    for (let second = 90; second < 100; second++) await at.say(second, (device) => (device < 2 ? 9 : 0.1));
    expect(await fit()).toMatchObject({ refused: "incomplete" });
    expect(await fitProfile({ store: at.store, models }, at.pipeline.fold.tracks(), "none")).toMatchObject({ refused: "unknown-entity" });
  });
});

test("VP24 a model beside the live one is judged as its own card asks for", async () => {
  const plan: IntakePlan = { ...planOf(1, beside()), judges: [{ model: OTHER, judge: { onScore: 0.85, offScore: 0.5 } }] };
  const episodes = await site("trial-judge", [scorerOf(LIVE, calm), scorerOf(OTHER, keen)], plan, async (at) => {
    await day(at);
    at.pipeline.checkpoint();
    await vi.waitUntil(() => at.reports.length > 0);
    return at.reports.flatMap((report) => report.episodes);
  });
  // It never says more than 0.8: by the scenario's own policy two machines would be anomalous.
  expect(episodes).toEqual([]);
});

test("VL7 an episode that clears and comes again within the hold-off is one alarm of its model", async () => {
  await site("trial-flaps", [scorerOf(LIVE, calm)], planOf(1), async (at) => {
    const flap = (second: number) => (device: number) => (device === 0 && second % 8 < 4 ? 9 : 0.1);
    for (let second = 0; second < 30; second++) await at.say(second, flap(second));
    at.pipeline.checkpoint();
    // A crash in the midst of it makes no second one of it.
    const later = at.reopen();
    for (let second = 30; second < 60; second++) await later.say(second, flap(second));
    expect(at.heard.filter(({ state }) => state === "anomalous").length).toBeGreaterThan(3);
    later.pipeline.checkpoint();
    await later.pipeline.work();
    expect(new Set(at.heard.map(({ episode }) => episode)).size).toBe(1);
    expect(at.reports.at(-1)?.watched).toMatchObject([{ model: LIVE, as: "live", episodes: 1 }]);
  });
});
