/**
 * How often a drift is found that is not there, and how often one that is: simulated fields of many kinds, stationary and with planted
 * drifts, over seeds; by the hub's own sketches and tests. And what taking a value in costs.
 */
import { drift, ordinaryDistance } from "../../hub/quality/drift.ts";
import type { Field } from "../../hub/quality/field.ts";
import { NUMBER, PLANTED, STATES, STATIONARY, SUBTLE, TEXT, normal, ranked, sketchOf } from "../../hub/quality/fixture/fields.ts";
import type { Planted } from "../../hub/quality/fixture/fields.ts";
import { readSketch, writeSketch } from "../../hub/quality/sketch-json.ts";
import { emptySketch, merge, observe } from "../../hub/quality/sketch.ts";
import type { Sketch } from "../../hub/quality/sketch.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { randomOf } from "../simulator/random.ts";
import { machine, quantile } from "./machine.ts";
import type { Measured } from "./machine.ts";

/** Seeds per kind and size: with none found in 6,000 comparisons the rate is below 1 in 2,000, at 95 % (rule of three). */
const SEEDS = 100;
/** Values in the baseline and in what is laid beside it. */
const SIZES = [
  [400, 300],
  [4_000, 500],
  [20_000, 5_000],
] as const;
const PLANTED_SIZES = [4_000, 500] as const;
/** What is promised: one false finding in so many comparisons of a field at most, and so many planted drifts found. */
const FALSE_MAX = 0.001;
const FOUND_MIN = 0.99;
/** Windows that made a baseline whose values come in clumps. */
const WINDOWS = 28;
const COST_VALUES = 200_000;

export async function drifts(tell: (line: string) => void): Promise<Measured> {
  let [comparisons, wrong] = [0, 0];
  const falsely: Record<string, number> = {};
  const bytes: number[] = [];
  for (const [name, { field, draw }] of Object.entries(STATIONARY)) {
    tell(`stationary: ${name}`);
    for (const [n, m] of SIZES) {
      for (let seed = 0; seed < SEEDS; seed++) {
        const one = draw(randomOf(seed, `${name} ${n}`));
        const baseline = sketchOf(field, n, one);
        comparisons++;
        bytes.push(writeSketch(baseline).length);
        if (drift(baseline, sketchOf(field, m, one), field).length === 0) continue;
        wrong++;
        falsely[`false: ${name}`] = (falsely[`false: ${name}`] ?? 0) + 1;
      }
    }
  }
  const clumped = clumps(tell);
  const promised = detect(PLANTED, PLANTED_SIZES, tell);
  const subtle = detect(SUBTLE, PLANTED_SIZES, tell);
  return {
    bench: "drift",
    ratios: { falseOfPromised: fixed(wrong / comparisons / FALSE_MAX), missedOfPromised: fixed((1 - promised.share) / (1 - FOUND_MIN)) },
    figures: {
      comparisons,
      falseFindings: wrong,
      falseShare: fixed(wrong / comparisons),
      falseShareBelowAt95: fixed((wrong + 1.96 ** 2 / 2 + 1.96 * Math.sqrt(wrong + 1.96 ** 2 / 4)) / comparisons),
      ...falsely,
      ...clumped,
      planted: promised.planted,
      foundShare: fixed(promised.share),
      wrongUom: promised.wrongUom + subtle.wrongUom,
      ...promised.found,
      ...subtle.found,
      sketchBytesP50: quantile(bytes, 0.5),
      sketchBytesMax: quantile(bytes, 1),
      ...cost(),
    },
    machine: machine(),
  };
}

type Detected = { readonly planted: number; readonly share: number; readonly wrongUom: number; readonly found: Readonly<Record<string, number>> };

function detect(of: Readonly<Record<string, Planted>>, [n, m]: readonly [number, number], tell: (line: string) => void): Detected {
  const found: Record<string, number> = {};
  let [planted, hits, wrongUom] = [0, 0, 0];
  for (const [name, { field, draw, after, found: isFound }] of Object.entries(of)) {
    tell(`planted: ${name}`);
    let here = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const random = randomOf(seed, name);
      const one = draw(random);
      const findings = drift(sketchOf(field, n, one), sketchOf(field, m, after(one, random)), field);
      if (findings.some(isFound)) here++;
      if (findings.some((finding) => finding.kind === "uom" && !isFound(finding))) wrongUom++;
    }
    planted += SEEDS;
    hits += here;
    found[`found: ${name}`] = here / SEEDS;
  }
  return { planted, share: hits / planted, wrongUom, found };
}

/** Values of one day lie together: each day has a level of its own. Judged alone, and with what the days of the baseline differ by. */
function clumps(tell: (line: string) => void): Readonly<Record<string, number>> {
  tell("stationary: clumped by day");
  let [alone, known] = [0, 0];
  for (let seed = 0; seed < SEEDS; seed++) {
    const random = randomOf(seed, "clumps");
    const day = (): Sketch => {
      const level = 60 + 3 * normal(random);
      return sketchOf(NUMBER, 400, () => level + 4 * normal(random));
    };
    const days = Array.from({ length: WINDOWS }, day);
    const baseline = days.reduce((sum, one) => merge(sum, one));
    const live = day();
    const moved = (ordinary: number): boolean => drift(baseline, live, NUMBER, ordinary).length > 0;
    if (moved(0)) alone++;
    if (moved(ordinaryDistance(baseline, days))) known++;
  }
  return { falseOfClumpedDays: fixed(alone / SEEDS), falseOfClumpedDaysWithWindows: fixed(known / SEEDS) };
}

function cost(): Readonly<Record<string, number>> {
  const random = randomOf(1, "cost");
  const numbers = Array.from({ length: COST_VALUES }, () => 60 + 8 * normal(random));
  const texts = Array.from({ length: COST_VALUES }, () => ranked(random, STATES));
  const each = (values: readonly unknown[], field: Field): number => {
    const sketch = emptySketch();
    const from = performance.now();
    for (const value of values) observe(sketch, value, field);
    return fixed(((performance.now() - from) * 1_000) / values.length);
  };
  each(numbers, NUMBER);
  each(texts, TEXT);
  const text = writeSketch(sketchOf(NUMBER, 20_000, () => 60 + 8 * normal(random)));
  const flush = (rounds: number): number => {
    const from = performance.now();
    for (let i = 0; i < rounds; i++) {
      const sketch = readSketch(text);
      if (!isRefusal(sketch)) writeSketch(merge(sketch, sketch));
    }
    return fixed(((performance.now() - from) * 1_000) / rounds);
  };
  flush(500);
  return {
    observeNumberUs: each(numbers, NUMBER),
    observeTextUs: each(texts, TEXT),
    readMergeWriteUs: flush(1_000),
  };
}

function fixed(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
