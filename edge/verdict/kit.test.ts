import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { modelPath, openModelFile } from "../../devices/replay/onnx-node.ts";
import { madeAsk, numbersOf } from "./fixtures/ask.ts";
import { differenceOf, PROBE_DIFFERENCE_MAX, Probes } from "./fixtures/probe.ts";
import type { Scorer } from "./scorer.ts";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const probes = Probes.parse(JSON.parse(readFileSync(folder("fixtures/probes.json"), "utf8")));
const shipped = readdirSync(folder("models")).flatMap((name) => (name.endsWith(".onnx") ? [name.slice(0, -".onnx".length)] : []));

async function scorerOf(name: string): Promise<Scorer> {
  const scorer = await openModelFile(modelPath(name));
  if (isRefusal(scorer)) throw new Error(scorer.rule);
  return scorer;
}

test.each(shipped)("VM9 %s scores in the runtime what the training kit says", async (name) => {
  expect(await differenceOf(await scorerOf(name), probes, name)).toBeLessThanOrEqual(PROBE_DIFFERENCE_MAX);
});

test("VM9 every model that ships was probed along something that it notices, and is small", () => {
  expect(Object.keys(probes.models).sort()).toEqual([...shipped].sort());
  for (const name of shipped) expect([name, readFileSync(modelPath(name)).byteLength < 100 * 1024]).toEqual([name, true]);
  for (const [name, { score }] of Object.entries(probes.models)) expect([name, Math.max(...score) - Math.min(...score) > 0.2]).toEqual([name, true]);
});

/** Where the plane lies: a machine that moves along these is as it was learnt, one that moves along the others is not. */
const IN_PLANE = [0, 1, 2, 3, 4, 6];

/** `shift` and `ensemble` beside each other on one device; channel 7 falls in rows 500 to 1,860, which is longer than 25 minutes less what the latch holds to. */
async function beside(
  loud: (channel: number) => boolean,
  each: (row: number, latched: number, both: number, alone: Float32Array, within: Float32Array) => void,
): Promise<void> {
  const parts = await Promise.all(["shift", "ensemble"].map(scorerOf));
  let states: (Float32Array | null)[] = [null, null];
  const next = numbersOf(4);
  for (let i = 0; i < 2_000; i++) {
    const values = Array.from({ length: 8 }, (_, c) => (c === 7 && i >= 500 && i < 1_860 ? -6 : 0) + (next() - 0.5) * (loud(c) ? 1 : 0.1));
    const scores = await Promise.all(
      parts.map(async (scorer, p) => {
        const ask = madeAsk(scorer.hash, 1, 8, numbersOf(1), [states[p] ?? null]);
        for (const tensor of [ask.mask, ask.scale, ask.floor]) tensor.fill(1);
        ask.mean.fill(0);
        ask.x.set(values);
        return scorer.run(ask);
      }),
    );
    states = scores.map((one) => one.states);
    const [latched = Number.NaN, both = Number.NaN] = scores.map((one) => one.score[0]);
    each(i, latched, both, states[0] ?? new Float32Array(), states[1] ?? new Float32Array());
  }
}

test("VM10 the ensemble is the geometric mean of the evidence of its parts, and its graph holds both", async () => {
  let [calmWhileLatched, alarmed, other] = [0, 0, 0];
  await beside(
    (c) => IN_PLANE.includes(c),
    (i, latched, both, alone, within) => {
      if (latched >= 0.5 && both < 0.44) calmWhileLatched++;
      if (both >= 0.5) alarmed++;
      if (i >= 400 && Math.abs(latched - both) > 0.02) other++;
      // The latch's own state lies in the ensemble's as it would lie alone: its part begins after 3 numbers of the alarm, 3 of the plane's fit and 17 of the plane.
      if (i % 100 === 99) expect(within.slice(23)).toEqual(alone);
    },
  );
  expect(alarmed).toBeGreaterThan(1_340);
  expect(alarmed).toBeLessThan(1_420);
  expect(calmWhileLatched).toBeLessThan(10);
  expect(other).toBeGreaterThan(1_000);
});

test("VM18 on a machine that does not move as the plane was learnt, and before 400 rows of any, the ensemble says what its latch says", async () => {
  const evidence = (score: number): number => Math.min(Math.max(score / (1 - score), 0.05), 4);
  for (const [loud, until] of [[(c: number) => !IN_PLANE.includes(c), 2_000] as const, [(c: number) => IN_PLANE.includes(c), 399] as const]) {
    let furthest = 0;
    await beside(loud, (i, latched, both) => {
      if (i < until) furthest = Math.max(furthest, Math.abs(evidence(latched) - both / (1 - both)));
    });
    expect(furthest).toBeLessThan(1e-4);
  }
});

