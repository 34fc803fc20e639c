import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { Glances, Quarantined, TailLine, Trace } from "../contracts/board.ts";
import { Baseline, type Device } from "../contracts/device.ts";
import { AssetId, DeviceId, FaultModeId } from "../contracts/ids.ts";
import { isRefusal } from "../contracts/refusal.ts";
import type { IntakePlan } from "../contracts/rpc.ts";
import type { Scenario } from "../contracts/scenario.ts";
import { Verdict } from "../contracts/verdict.ts";
import { modelPath, openModelFile } from "../devices/replay/onnx-node.ts";
import { pumpSequence } from "../hub/catalogue/pump-sequence.ts";
import { pumpVibration } from "../hub/catalogue/pump-vibration.ts";
import { glancesOf, quarantineOf, tailOf, takeTrace, traceOf, untold } from "./journey/view.ts";
import type { Logged, Tracks } from "./journey/track.ts";
import { nextAsk, onScores, onTelemetry } from "./journey.ts";
import { refuseMessage } from "./journey/sampling.ts";
import { replan, startTracks } from "./journey/start.ts";
import { REST_SLICE, saveTracks, type SavedTracks } from "./journey/saved.ts";
import { refuse } from "../contracts/refusal.ts";
import { numbersOf } from "./verdict/fixtures/ask.ts";
import { NO_SCORES, type Scorer } from "./verdict/scorer.ts";

const START = 1_763_750_000_000;
const NAMES = pumpVibration.profiles.flatMap((profile) => profile.channels.map((channel) => channel.id as string));
/** Short commissioning, so that a run of a few hundred samples passes through all of it. */
const quick = (scenario: Scenario): Scenario => ({ ...scenario, commissioningRows: 50 });

/** For models that hold no evidence of their own. */
const PATIENT = { ...pumpVibration.judge, onDelayMs: 5_000, offDelayMs: 10_000 };

const scorers = new Map<string, Scorer>();
beforeAll(async () => {
  for (const name of ["baseline", "gru", "ensemble"]) {
    const scorer = await openModelFile(modelPath(name));
    if (isRefusal(scorer)) throw new Error(scorer.rule);
    scorers.set(name, scorer);
  }
});

function scorerOf(scenario: Scenario): Scorer {
  const scorer = scorers.get(scenario.profiles[0]?.model ?? "");
  if (scorer === undefined) throw new Error("no such model");
  return scorer;
}

function deviceOf(id: string, baseline?: Baseline): Device {
  const [profile] = pumpVibration.profiles;
  if (profile === undefined) throw new Error("the template has a profile");
  return {
    id: DeviceId.parse(id),
    asset: AssetId.parse(`A-${id}`),
    profile: profile.id,
    name: id,
    addedAt: START,
    ...(baseline === undefined ? {} : { baseline }),
  };
}

const planOf = (scenario: Scenario, devices: readonly Device[]): IntakePlan => ({ unit: "plant", version: 1, scenario, devices, openAccess: false });
const begin = (plan: IntakePlan, saved: readonly SavedTracks[] = []): Tracks => startTracks(plan, () => scorerOf(plan.scenario).hash, saved);

async function drain(tracks: Tracks, scorer: Scorer): Promise<{ verdicts: Verdict[]; learnt: { device: string; baseline: Baseline }[] }> {
  const out: Awaited<ReturnType<typeof drain>> = { verdicts: [], learnt: [] };
  for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) {
    const found = onScores(tracks, ask, await scorer.run(ask));
    out.verdicts.push(...found.verdicts);
    out.learnt.push(...found.learnt);
  }
  return out;
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const message = (device: string, at: number, value: unknown): Logged => ({ device, payload: encode(value), arrivedAt: at });

function valuesAt(i: number, bad: boolean, next: () => number): Record<string, number | null> {
  return Object.fromEntries(NAMES.map((name, c) => [name, next() < 0.02 ? null : 20 + Math.sin(i * (0.7 + 0.31 * c)) + next() + (bad && c === 0 ? 12 : 0)]));
}

