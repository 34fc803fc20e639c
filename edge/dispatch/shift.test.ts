import fc from "fast-check";
import { expect, test } from "vitest";
import type { Shift } from "../../contracts/engineer.ts";
import { isOnShift, nextShiftAt, shiftEndAt, weekMinute } from "./shift.ts";

const CHANGSHA = "Asia/Shanghai";
const BERLIN = "Europe/Berlin";
const at = (text: string) => Date.parse(text);
const LEAPS = ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"].map(at);
const on = (shift: Shift, text: string, zone = CHANGSHA) => isOnShift([shift], at(text), zone);

test("P2 minutes are those of the unit's zone: Monday 00:00 in Changsha is Sunday 16:00 UTC", () => {
  expect(weekMinute(at("2025-11-23T16:00:00Z"), CHANGSHA)).toBe(0);
  expect(weekMinute(at("2025-11-23T15:59:59Z"), CHANGSHA)).toBe(7 * 1440 - 1);
  expect(weekMinute(at("2025-11-26T12:34:00Z"), "UTC")).toBe(2 * 1440 + 12 * 60 + 34);
});

test("P2 a day shift: its first minute is in, its end is not, other days are not", () => {
  const day = { days: [1, 2], from: 480, to: 1020 };
  expect(on(day, "2025-11-24T08:00:00+08:00")).toBe(true);
  expect(on(day, "2025-11-24T07:59:59+08:00")).toBe(false);
  expect(on(day, "2025-11-24T16:59:59+08:00")).toBe(true);
  expect(on(day, "2025-11-24T17:00:00+08:00")).toBe(false);
  expect(on(day, "2025-11-26T12:00:00+08:00")).toBe(false);
});

test("P2 a night shift runs past midnight, also from Sunday into Monday", () => {
  const night = { days: [7], from: 1320, to: 360 };
  expect(on(night, "2025-11-23T21:59:00+08:00")).toBe(false);
  expect(on(night, "2025-11-23T22:00:00+08:00")).toBe(true);
  expect(on(night, "2025-11-24T05:59:00+08:00")).toBe(true);
  expect(on(night, "2025-11-24T06:00:00+08:00")).toBe(false);
  expect(on(night, "2025-11-23T05:00:00+08:00")).toBe(false);
});

test("P2 0 to 1440 is the whole day; equal ends are no shift", () => {
  expect(on({ days: [1], from: 0, to: 1440 }, "2025-11-24T23:59:59+08:00")).toBe(true);
  expect(on({ days: [1], from: 0, to: 1440 }, "2025-11-25T00:00:00+08:00")).toBe(false);
  expect(on({ days: [1], from: 480, to: 480 }, "2025-11-24T08:00:00+08:00")).toBe(false);
  expect(nextShiftAt([{ days: [1], from: 480, to: 480 }], 0, CHANGSHA)).toBeUndefined();
});

test("P2 the next shift is the first to begin, a week later if need be", () => {
  const day = { days: [1], from: 480, to: 1020 };
  expect(nextShiftAt([day], at("2025-11-24T07:00:30+08:00"), CHANGSHA)).toBe(at("2025-11-24T08:00:00+08:00"));
  expect(nextShiftAt([day], at("2025-11-24T08:00:00+08:00"), CHANGSHA)).toBe(at("2025-12-01T08:00:00+08:00"));
  expect(nextShiftAt([day, { days: [3], from: 0, to: 60 }], at("2025-11-24T09:00:00+08:00"), CHANGSHA)).toBe(at("2025-11-26T00:00:00+08:00"));
  expect(nextShiftAt([], 0, CHANGSHA)).toBeUndefined();
});

test("P2 when the clock is put forward or back, the shift still begins at its local minute", () => {
  const sunday = { days: [7], from: 480, to: 1020 };
  expect(nextShiftAt([sunday], at("2026-03-28T20:00:00+01:00"), BERLIN)).toBe(at("2026-03-29T08:00:00+02:00"));
  expect(nextShiftAt([sunday], at("2026-10-24T20:00:00+02:00"), BERLIN)).toBe(at("2026-10-25T08:00:00+01:00"));
  // 02:30 does not exist on that Sunday: it begins when it would have.
  expect(nextShiftAt([{ ...sunday, from: 150 }], at("2026-03-28T20:00:00+01:00"), BERLIN)).toBe(at("2026-03-29T02:30:00+01:00"));
});

test("P9 a shift ends when the last of those that follow each other ends; who is always on shift never leaves", () => {
  const early = { days: [1], from: 360, to: 840 };
  const late = { days: [1], from: 840, to: 60 };
  expect(shiftEndAt([early, late], at("2025-11-24T07:00:00+08:00"), CHANGSHA)).toBe(at("2025-11-25T01:00:00+08:00"));
  expect(shiftEndAt([early], at("2025-11-24T07:00:30+08:00"), CHANGSHA)).toBe(at("2025-11-24T14:00:00+08:00"));
  expect(shiftEndAt([early], at("2025-11-24T05:00:00+08:00"), CHANGSHA)).toBeUndefined();
  expect(shiftEndAt([{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }], 0, CHANGSHA)).toBeUndefined();
});

test("P2 a shift whose end the clock skips or shows twice is over when its end says so, and not before", () => {
  const late = { days: [6], from: 1320, to: 150 };
  // In spring 02:30 is as long after the leap; in autumn it is the first of two.
  for (const [now, end] of [
    ["2026-03-29T00:30:00+01:00", "2026-03-29T01:30:00Z"],
    ["2026-10-25T00:30:00+02:00", "2026-10-25T00:30:00Z"],
  ] as const) {
    expect(shiftEndAt([late], at(now), BERLIN)).toBe(at(end));
    expect(isOnShift([late], at(end) - 1, BERLIN)).toBe(true);
    expect(isOnShift([late], at(end), BERLIN)).toBe(false);
    expect(isOnShift([late], at(end) + 3_600_000, BERLIN)).toBe(false);
  }
});

test("P2 whoever is off shift is on shift at the next beginning, and not a minute before it", () => {
  const shift = fc
    .record({
      days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      from: fc.integer({ min: 0, max: 1439 }),
      to: fc.integer({ min: 0, max: 1440 }),
    })
    .filter(({ from, to }) => from !== to);
  fc.assert(
    fc.property(
      fc.array(shift, { minLength: 1, maxLength: 3 }),
      fc.oneof(
        fc.integer({ min: at("2025-01-01T00:00:00Z"), max: at("2027-01-01T00:00:00Z") }),
        ...LEAPS.map((leap) => fc.integer({ min: leap - 86_400_000, max: leap + 86_400_000 })),
      ),
      fc.constantFrom(CHANGSHA, "UTC", "Asia/Kathmandu", BERLIN),
      (shifts, now, zone) => {
        if (isOnShift(shifts, now, zone)) {
          const end = shiftEndAt(shifts, now, zone);
          if (end === undefined) return;
          expect(end).toBeGreaterThan(now);
          expect(isOnShift(shifts, end - 60_000, zone)).toBe(true);
          expect(isOnShift(shifts, end, zone)).toBe(false);
        } else {
          const next = nextShiftAt(shifts, now, zone) ?? 0;
          expect(next).toBeGreaterThan(now);
          expect(isOnShift(shifts, next, zone)).toBe(true);
          expect(isOnShift(shifts, next - 60_000, zone)).toBe(false);
        }
      },
    ),
  );
});
