/** Times of day that the roads tell apart, by the site's clock. Where a server's answers know no traffic there is one for all. */
import type { Millis } from "../../../contracts/instant.ts";
import { DAY_MS, dateOfDay, dayOf, instantOf, localOf, weekdayOf } from "../../../contracts/zone.ts";

export const HOURS = ["any", "night", "morning", "day", "evening", "weekend"] as const;
export type Hours = (typeof HOURS)[number];

const HOUR_MS = 3_600_000;
const SATURDAY = 6;
/** From which local hour on of a weekday; before the first it is night. */
const WEEKDAY: readonly (readonly [number, Hours])[] = [
  [6.5, "morning"],
  [9.5, "day"],
  [16, "evening"],
  [19.5, "night"],
];
const WEEKEND: readonly (readonly [number, Hours])[] = [
  [7, "weekend"],
  [22, "night"],
];

export function hoursAt(at: Millis, timeZone: string): Hours {
  const day = dayOf(timeZone, at);
  const hour = (localOf(timeZone, at) - day * DAY_MS) / HOUR_MS;
  return spansOf(day).findLast(([from]) => from <= hour)?.[1] ?? "night";
}

/** When other hours begin, after `at`. */
export function nextHoursAt(at: Millis, timeZone: string): Millis {
  const day = dayOf(timeZone, at);
  const now = hoursAt(at, timeZone);
  // A night lasts until morning, whichever day begins it.
  const edges = [0, 1, 2].flatMap((more) => spansOf(day + more).map(([from]) => instantOf(timeZone, (day + more) * DAY_MS + from * HOUR_MS)));
  return edges.find((edge) => edge > at && hoursAt(edge, timeZone) !== now) ?? at + DAY_MS;
}

/** What the clock on the wall shows, as Valhalla reads it: `2026-03-29T08:30`. */
export function wallOf(at: Millis, timeZone: string): string {
  const local = localOf(timeZone, at);
  const day = dayOf(timeZone, at);
  const minutes = Math.floor((local - day * DAY_MS) / 60_000);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${dateOfDay(day)}T${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function spansOf(day: number): readonly (readonly [number, Hours])[] {
  return weekdayOf(day) >= SATURDAY ? WEEKEND : WEEKDAY;
}
