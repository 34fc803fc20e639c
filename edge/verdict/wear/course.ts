/**
 * How a level went over weeks: means of a quarter of a day, oldest first, bounded. What trends are drawn through; a few hundred numbers
 * per device, so it lives beside the device's state and in its checkpoint.
 *
 *   level ──▶ open bin ──(its quarter of a day is over)──▶ bins, at most BINS_MAX
 */

export const BIN_MS = 6 * 3_600_000;
/** Ninety days: what is older would weigh less than half a per cent. */
export const BINS_MAX = 360;

export type Bin = { readonly at: number; readonly value: number };
/** `openAt` is the beginning of the bin being filled, -1 before the first level. */
export type Course = { readonly bins: readonly Bin[]; readonly openAt: number; readonly sum: number; readonly count: number };

export const NO_COURSE: Course = { bins: [], openAt: -1, sum: 0, count: 0 };

/** Takes one level at `at` (ms). What is no number, or lies before the open bin, changes nothing. */
export function noteLevel(course: Course, at: number, level: number): Course {
  if (!Number.isFinite(level)) return course;
  const openAt = Math.floor(at / BIN_MS) * BIN_MS;
  if (openAt < course.openAt) return course;
  if (openAt === course.openAt) return { ...course, sum: course.sum + level, count: course.count + 1 };
  return { bins: closedBins(course), openAt, sum: level, count: 1 };
}

function closedBins({ bins, openAt, sum, count }: Course): readonly Bin[] {
  return count === 0 ? bins : [...bins, { at: openAt + BIN_MS / 2, value: sum / count }].slice(-BINS_MAX);
}
