/**
 * The clock on the wall: which local day and minute an instant is in a time zone, and back. A zone is a row of stretches of one offset each;
 * `temporal-polyfill` finds where they meet, and each is looked up once. Zones are IANA names that were checked at the door;
 * what came unchecked, by a word of the hub, and is none counts as UTC: a promise is reckoned all the same.
 *
 *   instants   ──┬── offset 1 h ──┬── offset 2 h ──┬──▶      local = instant + offset, days are counted from 1970-01-01
 */
import { Temporal } from "temporal-polyfill";
import type { Millis } from "./instant.ts";

/** From `from` on and before `until` the zone's clock is `offsetMs` ahead of UTC. */
export type Stretch = { readonly from: Millis; readonly until: Millis; readonly offsetMs: number };

export const DAY_MS = 86_400_000;

/** No zone's rules are known so far ahead; from then on the clock is left as it is, so that no walk along the stretches is endless (2200-01-01). */
const RULES_UNTIL: Millis = 7_258_118_400_000;

/** The earliest instant that Temporal knows. */
const EARLIEST: Millis = -8_640_000_000_000_000;

export function stretchAt(timeZone: string, at: Millis): Stretch {
  const known = zones.get(timeZone) ?? begin(timeZone, at);
  while (at < known.stretches[0].from) known.stretches.unshift(readStretch(timeZone, known.stretches[0].from - 1));
  for (let last = known.stretches.at(-1); last !== undefined && at >= last.until; last = known.stretches.at(-1))
    known.stretches.push(readStretch(timeZone, last.until));
  return find(known, at);
}

/** What the clock on the wall shows, as if it showed UTC. */
export function localOf(timeZone: string, at: Millis): Millis {
  return at + stretchAt(timeZone, at).offsetMs;
}

/** Local day of an instant, counted from 1970-01-01. */
export function dayOf(timeZone: string, at: Millis): number {
  return Math.floor(localOf(timeZone, at) / DAY_MS);
}

/** When the clock first shows `local`. A time that it skips lies as much after the leap as it would have lain: "compatible" in Temporal's words. */
export function instantOf(timeZone: string, local: Millis): Millis {
  const before = stretchAt(timeZone, local - DAY_MS).offsetMs;
  if (stretchAt(timeZone, local - before).offsetMs === before) return local - before;
  const after = stretchAt(timeZone, local + DAY_MS).offsetMs;
  return stretchAt(timeZone, local - after).offsetMs === after ? local - after : local - before;
}

/** 1 Monday … 7 Sunday. */
export function weekdayOf(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

/** A date such as 2026-03-29 as a day number; throws for what is no date. */
export function dayOfDate(date: string): number {
  return Temporal.PlainDate.from(date).toZonedDateTime("UTC").epochMilliseconds / DAY_MS;
}

export function dateOfDay(day: number): string {
  return Temporal.Instant.fromEpochMilliseconds(day * DAY_MS)
    .toZonedDateTimeISO("UTC")
    .toPlainDate()
    .toString();
}

/** The same local time `months` later; the last day of the month where there is no such day. */
export function addMonths(timeZone: string, at: Millis, months: number): Millis {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).add({ months }).epochMilliseconds;
}

type Known = { readonly stretches: [Stretch, ...Stretch[]]; last: number };

/** Looking a stretch up costs a quarter of a millisecond. There are some 600 zones, with two stretches a year. */
const zones = new Map<string, Known>();

function begin(timeZone: string, at: Millis): Known {
  const known: Known = { stretches: [isZone(timeZone) ? readStretch(timeZone, at) : { from: -Infinity, until: Infinity, offsetMs: 0 }], last: 0 };
  zones.set(timeZone, known);
  return known;
}

function isZone(name: string): boolean {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId !== "";
  } catch {
    return false;
  }
}

function readStretch(timeZone: string, at: Millis): Stretch {
  const now = Temporal.Instant.fromEpochMilliseconds(Math.max(EARLIEST, Math.min(at, RULES_UNTIL))).toZonedDateTimeISO(timeZone);
  const next = now.getTimeZoneTransition("next")?.epochMilliseconds ?? Infinity;
  // The transition before the next instant, so that one at `at` itself is found.
  const from = now.add({ nanoseconds: 1 }).getTimeZoneTransition("previous")?.epochMilliseconds ?? -Infinity;
  return { from, until: next >= RULES_UNTIL ? Infinity : next, offsetMs: Math.round(now.offsetNanoseconds / 1_000_000) };
}

/** Most questions are about the stretch that was asked for last. */
function find(known: Known, at: Millis): Stretch {
  const { stretches } = known;
  const last = stretches[known.last];
  if (last !== undefined && at >= last.from && at < last.until) return last;
  let low = 0;
  for (let high = stretches.length - 1; low < high;) {
    const middle = (low + high + 1) >> 1;
    if ((stretches[middle]?.from ?? Infinity) <= at) low = middle;
    else high = middle - 1;
  }
  known.last = low;
  return stretches[low] ?? stretches[0];
}
