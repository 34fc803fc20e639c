/**
 * One device's slow wear: each score is noted, and when a quarter of a day is over the forecast is made anew. What the fold keeps per device and
 * what it writes into a checkpoint; between two quarters a score costs an addition.
 */
import { BIN_MS, type Course, NO_COURSE, noteLevel } from "./course.ts";
import { type Forecast, forecast, warn, type Warned, type Warning } from "./due.ts";
import { partOfThreshold } from "./growth.ts";

/** Growth is kept in parts of the model's threshold. */
const THRESHOLD = 1;

/** `NO_WEAR` is also what follows a repair: what was learnt of the old part says nothing of the new one. */
export type WearWatch = { readonly course: Course; readonly forecast: Forecast; readonly warned: Warned };
export const NO_WEAR: WearWatch = { course: NO_COURSE, forecast: { state: "learning" }, warned: null };

/** Takes the wear model's score of a sample at `at` (ms, event time); answers a warning when one is due. Late samples change nothing. */
export function watchWear(was: WearWatch, at: number, score: number): { readonly wear: WearWatch; readonly warning: Warning | null } {
  const course = noteLevel(was.course, at, partOfThreshold(score));
  if (course.bins === was.course.bins) return { wear: course === was.course ? was : { ...was, course }, warning: null };
  const seen = forecast(course, THRESHOLD, at);
  const { warned, warning } = warn(was.warned, at, seen);
  return { wear: { course, forecast: seen, warned }, warning };
}

/** Plain values and typed arrays, as `pack.ts` takes them; the forecast is made again from them. */
export type SavedWear = {
  readonly at: Float64Array;
  readonly value: Float64Array;
  readonly openAt: number;
  readonly sum: number;
  readonly count: number;
  readonly warned: Warned;
};

export function saveWear({ course: { bins, openAt, sum, count }, warned }: WearWatch): SavedWear {
  return { at: Float64Array.from(bins, (bin) => bin.at), value: Float64Array.from(bins, (bin) => bin.value), openAt, sum, count, warned };
}

export function loadWear({ at, value, openAt, sum, count, warned }: SavedWear): WearWatch {
  const course: Course = { bins: Array.from(at, (one, i) => ({ at: one, value: value[i] ?? 0 })), openAt, sum, count };
  const lastAt = openAt < 0 ? 0 : openAt + BIN_MS / 2;
  return { course, forecast: forecast(course, THRESHOLD, lastAt), warned };
}
