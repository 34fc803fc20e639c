/** What is needed at which hour of the week: from tickets that were, or the same at every hour. */
import type { SkillId } from "../../../contracts/ids.ts";
import type { Millis } from "../../../contracts/instant.ts";
import { type Need, WEEK_HOURS } from "../../../contracts/roster.ts";
import { DAY_MS, localOf } from "../../../contracts/zone.ts";

const HOUR_MS = 3_600_000;
/** Weeks of a job's mean rate that are added to its hours: where little is known, an hour is like the others, and none is without any demand. */
const PRIOR_WEEKS = 2;

/** A ticket that was opened, and how long its first response took an engineer; absent: as long as the others of its skills. */
export type Past = { readonly skills: readonly SkillId[]; readonly openedAt: Millis; readonly workMs?: number };

/**
 * One need for each set of skills that was asked for, the most frequent first. The history reaches from `from` to `until`; tickets outside it are
 * not read. `workMs`: where no ticket of a set tells. At most `needsMax` sets; what is beyond them is counted in `leftOut`.
 */
export function needsOf(
  past: readonly Past[],
  {
    from,
    until,
    timeZone,
    workMs,
    needsMax = 40,
  }: { readonly from: Millis; readonly until: Millis; readonly timeZone: string; readonly workMs: number; readonly needsMax?: number },
): { readonly needs: readonly Need[]; readonly leftOut: number } {
  const weeks = Math.max(0, until - from) / (7 * DAY_MS);
  const sets = new Map<string, Past[]>();
  for (const one of past) {
    if (one.openedAt < from || one.openedAt >= until) continue;
    const key = one.skills.toSorted().join(" ");
    sets.set(key, [...(sets.get(key) ?? []), one]);
  }
  const ordered = [...sets].toSorted(([a, some], [b, others]) => others.length - some.length || (a < b ? -1 : 1));
  const needs = ordered.slice(0, needsMax).map(([, tickets]) => needFrom(tickets, weeks, timeZone, workMs));
  return { needs, leftOut: ordered.slice(needsMax).reduce((count, [, tickets]) => count + tickets.length, 0) };
}

/** The same at every hour. */
export function flatNeed(skills: readonly SkillId[], perHour: number, workMs: number): Need {
  return { skills: [...skills], perHour: Array.from({ length: WEEK_HOURS }, () => perHour), workMs };
}

/** Monday 00:00 local is 0. */
export function hourOfWeek(timeZone: string, at: Millis): number {
  return Math.floor((localOf(timeZone, at) + 3 * DAY_MS) / HOUR_MS) % WEEK_HOURS;
}

function needFrom(tickets: readonly Past[], weeks: number, timeZone: string, workMs: number): Need {
  const counts = new Float64Array(WEEK_HOURS);
  for (const { openedAt } of tickets) counts[hourOfWeek(timeZone, openedAt)]! += 1;
  const mean = tickets.length / WEEK_HOURS;
  const known = tickets.flatMap((ticket) => (ticket.workMs === undefined ? [] : [ticket.workMs]));
  const work = known.length === 0 ? workMs : known.reduce((sum, ms) => sum + ms, 0) / known.length;
  const span = Math.max(weeks, 1 / 7);
  return {
    skills: [...(tickets[0]?.skills ?? [])],
    perHour: Array.from(counts, (count) => (count + (PRIOR_WEEKS * mean) / span) / (span + PRIOR_WEEKS)),
    workMs: Math.max(1_000, Math.round(work)),
  };
}
