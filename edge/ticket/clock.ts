/**
 * The clock of a promise. It keeps what happened and nothing else; deadlines and stages are reckoned from that, so that another class, another
 * calendar or a correction is a new reckoning and never a repair.
 *
 *   running ⇄ paused ──▶ met        a response stops for the customer alone, a resolution for whatever its class says;
 *      └────────────────▶ breached  between done and reopened both stand still
 */
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import { type ResponseClass, type SlaClock, type Stop, type StopReason, STOPS_MAX } from "../../contracts/sla-clock.ts";
import { addWorkingTime, type WorkingCalendar, workingTimeBetween } from "./calendar.ts";

export type Target = "respond" | "resolve";

/** `by`: the last instant that keeps the promise; while paused, as if the clock went on now. `leftMs`: working time. */
export type ClockStage =
  | { readonly stage: "running"; readonly by: Millis; readonly leftMs: number }
  | { readonly stage: "paused"; readonly by: Millis; readonly leftMs: number; readonly since: Millis; readonly reason: StopReason }
  | { readonly stage: "met"; readonly by: Millis; readonly at: Millis }
  /** `at`: the deadline that passed. `doneAt`: it was done all the same, late. */
  | { readonly stage: "breached"; readonly at: Millis; readonly doneAt?: Millis };

export function startClock(promised: ResponseClass, at: Millis): SlaClock {
  return { ...promiseOf(promised), startedAt: at, stopped: [] };
}

/** Another priority or another agreement: the new promise, counted from the same beginning over the same stops. */
export function reclass(clock: SlaClock, promised: ResponseClass): SlaClock {
  const { calendar: _, ...kept } = clock;
  return { ...kept, ...promiseOf(promised) };
}

/** Counted from `at` on: what it stood still before is not. */
export function restart(clock: SlaClock, at: Millis): SlaClock {
  const stopped = clock.stopped.flatMap((stop) => (stop.until !== undefined && stop.until <= at ? [] : [{ ...stop, from: Math.max(stop.from, at) }]));
  return { ...clock, startedAt: at, stopped };
}

/** Nothing changes where it already stands for that reason. Refuses `too-many`: then it runs on. */
export function stopClock(clock: SlaClock, reason: StopReason, at: Millis): SlaClock | Refusal {
  if (clock.stopped.some((stop) => stop.reason === reason && stop.until === undefined)) return clock;
  return withStop(clock, { reason, from: Math.max(at, clock.startedAt) });
}

/** Ends the stop of that reason, if there is one. */
export function resumeClock(clock: SlaClock, reason: StopReason, at: Millis): SlaClock {
  const ended = (stop: Stop): Stop => (stop.reason === reason && stop.until === undefined ? { ...stop, until: Math.max(at, stop.from) } : stop);
  return { ...clock, stopped: clock.stopped.map(ended) };
}

/** The first response counts. */
export function respond(clock: SlaClock, at: Millis): SlaClock {
  return clock.respondedAt === undefined ? { ...clock, respondedAt: at } : clock;
}

/** What is resolved was responded to; whatever it waited for has ended. */
export function resolve(clock: SlaClock, at: Millis): SlaClock {
  if (clock.resolvedAt !== undefined) return clock;
  const stopped = clock.stopped.map((stop) => (stop.until === undefined ? { ...stop, until: Math.max(at, stop.from) } : stop));
  return respond({ ...clock, stopped, resolvedAt: at }, at);
}

/** The time in which it counted as done is not counted; what was breached before stays so. Refuses `too-many`. */
export function reopen(clock: SlaClock, at: Millis): SlaClock | Refusal {
  const { resolvedAt, ...open } = clock;
  return resolvedAt === undefined ? clock : withStop(open, { reason: "done", from: resolvedAt, until: Math.max(at, resolvedAt) });
}

/** Where a target stands at `now`, on the calendar that the clock names. */
export function stageOf(clock: SlaClock, calendar: WorkingCalendar, target: Target, now: Millis): ClockStage {
  const doneAt = target === "respond" ? clock.respondedAt : clock.resolvedAt;
  const stops = stopsOf(clock, target, now);
  const by = deadline(clock, calendar, target, stops);
  if (doneAt !== undefined) return doneAt <= by ? { stage: "met", at: doneAt, by } : { stage: "breached", at: by, doneAt };
  if (now > by) return { stage: "breached", at: by };
  const leftMs = withinMs(clock, target) - counted(clock, calendar, stops, now);
  const open = clock.stopped.find((stop) => stop.until === undefined && counts(clock, target, stop));
  return open === undefined ? { stage: "running", by, leftMs } : { stage: "paused", by, leftMs, since: open.from, reason: open.reason };
}

