import fc from "fast-check";
import { expect, test } from "vitest";
import { DAYS_KEPT, DAY_MS, dayOf, keptAs, oldestKept, weekOf } from "./period.ts";

const at = (text: string): number => Date.parse(text);

test("Q10 a day begins at midnight UTC, a week on Monday", () => {
  expect(dayOf(at("2026-03-29T23:59:59Z")).fromAt).toBe(at("2026-03-29T00:00:00Z"));
  expect(weekOf(at("2026-03-29T23:59:59Z")).fromAt).toBe(at("2026-03-23T00:00:00Z"));
  expect(weekOf(at("2026-03-30T00:00:00Z")).fromAt).toBe(at("2026-03-30T00:00:00Z"));
});

test("Q10 days are kept for five weeks, then in their week, then forgotten; a week is never split", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.integer({ min: 30, max: 50 }), fc.integer({ min: 0, max: 1_000 })),
      fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2028-01-01T00:00:00Z") }),
      (age, now) => {
        const day = dayOf(now - age * DAY_MS);
        const kept = keptAs(day, now);
        const siblings = Array.from({ length: 7 }, (_, i) => keptAs({ span: "day", fromAt: weekOf(day.fromAt).fromAt + i * DAY_MS }, now)?.span);
        expect(new Set(siblings).size).toBe(1);
        if (age <= DAYS_KEPT) expect(kept).toEqual(day);
        if (age > DAYS_KEPT + 8 && age < 700) expect(kept).toEqual(weekOf(day.fromAt));
        if (age > 750) expect(kept).toBeNull();
        if (kept?.span === "week") expect(kept.fromAt).toBeGreaterThanOrEqual(oldestKept(now));
      },
    ),
  );
});
