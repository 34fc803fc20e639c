/**
 * When slow wear reaches its threshold: an instant with an interval (Fieller 1954), or that no trend is there. Warnings 30 and 14 days before.
 *
 *   course ─▶ trend ─▶ forecast: learning · steady · wearing(reachAt, earliestAt, latestAt) · reached
 *                                                      └─▶ warning at 30, at 14 days, each once
 */
import type { Bin, Course } from "./course.ts";
import { type Trend, trendOf } from "./trend.ts";

const DAY_MS = 86_400_000;
/** A line through less is a guess: two weeks of bins, of which half may be missing. After one week, noise alone near the threshold warned in 4 of 30 devices. */
const HISTORY_MS = 14 * DAY_MS;
const BINS_MIN = 28;
/** Standard normal quantile of a two-sided 90 % interval. */
const Z90 = 1.645;
/** Slopes are told from none at 99.95 %, one-sided: a fleet of a thousand asks four times a day. */
const Z_TREND = 3.29;
/** A line says nothing of what lies further ahead than this many times what it has seen. */
const AHEAD_SPANS_MAX = 1.5;
/** The level of the last bins that decides that it is reached: one bin alone may be an outlier. */
const REACHED_BINS = 3;
/** A forecast beyond this is no plan: nobody orders a bearing for next year by a line. */
const AHEAD_DAYS_MAX = 365;

export const WARN_DAYS = [30, 14] as const;
export type WarnDays = (typeof WARN_DAYS)[number];
/** A warning is taken back when the forecast has moved so much further away. */
const TAKE_BACK = 1.5;

export type Forecast =
  | { readonly state: "learning" }
  | { readonly state: "steady" }
  | { readonly state: "wearing"; readonly reachAt: number; readonly earliestAt: number; readonly latestAt: number; readonly perDay: number }
  | { readonly state: "reached" };

/** `threshold` in the course's own measure, approached from below. For what grows in proportion, give logarithms. Interval: two-sided 90 %. */
export function forecast({ bins }: Course, threshold: number, now: number): Forecast {
  const first = bins[0];
  if (first === undefined || now - first.at < HISTORY_MS || bins.length < BINS_MIN) return { state: "learning" };
  if (isReached(bins, threshold)) return { state: "reached" };
  const trend = trendOf(bins, now);
  if (trend === null) return { state: "learning" };
  const slopeError = trend.noise / Math.sqrt(trend.count * trend.spreadDays2);
  if (trend.perDay <= student(Z_TREND, trend.count) * slopeError) return { state: "steady" };
  const crossing = crossingOf(trend, threshold);
  const at = (days: number): number => Math.max(now, Math.round(trend.centreAt + days * DAY_MS));
  if (at(crossing.days) - now > Math.min(AHEAD_DAYS_MAX * DAY_MS, AHEAD_SPANS_MAX * (now - first.at))) return { state: "steady" };
  return { state: "wearing", reachAt: at(crossing.days), earliestAt: at(crossing.earliest), latestAt: at(crossing.latest), perDay: trend.perDay };
}

function isReached(bins: readonly Bin[], threshold: number): boolean {
  const last = bins.slice(-REACHED_BINS);
  return last.length === REACHED_BINS && last.every((bin) => bin.value >= threshold);
}

/** Days from the line's centre to where it, and where the ends of its band, meet the threshold. The slope is told from 0, so both ends are finite. */
function crossingOf(trend: Trend, threshold: number): { readonly days: number; readonly earliest: number; readonly latest: number } {
  const { perDay, count, spreadDays2 } = trend;
  const away = threshold - trend.level;
  const q2 = (student(Z90, count) * trend.noise) ** 2 / count;
  const a = perDay * perDay - q2 / spreadDays2;
  const root = Math.sqrt(Math.max(0, (perDay * away) ** 2 - a * (away * away - q2)));
  return { days: away / perDay, earliest: (perDay * away - root) / a, latest: (perDay * away + root) / a };
}

/** Student's quantile from the normal one (Cornish–Fisher, first term): few bins are less sure than many. */
function student(z: number, count: number): number {
  return z + (z ** 3 + z) / (4 * Math.max(1, count - 2));
}

/** What was last warned of; null before the first warning and after one was taken back. */
export type Warned = WarnDays | null;
export type Warning = { readonly days: WarnDays; readonly reachAt: number; readonly earliestAt: number; readonly latestAt: number };

/** A warning when the forecast comes within 30 and within 14 days, once each; `warned` is to be kept. Learning changes nothing. */
export function warn(was: Warned, now: number, seen: Forecast): { readonly warned: Warned; readonly warning: Warning | null } {
  if (seen.state === "learning" || seen.state === "reached") return { warned: was, warning: null };
  const left = seen.state === "wearing" ? (seen.reachAt - now) / DAY_MS : Number.POSITIVE_INFINITY;
  const due = WARN_DAYS.filter((days) => left <= days).at(-1) ?? null;
  if (seen.state === "wearing" && due !== null && (was === null || due < was)) {
    const { reachAt, earliestAt, latestAt } = seen;
    return { warned: due, warning: { days: due, reachAt, earliestAt, latestAt } };
  }
  return { warned: was !== null && left > was * TAKE_BACK ? null : was, warning: null };
}
