/**
 * Working time: how much of it lies between two instants, and when so much of it has passed. A calendar is open whenever the clock on the wall
 * says so: what the clock skips is not worked, what it shows twice is worked twice.
 *
 * Per calendar the working time since the first local day is a sum in closed form (whole weeks, days of the week, dates that differ), and each
 * stretch between two changes of the clock is a difference of two such sums: the length of a promise costs nothing.
 */
import type { Calendar, CalendarException, Opening } from "../../contracts/calendar.ts";
import type { Millis } from "../../contracts/instant.ts";
import { DAY_MS, dayOfDate, stretchAt } from "../../contracts/zone.ts";

/** A calendar in its time zone. Not changed once it was reckoned with: what is derived from it is kept beside it. */
export type WorkingCalendar = {
  readonly timeZone: string;
  readonly weekly: readonly Opening[];
  readonly exceptions: readonly Pick<CalendarException, "date" | "open">[];
};

/** Around the clock, every day. */
export const ALWAYS: WorkingCalendar = { timeZone: "UTC", weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }], exceptions: [] };

/** A named calendar as it is at a site: those without a zone of their own take the site's. */
export function calendarAt(calendar: Calendar, siteTimeZone: string): WorkingCalendar {
  const { timeZone = siteTimeZone, weekly, exceptions } = calendar;
  const known = placed.get(calendar);
  if (known?.timeZone === timeZone) return known;
  const made = { timeZone, weekly, exceptions };
  placed.set(calendar, made);
  return made;
}

/** The first instant at which `ms` of working time have passed since `from`; `from` itself for nothing. The calendar must be open at some time of the week. */
export function addWorkingTime(calendar: WorkingCalendar, from: Millis, ms: number): Millis {
  const sums = sumsOf(calendar);
  let at = from;
  for (let left = ms; left > 0;) {
    const { until, offsetMs } = stretchAt(calendar.timeZone, at);
    const done = workedBy(sums, at + offsetMs);
    const here = until === Infinity ? Infinity : workedBy(sums, until + offsetMs) - done;
    if (here >= left) return reached(sums, at + offsetMs, done + left) - offsetMs;
    left -= here;
    at = until;
  }
  return at;
}

/** Working time in [a, b); none where `b` is not after `a`. */
export function workingTimeBetween(calendar: WorkingCalendar, a: Millis, b: Millis): number {
  const sums = sumsOf(calendar);
  let worked = 0;
  for (let at = a; at < b;) {
    const { until, offsetMs } = stretchAt(calendar.timeZone, at);
    const end = Math.min(b, until);
    worked += workedBy(sums, end + offsetMs) - workedBy(sums, at + offsetMs);
    at = end;
  }
  return worked;
}

export function isOpen(calendar: WorkingCalendar, at: Millis): boolean {
  return workingTimeBetween(calendar, at, at + 1) > 0;
}

/** The first instant from `at` on at which the calendar is open. */
export function opensAt(calendar: WorkingCalendar, at: Millis): Millis {
  return addWorkingTime(calendar, at, 1) - 1;
}

/** Open from `from` until `to`, in milliseconds of a local day; in order, none touches another. */
type Span = { readonly from: number; readonly to: number };
type Day = { readonly spans: readonly Span[]; readonly ms: number };

type Sums = {
  /** Monday first. */
  readonly week: readonly Day[];
  /** Working time of the week before each of its days; the eighth is that of the whole week. */
  readonly before: readonly number[];
  /** Dates that differ, in order; `more`: by how much they and those before them work more than their weekdays. */
  readonly differing: readonly (Day & { readonly day: number; readonly more: number })[];
};

const placed = new WeakMap<Calendar, WorkingCalendar>();
const summed = new WeakMap<WorkingCalendar, Sums>();

const WEEK_DAYS = 7;
const MINUTE_MS = 60_000;
const CLOSED: Day = { spans: [], ms: 0 };

