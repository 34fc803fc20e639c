import { describe, expect, test } from "vitest";
import { startRandom } from "../../edge/sim/random.ts";
import type { Drift } from "./drift-finding.ts";
import { drift, ordinaryDistance } from "./drift.ts";
import { type Field, unknownField } from "./field.ts";
import { NUMBER, PLANTED, STATIONARY, TEXT, normal, sketchOf } from "./fixture/fields.ts";
import { DAY_MS } from "./period.ts";
import { sinceWhen } from "./since.ts";
import { type Sketch, emptySketch, merge, observe } from "./sketch.ts";
import { ksTest, newcomersMin, psiTest, shareTest } from "./statistic.ts";
import { isUom } from "../../contracts/uom.ts";
import { LIKELY, candidates } from "./uom.ts";

/** The bench does the same with a hundred seeds. */
const SEEDS = 4;
const random = startRandom(11).next;

function of(values: readonly unknown[], field: Field = TEXT, at = 0): Sketch {
  const sketch = emptySketch();
  for (const value of values) observe(sketch, value, field, at);
  return sketch;
}
const times = (n: number, value: unknown): readonly unknown[] => Array.from({ length: n }, () => value);
const codes = (found: readonly Drift[]): readonly string[] => found.map(({ code }) => code);

describe("the tests", () => {
  test("Q6 a statistic and its threshold, beside values worked out by hand", () => {
    // √(−ln(5·10⁻⁶)/2 · 2/1000) = 0.1105.
    expect(ksTest(0.2, 1_000, 1_000).threshold).toBeCloseTo(0.1105, 4);
    expect(ksTest(0.2, 10 ** 6, 10 ** 6).threshold).toBe(0.1);
    // (0.6 − 0.5)·ln(0.6/0.5) + (0.4 − 0.5)·ln(0.4/0.5) = 0.0405.
    expect(
      psiTest([
        [5_000, 6_000],
        [5_000, 4_000],
      ]).statistic,
    ).toBeCloseTo(0.0405, 3);
    // χ² of 9 degrees passes 39.3 with the chance 10⁻⁵; never lower than that.
    expect(psiTest(Array.from({ length: 10 }, () => [20, 20] as const)).threshold / 0.01).toBeCloseTo(40.1, 1);
    expect(psiTest([[100, 100]])).toEqual({ statistic: 0, threshold: 0.1 });
    expect(shareTest(50, 10_000, 100, 10_000)).toEqual({ statistic: 0.005, threshold: 0.02 });
    // 4.417 · √(2 · 6/102 · 96/102 / 102) = 0.1455.
    expect(shareTest(5, 100, 5, 100).threshold).toBeCloseTo(0.1455, 4);
    // (1/2)^k ≤ 10⁻⁵ from k = 17 on.
    expect(newcomersMin(500, 500, 1)).toBe(17);
  });
});

