import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeRow, encodeRow, ROW_BYTES_MAX, ROW_MESSAGES_MAX, rowsOf } from "./log.ts";

const logged = fc.record({
  device: fc.oneof(
    fc.constantFrom("pump-1", "pump-2"),
    fc.string({ minLength: 1, maxLength: 64 }).filter((text) => text.isWellFormed()),
  ),
  payload: fc.uint8Array({ maxLength: 400 }),
  // Twice a difference of two instants must be a whole number: 140,000 years.
  arrivedAt: fc.integer({ min: 0, max: 4_000_000_000_000_000 }),
});

test("I17 a row of the log gives back what went in", () => {
  fc.assert(
    fc.property(fc.array(logged, { maxLength: 60 }), (messages) => {
      expect(decodeRow(encodeRow(messages).buffer)).toEqual(messages);
    }),
  );
});

test("I17 a group is cut into rows within both limits, in order", () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 60_000, max: 65_536 })), { maxLength: 1_500 });
  fc.assert(
    fc.property(sizes, (lengths) => {
      const messages = lengths.map((length, i) => ({ device: "d".repeat(64), payload: new Uint8Array(length), arrivedAt: i }));
      const rows = rowsOf(messages);
      expect(rows.flat()).toEqual(messages);
      for (const row of rows) {
        expect(row.length).toBeGreaterThan(0);
        expect(row.length).toBeLessThanOrEqual(ROW_MESSAGES_MAX);
        expect(encodeRow(row).length).toBeLessThanOrEqual(ROW_BYTES_MAX);
      }
    }),
    { numRuns: 20 },
  );
});

test("I17 a row that was cut short is a bug, not a shorter row", () => {
  const whole = encodeRow([{ device: "pump-1", payload: new Uint8Array(9), arrivedAt: 5 }]);
  expect(() => decodeRow(whole.slice(0, whole.length - 1).buffer)).toThrow("ends early");
  expect(() => decodeRow(new Uint8Array([9]).buffer)).toThrow("unknown format");
});
