/**
 * What to send to the hub next, and what its answer means. A batch is cut from the head of a stream's outbox; an answer moves
 * `through`, never backwards. Nothing leaves the outbox before the hub has said that it is durable there.
 */
import { PUSH_BYTES_MAX, PUSH_OPERATIONS_MAX, type Operation } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";

/** First wait after a failed push, and the longest: the CRM is to hear of a change within 3 s of the hub's return. */
const RETRY_MS = 250;
const RETRY_MS_MAX = 2_000;

/** The longest head of `pending` within the limits of one push; at least one operation if there is any. */
export function cut(pending: readonly { readonly body: string; readonly operation: Operation }[]): readonly Operation[] {
  const batch: Operation[] = [];
  let bytes = 0;
  for (const { body, operation } of pending) {
    bytes += body.length;
    if (batch.length === PUSH_OPERATIONS_MAX || (batch.length > 0 && bytes > PUSH_BYTES_MAX)) break;
    batch.push(operation);
  }
  return batch;
}

/** Wait before attempt `failures + 1`: doubling, with up to a quarter of jitter. `chance` in [0, 1). */
export function backoff(failures: number, chance: number): Millis {
  const wait = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(failures, 10));
  return Math.round(wait * (0.75 + chance / 4));
}