describe("stationary data", () => {
  test.each(Object.entries(STATIONARY))("Q6 %s: no finding", (_, { field, draw }) => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const one = draw(startRandom(seed).next);
      const baseline = sketchOf(field, 3_000, one);
      expect(drift(baseline, sketchOf(field, 600, one), field)).toEqual([]);
      expect(drift(baseline, sketchOf(field, 30, one), field)).toEqual([]);
    }
  });

  test("Q6 values that come in clumps are laid beside what clumps differ by", () => {
    let alone = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { next } = startRandom(seed);
      const day = (): Sketch => {
        const level = 60 + 3 * normal(next);
        return sketchOf(NUMBER, 300, () => level + 4 * normal(next));
      };
      const days = Array.from({ length: 28 }, day);
      const baseline = days.reduce((sum, one) => merge(sum, one));
      const live = day();
      expect(drift(baseline, live, NUMBER, ordinaryDistance(baseline, days))).toEqual([]);
      if (drift(baseline, live, NUMBER).length > 0) alone++;
      const moved = sketchOf(NUMBER, 300, () => 85 + 4 * normal(next));
      expect(codes(drift(baseline, moved, NUMBER, ordinaryDistance(baseline, days)))).toContain("numbers-moved");
      const missing = sketchOf(NUMBER, 300, () => (next() < 0.1 ? -9999 : 60 + 4 * normal(next)));
      expect(codes(drift(baseline, missing, NUMBER, ordinaryDistance(baseline, days)))).toContain("below");
    }
    expect(alone).toBeGreaterThan(SEEDS / 2);
    expect(ordinaryDistance(of([]), [])).toBe(0);
  });

  test("Q6 a day somewhat beyond all others is one of them where days differ", () => {
    const dayAt = (level: number): Sketch => sketchOf(NUMBER, 300, () => level + normal(random));
    const days = [50, 52, 54, 56, 58, 60, 62, 64, 66, 68].map(dayAt);
    const baseline = days.reduce((sum, one) => merge(sum, one));
    const ordinary = ordinaryDistance(baseline, days);
    expect(drift(baseline, dayAt(71), NUMBER, ordinary)).toEqual([]);
    expect(codes(drift(baseline, dayAt(71), NUMBER))).toContain("above");
    expect(codes(drift(baseline, dayAt(120), NUMBER, ordinary))).toContain("above");
  });

  test("Q6 counters, ids and the values of persons are not compared by their numbers or texts", () => {
    const before = of(
      Array.from({ length: 500 }, (_, i) => i),
      { ...NUMBER, role: "running" },
    );
    const after = of(
      Array.from({ length: 500 }, (_, i) => 500 + i),
      { ...NUMBER, role: "running" },
    );
    expect(drift(before, after, { ...NUMBER, role: "running" })).toEqual([]);
    expect(codes(drift(before, after, NUMBER))).toContain("numbers-moved");
    const ids = { ...TEXT, role: "reference" } as const;
    expect(drift(of(times(300, "pump-1"), ids), of(times(300, "pump-2"), ids), ids)).toEqual([]);
    const personal = unknownField("contact");
    expect(drift(of(times(300, "Li Wei"), personal), of(times(300, "Wang Fang"), personal), personal)).toEqual([]);
    expect(codes(drift(of(times(300, "Li Wei"), personal), of(times(300, "13812345678"), personal), personal))).toEqual(["new-shape"]);
  });
});

