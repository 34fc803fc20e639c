/** How much a stream can still take in, and so how much its units may send next. */
import { PUSH_OPERATIONS_MAX } from "../../contracts/delta/operation.ts";

/** Lines of one stream's log: at 1 KiB each half of the 10 GB that an object may hold. Beyond it pushes wait in the units' outboxes. */
export const LOG_LINES_MAX = 5_000_000;
/** So much may everything in one object take, of the 10 GB. */
export const STREAM_BYTES_MAX = 9 * 1024 ** 3;
/** From so many lines (and their bytes) before the end on less and less is taken at a time, so that many units share what is left. */
const TIGHT_LINES = 50_000;
const LINE_BYTES = 1_024;

/** Lines that fit in. `lines`: of the log as it is kept; `bytes`: of the object's storage. */
export function roomOf(lines: number, bytes: number): number {
  return Math.max(0, Math.min(LOG_LINES_MAX - lines, Math.floor((STREAM_BYTES_MAX - bytes) / LINE_BYTES)));
}

/** Operations that a unit may send next; 0: wait. */
export function creditOf(room: number): number {
  return Math.min(PUSH_OPERATIONS_MAX, Math.ceil((PUSH_OPERATIONS_MAX * room) / TIGHT_LINES));
}
