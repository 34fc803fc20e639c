/** When a webhook that failed is sent again. Method: the first steps of the schedule in the Standard Webhooks specification, with jitter. */
import type { Millis } from "../../contracts/instant.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Waits between the attempts: eight attempts over 27 h 35 min 5 s, a night and a working day. */
export const WAITS_MS: readonly Millis[] = [5_000, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR];
/** A wait grows by up to this share, so that what failed together is not sent again together. */
export const JITTER = 0.2;
/** A receiver may ask for more patience, up to this: what it names beyond would be an outage of its own making. */
export const RETRY_AFTER_MS_MAX = HOUR;

/** How long to wait after the `failures`-th attempt in vain (1 the first); null after the last. `chance` in [0, 1). */
export function waitAfter(failures: number, chance: number, retryAfterMs = 0): Millis | null {
  const wait = WAITS_MS[failures - 1];
  if (wait === undefined) return null;
  return Math.round(Math.max(wait, Math.min(Math.max(0, retryAfterMs), RETRY_AFTER_MS_MAX)) * (1 + JITTER * chance));
}
