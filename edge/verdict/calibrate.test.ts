import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { calibrate, chanceOf, countedVisits, isWorthTheWay, OLD_MS, OLD_SHARE_MAX, type Outcome, PRIOR_WEIGHT, priorOf, weigh } from "./calibrate.ts";
import { numbersOf } from "./fixtures/ask.ts";

const NOW = 1_763_750_000_000;
const DAY_MS = 86_400_000;
const prior = [
  { score: 0.5, chance: 0.5 },
  { score: 0.75, chance: 0.7 },
  { score: 1, chance: 0.9 },
];
const outcome = fc.record({
  score: fc.double({ min: 0.5, max: 1, noNaN: true }),
  isTrue: fc.boolean(),
  at: fc.integer({ min: NOW - 400 * DAY_MS, max: NOW }),
});
const scores = [0.5, 0.55, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 1];

describe("VP15 the chance that an alarm is true", () => {
  test("never falls as the score rises, and is a chance", () => {
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 60 }), (outcomes) => {
        const chances = scores.map((score) => chanceOf(calibrate(outcomes, prior, NOW), score));
        for (const [i, chance] of chances.entries()) {
          expect(chance).toBeGreaterThanOrEqual(Math.max(0.01, (chances[i - 1] ?? 0) - 1e-9));
          expect(chance).toBeLessThanOrEqual(0.99);
        }
      }),
    );
  });
  test("is the card's while nobody has been there", () => {
    expect([0.4, 0.5, 0.625, 1].map((score) => chanceOf(calibrate([], prior, NOW), score))).toEqual([0.5, 0.5, expect.closeTo(0.6, 9), 0.9]);
  });
  test("does not hang on the order of what was found", () => {
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 40 }), (outcomes) => {
        const [one, other] = [calibrate(outcomes, prior, NOW), calibrate(outcomes.toReversed(), prior, NOW)];
        for (const score of scores) expect(chanceOf(other, score)).toBeCloseTo(chanceOf(one, score), 9);
      }),
    );
  });
  test("comes to what is so: of alarms that are true in a quarter below 0.7 and in nine tenths above it", () => {
    const next = numbersOf(3);
    const truth = (score: number): number => (score < 0.7 ? 0.25 : 0.9);
    const seen = (count: number): readonly Outcome[] =>
      Array.from({ length: count }, () => {
        const score = 0.5 + next() / 2;
        return { score, isTrue: next() < truth(score), at: NOW - next() * 20 * DAY_MS };
      });
    const missed = (count: number): number => {
      const found = calibrate(seen(count), prior, NOW);
      return Math.max(...[0.55, 0.6, 0.65, 0.78, 0.85, 0.95].map((score) => Math.abs(chanceOf(found, score) - truth(score))));
    };
    expect(missed(0)).toBeGreaterThan(0.2);
    expect(missed(4_000)).toBeLessThan(0.08);
  });
  test("is moved by a handful of visits, and turned by a dozen", () => {
    const vain = (count: number): number =>
      chanceOf(
        calibrate(
          Array.from({ length: count }, () => ({ score: 0.6, isTrue: false, at: NOW })),
          prior,
          NOW,
        ),
        0.6,
      );
    expect([vain(1), vain(3), vain(12)].map((chance) => Math.round(chance * 100))).toEqual([
      expect.toSatisfy((c: number) => c < 58 && c > 25),
      expect.toSatisfy((c: number) => c < 45),
      expect.toSatisfy((c: number) => c < 25),
    ]);
  });
  test("counts a fault of another name as true", () => {
    expect(["confirmed-fault", "other-fault", "false-alarm"].map((finding) => isWorthTheWay(finding as "false-alarm"))).toEqual([true, true, false]);
  });
});

describe("VP16 evidence older than 30 days", () => {
  const sums = (outcomes: readonly Outcome[]): { readonly old: number; readonly all: number } => {
    const weights = weigh(outcomes, NOW);
    const old = weights.reduce((sum, weight, i) => sum + (NOW - (outcomes[i]?.at ?? NOW) > OLD_MS ? weight : 0), 0);
    return { old, all: weights.reduce((sum, weight) => sum + weight, 0) + PRIOR_WEIGHT };
  };
  test("weighs at most 15 % of all, however much of it there is and however little came since, and each piece at most 15 % of a new one", () => {
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 200 }), (outcomes) => {
        const { old, all } = sums(outcomes);
        expect(old).toBeLessThanOrEqual(OLD_SHARE_MAX * all + 1e-9);
        for (const [i, weight] of weigh(outcomes, NOW).entries())
          if (NOW - (outcomes[i]?.at ?? NOW) > OLD_MS) expect(weight).toBeLessThanOrEqual(OLD_SHARE_MAX + 1e-9);
      }),
    );
    const past = Array.from({ length: 5_000 }, () => ({ score: 0.8, isTrue: false, at: NOW - 31 * DAY_MS }));
    expect(sums(past).old / sums(past).all).toBeCloseTo(OLD_SHARE_MAX, 6);
    // It can't turn what the card says by itself.
    expect(chanceOf(calibrate(past, prior, NOW), 0.8)).toBeGreaterThan(0.45);
  });
  test("fades: a later piece weighs more than an earlier one", () => {
    const weights = weigh(
      [0, 1, 10, 29, 31, 90].map((days) => ({ score: 0.6, isTrue: true, at: NOW - days * DAY_MS })),
      NOW,
    );
    expect(weights.toSorted((a, b) => b - a)).toEqual(weights);
    expect(weights[0]).toBe(1);
  });
});

describe("VP17 what a card says before anybody has been there", () => {
  test("is its own calibration, or follows from what it found and missed on series that took no part; half where it says nothing", () => {
    const metrics = { crossValidatedMissedShare: 0.232, crossValidatedFalseAlarmShare: 0.066 };
    expect(priorOf({ metrics })).toEqual([{ score: 0.5, chance: expect.closeTo(0.9209, 4) }]);
    expect(priorOf({ metrics, calibration: [prior[1], prior[0]].flatMap((knot) => knot ?? []) })).toEqual(prior.slice(0, 2));
    expect([priorOf(undefined), priorOf({ metrics: { missedShare: 0.1 } })]).toEqual([[{ score: 0.5, chance: 0.5 }], [{ score: 0.5, chance: 0.5 }]]);
  });
  test("holds for every score: one visit, and any number of old ones, make nobody sure", () => {
    const after = (count: number, days: number, isTrue: boolean, score: number): number => {
      const seen = Array.from({ length: count }, () => ({ score: 0.8, isTrue, at: NOW - days * DAY_MS }));
      return chanceOf(calibrate(seen, priorOf(undefined), NOW), score);
    };
    for (const score of [0.8, 0.9, 1]) {
      expect(after(1, 0, true, score)).toBeLessThan(0.75);
      expect(after(5_000, 31, true, score)).toBeLessThan(0.75);
      expect(after(1, 0, false, score)).toBeGreaterThan(0.4);
    }
    expect([after(12, 0, true, 0.8), after(12, 0, false, 0.8)].map((chance) => chance > 0.75)).toEqual([true, false]);
    const vain = Array.from({ length: 200 }, (_, i) => ({ score: 0.5 + i / 400, isTrue: false, at: NOW }));
    expect(chanceOf(calibrate(vain, priorOf(undefined), NOW), 1)).toBeLessThan(0.2);
  });
  test("visits whose weight is spent are not counted", () => {
    const at = (days: number): Outcome => ({ score: 0.6, isTrue: true, at: NOW - days * DAY_MS });
    expect(countedVisits([at(0), at(20), at(29), at(200)], NOW)).toBe(3);
  });
});