/** One reading in two messages, its first `k` channels first. */
function split(device: string, at: number, one: { readonly ts: number; readonly channels: Record<string, number | null> }, k: number): Logged[] {
  const entries = Object.entries(one.channels);
  return [entries.slice(0, k), entries.slice(k)].map((part) => message(device, at, { ts: one.ts, channels: Object.fromEntries(part) }));
}

/** A seeded log of some devices: faults, codes, duplicates, instants in parts, clocks that repeat, stragglers, backlogs, batches, nonsense. */
function madeLog(seed: number, devices: readonly string[], seconds: number): readonly Logged[] {
  const next = numbersOf(seed);
  const log: Logged[] = [];
  const held: Logged[] = [];
  for (let s = 0; s < seconds; s++) {
    const at = START + s * 1_000;
    for (const device of devices) {
      const bad = s % 150 > 100 && next() < 0.98;
      const one = { ts: at, channels: valuesAt(s, bad, next) };
      const sent = message(device, at + 20, next() < 0.1 ? [{ ...one, ts: at - 500 }, one] : one);
      const chance = next();
      if (chance < 0.03) held.push(sent);
      else if (chance < 0.05) log.push(sent, sent);
      else if (chance < 0.06) log.push(message(device, at, { ts: at, channels: { flow: "warm", colour: 1 } }));
      else if (chance < 0.065) log.push(message(device, at, { ts: at, events: [{ code: "E12" }] }), sent);
      else if (chance < 0.165) log.push(...split(device, at + 20, one, 1 + (s % 7)));
      else if (chance < 0.185) log.push(sent, message(device, at + 30, { ts: at, channels: valuesAt(s + 1, bad, next) }));
      else if (chance < 0.195) log.push(...split(device, at + 20, { ...one, ts: at - 1_000 }, 4), sent);
      else log.push(sent);
    }
    if (s % 40 === 39) for (const late of held.splice(0)) log.push({ ...late, arrivedAt: at + 30 });
    if (s % 170 === 169)
      for (const device of devices.slice(0, 1))
        log.push({
          device,
          payload: encode([...Array(20).keys()].map((i) => ({ ts: at - 200_000 + i * 1_000 + 250, channels: valuesAt(i, true, next) }))),
          arrivedAt: at + 40,
        });
  }
  return log;
}

const byDevice = (verdicts: readonly Verdict[]): Record<string, readonly Verdict[]> =>
  Object.fromEntries(
    [...new Set(verdicts.map((verdict) => verdict.device))].sort().map((device) => [device, verdicts.filter((verdict) => verdict.device === device)]),
  );

