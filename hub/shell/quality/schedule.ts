/** When the next scan is due: a cron expression in a time zone. The library wants a platform's `Date`, so this lies in the shell; now is an argument all the same. */
import { Cron } from "croner";
import type { Millis } from "../../../contracts/instant.ts";
import { type Refusal, refuse } from "../../../contracts/refusal.ts";

/** Characters of an expression: a list of every minute has 170. */
const CRON_CHARS_MAX = 200;

export type Schedule = { readonly cron: string; readonly zone: string };

/** The first day of each quarter, before work begins. */
export const QUARTERLY: Schedule = { cron: "0 6 1 1,4,7,10 *", zone: "Asia/Shanghai" };

/**
 * The first instant after `now` at which the schedule falls due. A wall time that a change of the clock leaves out is served right after it,
 * one that comes twice is served once. Refuses `malformed`: no cron of five fields, no IANA zone, or an expression that never comes true.
 */
export function nextRun({ cron, zone }: Schedule, now: Millis): Millis | Refusal {
  if (cron.length > CRON_CHARS_MAX) return refuse("malformed", `at most ${CRON_CHARS_MAX} characters`, MEND_CRON, "cron");
  // The library also takes a date in the place of an expression, and names such as @daily.
  if (cron.trim().split(/\s+/).length !== 5) return refuse("malformed", "a cron expression has five fields", MEND_CRON, "cron");
  if (!isZone(zone)) return refuse("malformed", `${JSON.stringify(zone.slice(0, 64))} is no time zone known here`, "write it as in Asia/Shanghai", "zone");
  try {
    const next = new Cron(cron, { paused: true, timezone: zone, mode: "5-part" }).nextRun(new Date(now));
    return next?.getTime() ?? refuse("malformed", "never comes true", "check the day against the month", "cron");
  } catch (error) {
    return refuse("malformed", error instanceof Error ? error.message.slice(0, 200) : "not a cron expression", MEND_CRON, "cron");
  }
}

const MEND_CRON = "write minute, hour, day, month and weekday, as in 0 6 1 1,4,7,10 *";

/** An offset such as +08:00 is none: it knows no change of the clock. */
function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
