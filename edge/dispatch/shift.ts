/** Who is at work: minutes of the local week in the unit's time zone, daylight saving included. */
import type { Shift } from "../../contracts/engineer.ts";
import type { Millis } from "../../contracts/instant.ts";
import { DAY_MS, dayOf, instantOf, localOf, weekdayOf } from "../../contracts/zone.ts";

const MINUTE_MS = 60_000;
const DAY_MIN = 1_440;
/** Shifts that follow one another for longer than a week do so for ever. */
const ENDLESS_MS = 8 * DAY_MS;

/** Minute of the local week; 0 is Monday 00:00. */
export function weekMinute(at: Millis, timeZone: string): number {
  const day = dayOf(timeZone, at);
  return (weekdayOf(day) - 1) * DAY_MIN + Math.floor((localOf(timeZone, at) - day * DAY_MS) / MINUTE_MS);
}

/** `from` is in the shift, `to` no longer. A shift whose ends are equal is empty; 0 to 1440 is the whole day. */
export function isOnShift(shifts: readonly Shift[], at: Millis, timeZone: string): boolean {
  return spansAround(shifts, at, timeZone, 1).some(({ from, until }) => from <= at && at < until);
}

/** The next beginning of a shift after `at`; undefined for who has none. An hour that the clock skips begins when it would have. */
export function nextShiftAt(shifts: readonly Shift[], at: Millis, timeZone: string): Millis | undefined {
  // A week on it is the same again; one more, should the clock skip a shift.
  for (const days of [1, 8, 15]) {
    const begins = spansAround(shifts, at, timeZone, days).flatMap(({ from }) => (from > at ? [from] : []));
    if (begins.length > 0) return Math.min(...begins);
  }
  return undefined;
}

/** When whoever is on shift at `at` leaves: the last end among shifts that cover it, one after the other; undefined when it never ends, and off shift. */
export function shiftEndAt(shifts: readonly Shift[], at: Millis, timeZone: string): Millis | undefined {
  let end = at;
  for (let grown = true; grown;) {
    const reached = end;
    end = Math.max(end, ...spansAround(shifts, end, timeZone, 1).flatMap(({ from, until }) => (from <= reached ? [until] : [])));
    grown = end > reached;
    if (end - at > ENDLESS_MS) return undefined;
  }
  return end === at ? undefined : end;
}

type Span = { readonly from: Millis; readonly until: Millis };

/** Shifts that begin on a local day near `at`, from one local minute to the other: longer or shorter where the clock leaps in them. */
function spansAround(shifts: readonly Shift[], at: Millis, timeZone: string, ahead: number): readonly Span[] {
  const today = dayOf(timeZone, at);
  const spans: Span[] = [];
  for (let day = today - 1; day <= today + ahead; day++) {
    const weekday = weekdayOf(day);
    for (const { days, from, to } of shifts) {
      if (to === from || !days.includes(weekday)) continue;
      const begins = instantOf(timeZone, day * DAY_MS + from * MINUTE_MS);
      const ends = instantOf(timeZone, (to > from ? day : day + 1) * DAY_MS + to * MINUTE_MS);
      if (begins < ends) spans.push({ from: begins, until: ends });
    }
  }
  return spans;
}