/** As `stageOf`, where something else says until when, such as an appointment. While the clock stands still nothing is broken. */
export function stageUntil(clock: SlaClock, calendar: WorkingCalendar, target: Target, by: Millis, now: Millis): ClockStage {
  const doneAt = target === "respond" ? clock.respondedAt : clock.resolvedAt;
  if (doneAt !== undefined) return doneAt <= by ? { stage: "met", at: doneAt, by } : { stage: "breached", at: by, doneAt };
  const leftMs = now < by ? workingTimeBetween(calendar, now, by) : 0;
  const open = clock.stopped.find((stop) => stop.until === undefined && counts(clock, target, stop));
  if (open !== undefined) return { stage: "paused", by: Math.max(by, now), leftMs, since: open.from, reason: open.reason };
  return now > by ? { stage: "breached", at: by } : { stage: "running", by, leftMs };
}

/** The last instants that keep both promises; of a stop without an end, as if it ended now. */
export function deadlinesOf(clock: SlaClock, calendar: WorkingCalendar, now: Millis): { readonly respondBy: Millis; readonly resolveBy: Millis } {
  const by = (target: Target): Millis => deadline(clock, calendar, target, stopsOf(clock, target, now));
  return { respondBy: by("respond"), resolveBy: by("resolve") };
}

/** Working time that has counted until `now`, or until it was done. */
export function countedMs(clock: SlaClock, calendar: WorkingCalendar, target: Target, now: Millis): number {
  const doneAt = target === "respond" ? clock.respondedAt : clock.resolvedAt;
  return counted(clock, calendar, stopsOf(clock, target, now), Math.min(now, doneAt ?? now));
}

function withStop(clock: SlaClock, stop: Stop): SlaClock | Refusal {
  if (clock.stopped.length < STOPS_MAX) return { ...clock, stopped: [...clock.stopped, stop] };
  return refuse("too-many", `at most ${STOPS_MAX} stops of one clock (STOPS_MAX)`, "leave it as it is, and open a ticket that follows this one");
}

type Interval = { readonly from: Millis; readonly until: Millis };

function promiseOf({ respondMs, resolveMs, calendar, stops }: ResponseClass): Pick<SlaClock, "respondMs" | "resolveMs" | "calendar" | "stops"> {
  return { respondMs, resolveMs, ...(calendar === undefined ? {} : { calendar }), stops };
}

function withinMs(clock: SlaClock, target: Target): number {
  return target === "respond" ? clock.respondMs : clock.resolveMs;
}

function counts({ stops }: SlaClock, target: Target, { reason }: Stop): boolean {
  if (reason === "done") return true;
  return stops.includes(reason) && (target === "resolve" || reason === "customer");
}

/** Those that count, in order and merged where they overlap. */
function stopsOf(clock: SlaClock, target: Target, now: Millis): readonly Interval[] {
  const merged: { from: Millis; until: Millis }[] = [];
  const all = clock.stopped.filter((stop) => counts(clock, target, stop)).map(({ from, until = Math.max(now, from) }) => ({ from, until }));
  for (const { from, until } of all.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last.until) last.until = Math.max(last.until, until);
    else merged.push({ from, until });
  }
  return merged;
}

function deadline(clock: SlaClock, calendar: WorkingCalendar, target: Target, stops: readonly Interval[]): Millis {
  let left = withinMs(clock, target);
  let at = clock.startedAt;
  for (const { from, until } of stops) {
    const worked = workingTimeBetween(calendar, at, from);
    // At the very beginning of a stop the promise is used up: it is over there, not after the stop.
    if (worked >= left) break;
    left -= worked;
    at = Math.max(at, until);
  }
  return addWorkingTime(calendar, at, left);
}

function counted(clock: SlaClock, calendar: WorkingCalendar, stops: readonly Interval[], now: Millis): number {
  let worked = workingTimeBetween(calendar, clock.startedAt, now);
  for (const { from, until } of stops) worked -= workingTimeBetween(calendar, Math.max(from, clock.startedAt), Math.min(until, now));
  return worked;
}
