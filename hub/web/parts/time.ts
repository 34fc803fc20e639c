/** Instants as whoever looks at the hub reads them: the hub has no site, so they are the browser's. */
import { dayOf, preciseTimeOf, timeOf } from "../../../edge/web/figures.ts";

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The day too, unless it is today's. */
export function instantOf(at: number, now: number): string {
  return dayOf(at, ZONE) === dayOf(now, ZONE) ? timeOf(at, ZONE) : `${dayOf(at, ZONE)} ${timeOf(at, ZONE)}`;
}

export function preciseOf(at: number): string {
  return `${dayOf(at, ZONE)} ${preciseTimeOf(at, ZONE)}`;
}

export function preciseTime(at: number): string {
  return preciseTimeOf(at, ZONE);
}

/** Of a day that is counted in UTC. */
export function dayOnly(at: number): string {
  return dayOf(at, "UTC");
}
