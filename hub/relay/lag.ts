/** How far a place lies behind the ends of the streams. */
import { STREAMS, type Vector } from "../feed/cursor.ts";

/** Lines of the log after `at`, whatever a filter would make of them; a stream that began a new epoch since counts whole. */
export function lagOf(at: Vector, heads: Vector): number {
  return STREAMS.reduce((sum, stream) => {
    const [place, head] = [at[stream], heads[stream]];
    return sum + (place.epoch === head.epoch ? Math.max(0, head.position - place.position) : head.position);
  }, 0);
}

/** Whether the log goes on from there: in the epoch of each stream that was read from, and not ahead of it. */
export function isInLog(at: Vector, heads: Vector): boolean {
  return STREAMS.every((stream) => at[stream].position === 0 || (at[stream].epoch === heads[stream].epoch && at[stream].position <= heads[stream].position));
}
