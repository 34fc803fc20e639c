/** From when on a link counts as slow, behind or broken. Each with its reason: somebody is woken by these. */
import type { Millis } from "../../contracts/instant.ts";

/** What users are promised: a change is with the other side within three seconds. */
export const SLOW_MS = 3_000;
/** Something that waits for a minute does not wait for the network any more: its taker is busy, or stopped. */
export const BEHIND_MS = 60_000;
/** A quarter of an hour is longer than any restart or roll-out: nobody comes back by himself. */
export const BROKEN_MS = 15 * 60_000;

/** A unit asks once a minute by itself, and by that confirms what it heard before. Two rounds and half a one may fail. */
export const UNIT_SILENT_MS = 150_000;

/** Units compare digests once an hour while nothing happens, and so do consumers that compare. Two hours: one comparison was left out. */
export const COMPARED_MS = 2 * 3_600_000;

/** A promise to the customer that ends sooner than this is at risk: the way to a site takes half an hour. */
export const RISK_MS = 30 * 60_000;

/** Deliveries that the typical delay is worked out from: the last few minutes of a busy unit, the last days of a quiet one. */
export const DELAYS_MAX = 20;

/** One call may fail for any reason; a second one after it was no chance. */
export const FAILING_CALLS = 2;

/** How the silence and the waiting of a kind of link are judged. */
export type Patience = { readonly slowMs: Millis; readonly behindMs: Millis; readonly brokenMs: Millis };
export const PATIENCE: Patience = { slowMs: SLOW_MS, behindMs: BEHIND_MS, brokenMs: BROKEN_MS };
/** Of what waits for a unit only the next question tells that it arrived: sooner nothing is known. */
export const UNIT_PATIENCE: Patience = { slowMs: UNIT_SILENT_MS, behindMs: UNIT_SILENT_MS, brokenMs: BROKEN_MS };