describe("one pump", () => {
  const scenario = quick(pumpVibration);

  test("V11 a fresh device is commissioned, then a fault is one episode with its channel as evidence, absorbed counted", async () => {
    const tracks = begin(planOf(scenario, [deviceOf("pump-1")]));
    const next = numbersOf(1);
    const all: Verdict[] = [];
    for (let s = 0; s < 350; s++) {
      const at = START + s * 1_000;
      const one = message("pump-1", at + 20, { ts: at, channels: valuesAt(s, s >= 200 && s < 300, next) });
      onTelemetry(tracks, s > 204 && s % 5 === 0 ? [one, one] : [one]);
      const { verdicts, learnt } = await drain(tracks, scorerOf(scenario));
      all.push(...verdicts);
      if (s === 49) expect(learnt.map((one) => [one.device, one.baseline.rows, Baseline.safeParse(one.baseline).success])).toEqual([["pump-1", 50, true]]);
      else expect(learnt).toEqual([]);
    }
    expect(all.map((verdict) => verdict.state)).toEqual(["anomalous", "normal"]);
    const [anomalous, cleared] = all;
    expect(anomalous).toMatchObject({
      device: "pump-1",
      asset: "A-pump-1",
      fresh: true,
      model: scorerOf(scenario).hash,
    });
    expect(anomalous?.evidence[0]?.channel).toBe("vibration.a.rms");
    expect(anomalous?.evidence[0]?.share).toBeGreaterThan(0.8);
    expect(anomalous?.at ?? 0).toBeLessThan(START + 215_000);
    expect(cleared?.at ?? 0).toBeLessThan(START + 330_000);
    expect([cleared?.episode, cleared?.absorbed]).toEqual([anomalous?.episode, expect.toSatisfy((count: number) => count >= 19)]);
    expect(Verdict.safeParse(anomalous).success).toBe(true);
    expect(tracks.counters).toMatchObject({ messages: 350 + 29, samples: 379, duplicates: 29, scored: 300, refused: 0 });
    expect(untold(tracks).map((one) => one.device)).toEqual(["pump-1"]);
  });

  test("V11 a device that arrives with a baseline is scored from its first sample", async () => {
    const baseline = { mean: NAMES.map(() => 20.5), scale: NAMES.map(() => 0.8), floor: NAMES.map(() => 0.4), rows: 400, learntAt: START };
    const tracks = begin(planOf(scenario, [deviceOf("pump-1", baseline)]));
    onTelemetry(tracks, [message("pump-1", START, { ts: START, channels: { flow: 20 } })]);
    await drain(tracks, scorerOf(scenario));
    expect([tracks.counters.scored, untold(tracks)]).toEqual([1, []]);
  });

  test("V12 a fault code needs no model: its verdict comes with an ask without rows", async () => {
    const tracks = begin(planOf(scenario, [deviceOf("pump-1")]));
    onTelemetry(tracks, [
      message("pump-1", START, { ts: START, events: [{ code: "E21" }] }),
      message("pump-1", START, { ts: START, events: [{ code: "E21" }] }),
    ]);
    const ask = nextAsk(tracks);
    expect(ask?.devices).toEqual([]);
    const { verdicts } = ask === null ? { verdicts: [] } : onScores(tracks, ask, await scorerOf(scenario).run(ask));
    expect(verdicts).toMatchObject([{ state: "anomalous", code: "E21", faultMode: FaultModeId.parse("cavitation") }]);
    expect([tracks.counters.duplicates, nextAsk(tracks)]).toEqual([1, null]);
  });

  test("V13 what arrives wrong is counted, sampled and visible, and costs nothing else", async () => {
    const tracks = begin(planOf(scenario, [deviceOf("pump-1")]));
    onTelemetry(tracks, [
      { device: "pump-1", payload: new TextEncoder().encode("{oops"), arrivedAt: START },
      message("pump-1", START + 1, { ts: START, channels: { flow: 1e9, current: 3 } }),
      message("pump-1", START + 2, { ts: START + 1, channels: { flow: 1e9, current: 3 } }),
      message("stranger", START + 3, { ts: START, channels: { flow: 1 } }),
    ]);
    refuseMessage(tracks, message("pump-1", START + 4, "…"), refuse("too-large", "at most 64 KiB in a payload", "send less at once"));
    await drain(tracks, scorerOf(scenario));
    const kinds = quarantineOf(tracks);
    expect(kinds.map((kind) => [kind.device, kind.rule, kind.count])).toEqual([
      ["pump-1", "not JSON (a bare NaN is not JSON either)", 1],
      ["pump-1", "range -10 to 10000 L/min", 2],
      ["stranger", "a device that the unit knows", 1],
      ["pump-1", "at most 64 KiB in a payload", 1],
    ]);
    for (const kind of kinds) expect(Quarantined.safeParse(kind).success).toBe(true);
    expect(tracks.counters).toMatchObject({ messages: 4, samples: 2, refused: 5 });
    const tail = tailOf(tracks, 1, "pump-1");
    expect(tail).toMatchObject([
      {
        n: 2,
        fields: [
          { field: "ts", verdict: "ok" },
          { field: "channels.flow", verdict: expect.stringContaining("range") as string },
          { field: "channels.current", verdict: "ok" },
        ],
      },
      { n: 3 },
    ]);
    for (const line of tailOf(tracks, 0)) expect(TailLine.safeParse(line).success).toBe(true);
  });

  test("V14 the views fit what the board asks for; a reordered sample is in the trace, unscored", async () => {
    const tracks = begin(planOf(scenario, [deviceOf("pump-1"), deviceOf("pump-2")]));
    const next = numbersOf(2);
    for (let s = 0; s < 130; s++)
      onTelemetry(tracks, [
        message("pump-1", START + s * 1_000, { ts: START + s * 1_000, channels: valuesAt(s, false, next), position: { lat: 28, lon: 112 } }),
      ]);
    await drain(tracks, scorerOf(scenario));
    onTelemetry(tracks, [message("pump-1", START + 130_000, { ts: START + 128_500, channels: { flow: 3 } })]);
    const rows = takeTrace(tracks);
    expect(rows.map((row) => [row.device, row.fromAt, row.toAt])).toEqual([
      ["pump-1", START, START + 59_000],
      ["pump-1", START + 60_000, START + 119_000],
    ]);
    expect(takeTrace(tracks)).toEqual([]);
    const trace = traceOf(
      tracks,
      "pump-1",
      START,
      rows.map((row) => row.bytes),
    );
    expect(Trace.safeParse(trace).success).toBe(true);
    if (isRefusal(trace)) throw new Error(trace.rule);
    expect(trace.columns.length).toBe(2 + NAMES.length);
    expect(trace.columns[0]?.length).toBe(130);
    const at = trace.columns[0]?.indexOf(START + 128_500) ?? -1;
    expect([trace.columns[1]?.[at], trace.columns[9]?.[at], trace.columns[1]?.[49] === null, typeof trace.columns[1]?.at(-1)]).toEqual([
      null,
      3,
      false,
      "number",
    ]);
    expect(traceOf(tracks, "nobody", 0)).toMatchObject({ refused: "unknown-device" });
    const glances = glancesOf(tracks, (device) => device === "pump-1");
    expect(glances).toMatchObject([{ device: "pump-1", commissioned: true, connected: true, position: { lat: 28, lon: 112 }, state: "normal" }]);
    expect(Glances.safeParse({ now: START, devices: glances, counters: tracks.counters }).success).toBe(true);
  });
});

