import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numbersOf } from "../fixtures/ask.ts";
import { BIN_MS, BINS_MAX, type Course, NO_COURSE, noteLevel } from "./course.ts";
import { type Forecast, forecast, warn, type Warned, type Warning } from "./due.ts";
import { fadingWeights, OLD_DAYS, OLD_SHARE_MAX, trendOf } from "./trend.ts";

const DAY_MS = 86_400_000;
/** Growth by a third, as a logarithm: the threshold of the bearings. */
const THRESHOLD = Math.log(1.36);

type World = {
  readonly seed: number;
  readonly days: number;
  readonly wearFrom: number;
  readonly perDay: number;
  readonly noise: number;
  readonly season?: number;
  readonly rest?: number;
};
type Told = { readonly warnings: readonly (Warning & { readonly at: number })[]; readonly states: ReadonlySet<Forecast["state"]>; readonly reachedAt: number };

/** Lives through days of a machine, four levels a day; noise that wanders (AR 0.5) and now and then an outlier. */
function live({ seed, days, wearFrom, perDay, noise, season = 0, rest = 0 }: World): Told {
  const next = numbersOf(seed);
  const normal = (): number => Array.from({ length: 12 }, next).reduce((sum, one) => sum + one, -6);
  let [course, warned, wander]: [Course, Warned, number] = [NO_COURSE, null, 0];
  const warnings: (Warning & { at: number })[] = [];
  const states = new Set<Forecast["state"]>();
  const truth = (day: number): number => Math.max(0, day - wearFrom) * perDay;
  for (let i = 0; i < days * 4; i++) {
    const day = i / 4;
    const now = (day + 0.125) * DAY_MS;
    wander = 0.5 * wander + normal() * noise;
    const wild = next() < 0.02 ? 20 * noise : 0;
    course = noteLevel(course, now, rest + truth(day) + wander + wild + season * Math.sin((2 * Math.PI * day) / 365));
    if (i % 4 !== 3) continue;
    const seen = forecast(course, THRESHOLD, now);
    states.add(seen.state);
    const told = warn(warned, now, seen);
    warned = told.warned;
    if (told.warning !== null) warnings.push({ ...told.warning, at: now });
  }
  return { warnings, states, reachedAt: (wearFrom + THRESHOLD / perDay) * DAY_MS };
}

const SEEDS = Array.from({ length: 30 }, (_, i) => i + 1);

describe("VM1 slow wear", () => {
  const lived = SEEDS.map((seed) => live({ seed, days: 130, wearFrom: 40, perDay: THRESHOLD / 80, noise: 0.012 }));
  test("is warned of about 30 and about 14 days before the threshold, once each", () => {
    for (const days of [30, 14] as const) {
      const firsts = lived.map(({ warnings, reachedAt }) => {
        const of = warnings.find((one) => one.days === days);
        return of === undefined ? Number.NaN : (reachedAt - of.at) / DAY_MS;
      });
      const sorted = firsts.filter((left) => !Number.isNaN(left)).sort((a, b) => a - b);
      expect(sorted.length).toBe(SEEDS.length);
      expect(sorted[SEEDS.length / 2] ?? 0).toBeGreaterThan(days * 0.8);
      expect(sorted[SEEDS.length / 2] ?? 0).toBeLessThan(days * 1.2);
      // Nine of ten within a third of what they say.
      expect(sorted.filter((left) => left > days * 0.67 && left < days * 1.33).length).toBeGreaterThanOrEqual(SEEDS.length * 0.9);
    }
    expect(lived.every(({ warnings }) => warnings.length <= 4)).toBe(true);
  });
  test("the interval holds the truth as often as it says, within what thirty tell", () => {
    const told = lived.flatMap(({ warnings, reachedAt }) => warnings.map((one) => one.earliestAt <= reachedAt && reachedAt <= one.latestAt));
    const held = told.filter(Boolean).length / told.length;
    expect(held).toBeGreaterThan(0.75);
  });
});

test("VM2 without wear there is no trend and no warning: noise that wanders, outliers, a year's season", () => {
  const lived = SEEDS.map((seed) => live({ seed, days: 120, wearFrom: 0, perDay: 0, noise: 0.02, season: 0.05 }));
  expect(lived.flatMap(({ warnings }) => warnings)).toEqual([]);
  expect(lived.every(({ states }) => !states.has("reached"))).toBe(true);
});

test("VM2 what rests close below its threshold and only wanders is not said to wear", () => {
  const lived = SEEDS.map((seed) => live({ seed, days: 100, wearFrom: 0, perDay: 0, noise: 0.03, rest: 0.75 * THRESHOLD }));
  // Thirty devices that noise alone all but takes there, a hundred days, a question a day.
  expect(lived.filter(({ warnings }) => warnings.length > 0).length).toBeLessThanOrEqual(2);
});

test("VM3 two weeks are learnt before anything is said, and what is reached is said to be reached", () => {
  let course: Course = NO_COURSE;
  const states: string[] = [];
  for (let i = 0; i < 40 * 4; i++) {
    const now = i * BIN_MS + 1;
    course = noteLevel(course, now, i * 0.004);
    states.push(forecast(course, THRESHOLD, now).state);
  }
  expect(states.slice(0, 56).every((state) => state === "learning")).toBe(true);
  expect(states[60]).toBe("wearing");
  expect(states.at(-1)).toBe("reached");
});

test("VM4 evidence older than 30 days weighs at most 15 %, whatever is missing since", () => {
  const bins = fc.array(fc.record({ at: fc.integer({ min: 0, max: 120 * DAY_MS }), value: fc.double({ min: -1, max: 1, noNaN: true }) }), {
    minLength: 1,
    maxLength: 80,
  });
  fc.assert(
    fc.property(bins, (some) => {
      const now = 120 * DAY_MS;
      const weights = fadingWeights(some, now);
      const isOld = (at: number): boolean => now - at > OLD_DAYS * DAY_MS;
      if (weights === null) {
        expect(some.every((bin) => isOld(bin.at))).toBe(true);
        return;
      }
      const old = weights.reduce((sum, weight, i) => sum + (isOld(some[i]?.at ?? 0) ? weight : 0), 0);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
      expect(old).toBeLessThanOrEqual(OLD_SHARE_MAX + 1e-9);
    }),
  );
});

test("VM5 the line is the one that most bins lie on: a fifth of wild ones do not move it", () => {
  const next = numbersOf(5);
  const bins = Array.from({ length: 120 }, (_, i) => ({ at: i * BIN_MS, value: i % 5 === 2 ? 9 : i * 0.01 + 0.002 * next() }));
  const trend = trendOf(bins, 120 * BIN_MS);
  expect(trend?.perDay).toBeCloseTo(0.04, 3);
});

test("VM6 a course is bounded; what is no number, or late by a bin, changes nothing", () => {
  let course: Course = NO_COURSE;
  for (let i = 0; i < BINS_MAX + 50; i++) course = noteLevel(course, i * BIN_MS, i);
  expect(course.bins.length).toBe(BINS_MAX);
  expect(noteLevel(course, 1e12, Number.NaN)).toBe(course);
  expect(noteLevel(course, 0, 5)).toBe(course);
  expect(forecast(NO_COURSE, 1, 0)).toEqual({ state: "learning" });
});
