/** A window and a trace as plain values with typed arrays, for a checkpoint. */
import { type Minute, MINUTE_POINTS, MINUTES_RECALLED, type Spot, type Trace, emptyMinute, openTrace } from "./window-trace.ts";
import { type Window, recentOf, reopenWindow } from "./window.ts";

export type SavedWindow = { readonly recent: Float64Array; readonly last: number; readonly duplicates: number; readonly reordered: number };
export type SavedMinute = { readonly ts: Float64Array; readonly score: Float32Array; readonly values: Float32Array; readonly settled: number };
export type SavedTrace = { readonly channels: number; readonly minutes: readonly SavedMinute[] };

export function saveWindow(window: Window): SavedWindow {
  return { recent: recentOf(window), last: window.last, duplicates: window.duplicates, reordered: window.reordered };
}

export function loadWindow(saved: SavedWindow): Window {
  return reopenWindow(saved.recent, saved.last, saved.duplicates, saved.reordered);
}

/** Minutes that are unfinished or can be told more: the others were handed out as rows before a checkpoint. */
export function saveTrace(trace: Trace): SavedTrace {
  return { channels: trace.channels, minutes: kept(trace).map((minute) => saveMinute(minute, trace.channels)) };
}

function saveMinute(minute: Minute, channels: number): SavedMinute {
  const n = minute.filled;
  return { ts: minute.ts.slice(0, n), score: minute.score.slice(0, n), values: minute.values.slice(0, n * channels), settled: minute.settled };
}

export function loadTrace(saved: SavedTrace): Trace {
  const trace = openTrace(saved.channels);
  for (const one of saved.minutes) {
    const minute = emptyMinute(saved.channels);
    minute.ts.set(one.ts);
    minute.score.set(one.score);
    minute.values.set(one.values);
    minute.filled = one.ts.length;
    minute.settled = one.settled;
    trace.minutes.push(minute);
  }
  return trace;
}

/** A spot of an unsettled point, counted from the first minute that is saved; -1 where there is none. */
export function saveSpot(trace: Trace, spot: Spot | null): number {
  if (spot === null) return -1;
  return kept(trace).indexOf(spot.minute) * MINUTE_POINTS + spot.index;
}

export function loadSpot(trace: Trace, saved: number): Spot | null {
  if (saved < 0) return null;
  const minute = trace.minutes[Math.floor(saved / MINUTE_POINTS)];
  if (minute === undefined) throw new Error(`a checkpoint names point ${saved} of a trace of ${trace.minutes.length} minutes`);
  return { minute, index: saved % MINUTE_POINTS };
}

function kept({ minutes }: Trace): readonly Minute[] {
  return minutes.filter((minute, i) => minute.settled < MINUTE_POINTS || i >= minutes.length - MINUTES_RECALLED);
}
