/** How long to wait before the next attempt: doubling, capped, and spread so that a site's devices do not come back in one instant. */

export type Backoff = { readonly firstMs: number; readonly mostMs: number };

/** One second is less than a person notices; half a minute is the longest a link that has come back stays unused. */
export const BACKOFF: Backoff = { firstMs: 1_000, mostMs: 30_000 };

/** `attempt` counts from 0; `random` in [0, 1) places the wait between half and all of the doubled one. */
export function backoffMs(attempt: number, backoff: Backoff, random: () => number): number {
  const doubled = Math.min(backoff.mostMs, backoff.firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(doubled * (0.5 + random() / 2));
}
