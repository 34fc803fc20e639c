import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { startRandom } from "../../edge/sim/random.ts";
import { addDistinct, countDistinct, emptyDistinct } from "./distinct.ts";
import { type Field, unknownField } from "./field.ts";
import { BINS_MAX, LINEAR, LOG } from "./grid.ts";
import { type Numbers, countBeyond, distance, quantile, shareBelow } from "./numbers.ts";
import { kindOfShape, shapeOf } from "./shape.ts";
import { SKETCH_BYTES_MAX, readSketch, writeSketch } from "./sketch-json.ts";
import { SENTINELS_MAX, SHAPES_MAX, type Sketch, TEXTS_MAX, TEXT_CHARS_MAX, emptySketch, merge, observe, present, variety } from "./sketch.ts";
import { type Tally, emptyTally, mergeTallies, tallyOne } from "./tally.ts";

const PLAIN: Field = { ...unknownField("x"), personal: false };
const PERSONAL: Field = { ...unknownField("x"), personal: true };
const WITH_SENTINELS: Field = { ...PLAIN, nulls: { policy: "absent", sentinels: ["N/A", "", -9999] } };

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -300, max: 300 }),
  fc.double({ min: 299.7, max: 300.3, noNaN: true }),
  fc.constantFrom(0, -0, 5e-324, -5e-324, 2 ** -60, Number.MAX_VALUE, -Number.MAX_VALUE),
);
/** Few different texts: within the room of a tally, where it is exact. */
const word = fc.constantFrom("open", "closed", "N/A", "E12", "", "2026-03-01");
const value = fc.oneof(number, word, fc.boolean(), fc.constant(null), fc.constant(undefined), fc.array(fc.nat(), { maxLength: 5 }), fc.object({ maxKeys: 2 }));

function sketchOf(values: readonly unknown[], field = PLAIN): Sketch {
  const sketch = emptySketch();
  for (const one of values) observe(sketch, one, field);
  return sketch;
}

