/** Who is at work: minutes of the local week in the unit's time zone, daylight saving included. */
import type { Shift } from "../../contracts/engineer.ts";
import type { Millis } from "../../contracts/instant.ts";
import { DAY_MS, dayOf, localOf, weekdayOf } from "../../contracts/zone.ts";

const MINUTE_MS = 60_000;
const DAY_MIN = 1_440;
const WEEK_MIN = 7 * DAY_MIN;

/** Minute of the local week; 0 is Monday 00:00. */
export function weekMinute(at: Millis, timeZone: string): number {
  const day = dayOf(timeZone, at);
  return (weekdayOf(day) - 1) * DAY_MIN + Math.floor((localOf(timeZone, at) - day * DAY_MS) / MINUTE_MS);
}

/** `from` is in the shift, `to` no longer. A shift whose ends are equal is empty; 0 to 1440 is the whole day. */
export function isOnShift(shifts: readonly Shift[], at: Millis, timeZone: string): boolean {
  const minute = weekMinute(at, timeZone);
  return spansOf(shifts).some(({ from, minutes }) => distance(from, minute) < minutes);
}

/** The next beginning of a shift after `at`; undefined for who has none. An hour that the clock skips begins when it would have. */
export function nextShiftAt(shifts: readonly Shift[], at: Millis, timeZone: string): Millis | undefined {
  return next(
    spansOf(shifts).map(({ from }) => from),
    at,
    timeZone,
  );
}

/** When whoever is on shift at `at` leaves: the last end among shifts that cover it, one after the other; undefined when it never ends. */
export function shiftEndAt(shifts: readonly Shift[], at: Millis, timeZone: string): Millis | undefined {
  const spans = spansOf(shifts);
  let minutes = 0;
  const minute = weekMinute(at, timeZone);
  for (let grown = true; grown && minutes < WEEK_MIN;) {
    grown = false;
    for (const span of spans) {
      const into = distance(span.from, (minute + minutes) % WEEK_MIN);
      if (into >= span.minutes) continue;
      minutes += span.minutes - into;
      grown = true;
    }
  }
  return minutes === 0 || minutes >= WEEK_MIN ? undefined : next([(minute + minutes) % WEEK_MIN], at, timeZone);
}

function spansOf(shifts: readonly Shift[]): readonly { readonly from: number; readonly minutes: number }[] {
  return shifts.flatMap(({ days, from, to }) => {
    const minutes = to === from ? 0 : to > from ? to - from : to + DAY_MIN - from;
    return minutes === 0 ? [] : days.map((day) => ({ from: ((day - 1) * DAY_MIN + from) % WEEK_MIN, minutes }));
  });
}

/** Minutes forward from one minute of the week to another. */
function distance(from: number, to: number): number {
  return (to - from + WEEK_MIN) % WEEK_MIN;
}

function next(minutes: readonly number[], at: Millis, timeZone: string): Millis | undefined {
  const now = weekMinute(at, timeZone);
  const start = at - (at % MINUTE_MS);
  const instants = minutes
    .map((minute) => corrected(start + (distance(now, minute) || WEEK_MIN) * MINUTE_MS, minute, timeZone))
    .filter((instant) => instant > at);
  return instants.length === 0 ? undefined : Math.min(...instants);
}

/** The clock may have been put forward or back in between: then the same minute of the week lies off by as much. */
function corrected(instant: Millis, minute: number, timeZone: string): Millis {
  const off = distance(weekMinute(instant, timeZone), minute);
  const shift = off > WEEK_MIN / 2 ? off - WEEK_MIN : off;
  const moved = instant + shift * MINUTE_MS;
  return weekMinute(moved, timeZone) === minute ? moved : instant;
}
