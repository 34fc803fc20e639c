/** Crashes between each two of log, score, send, apply and cursor, on real SQLite: the unit hears every transition once, in order. */
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test, vi } from "vitest";
import { Device } from "../../contracts/device.ts";
import { EpisodeId, ModelHash, ProfileId, type TenantId, type UnitId } from "../../contracts/ids.ts";
import { intakeObject } from "../../contracts/object-name.ts";
import { refuse } from "../../contracts/refusal.ts";
import type { IntakePlan, UnitForIntake } from "../../contracts/rpc.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import type { Logged } from "../ingest/log.ts";
import type { Scorer } from "../verdict/scorer.ts";
import { LOG_AHEAD_BYTES_MAX, LOG_AHEAD_MAX, openPipeline, type Pipeline } from "./intake-pipeline.ts";
import type { Models } from "./intake-ports.ts";
import { entryOf, type IntakeStore, intakeStore, migrateIntake } from "./intake-store.ts";
import { openWarmth } from "./intake-warm.ts";
import { modelHashOf } from "./models.ts";

// Each crash is told on the console, as it should be; hundreds of them drown everything else.
beforeAll(() => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
});

const T0 = 1_760_000_000_000;
const channels = pumpVibration.profiles[0]?.channels.length ?? 0;
const baseline = {
  mean: Array.from({ length: channels }, () => 0),
  scale: Array.from({ length: channels }, () => 1),
  floor: Array.from({ length: channels }, () => 1),
  rows: 400,
  learntAt: T0,
};
const OTHER = ModelHash.parse("7".repeat(64));
const devices = ["pump-1", "pump-2", "pump-3"].map((id) => Device.parse({ id, asset: id, profile: "pump", name: id, baseline, addedAt: T0 }));
/** For a model that holds no evidence of its own, as the ones below. */
const patient = { ...pumpVibration, judge: { ...pumpVibration.judge, onDelayMs: 5_000, offDelayMs: 10_000 } };
const plan: IntakePlan = { unit: "plant", version: 1, scenario: patient, devices, openAccess: false };

/** Sick between seconds 3 and 14, one pump after the other; every sample sent, some twice, some late. */
function rowsOfDay(): readonly (readonly Logged[])[] {
  return Array.from({ length: 28 }, (_, s) => {
    const messages = devices.map(({ id }, i): Logged => {
      const sick = s >= 3 + 2 * i && s < 12 + i;
      return {
        device: id,
        payload: new TextEncoder().encode(JSON.stringify({ ts: T0 + s * 1_000, channels: { "vibration.a.rms": sick ? 3 : 0.1 } })),
        arrivedAt: T0 + s * 1_000 + 20,
      };
    });
    return s % 7 === 3 ? [...messages, ...messages] : messages;
  });
}

class Crash extends Error {}

/** Ports that die at the `at`-th call that has an outcome, before or after it; once dead they stay so. */
function mortal(
  at: number,
  after: boolean,
): {
  readonly calls: () => number;
  readonly dead: () => boolean;
  readonly over: <T>(body: () => T) => T;
  readonly overAsync: <T>(body: () => Promise<T>) => Promise<T>;
} {
  let calls = 0;
  let dead = false;
  const die = (): never => {
    dead = true;
    throw new Crash("the object is gone");
  };
  const enter = (): boolean => {
    if (dead) die();
    calls++;
    if (calls === at && !after) die();
    return calls === at;
  };
  return {
    calls: () => calls,
    dead: () => dead,
    over: (body) => {
      const last = enter();
      const result = body();
      return last ? die() : result;
    },
    overAsync: async (body) => {
      const last = enter();
      const result = await body();
      if (dead) die();
      return last ? die() : result;
    },
  };
}

type World = { readonly applied: { readonly seq: number; readonly verdict: Verdict }[]; batches: number; gaps: number };

/** A unit that applies once and in order, and remembers across crashes. */
function unitOf(world: World): UnitForIntake {
  return {
    intakePlan: async () => plan,
    admitDevice: async () => refuse("not-permitted", "", ""),
    learnt: async () => {},
    watched: async () => {},
    applyVerdicts: async ({ from, verdicts }) => {
      world.batches++;
      const through = world.applied.length;
      if (from > through + 1) {
        world.gaps++;
        return refuse("gap", "", "");
      }
      verdicts.slice(through + 1 - from).forEach((verdict) => world.applied.push({ seq: world.applied.length + 1, verdict }));
      return { through: world.applied.length };
    },
  };
}