function sumsOf(calendar: WorkingCalendar): Sums {
  const known = summed.get(calendar);
  if (known !== undefined) return known;
  const week = Array.from({ length: WEEK_DAYS }, (_, day) => dayOfSpans(calendar.weekly.flatMap((opening) => spansOn(opening, day))));
  const before = [0];
  for (const { ms } of week) before.push((before.at(-1) ?? 0) + ms);
  let more = 0;
  const differing = [...new Map(calendar.exceptions.map((one) => [dayOfDate(one.date), one.open] as const))]
    .toSorted(([a], [b]) => a - b)
    .map(([day, open]) => {
      const instead = dayOfSpans(open.map(({ from, to }) => ({ from: from * MINUTE_MS, to: to * MINUTE_MS })));
      more += instead.ms - (week[weekdayIndex(day)]?.ms ?? 0);
      return { ...instead, day, more };
    });
  const sums = { week, before, differing };
  summed.set(calendar, sums);
  return sums;
}

/** Which part of an opening lies on a weekday (0 Monday): its evening, and its morning when it runs past midnight. */
function spansOn({ days, from, to }: Opening, weekday: number): readonly Span[] {
  if (from === to) return [];
  const begins = days.includes(weekday + 1);
  const began = days.includes(weekday === 0 ? WEEK_DAYS : weekday);
  if (to > from) return begins ? [{ from: from * MINUTE_MS, to: to * MINUTE_MS }] : [];
  return [...(begins ? [{ from: from * MINUTE_MS, to: DAY_MS }] : []), ...(began ? [{ from: 0, to: to * MINUTE_MS }] : [])];
}

function dayOfSpans(spans: readonly Span[]): Day {
  const merged: { from: number; to: number }[] = [];
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else if (to > from) merged.push({ from, to });
  }
  return { spans: merged, ms: merged.reduce((sum, { from, to }) => sum + to - from, 0) };
}

function weekdayIndex(day: number): number {
  return (((day + 3) % WEEK_DAYS) + WEEK_DAYS) % WEEK_DAYS;
}

/** Working time before a local instant, counted from an arbitrary day: only differences mean something. */
function workedBy(sums: Sums, local: Millis): number {
  const day = Math.floor(local / DAY_MS);
  return workedByDay(sums, day) + within(dayAt(sums, day), local - day * DAY_MS);
}

function workedByDay({ before, differing }: Sums, day: number): number {
  const weekday = weekdayIndex(day);
  const weeks = (day + 3 - weekday) / WEEK_DAYS;
  const earlier = countBefore(differing, day);
  return weeks * (before[WEEK_DAYS] ?? 0) + (before[weekday] ?? 0) + (differing[earlier - 1]?.more ?? 0);
}

function dayAt({ week, differing }: Sums, day: number): Day {
  const one = differing[countBefore(differing, day)];
  return one?.day === day ? one : (week[weekdayIndex(day)] ?? CLOSED);
}

/** How many of the dates that differ lie before `day`. */
function countBefore(differing: Sums["differing"], day: number): number {
  let low = 0;
  for (let high = differing.length; low < high;) {
    const middle = (low + high) >> 1;
    if ((differing[middle]?.day ?? Infinity) < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

function within({ spans }: Day, ms: number): number {
  let worked = 0;
  for (const { from, to } of spans) worked += Math.max(0, Math.min(to, ms) - from);
  return worked;
}

/** The first local instant from `from` on at which the sum is `target`, which is more than it is at `from`. */
function reached(sums: Sums, from: Millis, target: number): Millis {
  let low = Math.floor(from / DAY_MS);
  const weekMs = sums.before[WEEK_DAYS] ?? 0;
  const weeks = Math.ceil((target - workedByDay(sums, low)) / weekMs) + sums.differing.length + 1;
  if (!Number.isFinite(weeks)) throw new Error("a calendar that never opens was let in");
  for (let high = low + weeks * WEEK_DAYS; low < high;) {
    const middle = Math.floor((low + high) / 2);
    if (workedByDay(sums, middle + 1) >= target) high = middle;
    else low = middle + 1;
  }
  let left = target - workedByDay(sums, low);
  for (const { from, to } of dayAt(sums, low).spans) {
    if (left <= to - from) return low * DAY_MS + from + left;
    left -= to - from;
  }
  throw new Error("the day in which a working time is reached holds it");
}
