/** Whether somebody is there for work, from when and until when: the shift, less absences, and the breaks in it. */
import type { Engineer } from "../../contracts/engineer.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { DAY_MS, dayOf, instantOf } from "../../contracts/zone.ts";
import { isOnShift, nextShiftAt, shiftEndAt } from "./shift.ts";

const MINUTE_MS = 60_000;
/** Spans that are told of a day or two: more are no shifts. */
const SPANS_MAX = 50;

/**
 * `endAt`: of the shift, or when an absence begins in it; undefined: it never ends. `away`: the next absence. `backAt` undefined: no shift is known.
 * `onCall`: at home, and comes for what can't wait. `callAt`: so from then on.
 */
export type Duty =
  | { readonly state: "on"; readonly endAt: Millis | undefined; readonly away?: Away }
  | { readonly state: "on"; readonly endAt: Millis; readonly onCall: true; readonly backAt: Millis | undefined; readonly away?: Away }
  | { readonly state: "off" | "absent"; readonly backAt: Millis | undefined; readonly callAt?: Millis };

/** From when somebody is away, and when they are there again, at work or on call. */
export type Away = { readonly at: Millis; readonly backAt: Millis | undefined };

/** Begun within `from` and `to`. */
export type Pause = { readonly from: Millis; readonly to: Millis; readonly ms: Millis };

export function dutyOf(engineer: Working, at: Millis, timeZone: string): Duty {
  const { absences = [], extraShifts = [] } = engineer;
  const atWork: Working = { ...engineer, extraShifts: extraShifts.filter(({ kind }) => kind === "duty") };
  const calls = extraShifts.filter(({ kind }) => kind === "on-call");
  const called = (from: Millis): { readonly callAt?: Millis } => {
    const callAt = calls.length === 0 ? undefined : backAfter({ shifts: [], extraShifts: calls, absences }, from, timeZone);
    return callAt === undefined ? {} : { callAt };
  };
  const absence = absences.find(({ from, until }) => from <= at && at < until);
  if (absence !== undefined) return { state: "absent", backAt: backAfter(atWork, absence.until, timeZone), ...called(absence.until) };
  const away = awayAfter(engineer, at, timeZone);
  if (isWorking(atWork, at, timeZone)) {
    const ends = [endsAfter(atWork, at, timeZone), away?.at].filter((end) => end !== undefined);
    return { state: "on", endAt: ends.length === 0 ? undefined : Math.min(...ends), ...(away === undefined ? {} : { away }) };
  }
  const next = beginsAfter(atWork, at, timeZone);
  const backAt = next === undefined ? undefined : backAfter(atWork, next, timeZone);
  // Called, they work on into the shift that follows.
  if (calls.some(({ from, until }) => from <= at && at < until)) {
    const endAt = Math.min(endsAfter(engineer, at, timeZone) ?? Infinity, away?.at ?? Infinity);
    return { state: "on", endAt, onCall: true, backAt, ...(away === undefined ? {} : { away }) };
  }
  return { state: "off", backAt, ...called(at) };
}

/** When all work must have ended: with what may be worked beyond the shift, and never beyond the beginning of an absence. Undefined: never. */
export function hardEndAt(duty: Duty, overtimeMs: Millis): Millis | undefined {
  if (duty.state !== "on" || duty.endAt === undefined) return undefined;
  return Math.min(duty.endAt + overtimeMs, duty.away?.at ?? Infinity);
}

/**
 * Somebody at home is called for what is most urgent, or promised before they are home again, whoever else is there; for anything else when nobody
 * at work would come in time (call.ts).
 */
export function isCall({ priority, respondBy }: Pick<Ticket, "priority" | "respondBy">, endAt: Millis): boolean {
  return priority === "p1" || (priority === "p2" && respondBy <= endAt);
}

/** When the next shift at work begins, those on call left out. */
export function nextWorkAt(engineer: Working, at: Millis, timeZone: string): Millis | undefined {
  return nextDutyAt({ ...engineer, extraShifts: (engineer.extraShifts ?? []).filter(({ kind }) => kind === "duty") }, at, timeZone);
}

/** When the next shift of any kind begins, or goes on behind an absence at its beginning; undefined where none is known. */
export function nextDutyAt(engineer: Working, at: Millis, timeZone: string): Millis | undefined {
  const next = beginsAfter(engineer, at, timeZone);
  return next === undefined ? undefined : backAfter(engineer, next, timeZone);
}