/** Scores 1 where the first channel is high: what a model would say. */
const scorer: Scorer = {
  hash:
    modelHashOf(
      pumpVibration.profiles[0] ??
        (() => {
          throw new Error("no profile");
        })(),
    ) ??
    (() => {
      throw new Error("no model");
    })(),
  run: async (ask) => ({
    score: Float32Array.from(ask.devices, (_, r) => ((ask.x[r * ask.channels] ?? 0) > 1 ? 1 : 0)),
    share: new Float32Array(ask.devices.length * ask.channels).fill(1 / ask.channels),
    level: new Float32Array(ask.devices.length * ask.channels),
    states: new Float32Array(ask.devices.length),
    stateWidth: 1,
  }),
};

function open(storage: DurableObjectStorage, world: World, life: ReturnType<typeof mortal>): { readonly pipeline: Pipeline; readonly store: IntakeStore } {
  const real = intakeStore(storage);
  const store: IntakeStore = { ...real, transaction: (body) => life.over(() => real.transaction(body)) };
  const models: Models = { hashOf: modelHashOf, scorer: async () => ({ hash: scorer.hash, run: (ask) => life.overAsync(() => scorer.run(ask)) }) };
  const unit = unitOf(world);
  const pipeline = openPipeline({
    store,
    models,
    clock: { now: () => T0, wakeBy: () => {} },
    plan: store.readPlan() ?? plan,
    part: 0,
    // One slice at a time: what is saved is of several places in the log most of the time.
    saveDevices: 0,
    onProgress: () => {},
    onPlan: () => {},
    unit: { ...unit, applyVerdicts: (batch) => life.overAsync(() => unit.applyVerdicts(batch)) },
  });
  return { pipeline, store };
}

/** One day with one crash. Returns what the unit heard and how many calls there were to crash at. */
async function day(
  name: string,
  at: number,
  after: boolean,
): Promise<World & { readonly calls: number; readonly logged: number; readonly acknowledged: number }> {
  return runInDurableObject(env.INTAKE.getByName(intakeObject("default" as TenantId, name as UnitId, 0)), async (_, state) => {
    await migrateIntake(state.storage);
    const world: World = { applied: [], batches: 0, gaps: 0 };
    let life = mortal(at, after);
    let calls = 0;
    let { pipeline, store } = open(state.storage, world, life);
    let acknowledged = 0;
    for (const [i, messages] of rowsOfDay().entries()) {
      for (let tries = 0, isAcknowledged = false; ; tries++) {
        try {
          const n = pipeline.head();
          store.transaction(() => store.appendRow(n, messages.map(entryOf), T0));
          acknowledged += messages.length;
          isAcknowledged = true;
          pipeline.appended({ n, end: n + messages.length, messages });
          if (i % 2 === 0) await pipeline.work();
          if (i % 3 === 0) await pipeline.send();
          if (i % 14 === 0 && pipeline.fold.folded() > 0) pipeline.checkpoint();
          if (i % 9 === 4) pipeline.fold.saveSome();
          if (life.dead()) throw new Crash("the object is gone");
          break;
        } catch (error) {
          if (!(error instanceof Crash) || tries > 1) throw error;
          // Wakes as after an eviction; a client that got no PUBACK sends again.
          calls = life.calls();
          life = mortal(0, false);
          ({ pipeline, store } = open(state.storage, world, life));
          if (isAcknowledged) break;
        }
      }
    }
    for (let i = 0; i < 5 && !pipeline.isIdle(); i++) {
      await pipeline.work();
      await pipeline.send();
      if (!life.dead()) continue;
      life = mortal(0, false);
      ({ pipeline, store } = open(state.storage, world, life));
    }
    expect(pipeline.isIdle()).toBe(true);
    const logged = store.readMarks().head;
    return { ...world, calls: Math.max(calls, life.calls()), logged, acknowledged };
  });
}

const heard = (world: World): readonly object[] =>
  world.applied.map(({ seq, verdict }) => ({
    seq,
    device: verdict.device,
    state: verdict.state,
    at: verdict.at,
    since: verdict.since,
    episode: verdict.episode,
  }));

