/**
 * A candidate against the live model, on the unit's own closed jobs and its quiet time: the same jobs, the same machines, the same rule for both.
 *
 *   fault window   [job opened − LEAD_MS_MAX, job closed], where a visit found that something was wrong
 *   unknown        the same around jobs that nobody has labelled: nothing in it counts, for neither
 *   quiet          all the rest, jobs in which nothing was wrong among it
 *
 * A fault is found by an episode that begins in its window. An episode that begins elsewhere is false, once for each day that it lasts there:
 * a model that is always on finds nothing and is false every day.
 */
import type { Reason } from "../../../contracts/decision.ts";
import type { Millis } from "../../../contracts/instant.ts";
import type { Comparison } from "../../../contracts/model-record.ts";

const DAY_MS = 86_400_000;
/** How long before its job a fault may have shown itself. Earlier signs are of something else. */
export const LEAD_MS_MAX = 7 * DAY_MS;
/** What a candidate must have watched before it may be believed. */
export const TICKETS_MIN = 5;
export const ASSET_DAYS_MIN = 30;

/** A job that is over or not; `truth` null: nobody has said what was found. `closedAt` null: it goes on. */
export type Job = { readonly asset: string; readonly openedAt: Millis; readonly closedAt: Millis | null; readonly truth: "fault" | "nothing" | null };
export type Episode = { readonly asset: string; readonly since: Millis; readonly clearedAt: Millis | null };
/** What each has seen of the same time; `assetDays` is how long the candidate watched. */
export type Trial = {
  readonly from: Millis;
  readonly to: Millis;
  readonly assetDays: number;
  readonly jobs: readonly Job[];
  readonly live: readonly Episode[];
  readonly candidate: readonly Episode[];
};
export type Bounds = { readonly ticketsMin: number; readonly assetDaysMin: number };
export const BOUNDS: Bounds = { ticketsMin: TICKETS_MIN, assetDaysMin: ASSET_DAYS_MIN };

/** The rule: watched long enough · finds no fewer faults · is false no more often · is better in one of the two. */
export function compare(trial: Trial, bounds: Bounds = BOUNDS): Comparison {
  // Jobs that were opened before the candidate watched are none of its chances.
  const jobs = trial.jobs.filter(({ openedAt, closedAt }) => openedAt >= trial.from || closedAt === null || closedAt >= trial.from);
  const labelled = jobs.filter((job) => job.truth !== null && job.openedAt >= trial.from);
  const live = sideOf(trial, jobs, trial.live);
  const candidate = sideOf(trial, jobs, trial.candidate);
  const reasons = reasonsAgainst(trial, labelled.length, live, candidate, bounds);
  return {
    from: trial.from,
    to: trial.to,
    assetDays: trial.assetDays,
    tickets: labelled.length,
    faults: labelled.filter(({ truth }) => truth === "fault").length,
    live,
    candidate,
    ...(reasons.length === 0 ? {} : { refusal: { reasons: [...reasons] } }),
  };
}

type Side = Comparison["live"];

function reasonsAgainst({ assetDays }: Trial, tickets: number, live: Side, candidate: Side, bounds: Bounds): readonly Reason[] {
  const reasons: Reason[] = [];
  if (tickets < bounds.ticketsMin) reasons.push({ code: "too-few-jobs", about: { tickets, wanted: bounds.ticketsMin } });
  if (assetDays < bounds.assetDaysMin)
    reasons.push({ code: "watched-too-short", about: { assetDays: Math.round(assetDays * 10) / 10, wanted: bounds.assetDaysMin } });
  if (candidate.found < live.found) reasons.push({ code: "finds-fewer", about: { found: candidate.found, liveFound: live.found } });
  if (candidate.false > live.false) reasons.push({ code: "false-more-often", about: { false: candidate.false, liveFalse: live.false } });
  if (reasons.length === 0 && candidate.found === live.found && candidate.false === live.false)
    reasons.push({ code: "no-better", about: { found: candidate.found, false: candidate.false } });
  return reasons;
}

function sideOf({ from, to }: Trial, jobs: readonly Job[], episodes: readonly Episode[]): Side {
  const seen = episodes.filter(({ since, clearedAt }) => since <= to && (clearedAt === null || clearedAt >= from));
  const faults = jobs.filter((job) => job.truth === "fault" && job.openedAt >= from);
  const leads: number[] = [];
  let found = 0;
  for (const job of faults) {
    const first = Math.min(...seen.filter((one) => one.asset === job.asset && isIn(job, one.since, to)).map(({ since }) => since));
    if (first === Infinity) continue;
    found++;
    leads.push(job.openedAt - first);
  }
  const apart = jobs.filter(({ truth }) => truth !== "nothing");
  const wrong = seen.reduce((sum, one) => sum + falseDays(one, apart, from, to), 0);
  const leadMs = median(leads);
  return { found, missed: faults.length - found, false: wrong, ...(leadMs === null ? {} : { leadMs }) };
}

function isIn({ openedAt, closedAt }: Job, at: Millis, now: Millis): boolean {
  return at >= openedAt - LEAD_MS_MAX && at <= (closedAt ?? now);
}

/** Begun days of an episode that began where nothing was wrong, as far as they are outside the windows of faults and of what is not known. */
function falseDays({ asset, since, clearedAt }: Episode, apart: readonly Job[], from: Millis, to: Millis): number {
  const windows = apart.filter((job) => job.asset === asset);
  if (windows.some((job) => isIn(job, since, to))) return 0;
  const begin = Math.max(since, from);
  const end = Math.min(clearedAt ?? to, to);
  let days = 0;
  for (let at = begin; at === begin || at < end; at += DAY_MS) if (!windows.some((job) => isIn(job, at, to))) days++;
  return days;
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.ceil((sorted.length - 1) / 2)];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
