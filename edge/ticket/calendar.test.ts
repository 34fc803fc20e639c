import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { expect, test } from "vitest";
import { Calendar } from "../../contracts/calendar.ts";
import { addWorkingTime, ALWAYS, calendarAt, isOpen, opensAt, type WorkingCalendar, workingTimeBetween } from "./calendar.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
const nineToFive = { days: [1, 2, 3, 4, 5], from: 540, to: 1020 };
const inBerlin = (more: Partial<WorkingCalendar> = {}): WorkingCalendar => ({ timeZone: "Europe/Berlin", weekly: [nineToFive], exceptions: [], ...more });

/** Open on the wall clock of that minute, read from Temporal each time: nothing is shared with what is tested. */
function openOnTheWall({ timeZone, weekly, exceptions }: WorkingCalendar, instant: number): boolean {
  const wall = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone);
  const minute = wall.hour * 60 + wall.minute;
  const exception = exceptions.findLast(({ date }) => date === wall.toPlainDate().toString());
  if (exception !== undefined) return exception.open.some(({ from, to }) => minute >= from && minute < to);
  const yesterday = wall.dayOfWeek === 1 ? 7 : wall.dayOfWeek - 1;
  return weekly.some(({ days, from, to }) => {
    if (from < to) return days.includes(wall.dayOfWeek) && minute >= from && minute < to;
    return from > to && ((days.includes(wall.dayOfWeek) && minute >= from) || (days.includes(yesterday) && minute < to));
  });
}

test("AG1 four hours from Friday 16:00 end on Monday at 12:00; an hour that ends with the day ends on that day", () => {
  expect(addWorkingTime(inBerlin(), at("2026-03-06T16:00+01:00"), 4 * HOUR)).toBe(at("2026-03-09T12:00+01:00"));
  expect(addWorkingTime(inBerlin(), at("2026-03-06T16:00+01:00"), HOUR)).toBe(at("2026-03-06T17:00+01:00"));
  expect(addWorkingTime(inBerlin(), at("2026-03-06T18:00+01:00"), 1)).toBe(at("2026-03-09T09:00:00.001+01:00"));
  expect(addWorkingTime(inBerlin(), at("2026-03-06T18:00+01:00"), 0)).toBe(at("2026-03-06T18:00+01:00"));
  expect(workingTimeBetween(inBerlin(), at("2026-03-06T16:00+01:00"), at("2026-03-09T12:00+01:00"))).toBe(4 * HOUR);
  expect(workingTimeBetween(inBerlin(), at("2026-03-09T12:00+01:00"), at("2026-03-06T16:00+01:00"))).toBe(0);
  expect(addWorkingTime(ALWAYS, 12_345, 678_901_234)).toBe(12_345 + 678_901_234);
});

test("AG1 lunch does not count, and a night that is open runs past midnight and past Sunday", () => {
  const lunch = inBerlin({
    weekly: [
      { ...nineToFive, to: 720 },
      { ...nineToFive, from: 780 },
    ],
  });
  expect(addWorkingTime(lunch, at("2026-03-09T11:30+01:00"), HOUR)).toBe(at("2026-03-09T13:30+01:00"));
  const night = inBerlin({ weekly: [{ days: [7], from: 1320, to: 360 }] });
  expect(addWorkingTime(night, at("2026-03-08T12:00+01:00"), 3 * HOUR)).toBe(at("2026-03-09T01:00+01:00"));
  expect(isOpen(night, at("2026-03-09T05:59+01:00"))).toBe(true);
  expect(isOpen(night, at("2026-03-09T06:00+01:00"))).toBe(false);
});

test("AG2 a holiday closes its whole local date, the end of the night before it too; a working Saturday opens", () => {
  const night = { days: [1, 2, 3, 4, 5, 6, 7], from: 1320, to: 360 };
  const closed = inBerlin({ weekly: [night], exceptions: [{ date: "2026-05-01", open: [] }] });
  expect(workingTimeBetween(closed, at("2026-04-30T12:00+02:00"), at("2026-05-02T12:00+02:00"))).toBe(2 * HOUR + 6 * HOUR);
  const saturday = inBerlin({ exceptions: [{ date: "2026-03-07", open: [{ from: 600, to: 660 }] }] });
  expect(addWorkingTime(saturday, at("2026-03-06T16:30+01:00"), 90 * MINUTE)).toBe(at("2026-03-07T11:00+01:00"));
  expect(opensAt(saturday, at("2026-03-06T17:00+01:00"))).toBe(at("2026-03-07T10:00+01:00"));
});

test("AG3 on the day on which the clock leaps, a night shift is an hour shorter or longer, and so is a day around the clock", () => {
  const night = inBerlin({ weekly: [{ days: [6], from: 1320, to: 360 }] });
  const worked = (from: string, to: string) => workingTimeBetween(night, at(from), at(to)) / HOUR;
  expect(worked("2026-03-28T12:00+01:00", "2026-03-29T12:00+02:00")).toBe(7);
  expect(worked("2026-10-24T12:00+02:00", "2026-10-25T12:00+01:00")).toBe(9);
  expect(worked("2026-10-17T12:00+02:00", "2026-10-18T12:00+02:00")).toBe(8);
  const allDay: WorkingCalendar = { ...ALWAYS, timeZone: "Australia/Lord_Howe" };
  expect(addWorkingTime(allDay, at("2026-04-05T00:00+11:00"), DAY)).toBe(at("2026-04-05T23:30+10:30"));
});