describe("an instant told in parts", () => {
  const [profile] = pumpVibration.profiles;
  const [first, second] = NAMES;
  if (profile === undefined || first === undefined || second === undefined) throw new Error("the template has channels");
  const baseline = { mean: NAMES.map(() => 20.5), scale: NAMES.map(() => 0.8), floor: NAMES.map(() => 0.4), rows: 400, learntAt: START };
  const plan = planOf(pumpVibration, [deviceOf("pump-1", baseline)]);
  const say = (at: number, ts: number, channels: Record<string, number | null>): Logged => message("pump-1", at, { ts, channels });
  const columns = (tracks: Tracks): readonly (readonly (number | null)[])[] => {
    const trace = traceOf(tracks, "pump-1", 0);
    if (isRefusal(trace)) throw new Error(trace.rule);
    return trace.columns;
  };
  /** A model to which a channel is what it is whatever the others do; its judge waits. */
  const apart = { ...plan, scenario: { ...pumpVibration, profiles: [{ ...profile, model: "baseline" }], judge: PATIENT } };
  const run = async (log: readonly Logged[], chunk: number, by: IntakePlan = plan) => {
    const tracks = begin(by);
    const verdicts: Verdict[] = [];
    for (let i = 0; i < log.length; i += chunk) {
      onTelemetry(tracks, log.slice(i, i + chunk));
      verdicts.push(...(await drain(tracks, scorerOf(by.scenario))).verdicts);
    }
    return { tracks, verdicts };
  };

  test.each([1, 2])("N12 channels that were gaps are more of the instant: in its point and seen by the model, folded %i at a time", async (chunk) => {
    const { tracks } = await run([say(START + 1, START, { [first]: 20 }), say(START + 2, START, { [second]: 21 })], chunk);
    expect(columns(tracks).slice(0, 4)).toEqual([[START], [expect.any(Number)], [20], [21]]);
    expect(tracks.counters).toMatchObject({ messages: 2, samples: 2, duplicates: 0, reordered: 0, refused: 0, scored: 2 });
    expect(quarantineOf(tracks)).toEqual([]);
  });

  test("N12 a fault in a channel that always comes second is found as if it had come first, at every cut", async () => {
    const parts = (k: number): Logged[] => {
      const next = numbersOf(5);
      return [...Array(120).keys()].flatMap((s) => {
        const ts = START + s * 1_000;
        const one = { ts, channels: { [second]: 20.5 + next(), [first]: 20.5 + next() + (s >= 60 ? 12 : 0) } };
        return k === 0 ? [message("pump-1", ts + 20, one)] : split("pump-1", ts + 20, one, k);
      });
    };
    const whole = await run(parts(0), 1, apart);
    expect(whole.verdicts.map((verdict) => verdict.state)).toEqual(["suspect", "anomalous"]);
    for (const chunk of [1, 2, 7, 240]) {
      const { verdicts, tracks } = await run(parts(1), chunk, apart);
      expect(verdicts.map(({ state, at, evidence }) => [state, at, evidence[0]?.channel])).toEqual(
        whole.verdicts.map(({ state, at, evidence }) => [state, at, evidence[0]?.channel]),
      );
      expect(columns(tracks).toSpliced(1, 1)).toEqual(columns(whole.tracks).toSpliced(1, 1));
      // The channels move as they would in one row; only the slow reference has gone one step further.
      for (const [i, score] of (columns(tracks)[1] ?? []).entries()) expect(score).toBeCloseTo(columns(whole.tracks)[1]?.[i] ?? -1, 1);
    }
  });

  test("N12 more of an instant before the last is kept in the trace, unscored, and counted as reordered", async () => {
    const { tracks } = await run([say(START, START, { [first]: 20 }), say(START + 1, START + 1, { [first]: 20 }), say(START + 2, START, { [second]: 21 })], 1);
    expect(columns(tracks).slice(2, 4)).toEqual([
      [20, 20],
      [21, null],
    ]);
    expect(tracks.counters).toMatchObject({ reordered: 1, duplicates: 0, scored: 2 });
  });

  test("N12 the last point of a minute can be told more after its row was stored: the row is handed out again", async () => {
    const log = [...Array(60).keys()].map((s) => say(START + s * 1_000, START + s * 1_000, { [first]: 20 }));
    const { tracks } = await run(log, 60);
    const [stored] = takeTrace(tracks);
    // Also across a checkpoint.
    for (const one of [tracks, begin(plan, saveTracks(tracks))]) {
      onTelemetry(one, [say(START + 59_001, START + 59_000, { [second]: 21 })]);
      await drain(one, scorerOf(pumpVibration));
      const [again, ...rest] = takeTrace(one);
      expect([again?.fromAt, rest]).toEqual([stored?.fromAt, []]);
      expect(columns(one)[3]?.at(-1)).toBe(21);
      expect(one.counters.duplicates).toBe(0);
    }
  });

  test("N12 the same values again are a duplicate, gaps or not", async () => {
    const one = { [first]: 20, [second]: 21 };
    const log = [say(START, START, one), say(START + 1, START, one), say(START + 2, START, { [second]: 21 }), say(START + 3, START, { [first]: null })];
    const { tracks } = await run(log, 1);
    expect(tracks.counters).toMatchObject({ samples: 4, duplicates: 2, scored: 1, refused: 0 });
  });

  test("N13 another value for a channel and instant is refused, the first one stays, and the tail says so", async () => {
    const log = [
      say(START, START, { [first]: 20 }),
      message("pump-1", START + 1, [
        { ts: START + 1, channels: { [second]: 5 } },
        { ts: START, channels: { [first]: 22, [second]: 21 } },
      ]),
    ];
    const { tracks } = await run(log, 1);
    const rule = "one value for a channel and instant";
    const mend = "send all channels of an instant in one message, with a clock that does not repeat";
    expect(quarantineOf(tracks)).toMatchObject([{ device: "pump-1", field: `channels.${first}`, rule, mend, count: 1 }]);
    expect(columns(tracks).slice(2, 4)).toEqual([
      [20, null],
      [21, 5],
    ]);
    expect(tracks.counters).toMatchObject({ refused: 1, duplicates: 0 });
    expect(tailOf(tracks, 1)[0]?.fields).toContainEqual({ field: `1.channels.${first}`, value: "22", verdict: `${rule}; ${mend}` });
    expect(tailOf(tracks, 1)[0]?.fields).toContainEqual({ field: `1.channels.${second}`, value: "21", verdict: "ok" });
  });
});