test("I20 VS3 a crash between any two steps loses no acknowledged message and no transition, and doubles none", async () => {
  const whole = await day("crash-none", 0, false);
  expect(heard(whole).length).toBeGreaterThanOrEqual(6);
  expect(new Set(whole.applied.map(({ verdict }) => verdict.state)).size).toBe(3);
  expect(whole.logged).toBe(rowsOfDay().flat().length);
  let crashed = 0;
  for (const after of [false, true]) {
    for (let at = 1; at <= whole.calls; at++) {
      const broken = await day(`crash-${at}-${after ? "after" : "before"}`, at, after);
      expect(heard(broken), `crash ${after ? "after" : "before"} call ${at}`).toEqual(heard(whole));
      expect(broken.logged).toBeGreaterThanOrEqual(broken.acknowledged);
      expect(broken.gaps).toBe(0);
      crashed++;
    }
  }
  expect(crashed).toBeGreaterThan(100);
});

async function alone<T>(name: string, body: (storage: DurableObjectStorage) => Promise<T>): Promise<T> {
  return runInDurableObject(env.INTAKE.getByName(intakeObject("default" as TenantId, name as UnitId, 0)), async (_, state) => {
    await migrateIntake(state.storage);
    return body(state.storage);
  });
}

function logAll(pipeline: Pipeline, store: IntakeStore): void {
  for (const messages of rowsOfDay()) {
    const n = pipeline.head();
    store.transaction(() => store.appendRow(n, messages.map(entryOf), T0));
    pipeline.appended({ n, end: n + messages.length, messages });
  }
}

test("I21 a unit that is away delays transitions and loses none", async () => {
  await alone("away", async (storage) => {
    const world: World = { applied: [], batches: 0, gaps: 0 };
    const { pipeline, store } = open(storage, world, mortal(0, false));
    let isAway = true;
    const unit = unitOf(world);
    const waits: number[] = [];
    const far = openPipeline({
      store,
      models: { hashOf: modelHashOf, scorer: async () => scorer },
      clock: { now: () => T0, wakeBy: (at) => waits.push(at - T0) },
      plan,
      part: 0,
      onProgress: () => {},
      onPlan: () => {},
      unit: {
        ...unit,
        applyVerdicts: async (batch) => {
          if (isAway) throw new Error("Network connection lost.");
          return unit.applyVerdicts(batch);
        },
      },
    });
    logAll(far, store);
    await far.work();
    for (let i = 0; i < 3; i++) await far.send();
    expect(world.applied).toEqual([]);
    expect(far.isIdle()).toBe(false);
    expect(waits.at(-1)).toBeGreaterThan(1_000);
    isAway = false;
    await far.send();
    expect(far.isIdle()).toBe(true);
    expect(world.applied.length).toBeGreaterThanOrEqual(6);
    expect(pipeline.head()).toBe(0);
  });
});

test("I21 a unit that was restored to an earlier state is told again what it lacks", async () => {
  await alone("restored", async (storage) => {
    const world: World = { applied: [], batches: 0, gaps: 0 };
    const { pipeline, store } = open(storage, world, mortal(0, false));
    const all = rowsOfDay();
    for (const half of [all.slice(0, 20), all.slice(20)]) {
      for (const messages of half) {
        const n = pipeline.head();
        store.transaction(() => store.appendRow(n, messages.map(entryOf), T0));
        pipeline.appended({ n, end: n + messages.length, messages });
      }
      await pipeline.work();
      await pipeline.send();
      if (half.length === 20) world.applied.length = 2;
    }
    expect(world.gaps).toBe(1);
    expect(world.applied.map(({ verdict }) => `${verdict.device} ${verdict.at}`)).toEqual([
      ...new Set(world.applied.map(({ verdict }) => `${verdict.device} ${verdict.at}`)),
    ]);
    expect(world.applied.length).toBe(store.readMarks().nextSeq - 1);
  });
});

