/** How far a place lies behind the ends of the streams. */
import { STREAMS, type Vector } from "../feed/cursor.ts";

/** Lines of the log after `at`, whatever a filter would make of them; a stream that began a new epoch since counts whole. */
export function lagOf(at: Vector, heads: Vector): number {
  return STREAMS.reduce((sum, stream) => {
    const [place, head] = [at[stream], heads[stream]];
    return sum + (place.epoch === head.epoch ? Math.max(0, head.position - place.position) : head.position);
  }, 0);
}