/** With fixed limits on the channel that goes bad, and two regimes by another. */
const limited: Scenario = {
  ...pumpVibration,
  template: "pump-limits",
  profiles: pumpVibration.profiles.map((profile) => ({
    ...profile,
    regime: {
      channel: profile.channels[3]?.id ?? never(),
      settleMs: 2_000,
      bands: [0, 21.3].map((from, i) => ({ id: `band-${i}`, title: { en: "Band", zh: "档" }, from })),
    },
    channels: profile.channels.map((channel, c) => (c === 0 ? { ...channel, limits: { warnHigh: 28, tripHigh: 32.5 } } : channel)),
  })),
};

describe.each([quick(pumpVibration), quick(pumpSequence), quick(limited)])("the fold over $template", (scenario) => {
  const devices = ["pump-1", "pump-2", "pump-3"];
  const plan = planOf(
    scenario,
    devices.map((id) => deviceOf(id)),
  );

  async function fold(log: readonly Logged[], chunk: number): Promise<{ verdicts: Verdict[]; tracks: Tracks }> {
    const tracks = begin(plan);
    const verdicts: Verdict[] = [];
    for (let i = 0; i < log.length; i += chunk) {
      onTelemetry(tracks, log.slice(i, i + chunk));
      verdicts.push(...(await drain(tracks, scorerOf(scenario))).verdicts);
    }
    return { verdicts, tracks };
  }

  test("V15 the same log gives the same transitions, however it is cut into calls", async () => {
    const log = madeLog(42, devices, 400);
    const { verdicts, tracks } = await fold(log, 1);
    expect(verdicts.length).toBeGreaterThan(6);
    expect(verdicts.some((verdict) => !verdict.fresh) || tracks.counters.late > 0).toBe(true);
    for (const chunk of [7, 500, log.length]) {
      const other = await fold(log, chunk);
      expect(byDevice(other.verdicts)).toEqual(byDevice(verdicts));
      expect(other.tracks.counters).toEqual(tracks.counters);
      expect(glancesOf(other.tracks, () => true)).toEqual(glancesOf(tracks, () => true));
    }
    expect(Math.min(tracks.counters.duplicates, tracks.counters.reordered, tracks.counters.late, tracks.counters.refused)).toBeGreaterThan(0);
  });

  test("V16 cut anywhere, saved, loaded and continued, the fold gives the same transitions, counters and learnt baselines", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 40 }),
        async (seed, part, asks) => {
          const log = madeLog(seed, devices, 180);
          const at = Math.floor(part * log.length);
          const whole = await fold(log, 25);
          const first = begin(plan);
          const verdicts: Verdict[] = [];
          const saved = new Map<number, SavedTracks>();
          const keep = (): void => {
            for (const one of saveTracks(first)) saved.set(one.slice, one);
          };
          for (let i = 0; i < at; i += 25) {
            onTelemetry(first, log.slice(i, Math.min(at, i + 25)));
            if (i + 25 < at) {
              verdicts.push(...(await drain(first, scorerOf(scenario))).verdicts);
              keep();
            }
          }
          // The last piece is only partly scored, and one ask is out, when the checkpoint is taken.
          for (let i = 0; i < asks; i++) {
            const ask = nextAsk(first);
            if (ask === null) break;
            if (i < asks - 1) verdicts.push(...onScores(first, ask, await scorerOf(scenario).run(ask)).verdicts);
            else keep();
          }
          keep();
          const second = begin(plan, [...saved.values()]);
          for (let i = at; i < log.length || i === at; i += 25) {
            onTelemetry(second, log.slice(i, i + 25));
            verdicts.push(...(await drain(second, scorerOf(scenario))).verdicts);
          }
          expect(byDevice(verdicts)).toEqual(byDevice(whole.verdicts));
          expect(second.counters).toEqual(whole.tracks.counters);
          expect(untold(second)).toEqual(untold(whole.tracks));
          expect(quarantineOf(second)).toEqual(quarantineOf(whole.tracks));
          expect(glancesOf(second, () => true)).toEqual(glancesOf(whole.tracks, () => true));
        },
      ),
      { numRuns: 8 },
    );
  });

  test("V16 a verdict that was found and not yet fetched is in the checkpoint", () => {
    const tracks = begin(plan);
    onTelemetry(tracks, [message("pump-1", START, { ts: START, events: [{ code: "E12" }] })]);
    nextAsk(tracks);
    const loaded = begin(plan, saveTracks(tracks));
    const ask = nextAsk(loaded);
    expect(ask === null ? [] : onScores(loaded, ask, NO_SCORES).verdicts).toMatchObject([{ device: "pump-1", state: "anomalous", code: "E12" }]);
  });

  test("V16 only slices that changed are saved again, and the rest", async () => {
    const tracks = begin(plan);
    expect(saveTracks(tracks).length).toBeGreaterThan(1);
    expect(saveTracks(tracks).map((one) => one.slice)).toEqual([REST_SLICE]);
    onTelemetry(tracks, [message("pump-2", START, { ts: START, channels: { flow: 1 } })]);
    expect(saveTracks(tracks)).toHaveLength(2);
  });

  test("V17 a plan that changes in the midst of an ask loses no sample and mixes no device", async () => {
    const tracks = begin(plan);
    const log = madeLog(3, devices, 120);
    onTelemetry(tracks, log);
    const ask = nextAsk(tracks);
    const [one, two] = plan.devices;
    if (ask === null || one === undefined || two === undefined) throw new Error("there is something to ask");
    const baseline = { mean: NAMES.map(() => 20.5), scale: NAMES.map(() => 0.8), floor: NAMES.map(() => 0.4), rows: 400, learntAt: START };
    replan(tracks, { ...plan, version: 2, devices: [{ ...one, baseline }, two] });
    expect(onScores(tracks, ask, await scorerOf(scenario).run(ask)).learnt).toEqual([]);
    await drain(tracks, scorerOf(scenario));
    expect([...tracks.byDevice.keys()].sort()).toEqual(["pump-1", "pump-2"]);
    for (const track of tracks.byDevice.values()) expect([track.queue.length, track.asked]).toEqual([0, null]);
    expect(tracks.byDevice.get("pump-1")?.watch.baseline).toMatchObject(baseline);
    onTelemetry(tracks, log.filter((entry) => entry.device === "pump-3").slice(0, 1));
    expect(quarantineOf(tracks).some((kind) => kind.device === "pump-3" && kind.rule === "a device that the unit knows")).toBe(true);
  });
});

function never(): never {
  throw new Error("the template has channels");
}