describe("a sketch", () => {
  test("Q1 is a function of the values: any order and any grouping give the same", () => {
    const cut = fc
      .array(value, { maxLength: 250 })
      .chain((values) =>
        fc.record({ values: fc.constant(values), at: fc.nat({ max: values.length }), mixed: fc.shuffledSubarray(values, { minLength: values.length }) }),
      );
    fc.assert(
      fc.property(cut, ({ values, at, mixed }) => {
        const whole = writeSketch(sketchOf(values, WITH_SENTINELS));
        const [a, b] = [sketchOf(mixed.slice(0, at), WITH_SENTINELS), sketchOf(mixed.slice(at), WITH_SENTINELS)];
        expect(writeSketch(merge(a, b))).toBe(whole);
        expect(writeSketch(merge(b, a))).toBe(whole);
      }),
      { numRuns: 200 },
    );
  });

  test("Q1 merging is associative, and an empty sketch changes nothing", () => {
    const part = fc.array(value, { maxLength: 150 }).map((values) => sketchOf(values));
    fc.assert(
      fc.property(part, part, part, (a, b, c) => {
        expect(writeSketch(merge(merge(a, b), c))).toBe(writeSketch(merge(a, merge(b, c))));
        expect(writeSketch(merge(a, emptySketch()))).toBe(writeSketch(a));
      }),
      { numRuns: 100 },
    );
  });

  test("Q1 more numbers than bins: still the same in any order, and no coarser than they must be", () => {
    const many = fc
      .array(number, { minLength: 100, maxLength: 400 })
      .chain((values) =>
        fc.record({ values: fc.constant(values), mixed: fc.shuffledSubarray(values, { minLength: values.length }), at: fc.nat({ max: values.length }) }),
      );
    fc.assert(
      fc.property(many, ({ values, mixed, at }) => {
        const whole = sketchOf(values);
        expect(writeSketch(sketchOf(mixed))).toBe(writeSketch(whole));
        expect(writeSketch(merge(sketchOf(mixed.slice(0, at)), sketchOf(mixed.slice(at))))).toBe(writeSketch(whole));
        for (const [scale, { level, bins }] of [
          [LINEAR, whole.numbers.linear],
          [LOG, whole.numbers.log],
        ] as const) {
          expect(bins.size).toBeLessThanOrEqual(BINS_MAX);
          const least = Math.max(scale.levelMin, ...values.map(scale.least));
          const finer = new Set(values.map((one) => scale.index(one, level - 1) + 0)).size;
          expect(level === least || finer > BINS_MAX).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("Q1 of one value too many, the closest two share a bin, and all others keep their own", () => {
    const { linear } = sketchOf([...Array.from({ length: BINS_MAX }, (_, i) => i + 1), BINS_MAX + 0.25]).numbers;
    expect([...linear.bins.values()].toSorted((a, b) => b - a).slice(0, 2)).toEqual([2, 1]);
    expect(linear.bins.size).toBe(BINS_MAX);
  });

  test("Q1 merging changes neither of the two", () => {
    const [a, b] = [sketchOf([1, "a", null]), sketchOf([2, "b"])];
    const before = [writeSketch(a), writeSketch(b)];
    observe(merge(a, b), "c", PLAIN);
    observe(merge(a, emptySketch()), 9, PLAIN);
    expect([writeSketch(a), writeSketch(b)]).toEqual(before);
  });

  test("Q2 has a bounded size whatever it saw, and is read back as it was", () => {
    const nasty = fc.oneof(
      number,
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.string({ unit: fc.constantFrom("\u0000", "\ud800", '"', "电"), minLength: 20, maxLength: 32 }),
      fc.anything(),
    );
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 50, maxLength: 400 }), (values) => {
        const text = writeSketch(sketchOf(values, WITH_SENTINELS));
        expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(SKETCH_BYTES_MAX);
        const read = readSketch(text);
        expect(isRefusal(read) ? read : writeSketch(read)).toBe(text);
      }),
      { numRuns: 25 },
    );
  });

  test("Q2 at its very largest: every room full, every text escaped, counts of 10^15", () => {
    const sketch = emptySketch();
    const many = 10 ** 15;
    for (let i = 0; i < 4 * BINS_MAX; i++) observe(sketch, (i % 2 === 0 ? 1 : -1) * 1.07 ** i, PLAIN);
    for (const grid of [sketch.numbers.linear, sketch.numbers.log]) for (const index of grid.bins.keys()) grid.bins.set(index, many + index);
    const escaped = (i: number, length: number): string => `${"\u0000".repeat(length - 2)}${i.toString(36).padStart(2, "0")}`;
    for (let i = 0; i < TEXTS_MAX; i++) sketch.texts.counts.set(escaped(i, TEXT_CHARS_MAX), many);
    for (let i = 0; i < SENTINELS_MAX; i++) sketch.sentinels.counts.set(escaped(i, TEXT_CHARS_MAX), many);
    for (let i = 0; i < SHAPES_MAX; i++) sketch.shapes.counts.set(`${'"'.repeat(22)}${i.toString(36).padStart(2, "0")}`, many);
    sketch.lengths = sketch.lengths.map(() => many);
    const text = writeSketch(sketch);
    expect(text.length).toBeGreaterThan(SKETCH_BYTES_MAX / 2);
    expect(text.length).toBeLessThanOrEqual(SKETCH_BYTES_MAX);
    expect(isRefusal(readSketch(text))).toBe(false);
  });

  test("Q2 what is no sketch is refused", () => {
    const good = writeSketch(sketchOf([1, 2, "a"]));
    const bad = [
      "",
      "[]",
      "{}",
      good.replace('"v":1', '"v":2'),
      good.replace('"count":3', '"count":-3'),
      good.replace(/"linear":\[[^\]]*\]/, '"linear":[0,1]'),
      good.replace(/"log":\[[^\]]*\]/, '"log":[0,5,1,0,1]'),
      good.replace(/"distinct":"../, '"distinct":"zz'),
      `{"x":"${"a".repeat(SKETCH_BYTES_MAX)}"}`,
    ];
    for (const text of bad) expect([text.slice(0, 40), isRefusal(readSketch(text))]).toEqual([text.slice(0, 40), true]);
  });

  test("Q4 of a personal field it holds shapes and counts, never a value", () => {
    const secrets = ["Li Wei", "13812345678", "li.wei@works.cn", 42.75, 1_763_750_000_000, true, { person: "Wang Fang" }, ["Zhao"]];
    const text = writeSketch(sketchOf([...secrets, ...secrets, null, undefined], PERSONAL));
    for (const secret of ["Li", "Wei", "138", "works", "42", "1763", "Wang", "Zhao", "true", "person"]) expect(text).not.toContain(secret);
    const sketch = sketchOf(secrets, PERSONAL);
    expect([...sketch.shapes.counts.keys()].toSorted()).toEqual(["9", "Aa Aa", "a.a@a.a"]);
    expect(sketch.types).toEqual({ string: 3, number: 2, boolean: 1, object: 1, array: 1 });
    expect([sketch.numbers.count, sketch.texts.counts.size, countDistinct(sketch.distinct)]).toEqual([0, 0, 0]);
  });

  test("Q4 a sentence is never kept, nor an id", () => {
    const sketch = sketchOf(["the seal leaks at the shaft", "x".repeat(TEXT_CHARS_MAX + 1), "E12"]);
    expect([...sketch.texts.counts]).toEqual([["E12", 1]]);
    expect([...sketchOf(["pump-1", "pump-2"], { ...PLAIN, role: "reference" }).texts.counts]).toEqual([]);
  });

  test("Q5 sentinels, nulls, removals and what JSON can't hold are no values", () => {
    const sketch = sketchOf(["N/A", "", -9999, null, undefined, Number.POSITIVE_INFINITY, 7, "open"], WITH_SENTINELS);
    expect([sketch.count, sketch.unset, sketch.nulls, present(sketch)]).toEqual([8, 1, 2, 2]);
    expect([...sketch.sentinels.counts].toSorted()).toEqual([
      ["", 1],
      ["-9999", 1],
      ["N/A", 1],
    ]);
    expect([sketch.numbers.min, sketch.numbers.max]).toEqual([7, 7]);
    expect(present(sketchOf(["N/A"], PLAIN))).toBe(1);
  });

  test("Q5 an instant is measured by its distance from when it was written", () => {
    const sketch = emptySketch();
    observe(sketch, 1_763_750_060_000, { ...PLAIN, role: "instant" }, 1_763_750_000_000);
    expect([sketch.numbers.min, sketch.numbers.max]).toEqual([60_000, 60_000]);
  });

  test("Q3 different values are counted exactly while they are few, and within 4 standard errors when they are many", () => {
    expect(variety(sketchOf(["a", "b", "b", true, false]))).toBe(4);
    for (const size of [50, 400, 3_000, 100_000]) {
      const seen = emptyDistinct();
      for (let i = 0; i < size; i++) addDistinct(seen, `pump-${i}`);
      expect(Math.abs(countDistinct(seen) / size - 1)).toBeLessThan((4 * 1.04) / 16);
    }
  });
});

describe("its numbers", () => {
  const numbersOf = (values: readonly number[]): Numbers => sketchOf(values).numbers;

  test("Q3 quantiles, shares and counts beyond are intervals that hold the truth", () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 400 }), fc.double({ min: 0, max: 1, noNaN: true }), number, (values, share, x) => {
        const numbers = numbersOf(values);
        const order = values.toSorted((a, b) => a - b);
        const truth = order[Math.max(1, Math.ceil(share * values.length)) - 1] ?? Number.NaN;
        const { low, high } = quantile(numbers, share);
        // What is below 10^-18 counts as 0.
        expect(low <= truth + 1e-18 && truth - 1e-18 <= high).toBe(true);
        expect(low >= numbers.min && high <= numbers.max).toBe(true);
        const below = shareBelow(numbers, x);
        const tiny = values.filter((value) => Math.abs(value) < 2 ** -60 || Math.abs(x) < 2 ** -60).length / values.length;
        const share_ = values.filter((value) => value < x).length / values.length;
        expect(below.low - tiny - 1e-12 <= share_ && share_ <= below.high + tiny + 1e-12).toBe(true);
        expect(countBeyond(numbers, x, "above")).toBeLessThanOrEqual(values.filter((value) => value > x).length + tiny * values.length);
        expect(countBeyond(numbers, x, "below")).toBeLessThanOrEqual(values.filter((value) => value < x).length + tiny * values.length);
      }),
      { numRuns: 150 },
    );
  });

  test("Q3 the distance of two sketches is never more than that of their values, and 0 of equal ones", () => {
    const many = fc.array(fc.oneof(fc.double({ min: -5, max: 5, noNaN: true }), fc.integer({ min: 0, max: 20 })), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(many, many, (a, b) => {
        const share = (values: readonly number[], x: number): number => values.filter((one) => one <= x).length / values.length;
        const truth = Math.max(...[...a, ...b].map((x) => Math.abs(share(a, x) - share(b, x))));
        expect(distance(numbersOf(a), numbersOf(b))).toBeLessThanOrEqual(truth + 1e-12);
        expect(distance(numbersOf(a), numbersOf(a))).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  const random = startRandom(7);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const draws = (draw: () => number): readonly number[] => Array.from({ length: 20_000 }, draw);
  test.each([
    ["around zero", draws(normal), draws(() => normal() + 0.3)],
    ["narrow and far from zero", draws(() => 333 + 0.4 * normal()), draws(() => 333.12 + 0.4 * normal())],
    ["over six decades", draws(() => Math.exp(3 * normal())), draws(() => Math.exp(0.9 + 3 * normal()))],
    [
      "with wild outliers",
      draws(() => (random.chance(0.02) ? 1e9 * random.next() : normal())),
      draws(() => (random.chance(0.02) ? 1e9 * random.next() : normal() + 0.3)),
    ],
  ])("Q3 %s: the median lies in an interval of less than 6 %% of the values, and a shift by 0.3 deviations is seen", (_, values, shifted) => {
    const numbers = numbersOf(values);
    const { low, high } = quantile(numbers, 0.5);
    expect(values.filter((value) => low <= value && value < high).length / values.length).toBeLessThan(0.06);
    // The distance of the values themselves is 0.12.
    expect(distance(numbers, numbersOf(shifted))).toBeGreaterThan(0.1);
  });
});

describe("a tally", () => {
  const texts = fc.array(
    fc.nat({ max: 30 }).map((i) => `t${Math.floor(i ** 1.3)}`),
    { maxLength: 300 },
  );
  const MAX = 8;
  const tallied = (list: readonly string[]): Tally => {
    const tally = emptyTally();
    for (const text of list) tallyOne(tally, text, MAX);
    return tally;
  };

  test("Q1 lacks of no text more than it says, merged or not, and says no more than its share", () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        for (const [tally, list] of [
          [tallied(a), a],
          [mergeTallies(tallied(a), tallied(b), MAX), [...a, ...b]],
        ] as const) {
          expect(tally.counts.size).toBeLessThanOrEqual(MAX);
          expect(tally.short).toBeLessThanOrEqual(list.length / (MAX + 1));
          for (const text of new Set(list)) {
            const truth = list.filter((one) => one === text).length;
            const kept = tally.counts.get(text) ?? 0;
            expect(kept <= truth && truth - kept <= tally.short).toBe(true);
          }
        }
      }),
    );
  });
});