test("VS3 what was told before a crash is folded anew by the plan of then, whatever plan has come since: no fault is hidden by it", async () => {
  await alone("replanned", async (storage) => {
    const world: World = { applied: [], batches: 0, gaps: 0 };
    const day = rowsOfDay();
    let { pipeline, store } = open(storage, world, mortal(0, false));
    const slow = { ...plan, scenario: { ...patient, judge: { ...patient.judge, onDelayMs: 60_000 } } };
    store.transaction(() => store.writePlan(slow));
    ({ pipeline, store } = open(storage, world, mortal(0, false)));
    const say = async (rows: typeof day): Promise<void> => {
      for (const messages of rows) {
        const n = pipeline.head();
        store.transaction(() => store.appendRow(n, messages.map(entryOf), T0));
        pipeline.appended({ n, end: n + messages.length, messages });
      }
      await pipeline.work();
      await pipeline.send();
    };
    await say(day.slice(0, 9));
    expect(new Set(world.applied.map(({ verdict }) => verdict.state))).toEqual(new Set(["suspect"]));
    // Nothing of it was saved; by the plan that comes the rows that have told that would tell of a fault.
    ({ pipeline, store } = open(storage, world, mortal(0, false)));
    pipeline.replan({ ...plan, version: 2, scenario: { ...patient, judge: { ...patient.judge, onDelayMs: 0 } } });
    await say(day.slice(9, 11));
    expect(pipeline.plan().version).toBe(2);
    const last = new Map(world.applied.map(({ verdict }) => [verdict.device as string, verdict.state]));
    const judged = [...pipeline.fold.tracks().byDevice].map(([id, { watch }]) => [id, watch.judged.state] as const);
    expect(last.get("pump-1")).toBe("anomalous");
    for (const [id, state] of judged) expect([id, last.get(id) ?? "normal"]).toEqual([id, state]);
  });
});

test("I22 scoring that fails is taken up from the last checkpoint, and the log has room until its bound", async () => {
  await alone("failing", async (storage) => {
    const world: World = { applied: [], batches: 0, gaps: 0 };
    const store = intakeStore(storage);
    let broken = true;
    const pipeline = openPipeline({
      store,
      clock: { now: () => T0, wakeBy: () => {} },
      plan,
      part: 0,
      onProgress: () => {},
      onPlan: () => {},
      unit: unitOf(world),
      models: {
        hashOf: modelHashOf,
        scorer: async () => {
          if (broken) throw new Error("Memory limit would be exceeded.");
          return scorer;
        },
      },
    });
    logAll(pipeline, store);
    await pipeline.work();
    expect(pipeline.fold.folded()).toBe(0);
    expect(pipeline.hasRoom()).toBe(true);
    pipeline.appended({ n: -1, end: LOG_AHEAD_MAX, messages: [] });
    expect(pipeline.hasRoom()).toBe(false);
    const { length } = rowsOfDay().flat();
    pipeline.appended({ n: -1, end: length, messages: [] });
    expect(pipeline.hasRoom()).toBe(true);
    // Few messages, but large ones.
    const payload = new Uint8Array(32 * 1024 * 1024);
    const large: Logged = { device: "pump-1", payload, arrivedAt: T0, burst: true };
    pipeline.appended({ n: -1, end: length, messages: Array.from({ length: LOG_AHEAD_BYTES_MAX / payload.length }, () => large) });
    expect(pipeline.hasRoom()).toBe(false);
    broken = false;
    await pipeline.work();
    await pipeline.send();
    expect(pipeline.isIdle()).toBe(true);
    expect(world.applied.length).toBeGreaterThanOrEqual(6);
  });
});

test("I23 a checkpoint saves the fold with its cursor, and prunes what is folded and old", async () => {
  await alone("pruned", async (storage) => {
    const world: World = { applied: [], batches: 0, gaps: 0 };
    const first = open(storage, world, mortal(0, false));
    logAll(first.pipeline, first.store);
    await first.pipeline.work();
    expect(first.pipeline.checkpoint()).toBe(true);
    const { head, cursor } = first.store.readMarks();
    expect(cursor).toBe(head);
    const rows = (): number => storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM log").one().n;
    // Within the retention nothing goes; afterwards everything that is folded does.
    expect(rows()).toBe(rowsOfDay().length);
    first.store.prune(cursor, T0 + 1, T0, { keepFrom: () => Infinity, wants: () => false });
    expect(rows()).toBe(0);
    const second = open(storage, world, mortal(0, false));
    expect(second.pipeline.head()).toBe(head);
    expect(second.pipeline.isIdle() || world.applied.length === 0).toBe(true);
    expect(second.pipeline.fold.tracks().counters).toEqual(first.pipeline.fold.tracks().counters);
  });
});

