/** The periods by which counters and sketches are kept: days first, then weeks from Monday, then nothing. In UTC, so that all units' days are the same. */
import type { Millis } from "../../contracts/instant.ts";

export const DAY_MS = 86_400_000;
const WEEK_DAYS = 7;
/** Days kept one by one: "since Tuesday" is asked within a month. */
export const DAYS_KEPT = 35;
/** Weeks kept after that: two years, so that a quarter can be laid beside the same one of last year. */
export const WEEKS_KEPT = 104;
/** 1 January 1970 was a Thursday. */
const MONDAY_OFFSET_DAYS = 3;

export type Span = "day" | "week";
export type Period = { readonly span: Span; readonly fromAt: Millis };

export function dayOf(at: Millis): Period {
  return { span: "day", fromAt: Math.floor(at / DAY_MS) * DAY_MS };
}

export function weekOf(at: Millis): Period {
  const day = Math.floor(at / DAY_MS) + MONDAY_OFFSET_DAYS;
  return { span: "week", fromAt: (Math.floor(day / WEEK_DAYS) * WEEK_DAYS - MONDAY_OFFSET_DAYS) * DAY_MS };
}

/** What is kept of a day now: it, its week, or nothing. A week is rolled up whole, so that its days are never split. */
export function keptAs(day: Period, now: Millis): Period | null {
  const week = weekOf(day.fromAt);
  if (week.fromAt + WEEK_DAYS * DAY_MS > now - DAYS_KEPT * DAY_MS) return day;
  return week.fromAt < oldestKept(now) ? null : week;
}

/** Weeks that begin before this are forgotten. */
export function oldestKept(now: Millis): Millis {
  return weekOf(now).fromAt - WEEKS_KEPT * WEEK_DAYS * DAY_MS;
}