test("AG2 a calendar that never opens is refused at the door, with dates that are none and zones that nobody knows", () => {
  const calendar = { id: "office", title: { en: "Office", zh: "办公时间" }, weekly: [nineToFive], exceptions: [] };
  const fits = (more: object) => Calendar.safeParse({ ...calendar, ...more }).success;
  expect(fits({})).toBe(true);
  expect(fits({ weekly: [] })).toBe(false);
  expect(fits({ weekly: [{ days: [1], from: 60, to: 60 }] })).toBe(false);
  expect(fits({ weekly: [{ days: [], from: 60, to: 70 }] })).toBe(false);
  expect(fits({ timeZone: "Moon/Crater" })).toBe(false);
  expect(fits({ exceptions: [{ date: "2026-02-30", open: [] }] })).toBe(false);
  expect(fits({ exceptions: [{ date: "2026-02-28", open: [{ from: 60, to: 60 }] }] })).toBe(false);
});

test("AG3 a calendar without a zone takes the site's", () => {
  const office = Calendar.parse({ id: "office", title: { en: "Office", zh: "办公时间" }, weekly: [nineToFive], exceptions: [] });
  expect(addWorkingTime(calendarAt(office, "Asia/Shanghai"), at("2026-03-06T16:00+08:00"), 4 * HOUR)).toBe(at("2026-03-09T12:00+08:00"));
  expect(addWorkingTime(calendarAt(office, "America/New_York"), at("2026-03-06T16:00-05:00"), 4 * HOUR)).toBe(at("2026-03-09T12:00-04:00"));
  expect(calendarAt(office, "America/New_York")).toBe(calendarAt(office, "America/New_York"));
});

/** A week or so around the changes of the clock, and around none. */
const PLACES = [
  { timeZone: "Europe/Berlin", days: ["2026-03-29", "2026-10-25", "2026-07-01"] },
  { timeZone: "America/New_York", days: ["2026-03-08", "2026-11-01", "2026-07-01"] },
  { timeZone: "Australia/Lord_Howe", days: ["2026-04-05", "2026-10-04", "2026-07-01"] },
  { timeZone: "Asia/Shanghai", days: ["2026-03-08", "1991-09-15"] },
  { timeZone: "America/St_Johns", days: ["2006-10-29"] },
  { timeZone: "Pacific/Apia", days: ["2011-12-30"] },
] as const;

const minutes = fc.integer({ min: 0, max: 1440 });
const opening = fc.record({ days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), from: minutes, to: minutes });
const around = fc.constantFrom(...PLACES).chain(({ timeZone, days }) => fc.record({ timeZone: fc.constant(timeZone), day: fc.constantFrom<string>(...days) }));
const calendarAround = around.chain(({ timeZone, day }) => {
  const date = fc.integer({ min: -2, max: 2 }).map((more) => Temporal.PlainDate.from(day).add({ days: more }).toString());
  const open = fc.array(
    fc.tuple(minutes, minutes).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })),
    { maxLength: 2 },
  );
  return fc.record({
    calendar: fc.record({
      timeZone: fc.constant<string>(timeZone),
      weekly: fc.array(opening, { minLength: 1, maxLength: 3 }).filter((all) => all.some(({ from, to }) => from !== to)),
      exceptions: fc.array(fc.record({ date, open }), { maxLength: 2 }),
    }),
    from: fc.integer({ min: -36 * 60, max: 24 * 60 }).map((more) => Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds + more * MINUTE),
    length: fc.integer({ min: 0, max: 50 * 60 }),
  });
});

test("AG4 working time equals the count of open minutes on the wall, one by one, wherever the clock leaps", () => {
  fc.assert(
    fc.property(calendarAround, ({ calendar, from, length }) => {
      let counted = 0;
      for (let minute = 0; minute < length; minute++) if (openOnTheWall(calendar, from + minute * MINUTE)) counted += MINUTE;
      expect(workingTimeBetween(calendar, from, from + length * MINUTE)).toBe(counted);
      if (counted === 0) return;
      // The last of these minutes ends at the instant that adding finds, and the first half of it half a minute earlier.
      let last = length;
      while (!openOnTheWall(calendar, from + (last - 1) * MINUTE)) last--;
      expect(addWorkingTime(calendar, from, counted)).toBe(from + last * MINUTE);
      expect(addWorkingTime(calendar, from, counted - MINUTE / 2)).toBe(from + last * MINUTE - MINUTE / 2);
    }),
    { numRuns: 60 },
  );
});

test("AG4 adding is the first instant at which so much is counted, over months too, and can be cut in two", () => {
  const length = fc.integer({ min: 1, max: 60 * DAY });
  fc.assert(
    fc.property(calendarAround, length, length, ({ calendar, from }, first, second) => {
      const end = addWorkingTime(calendar, from, first + second);
      expect(workingTimeBetween(calendar, from, end)).toBe(first + second);
      expect(workingTimeBetween(calendar, from, end - 1)).toBe(first + second - 1);
      expect(addWorkingTime(calendar, addWorkingTime(calendar, from, first), second)).toBe(end);
    }),
    { numRuns: 300 },
  );
});

test("AG4 a promise beyond all rules of zones ends", () => {
  expect(addWorkingTime(inBerlin({ weekly: [{ days: [1], from: 0, to: 1 }] }), 0, 20_000 * MINUTE)).toBeGreaterThan(at("2350-01-01T00:00Z"));
});