const [pump] = pumpVibration.profiles;
if (pump === undefined) throw new Error("the template has a profile");
const UPLOADED = ModelHash.parse("b".repeat(64));
/** Two profiles of the same channels: `pump` runs the model that ships, `special` one that is to be uploaded. */
const twoProfiles: IntakePlan = {
  ...plan,
  scenario: { ...patient, profiles: [pump, { ...pump, id: ProfileId.parse("special"), modelHash: UPLOADED }] },
  devices: devices.map((device, i) => (i === 1 ? { ...device, profile: ProfileId.parse("special") } : device)),
};

type Uploads = { has: boolean; broken: boolean };
function openTwo(
  storage: DurableObjectStorage,
  world: World,
  uploads: Uploads,
  from: IntakePlan = twoProfiles,
): { readonly pipeline: Pipeline; readonly store: IntakeStore } {
  const store = intakeStore(storage);
  const models: Models = {
    hashOf: modelHashOf,
    scorer: async (hash) => {
      if (hash !== UPLOADED) return scorer;
      if (!uploads.has) return refuse("unknown-model", "a model that was uploaded", "upload it");
      return { hash, run: async (ask) => (uploads.broken ? Promise.reject(new Error("invalid dimensions")) : scorer.run(ask)) };
    },
  };
  const pipeline = openPipeline({
    store,
    models,
    clock: { now: () => T0, wakeBy: () => {} },
    plan: from,
    part: 0,
    onProgress: () => {},
    onPlan: () => {},
    unit: unitOf(world),
  });
  return { pipeline, store };
}

function logRows({ pipeline, store }: ReturnType<typeof openTwo>, rows: readonly (readonly Logged[])[]): void {
  for (const messages of rows) {
    const n = pipeline.head();
    store.transaction(() => store.appendRow(n, messages.map(entryOf), T0));
    pipeline.appended({ n, end: n + messages.length, messages });
  }
}

const heardOf = (world: World): ReadonlySet<string> => new Set(world.applied.map(({ verdict }) => verdict.device));
const later = (rows: readonly (readonly Logged[])[]): readonly (readonly Logged[])[] =>
  rows.map((messages) =>
    messages.map((message) => {
      const { ts, channels: values } = JSON.parse(new TextDecoder().decode(message.payload)) as { ts: number; channels: object };
      return { ...message, arrivedAt: message.arrivedAt + 60_000, payload: new TextEncoder().encode(JSON.stringify({ ts: ts + 60_000, channels: values })) };
    }),
  );

test("I44 a model that is missing parks its own profile, visibly; the others are scored, and it too once the model is there", async () => {
  await alone("parked", async (storage) => {
    const world: World = { applied: [], batches: 0, gaps: 0 };
    const uploads = { has: false, broken: false };
    const at = openTwo(storage, world, uploads);
    logRows(at, rowsOfDay());
    await at.pipeline.work();
    await at.pipeline.send();
    expect([at.pipeline.isIdle(), [...heardOf(world)].toSorted()]).toEqual([true, ["pump-1", "pump-3"]]);
    const tracks = at.pipeline.fold.tracks();
    const samples = rowsOfDay().length;
    expect(tracks.counters).toMatchObject({ scored: 2 * samples, refused: samples });
    expect([...tracks.quarantine.values()]).toMatchObject([
      { device: "profile special", rule: "the profile's model can be run", mend: `upload it: PUT /api/u/plant/models/${UPLOADED}`, count: samples },
    ]);
    uploads.has = true;
    at.pipeline.modelsChanged();
    logRows(at, later(rowsOfDay()));
    await at.pipeline.work();
    await at.pipeline.send();
    expect(heardOf(world)).toContain("pump-2");
    expect(at.pipeline.fold.tracks().counters).toMatchObject({ scored: 5 * samples, refused: samples });
    expect(world.applied.map(({ seq }) => seq)).toEqual(world.applied.map((_, i) => i + 1));
  });
});

