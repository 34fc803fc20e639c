/** Whether somebody is there for work, from when and until when: the shift, less absences, and the breaks in it. */
import type { Engineer } from "../../contracts/engineer.ts";
import type { Millis } from "../../contracts/instant.ts";
import { DAY_MS, dayOf, instantOf } from "../../contracts/zone.ts";
import { isOnShift, nextShiftAt, shiftEndAt } from "./shift.ts";

const MINUTE_MS = 60_000;

/** `endAt` absent: the shift never ends. `backAt` absent: no shift is known. */
export type Duty = { readonly state: "on"; readonly endAt: Millis | undefined } | { readonly state: "off" | "absent"; readonly backAt: Millis | undefined };

/** Begun within `from` and `to`. */
export type Pause = { readonly from: Millis; readonly to: Millis; readonly ms: Millis };

export function dutyOf({ shifts, absences = [] }: Engineer, at: Millis, timeZone: string): Duty {
  const away = absences.find(({ from, until }) => from <= at && at < until);
  if (away !== undefined) return { state: "absent", backAt: backAfter({ shifts, absences }, away.until, timeZone) };
  if (!isOnShift(shifts, at, timeZone)) {
    const next = nextShiftAt(shifts, at, timeZone);
    return { state: "off", backAt: next === undefined ? undefined : backAfter({ shifts, absences }, next, timeZone) };
  }
  const ends = [shiftEndAt(shifts, at, timeZone), ...absences.map(({ from }) => from).filter((from) => from > at)].filter((end) => end !== undefined);
  return { state: "on", endAt: ends.length === 0 ? undefined : Math.min(...ends) };
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
function backAfter({ shifts, absences = [] }: Pick<Engineer, "shifts" | "absences">, at: Millis, timeZone: string): Millis | undefined {
  let back: Millis | undefined = at;
  for (let passed = 0; back !== undefined && passed <= absences.length; passed++) {
    if (!isOnShift(shifts, back, timeZone)) back = nextShiftAt(shifts, back, timeZone);
    const reached: Millis | undefined = back;
    const away = reached === undefined ? undefined : absences.find(({ from, until }) => from <= reached && reached < until);
    if (away === undefined) return reached;
    back = away.until;
  }
  return back;
}
