/**
 * A device's clock against the arrival of what it says. A straggler is late once, a backlog comes in one go; a clock that is wrong is off
 * by the same length while readings arrive at their usual pace. What is ahead is refused at the door; what is behind comes here: it
 * is late for every verdict, or, when the clock was set back, of instants that have passed.
 */
import type { SensorFinding } from "../../contracts/sensor.ts";

/** Readings that are late or of the past, one after the other, and the time over which they arrive. */
export const CLOCK_READINGS = 10;
export const CLOCK_SPAN_MS = 20_000;
/** Event time and arrival go on at one pace: within this part, and this much. */
const PACE_PART = 0.2;
const PACE_MS = 2_000;
/** Readings in time before it is over. */
const CLEAR_READINGS = 10;

/** A run of readings that are behind; `n` 0: none. `calm`: readings in time since. */
export type ClockCheck = {
  n: number;
  firstTs: number;
  firstArrivedAt: number;
  lastTs: number;
  lastArrivedAt: number;
  calm: number;
  since: number;
  behindMs: number;
  count: number;
};

export function openClock(): ClockCheck {
  return { n: 0, firstTs: 0, firstArrivedAt: 0, lastTs: 0, lastArrivedAt: 0, calm: 0, since: -1, behindMs: 0, count: 0 };
}

/** `isBehind`: it came late, or was of an instant before the last one known. True when a finding begins with this reading. */
export function checkClock(clock: ClockCheck, ts: number, arrivedAt: number, isBehind: boolean): boolean {
  if (!isBehind) {
    clock.n = 0;
    if (clock.since >= 0 && ++clock.calm >= CLEAR_READINGS) clock.since = -1;
    return false;
  }
  // A pause, or time that goes back again, begins anew: only a steady pace says that it is the clock.
  if (clock.n === 0 || ts <= clock.lastTs) {
    clock.n = 0;
    clock.firstTs = ts;
    clock.firstArrivedAt = arrivedAt;
  }
  clock.n++;
  clock.lastTs = ts;
  clock.lastArrivedAt = arrivedAt;
  clock.calm = 0;
  if (clock.since >= 0) {
    clock.count++;
    return false;
  }
  const [arrived, told] = [arrivedAt - clock.firstArrivedAt, ts - clock.firstTs];
  if (clock.n < CLOCK_READINGS || arrived < CLOCK_SPAN_MS) return false;
  if (Math.abs(arrived - told) > PACE_PART * arrived + PACE_MS) {
    clock.n = 0;
    return false;
  }
  clock.since = clock.firstTs;
  clock.behindMs = arrivedAt - ts;
  clock.count = clock.n;
  return true;
}

export function clockFinding(clock: ClockCheck): SensorFinding | null {
  if (clock.since < 0) return null;
  return {
    fault: "clock",
    rule: "a timestamp is of when the value was measured",
    mend: `set the device's clock: it is ${Math.round(clock.behindMs / 1_000)} s behind`,
    since: clock.since,
    lastAt: clock.lastTs,
    count: clock.count,
  };
}