test("I44 rows that were numbered without a model pass unscored again when they are folded anew, also after it came", async () => {
  await alone("parked-anew", async (storage) => {
    const world: World = { applied: [], batches: 0, gaps: 0 };
    const uploads = { has: false, broken: false };
    const first = openTwo(storage, world, uploads);
    // All three are sick when it ends; what the third says is numbered after the second would have spoken.
    logRows(first, rowsOfDay().slice(0, 12));
    await first.pipeline.work();
    await first.pipeline.send();
    const told = heard(world);
    const numberedAt = Math.max(...world.applied.map(({ verdict }) => verdict.at));
    // A crash before any checkpoint; the model came meanwhile.
    uploads.has = true;
    const second = openTwo(storage, world, uploads);
    logRows(second, later(rowsOfDay()));
    await second.pipeline.work();
    await second.pipeline.send();
    expect(second.store.readMarks().cursor).toBe(0);
    expect(heard(world).slice(0, told.length)).toEqual(told);
    const episodes = world.applied.filter(({ verdict }) => verdict.device === "pump-2");
    expect(episodes.length).toBeGreaterThan(0);
    // Rows that were numbered without it are not scored in silence: its first sign is told, and comes after them.
    expect(episodes[0]?.verdict.state).toBe("suspect");
    expect(episodes[0]?.verdict.at).toBeGreaterThanOrEqual(numberedAt);
    second.pipeline.checkpoint();
    expect(second.store.readUnscored()).toEqual([]);
  });
});

test("I44 a model that fails again and again parks its profile, one that failed once does not", async () => {
  await alone("parked-failing", async (storage) => {
    const world: World = { applied: [], batches: 0, gaps: 0 };
    const uploads = { has: true, broken: true };
    const at = openTwo(storage, world, uploads);
    logRows(at, rowsOfDay());
    await at.pipeline.work();
    expect([at.store.readUnscored(), at.pipeline.isIdle()]).toEqual([[], false]);
    await at.pipeline.work();
    vi.spyOn(console, "error").mockImplementationOnce(() => {});
    await at.pipeline.work();
    await at.pipeline.send();
    expect(at.store.readUnscored()).toEqual([{ profile: "special", model: UPLOADED, why: "fails", from: 0, until: null }]);
    expect([at.pipeline.isIdle(), [...heardOf(world)].toSorted()]).toEqual([true, ["pump-1", "pump-3"]]);
    expect([...at.pipeline.fold.tracks().quarantine.values()]).toMatchObject([{ device: "profile special", rule: "the profile's model can be run" }]);
  });
});

test("I45 a batch ends where numbers are missing, and what memory lacks is read from the store", async () => {
  await alone("hole", async (storage) => {
    const world: World = { applied: [], batches: 0, gaps: 0 };
    const { pipeline, store } = open(storage, world, mortal(0, false));
    logAll(pipeline, store);
    await pipeline.work();
    await pipeline.send();
    const verdict = world.applied[0]?.verdict;
    if (verdict === undefined) throw new Error("nothing was found");
    pipeline.checkpoint();
    const { made } = store.readMarks();
    const from = world.applied.length + 1;
    const seen: { from: number; count: number }[] = [];
    const unit = unitOf(world);
    store.transaction(() =>
      store.writeTransitions(
        [0, 1, 3].map((i) => ({ seq: from + i, verdict: { ...verdict, episode: EpisodeId.parse(`e${i}`) } })),
        made,
      ),
    );
    const holed = openPipeline({
      store,
      models: { hashOf: modelHashOf, scorer: async () => scorer },
      clock: { now: () => T0, wakeBy: () => {} },
      plan,
      part: 0,
      onProgress: () => {},
      onPlan: () => {},
      unit: {
        ...unit,
        applyVerdicts: async (batch) => {
          seen.push({ from: batch.from, count: batch.verdicts.length });
          return unit.applyVerdicts(batch);
        },
      },
    });
    await holed.send();
    expect(seen[0]).toEqual({ from, count: 2 });
    expect(world.applied.map((one) => one.verdict.episode).slice(-2)).toEqual(["e0", "e1"]);
    // What is not there can't be told; what comes after it is not told under its number.
    expect([holed.isIdle(), world.gaps > 0]).toEqual([false, true]);
    store.transaction(() => store.writeTransitions([{ seq: from + 2, verdict: { ...verdict, episode: EpisodeId.parse("e2") } }], made));
    await holed.send();
    expect(world.applied.map((one) => one.verdict.episode).slice(-4)).toEqual(["e0", "e1", "e2", "e3"]);
    expect(holed.isIdle()).toBe(true);
  });
});

