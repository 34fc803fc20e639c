/** An absence as somebody enters it: local days and times of the site, checked before it is sent. Pure. */
import type { Absence } from "../../contracts/engineer.ts";
import type { Millis } from "../../contracts/instant.ts";
import { DAY_MS, dayOf, instantOf, localOf } from "../../contracts/zone.ts";

/** As the unit has it: longer ones are another roster. */
const ABSENCE_MS_MAX = 366 * DAY_MS;

export type AwayProblem = "from" | "until" | "order" | "past" | "long";
export type AwayEntry = { readonly from: string; readonly until: string };

/** What a field of day and time holds: 2026-03-29T08:30 on the site's clock. */
export function fieldOf(at: Millis, zone: string): string {
  return new Date(localOf(zone, at)).toISOString().slice(0, 16);
}

/** From now until the local day ends, or the next one. */
export function quickAway(now: Millis, zone: string, days: 0 | 1): Absence {
  return { from: now, until: instantOf(zone, (dayOf(zone, now) + 1 + days) * DAY_MS) };
}

/** The absence, or which field is wrong and why. */
export function absenceOf({ from, until }: AwayEntry, now: Millis, zone: string): Absence | AwayProblem {
  const [begin, end] = [instantIn(from, zone), instantIn(until, zone)];
  if (begin === null) return "from";
  if (end === null) return "until";
  if (end <= begin) return "order";
  if (end <= now) return "past";
  return end - begin > ABSENCE_MS_MAX ? "long" : { from: begin, until: end };
}

function instantIn(field: string, zone: string): Millis | null {
  const local = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(field) ? Date.parse(`${field}Z`) : Number.NaN;
  return Number.isNaN(local) ? null : instantOf(zone, local);
}