test("Q1 a tally that had to drop texts with many counts says so", () => {
  const eight = (from: number): Tally => {
    const tally = emptyTally();
    for (let i = 0; i < 40; i++) tallyOne(tally, `t${from + (i % 8)}`, 8);
    return tally;
  };
  expect(mergeTallies(eight(0), eight(100), 8).short).toBe(5);
});

test.each([
  ["E12", "A9", "code"],
  ["pump-12", "a-9", "code"],
  ["2026-03-01", "9-9-9", "date"],
  ["2026-03-01T10:00:00Z", "9-9-x:9:x", "date"],
  ["12.5", "9.9", "number"],
  ["-40", "-9", "number"],
  ["Li Wei", "Aa Aa", "text"],
  ["叶轮", "L", "word"],
  ["seal", "a", "word"],
  ["the seal leaks again", "text", "text"],
  ["  ", "empty", "empty"],
  ["0190a5f2-1f3c-7abc-8def-0123456789ab", "uuid", "id"],
  ["9f86d081884c7d659a2feaa0c55ad015", "hex", "id"],
  ["li.wei@works.cn", "a.a@a.a", "address"],
  ["a1b2", "x", "code"],
  ["----", "-", "word"],
  ["a/b/c/d/e/f/g/h/i/j/k/l/m/n", "a/a/a/a/a/a/a/a/a/a/a/a~", "word"],
])("Q4 %s has the shape %s", (text, shape, kind) => {
  expect([shapeOf(text), kindOfShape(shapeOf(text))]).toEqual([shape, kind]);
});