describe("a planted drift", () => {
  test.each(Object.entries(PLANTED))("Q7 %s is found, and named", (_, { field, draw, after, found }) => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { next } = startRandom(seed);
      const one = draw(next);
      const findings = drift(sketchOf(field, 4_000, one), sketchOf(field, 500, after(one, next)), field);
      expect(findings.some(found)).toBe(true);
      for (const { statistic, threshold, kind, sentence } of findings) {
        if (kind === "uom") expect(statistic).toBeLessThan(threshold);
        else expect(statistic).toBeGreaterThanOrEqual(threshold);
        expect(sentence.startsWith(`${field.path}: `)).toBe(true);
      }
    }
  });

  test("Q7 a uom that explains the numbers stands alone: no range and no distribution beside it", () => {
    const cel = { ...NUMBER, path: "temperature.motor", uom: "Cel" };
    const baseline = sketchOf(cel, 3_000, () => 60 + 6 * normal(random));
    const found = drift(
      baseline,
      sketchOf(cel, 500, () => (60 + 6 * normal(random)) * 1.8 + 32),
      cel,
    );
    expect(found).toMatchObject([{ kind: "uom", severity: "major", params: { uom: "[degF]", declared: "Cel", share: 1 } }]);
    expect(found[0]?.sentence).toBe("temperature.motor: the values look like [degF], the contract says Cel");
    const some = drift(
      baseline,
      sketchOf(cel, 500, () => (random() < 0.4 ? 140 + 10.8 * normal(random) : 60 + 6 * normal(random))),
      cel,
    );
    expect(some).toMatchObject([{ kind: "uom", params: { uom: "[degF]" } }]);
    expect(Number(some[0]?.params["share"])).toBeGreaterThan(0.3);
    expect(Number(some[0]?.params["share"])).toBeLessThan(0.5);
  });

  test("Q7 an ordinary drift is not taken for a uom", () => {
    for (const [uom, level] of [
      ["Cel", 60],
      ["bar", 4],
      ["g", 0.03],
      ["L/min", 120],
    ] as const) {
      const field = { ...NUMBER, uom };
      const baseline = sketchOf(field, 3_000, () => level * (1 + 0.1 * normal(random)));
      for (const factor of [0.1, 0.5, 0.8, 1.2, 1.6, 2.5, 5, 8])
        expect(
          codes(
            drift(
              baseline,
              sketchOf(field, 500, () => level * factor * (1 + 0.3 * normal(random))),
              field,
            ),
          ),
        ).not.toContain("other-uom");
    }
  });

  test("Q7 a wide distribution that shrinks nearly by a conversion's factor is not taken for one", () => {
    // Three tenths beside the 0.264 of litres in gallons: nearly is not enough where so much overlaps.
    const litres = { ...NUMBER, uom: "L" };
    const wide = (factor: number, size: number): Sketch => sketchOf(litres, size, () => factor * Math.exp(1.6 * normal(random)));
    const found = codes(drift(wide(1, 4_000), wide(0.3, 2_000), litres));
    expect(found).toContain("numbers-moved");
    expect(found).not.toContain("other-uom");
  });

  test("Q7 instants in seconds or microseconds are named, late ones are not", () => {
    const field = { ...NUMBER, types: ["integer"], role: "instant" } as const;
    const now = 1_763_750_000_000;
    const instants = (change: (at: number) => number): Sketch =>
      of(
        Array.from({ length: 400 }, (_, i) => change(now - i * 1_000)),
        field,
        now,
      );
    const baseline = instants((at) => at);
    expect(
      drift(
        baseline,
        instants((at) => Math.round(at / 1_000)),
        field,
      ),
    ).toMatchObject([{ code: "other-uom", params: { uom: "s", declared: "ms" } }]);
    expect(
      drift(
        baseline,
        instants((at) => at * 1_000),
        field,
      ),
    ).toMatchObject([{ code: "other-uom", params: { uom: "us" } }]);
    expect(
      codes(
        drift(
          baseline,
          instants((at) => at - 30 * DAY_MS),
          field,
        ),
      ),
    ).not.toContain("other-uom");
    const seconds = instants((at) => Math.round(at / 1_000));
    expect(drift(seconds, seconds, field)).toEqual([]);
  });

  test("Q7 a type or value that the contract does not allow is told at its first appearance", () => {
    const state = { ...TEXT, values: ["open", "closed"] };
    const usual = [...times(300, "open"), ...times(300, "closed")];
    expect(drift(of(usual, state), of([...usual, "parked"], state), state)).toMatchObject([
      {
        kind: "enum",
        code: "undeclared-value",
        severity: "major",
        params: { value: "parked" },
        sentence: 'value: 0.2 % of the values are "parked", which the contract does not have',
      },
    ]);
    expect(codes(drift(of(usual, state), of([...usual, 3], state), state))).toEqual(["undeclared-type"]);
    const whole = { ...NUMBER, types: ["integer"] };
    expect(drift(of(times(300, 4), whole), of([...times(300, 4), 4.5], whole), whole)).toMatchObject([
      { code: "undeclared-type", params: { value: "fraction" } },
    ]);
  });

  test("Q7 a new value that comes up more often than chance has it is told, one or two are not", () => {
    const usual = [...times(400, "seal"), ...times(300, "bearing")];
    expect(drift(of(usual), of([...usual, "motor", "motor"]), TEXT)).toEqual([]);
    expect(codes(drift(of(usual), of([...usual, ...times(25, "motor")]), TEXT))).toEqual(["new-value"]);
    expect(codes(drift(of(usual), of(times(700, "seal")), TEXT))).toEqual(["vanished-value"]);
    expect(codes(drift(of(usual), of([...times(100, "seal"), ...times(600, "bearing")]), TEXT))).toEqual(["shares-moved"]);
  });

  test("Q7 numbers that moved are told with both medians", () => {
    const at = (level: number): Sketch => of(Array.from({ length: 400 }, (_, i) => level + (i % 11)));
    expect(drift(at(10), at(20), NUMBER)).toContainEqual(
      expect.objectContaining({
        code: "numbers-moved",
        severity: "major",
        params: { path: "value", was: 15, is: 25 },
        sentence: "value: the values (median 15, now 25) moved away from the baseline",
      }),
    );
  });

  test("Q7 more and fewer nulls are told with both shares and the sentinel that stands behind them", () => {
    const field: Field = { ...NUMBER, nulls: { policy: "absent", sentinels: [-9999] } };
    const numbers = (n: number): readonly unknown[] => Array.from({ length: n }, () => normal(random));
    const [clean, holed] = [of(numbers(1_000), field), of([...numbers(700), ...times(300, -9999)], field)];
    expect(drift(clean, holed, field)).toMatchObject([{ kind: "nulls", code: "more-nulls", severity: "major", params: { was: 0, sentinel: "-9999" } }]);
    expect(drift(holed, clean, field)).toMatchObject([{ code: "fewer-nulls", severity: "minor" }]);
  });
});

