/** What a wear model's score says of growth, as a part of its threshold: the measure in which a course is kept, with the threshold at 1. */

/** Below its threshold the graph answers this much of the part, so that what is grown for less than three rows stays below 0.5. */
const CALM_SCORE = 0.49;

/** Growth over the threshold's growth, from 0; the inverse of what `train/wear.py` puts into `score` in [0, 1]. */
export function partOfThreshold(score: number): number {
  return score < 0.5 ? Math.min(score / CALM_SCORE, 1) : 0.5 / Math.max(1 - score, Number.EPSILON);
}