/** The next absence that begins after `at`. */
function awayAfter(engineer: Working, at: Millis, timeZone: string): Away | undefined {
  const ahead = (engineer.absences ?? []).filter(({ from, until }) => from > at && from < until);
  const [next] = ahead.toSorted((a, b) => a.from - b.from);
  return next === undefined ? undefined : { at: next.from, backAt: backAfter(engineer, next.until, timeZone) };
}

type Working = Pick<Engineer, "shifts" | "absences" | "extraShifts">;

/** In a weekly shift, or in one of its own date. */
function isWorking({ shifts, extraShifts = [] }: Working, at: Millis, timeZone: string): boolean {
  return isOnShift(shifts, at, timeZone) || extraShifts.some(({ from, until }) => from <= at && at < until);
}

function beginsAfter({ shifts, extraShifts = [] }: Working, at: Millis, timeZone: string): Millis | undefined {
  const begins = [nextShiftAt(shifts, at, timeZone), ...extraShifts.map(({ from }) => from).filter((from) => from > at)].filter((from) => from !== undefined);
  return begins.length === 0 ? undefined : Math.min(...begins);
}

/** The last end among shifts that cover it, one after the other, of either kind; undefined when it never ends. */
function endsAfter({ shifts, extraShifts = [] }: Working, at: Millis, timeZone: string): Millis | undefined {
  let end = at;
  // Each extra shift lengthens it at most once.
  for (let grown = 0; grown <= extraShifts.length; grown++) {
    const weekly = isOnShift(shifts, end, timeZone) ? shiftEndAt(shifts, end, timeZone) : end;
    if (weekly === undefined) return undefined;
    const next = Math.max(weekly, ...extraShifts.filter(({ from, until }) => from <= weekly && until > weekly).map(({ until }) => until));
    if (next === end) return end;
    end = next;
  }
  return end;
}

export type DutySpan = { readonly from: Millis; readonly until: Millis; readonly onCall?: true };

/** When they are there for work, or on call, between two instants, absences left out: whole spans, which may begin before and end after. */
export function dutiesOf(engineer: Working, from: Millis, until: Millis, timeZone: string): readonly DutySpan[] {
  const spans: DutySpan[] = [];
  for (let at: Millis | undefined = from; at !== undefined && at < until && spans.length < SPANS_MAX;) {
    const duty: Duty = dutyOf(engineer, at, timeZone);
    if (duty.state !== "on") {
      const next = [duty.backAt, duty.callAt].filter((one) => one !== undefined);
      at = next.length === 0 ? undefined : Math.min(...next);
      continue;
    }
    const isCall = "onCall" in duty;
    const end: Millis = isCall ? Math.min(duty.endAt, duty.backAt ?? Infinity) : (duty.endAt ?? until);
    spans.push({ from: at, until: end, ...(isCall ? { onCall: true } : {}) });
    at = end;
  }
  return spans;
}

export function isThere(engineer: Engineer, at: Millis, timeZone: string): boolean {
  return dutyOf(engineer, at, timeZone).state === "on";
}

/** Breaks that are still to be begun between two instants. */
export function pausesOf({ breaks = [] }: Engineer, from: Millis, until: Millis, timeZone: string): Pause[] {
  if (breaks.length === 0) return [];
  const days: number[] = [];
  for (let day = dayOf(timeZone, from) - 1; day <= dayOf(timeZone, until); day++) days.push(day);
  const all = days.flatMap((day) =>
    breaks.map((one) => ({
      from: instantOf(timeZone, day * DAY_MS + one.from * MINUTE_MS),
      to: instantOf(timeZone, (one.to < one.from ? day + 1 : day) * DAY_MS + one.to * MINUTE_MS),
      ms: one.minutes * MINUTE_MS,
    })),
  );
  return all.filter((one) => one.to > from && one.from < until).toSorted((a, b) => a.from - b.from);
}

/** The first instant from `at` on at which the engineer is on shift and not away. Each absence is passed once. */
function backAfter(engineer: Working, at: Millis, timeZone: string): Millis | undefined {
  const { absences = [] } = engineer;
  let back: Millis | undefined = at;
  for (let passed = 0; back !== undefined && passed <= absences.length; passed++) {
    if (!isWorking(engineer, back, timeZone)) back = beginsAfter(engineer, back, timeZone);
    const reached: Millis | undefined = back;
    const away = reached === undefined ? undefined : absences.find(({ from, until }) => from <= reached && reached < until);
    if (away === undefined) return reached;
    back = away.until;
  }
  return back;
}