describe("since when", () => {
  const cel = { ...NUMBER, uom: "Cel" };
  const baseline = sketchOf(cel, 3_000, () => 60 + 6 * normal(random));
  const day = (i: number, size: number, hot: boolean) => ({
    fromAt: i * DAY_MS,
    sketch: sketchOf(cel, size, () => (hot ? (60 + 6 * normal(random)) * 1.8 + 32 : 60 + 6 * normal(random))),
  });
  const since = (windows: readonly ReturnType<typeof day>[]): number | null => {
    const [found] = drift(
      baseline,
      windows.map(({ sketch }) => sketch).reduce((a, b) => merge(a, b)),
      cel,
    );
    expect(found?.code).toBe("other-uom");
    return found === undefined ? null : sinceWhen(found, baseline, windows, cel);
  };

  test("Q7 the first of the windows that show it without a break", () => {
    expect(since([0, 1, 2, 3, 4, 5, 6].map((i) => day(i, 400, i >= 4)))).toBe(4 * DAY_MS);
    expect(since([0, 1, 2, 3, 4, 5, 6].map((i) => day(i, 400, i === 1 || i >= 5)))).toBe(5 * DAY_MS);
    expect(since([0, 1, 2].map((i) => day(i, 400, true)))).toBe(0);
  });

  test("Q7 quiet windows are laid together until they can be judged", () => {
    expect(since([0, 1, 2, 3, 4, 5, 6, 7].map((i) => day(i, 110, i >= 4)))).toBe(4 * DAY_MS);
    expect(since([day(0, 60, true), day(1, 60, true)])).toBe(0);
  });

  test("Q7 what ended holds no more", () => {
    const windows = [0, 1, 2, 3].map((i) => day(i, 400, i < 3));
    const [found] = drift(
      baseline,
      windows
        .slice(0, 3)
        .map(({ sketch }) => sketch)
        .reduce((a, b) => merge(a, b)),
      cel,
    );
    expect(found === undefined ? undefined : sinceWhen(found, baseline, windows, cel)).toBeNull();
  });
});

test.each([
  ["Cel", 100, { "[degF]": 212, K: 373.15 }],
  ["bar", 1, { Pa: 1e5, kPa: 100, MPa: 0.1, mbar: 1000, "[psi]": 14.5038, atm: 0.98692 }],
  ["mm/s", 1000, { "m/s": 1, "[in_i]/s": 39.3701, "km/h": 3.6 }],
  ["g", 1, { "m/s2": 9.80665, "mm/s2": 9806.65, kg: 0.001, t: 1e-6, "[lb_av]": 0.00220462 }],
  ["L/min", 100, { "m3/h": 6, "L/s": 1.66667, "m3/s": 0.00166667, "[gal_us]/min": 26.4172 }],
  ["ms", 60_000, { s: 60, us: 6e7, min: 1, h: 1 / 60, d: 1 / 1440 }],
  ["nonsense", 1, {}],
])("Q7 %s has its lookalikes, by the right factor", (uom, value, expected) => {
  const converted = Object.fromEntries(candidates(uom).map((one) => [one.uom, one.convert(value)]));
  expect(Object.keys(converted).toSorted()).toEqual(Object.keys(expected).toSorted());
  for (const [code, is] of Object.entries(expected)) expect((converted[code] ?? 0) / is).toBeCloseTo(1, 4);
});

test("Q7 every lookalike is a UCUM code", () => {
  expect(LIKELY.filter((uom) => !isUom(uom))).toEqual([]);
});
