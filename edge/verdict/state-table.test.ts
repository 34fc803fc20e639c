import fc from "fast-check";
import { expect, test } from "vitest";
import { gatherStates, keepState, openTable, scatterStates } from "./state-table.ts";

test("VS2 each device has a row of its own, written in place, side by side with others of its width", () => {
  const table = openTable();
  const answers = Float32Array.from({ length: 300 * 5 }, (_, i) => i);
  const rows = Array.from({ length: 300 }, (_, r) => keepState(table, null, answers, r * 5, 5));
  expect(new Set(rows.map((row) => row.buffer)).size).toBe(Math.ceil(300 / 64));
  rows.forEach((row, r) => expect([...row]).toEqual([0, 1, 2, 3, 4].map((i) => r * 5 + i)));
  const again = keepState(table, rows[7] ?? null, Float32Array.of(9, 9, 9, 9, 9), 0, 5);
  expect(again).toBe(rows[7]);
  expect([...(rows[6] ?? [])]).toEqual([30, 31, 32, 33, 34]);
  expect([...(rows[8] ?? [])]).toEqual([40, 41, 42, 43, 44]);
});

test("VS2 a state of another width is another row: a model that changed begins with its own", () => {
  const table = openTable();
  const old = keepState(table, null, Float32Array.of(1, 2), 0, 2);
  const fresh = keepState(table, old, Float32Array.of(3, 4, 5), 0, 3);
  expect([[...old], [...fresh]]).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
});

test("VS2 states are told apart for the model and put together again; who has none, or another model's, begins at zero", () => {
  const width = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(
      fc.array(width, { minLength: 1, maxLength: 5 }),
      fc.array(fc.constantFrom("own", "none", "other"), { minLength: 1, maxLength: 20 }),
      (widths, kinds) => {
        const stateWidth = widths.reduce((sum, one) => sum + one, 0);
        const rows = kinds.map((kind, r) =>
          kind === "none" ? null : Float32Array.from({ length: kind === "own" ? stateWidth : stateWidth + 1 }, (_, i) => r * 100 + i + 1),
        );
        const whole = new Float32Array(rows.length * stateWidth);
        let offset = 0;
        for (const one of widths) {
          scatterStates(gatherStates(rows, offset, one, stateWidth), whole, offset, one, stateWidth, rows.length);
          offset += one;
        }
        rows.forEach((row, r) =>
          expect(whole.slice(r * stateWidth, (r + 1) * stateWidth)).toEqual(row?.length === stateWidth ? row : new Float32Array(stateWidth)),
        );
      },
    ),
  );
});