test("I46 a unit that goes on refusing transitions is shown, and loses none", async () => {
  await alone("refused", async (storage) => {
    const world: World = { applied: [], batches: 0, gaps: 0 };
    const store = intakeStore(storage);
    const unit = unitOf(world);
    let refuses = true;
    const pipeline = openPipeline({
      store,
      models: { hashOf: modelHashOf, scorer: async () => scorer },
      clock: { now: () => T0, wakeBy: () => {} },
      plan,
      part: 0,
      onProgress: () => {},
      onPlan: () => {},
      unit: {
        ...unit,
        applyVerdicts: async (batch) => (refuses ? refuse("wrong-unit", "verdicts of this unit", "look at the name") : unit.applyVerdicts(batch)),
      },
    });
    logAll(pipeline, store);
    await pipeline.work();
    const shown = (): readonly object[] => [...pipeline.fold.tracks().quarantine.values()];
    for (let tries = 0; tries < 10 && shown().length === 0; tries++) await pipeline.send();
    expect(shown()).toMatchObject([{ device: "unit", rule: "the unit refuses verdicts: verdicts of this unit", mend: "look at the name" }]);
    refuses = false;
    await pipeline.send();
    expect(pipeline.isIdle()).toBe(true);
    expect(world.applied.length).toBe(store.readMarks().nextSeq - 1);
  });
});

test("I44 a device whose commissioning ends without its model waits for it, and is live once it has come", async () => {
  await alone("parked-commissioning", async (storage) => {
    const world: World = { applied: [], batches: 0, gaps: 0 };
    const uploads = { has: false, broken: false };
    const fresh: IntakePlan = {
      ...twoProfiles,
      scenario: { ...twoProfiles.scenario, commissioningRows: 50 },
      devices: twoProfiles.devices.map(({ id, asset, profile, name, addedAt }) => ({ id, asset, profile, name, addedAt })),
    };
    const at = openTwo(storage, world, uploads, fresh);
    const rows = Array.from({ length: 70 }, (_, s) =>
      devices.map(({ id }): Logged => {
        const channelsOf = { "vibration.a.rms": 0.1 + (s % 5) / 100 };
        return { device: id, payload: new TextEncoder().encode(JSON.stringify({ ts: T0 + s * 1_000, channels: channelsOf })), arrivedAt: T0 + s * 1_000 };
      }),
    );
    const learnt = (): readonly string[] => [...at.pipeline.fold.tracks().byDevice].filter(([, { watch }]) => watch.baseline !== null).map(([id]) => id);
    logRows(at, rows.slice(0, 60));
    await at.pipeline.work();
    expect([at.pipeline.isIdle(), learnt()]).toEqual([true, ["pump-1", "pump-3"]]);
    expect(at.pipeline.fold.tracks().counters.refused).toBe(10);
    uploads.has = true;
    at.pipeline.modelsChanged();
    logRows(at, rows.slice(60));
    await at.pipeline.work();
    expect(learnt()).toEqual(["pump-1", "pump-2", "pump-3"]);
    expect(at.pipeline.fold.tracks().counters).toMatchObject({ refused: 10, scored: 50 });
  });
});

/** One sample of each pump for every second, logged as rows of their own. */
function logSeconds({ pipeline, store }: { readonly pipeline: Pipeline; readonly store: IntakeStore }, from: number, to: number): void {
  for (let s = from; s < to; s++)
    for (const { id } of devices) {
      const payload = new TextEncoder().encode(JSON.stringify({ ts: T0 + s * 1_000, channels: { "vibration.a.rms": 0.1 } }));
      const messages = [{ device: id, payload, arrivedAt: T0 + s * 1_000 }];
      const n = pipeline.head();
      store.transaction(() => store.appendRow(n, messages.map(entryOf), T0));
      pipeline.appended({ n, end: n + 1, messages });
    }
}

