import fc from "fast-check";
import { expect, test } from "vitest";
import { HOLES_MAX, JUMP_MAX, openMeter, takeSeq } from "./gap-meter.ts";

/** Numbers in the order of arrival, each of its own instant. */
function meterOf(numbers: readonly number[], tsOf: (seq: number, i: number) => number = (seq) => seq * 1_000) {
  const { gaps } = openMeter();
  for (const [i, seq] of numbers.entries()) takeSeq(gaps, seq, tsOf(seq, i));
  return gaps;
}

test("MF20 numbers passed over are missing until they come; what comes twice is no gap", () => {
  expect(meterOf([5, 6, 7])).toMatchObject({ seq: 7, missing: 0, restarts: 0 });
  expect(meterOf([5, 6, 10])).toMatchObject({ seq: 10, missing: 3, holes: [[7, 9]] });
  expect(meterOf([5, 6, 10, 8])).toMatchObject({
    missing: 2,
    holes: [
      [7, 7],
      [9, 9],
    ],
  });
  expect(meterOf([5, 6, 10, 8, 8, 10, 7, 9, 9])).toMatchObject({ seq: 10, missing: 0, restarts: 0, holes: [] });
});

test("MF20 whatever was lost and however the rest came, missing is what is not there", () => {
  const sent = fc.integer({ min: 1, max: 200 }).chain((count) =>
    fc.record({
      count: fc.constant(count),
      lost: fc.uniqueArray(fc.integer({ min: 2, max: Math.max(2, count) }), { maxLength: 40 }),
      moved: fc.array(fc.tuple(fc.nat(count), fc.nat(6)), { maxLength: 30 }),
      twice: fc.array(fc.nat(count), { maxLength: 20 }),
    }),
  );
  fc.assert(
    fc.property(sent, ({ count, lost, moved, twice }) => {
      // The first stays first: before it nothing is known of the numbers.
      const rest = Array.from({ length: count }, (_, i) => i + 2).filter((seq) => !lost.includes(seq));
      for (const at of twice) if (rest[at] !== undefined) rest.splice(at, 0, rest[at]);
      for (const [from, by] of moved) rest.splice(Math.min(from + by, rest.length), 0, ...rest.splice(from, 1));
      const arrived = new Set([1, ...rest]);
      const highest = Math.max(...arrived);
      const gaps = meterOf([1, ...rest]);
      expect([gaps.seq, gaps.missing, gaps.restarts]).toEqual([highest, highest - arrived.size, 0]);
      expect(gaps.holes.reduce((sum, [from, to]) => sum + to - from + 1, 0)).toBe(gaps.missing);
    }),
  );
});

test("MF21 numbers that begin anew with later instants, and a numbering by the clock, are restarts and no gaps", () => {
  expect(meterOf([100, 101, 0, 1, 2], (_seq, i) => i)).toMatchObject({ seq: 2, missing: 0, restarts: 1 });
  expect(meterOf([100, 101, 101 + JUMP_MAX + 2], (_seq, i) => i)).toMatchObject({ missing: 0, restarts: 1 });
  expect(meterOf([100, 101, 101 + JUMP_MAX + 1], (_seq, i) => i)).toMatchObject({ missing: JUMP_MAX, restarts: 0 });
});

test("MF21 one number for several instants is no restart", () => {
  expect(meterOf([5, 5, 5, 6], (_seq, i) => i)).toMatchObject({ seq: 6, missing: 0, restarts: 0 });
});

test("MF21 runs of missing numbers are remembered in bounds; those forgotten stay missing", () => {
  const gaps = meterOf(Array.from({ length: HOLES_MAX + 10 }, (_, i) => i * 2));
  expect([gaps.holes.length, gaps.missing]).toEqual([HOLES_MAX, HOLES_MAX + 9]);
  takeSeq(gaps, 1, 1_000);
  expect(gaps.missing).toBe(HOLES_MAX + 9);
});
