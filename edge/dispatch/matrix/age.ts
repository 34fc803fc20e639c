/** How long an answer is as good as new, how long it is used for want of a newer one, and for which hours of the day it was. */
import type { Millis } from "../../../contracts/instant.ts";
import type { TravelConnector } from "../../../contracts/scenario.ts";
import { hoursAt, type Hours } from "./hour.ts";
import type { Way } from "./known.ts";

/** Roads are built in years; where answers know traffic, it is another one an hour later. Older ones are used as long as there is no newer, and are called stale. */
const FRESH_MS = 24 * 3_600_000;
const FRESH_TRAFFIC_MS = 3_600_000;
/** Asked for again when so much of that is over, so that what is needed does not grow old. */
const RENEW_SHARE = 0.75;
/** Where there is no way, or no answer: the map may have been exchanged by then. */
export const UNANSWERED_MS = 6 * 3_600_000;
/** Nobody answers for roads of last month. */
export const KEEP_MS = 7 * 86_400_000;

export function freshMsOf({ traffic }: TravelConnector): Millis {
  return traffic === true ? FRESH_TRAFFIC_MS : FRESH_MS;
}

/** Under which hours answers are kept that are asked for at `now`. */
export function hoursOf({ traffic }: TravelConnector, now: Millis, timeZone: string): Hours {
  return traffic === true ? hoursAt(now, timeZone) : "any";
}

export function renewOf({ ms, at }: Way, connector: TravelConnector): Millis {
  return at + (ms < 0 ? UNANSWERED_MS : freshMsOf(connector) * RENEW_SHARE);
}