test("VS5 alone a sample is scored at once; in a crowd it waits a moment and is scored together with others, across rows of the log", async () => {
  await alone("crowd", async (storage) => {
    const store = intakeStore(storage);
    const asked: number[] = [];
    let now = T0;
    let meanwhile: (() => void) | null = null;
    const pipeline = openPipeline({
      store,
      models: {
        hashOf: modelHashOf,
        scorer: async () => ({
          hash: scorer.hash,
          run: (ask) => {
            asked.push(ask.devices.length);
            meanwhile?.();
            meanwhile = null;
            return scorer.run(ask);
          },
        }),
      },
      clock: { now: () => now, wakeBy: () => {} },
      plan,
      part: 0,
      onProgress: () => {},
      onPlan: () => {},
      unit: unitOf({ applied: [], batches: 0, gaps: 0 }),
    });
    const at = { pipeline, store };
    logSeconds(at, 0, 1);
    pipeline.workSoon();
    await vi.waitFor(() => expect(pipeline.isIdle()).toBe(true));
    expect(asked).toEqual([3]);
    now += 5;
    logSeconds(at, 1, 2);
    pipeline.workSoon();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect([asked, pipeline.isIdle()]).toEqual([[3], false]);
    // Of a crowd as large as this nobody waits.
    logSeconds(at, 2, 90);
    pipeline.workSoon();
    await vi.waitFor(() => expect(pipeline.isIdle()).toBe(true));
    expect(asked.every((rows) => rows === 3)).toBe(true);
    expect(pipeline.fold.tracks().counters.scored).toBe(270);
    now += 5;
    logSeconds(at, 90, 91);
    pipeline.workSoon();
    await vi.waitFor(() => expect(pipeline.isIdle()).toBe(true));
    expect(pipeline.fold.tracks().counters.scored).toBe(273);
    // What comes while a call is out waits for others too.
    now += 1_000;
    logSeconds(at, 91, 92);
    meanwhile = () => logSeconds(at, 92, 93);
    pipeline.workSoon();
    await vi.waitFor(() => expect(pipeline.fold.tracks().counters.scored).toBe(276), { interval: 1 });
    expect(pipeline.isIdle()).toBe(false);
    await vi.waitFor(() => expect(pipeline.isIdle()).toBe(true));
    expect(pipeline.fold.tracks().counters.scored).toBe(279);
  });
});

test("VS6 a checkpoint is saved in pieces with turns of others between them, and all of it in one piece where the log does not go along", async () => {
  await alone("pieces", async (storage) => {
    const at = open(storage, { applied: [], batches: 0, gaps: 0 }, mortal(0, false));
    const places = (): readonly number[] => [...new Set(at.store.readMarks().reached.slices)].toSorted((a, b) => a - b);
    logSeconds(at, 0, 10);
    await at.pipeline.work();
    expect(at.pipeline.fold.saveSome()).toBe(true);
    // Of three pumps in slices of their own one is saved; slices without a device stand where the fold stands.
    expect([places(), at.store.readMarks().cursor]).toEqual([[0, 30], 0]);
    expect(at.pipeline.fold.isSaved()).toBe(false);
    const saving = at.pipeline.save();
    logSeconds(at, 10, 20);
    await at.pipeline.work();
    await saving;
    expect(at.store.readMarks().cursor).toBeGreaterThanOrEqual(30);
    expect(await at.pipeline.save()).toBe(true);
    expect([places(), at.store.readMarks().cursor, at.pipeline.fold.isSaved()]).toEqual([[60], 60, true]);
    logSeconds(at, 20, 30);
    await at.pipeline.work();
    at.pipeline.fold.saveSome();
    expect(places()).toEqual([60, 90]);
    expect(at.pipeline.checkpoint()).toBe(true);
    expect(places()).toEqual([90]);
    // A plan is written with slices of one place: what lies behind it is folded with it.
    logSeconds(at, 30, 40);
    await at.pipeline.work();
    at.pipeline.fold.saveSome();
    expect(places()).toEqual([90, 120]);
    at.pipeline.replan({ ...plan, version: 2 });
    await at.pipeline.work();
    expect([places(), at.store.readPlan()?.version]).toEqual([[120], 2]);
  });
});

test("VS7 before anybody is let in, the models of all profiles have scored calls of one row, of some and of as many as there may be", async () => {
  const asked: string[] = [];
  let isAway = true;
  const warm = openWarmth({
    hashOf: modelHashOf,
    scorer: async (hash) => {
      if (isAway) throw new Error("Memory limit would be exceeded.");
      return {
        hash,
        run: (ask) => {
          asked.push(`${hash === OTHER ? "other" : "live"} ${ask.devices.length} × ${ask.channels}`);
          return scorer.run(ask);
        },
      };
    },
  });
  const planned: IntakePlan = { ...plan, models: [{ profile: ProfileId.parse("pump"), since: 1, live: scorer.hash, other: { hash: OTHER, share: 0 } }] };
  await warm(planned);
  expect(asked).toEqual([]);
  isAway = false;
  await Promise.all([warm(planned), warm(planned)]);
  expect(asked).toEqual(["other", "live"].flatMap((model) => [1, 1, 32, 32, 1_024, 1_024].map((rows) => `${model} ${rows} × ${channels}`)));
  await warm(planned);
  expect(asked).toHaveLength(12);
});
