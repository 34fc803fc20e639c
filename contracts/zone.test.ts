import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { expect, test } from "vitest";
import { addMonths, dateOfDay, DAY_MS, dayOf, dayOfDate, instantOf, localOf, stretchAt, weekdayOf } from "./zone.ts";

const ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "Asia/Kathmandu", "America/St_Johns", "Africa/Cairo", "UTC"];
const zone = fc.constantFrom(...ZONES);
const instant = fc.integer({ min: 0, max: 3_000_000_000_000 });
const zoned = (timeZone: string, at: number) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);

/** Any instant, or one near a change of the clock, where the mistakes are. */
const moment = fc.tuple(zone, instant, fc.option(fc.integer({ min: -8_000_000, max: 8_000_000 }))).map(([timeZone, at, near]) => {
  const leap = near === null ? null : zoned(timeZone, at).getTimeZoneTransition("next");
  return { timeZone, at: leap === null ? at : leap.epochMilliseconds + (near ?? 0) };
});

test("AG13 the wall clock, its day and its weekday are those that Temporal shows, asked in any order", () => {
  fc.assert(
    fc.property(moment, ({ timeZone, at }) => {
      const wall = zoned(timeZone, at);
      expect(localOf(timeZone, at)).toBe(wall.toPlainDateTime().toZonedDateTime("UTC").epochMilliseconds);
      expect(dateOfDay(dayOf(timeZone, at))).toBe(wall.toPlainDate().toString());
      expect(weekdayOf(dayOf(timeZone, at))).toBe(wall.dayOfWeek);
      const { from, until, offsetMs } = stretchAt(timeZone, at);
      expect(from <= at && at < until).toBe(true);
      expect(offsetMs).toBe(wall.offsetNanoseconds / 1_000_000);
    }),
    { numRuns: 300 },
  );
});

test("AG13 a local time is the instant that Temporal takes it for, skipped and repeated ones too", () => {
  fc.assert(
    fc.property(moment, ({ timeZone, at }) => {
      const local = localOf(timeZone, at);
      const wall = Temporal.Instant.fromEpochMilliseconds(local).toZonedDateTimeISO("UTC").toPlainDateTime();
      expect(instantOf(timeZone, local)).toBe(wall.toZonedDateTime(timeZone).epochMilliseconds);
    }),
    { numRuns: 300 },
  );
  const berlin = (text: string) => instantOf("Europe/Berlin", Temporal.Instant.from(`${text}Z`).epochMilliseconds);
  expect(berlin("2026-03-29T02:30")).toBe(Temporal.Instant.from("2026-03-29T03:30+02:00").epochMilliseconds);
  expect(berlin("2026-10-25T02:30")).toBe(Temporal.Instant.from("2026-10-25T02:30+02:00").epochMilliseconds);
});

test("AG13 dates and months; after the last rules that are looked up the clock stays as it is", () => {
  expect(dayOfDate("1970-01-02")).toBe(1);
  expect(() => dayOfDate("2026-02-30")).toThrow();
  expect(addMonths("UTC", 30 * DAY_MS, 1)).toBe(58 * DAY_MS);
  expect(stretchAt("Europe/Berlin", 9_000_000_000_000).until).toBe(Infinity);
  expect(localOf("Asia/Shanghai", 9_000_000_000_000)).toBe(9_000_000_000_000 + 8 * 3_600_000);
});

test("AG1 what is no zone counts as UTC: it can only have come by a word that nobody checked, and a promise is reckoned all the same", () => {
  expect(stretchAt("Nowhere/At-All", 1_763_750_000_000)).toEqual({ from: -Infinity, until: Infinity, offsetMs: 0 });
});