test("VM15 an alarm that healed by itself within 100 rows raises the bar of the next by half, one that lasted does not", async () => {
  const scorer = await scorerOf("ensemble");
  const lasting = [50, 200];
  const next = numbersOf(4);
  const rows = (i: number): number[] =>
    lasting.flatMap((until) => Array.from({ length: 8 }, (_, c) => (c === 7 && i >= 450 && i < 450 + until ? -6 : 0) + next() - 0.5));
  const step = async (x: readonly number[], states: readonly (Float32Array | null)[]) => {
    const ask = madeAsk(scorer.hash, states.length, 8, numbersOf(1), states);
    for (const tensor of [ask.mask, ask.scale, ask.floor]) tensor.fill(1);
    ask.mean.fill(0);
    ask.x.set(x);
    const { score, states: after, stateWidth } = await scorer.run(ask);
    return { score: [...score], states: states.map((_, d) => after.slice(d * stateWidth, (d + 1) * stateWidth)) };
  };
  let states: readonly (Float32Array | null)[] = [null, null];
  for (let i = 0; i < 750; i++) ({ states } = await step(rows(i), states));
  // The third of its states is what the bar is raised by.
  const [raised, usual] = states.map((state) => state?.[2] ?? Number.NaN);
  expect(raised).toBeCloseTo(0.5, 2);
  expect(usual).toBe(0);
  // The very same device, had nothing healed before.
  const same = states[0]?.slice() ?? new Float32Array();
  same[2] = 0;
  const { score } = await step([...rows(0).slice(0, 8), ...rows(0).slice(0, 8)].fill(0), [states[0] ?? null, same]);
  const evidence = score.map((one) => one / (1 - one));
  expect((evidence[1] ?? 0) / (evidence[0] ?? 1)).toBeCloseTo(1 + (raised ?? 0), 4);
});

test("VM14 a fault of an hour and a half is told for as long as it lasts, and what is mended after it is at rest", async () => {
  const scorer = await scorerOf("shift");
  const depths = [3, 6, -3, -6];
  const [from, until, end] = [700, 6_100, 6_300];
  let states: (Float32Array | null)[] = depths.map(() => null);
  const next = numbersOf(4);
  const told = depths.map(() => ({ missed: 0, afterwards: 0 }));
  for (let i = 0; i < end; i++) {
    const ask = madeAsk(scorer.hash, depths.length, 8, numbersOf(1), states);
    for (const tensor of [ask.mask, ask.scale, ask.floor]) tensor.fill(1);
    ask.mean.fill(0);
    ask.x.set(depths.flatMap((depth) => Array.from({ length: 8 }, (_, c) => (c === 7 && i >= from && i < until ? depth : 0) + next() - 0.5)));
    const scores = await scorer.run(ask);
    states = depths.map((_, d) => scores.states.slice(d * scores.stateWidth, (d + 1) * scores.stateWidth));
    for (const [d, one] of told.entries()) {
      const on = (scores.score[d] ?? 0) >= 0.5;
      if (i >= from + 20 && i < until && !on) one.missed++;
      if (i >= until + 30 && on) one.afterwards++;
    }
  }
  expect(told).toEqual(depths.map(() => ({ missed: 0, afterwards: 0 })));
});

test("VM11 every series was tried by settings that had not seen it, in the same folds for all models", () => {
  type Shuffle = {
    readonly folds: readonly (readonly number[])[];
    readonly counts: readonly (readonly (number | null)[])[];
    readonly settings: readonly object[];
  };
  const { series, models } = JSON.parse(readFileSync(folder("train/folds.json"), "utf8")) as {
    series: readonly string[];
    models: Record<string, readonly Shuffle[]>;
  };
  expect(shipped).toEqual(expect.arrayContaining(Object.keys(models)));
  expect(Object.keys(models)).toEqual(expect.arrayContaining(["baseline", "fleet", "shift", "ensemble"]));
  for (const shuffles of Object.values(models))
    for (const [s, shuffle] of shuffles.entries()) {
      expect(shuffle.folds).toEqual(models["shift"]?.[s]?.folds);
      expect(shuffle.folds.flat().sort((a, b) => a - b)).toEqual(series.map((_, i) => i));
      expect([shuffle.counts.length, shuffle.settings.length]).toEqual([series.length, shuffle.folds.length]);
    }
});

test("VM16 cross-validated figures are of the scripts and the models that are there; else: python3 cross.py --data DIR --confirm", () => {
  const { models, madeOf } = JSON.parse(readFileSync(folder("train/folds.json"), "utf8")) as {
    models: Record<string, unknown>;
    madeOf: Record<string, Record<string, string>>;
  };
  expect(Object.keys(madeOf).sort()).toEqual(Object.keys(models).sort());
  for (const [model, files] of Object.entries(madeOf)) {
    // Of a script what others import; its main part writes files and cards.
    const digestOf = (file: string): string => {
      const bytes = readFileSync(folder(`train/${file}`));
      const main = bytes.indexOf("\nif __name__ ==");
      return createHash("sha256")
        .update(main < 0 ? bytes : bytes.subarray(0, main))
        .digest("hex");
    };
    const now = Object.keys(files).map((file) => [file, digestOf(file)]);
    expect([model, Object.fromEntries(now)]).toEqual([model, files]);
    expect(Object.keys(files)).toEqual(expect.arrayContaining(["cross.py", "measure.py", `${model}.py`, `../models/${model}.onnx`]));
    // Nothing that one of them imports is left out; cross.py alone imports all models.
    for (const script of Object.keys(files).filter((file) => file.endsWith(".py") && file !== "cross.py"))
      for (const [, names = ""] of readFileSync(folder(`train/${script}`), "utf8").matchAll(/^(?:import|from) ([\w, ]+?)(?: import .*)?$/gm))
        for (const name of names.split(",").map((one) => `${one.trim()}.py`))
          if (existsSync(folder(`train/${name}`))) expect([script, Object.keys(files)]).toEqual([script, expect.arrayContaining([name])]);
  }
});
