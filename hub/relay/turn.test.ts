import fc from "fast-check";
import { expect, test } from "vitest";
import { LOST_MS, SUSPECTS_MAX, TURNS_MAX, type Waiting, pickTurns } from "./turn.ts";

const waiting = (id: string, over: Partial<Waiting> = {}): Waiting => ({ id, dueAt: 0, lastAt: 0, suspect: false, ...over });
const slow = { suspect: true };

test("O7 who failed or was slow the last time takes two places at most: the others get theirs", () => {
  const all = [...Array.from({ length: 20 }, (_, i) => waiting(`slow-${i}`, slow)), waiting("healthy", { lastAt: 99 })];
  expect(pickTurns(all, [], 100).begin.map(({ id }) => id)).toEqual(["slow-0", "slow-1", "healthy"]);
  expect(pickTurns(all, [slow, slow], 100).begin.map(({ id }) => id)).toEqual(["healthy"]);
});

test("O7 longest waiting first, never more at once than there are places", () => {
  const all = Array.from({ length: 10 }, (_, i) => waiting(`e-${i}`, { lastAt: 10 - i }));
  expect(pickTurns(all, [{ suspect: false }], 100).begin.map(({ id }) => id)).toEqual(["e-9", "e-8", "e-7", "e-6", "e-5"]);
});

test("O6 the one alarm is set for the earliest that is still to come; while somebody has a turn it comes soon, should that be lost", () => {
  expect(pickTurns([], [], 100)).toEqual({ begin: [], lookAt: null });
  expect(pickTurns([waiting("a", { dueAt: 500 }), waiting("b", { dueAt: 300 })], [], 100).lookAt).toBe(300);
  expect(pickTurns([waiting("a")], [], 100).lookAt).toBe(100 + LOST_MS);
  expect(pickTurns([waiting("a", { dueAt: 10_000_000 })], [slow], 100).lookAt).toBe(100 + LOST_MS);
});

test("O6 nobody is forgotten: all begin in turn, and whoever waits is looked at again", () => {
  const one = fc.record({ dueAt: fc.nat(2_000), lastAt: fc.nat(2_000), suspect: fc.boolean() });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 30 }), (list) => {
      let [left, now, rounds] = [list.map((w, i) => waiting(String(i), w)), 0, 0];
      while (left.length > 0) {
        const { begin, lookAt } = pickTurns(left, [], now);
        expect(begin.length).toBeLessThanOrEqual(TURNS_MAX);
        expect(begin.filter((w) => w.suspect).length).toBeLessThanOrEqual(SUSPECTS_MAX);
        expect(begin.every((w) => w.dueAt <= now)).toBe(true);
        left = left.filter((w) => !begin.includes(w));
        if (begin.length === 0) {
          expect(lookAt).not.toBeNull();
          expect(lookAt).toBeGreaterThan(now);
          now = lookAt ?? now;
        }
        expect((rounds += 1)).toBeLessThan(100);
      }
    }),
  );
});
