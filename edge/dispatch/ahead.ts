/**
 * When somebody is bound to a job. Whoever accepts a job for the late afternoon in the morning has a plan that the day will break; so, where the
 * scenario says how far ahead jobs are offered, one that can wait is planned until then, and nobody is told.
 */
import type { Millis } from "../../contracts/instant.ts";
import type { Candidate } from "../../contracts/plan.ts";
import type { DispatchPolicy } from "../../contracts/scenario.ts";
import type { Ticket } from "../../contracts/ticket.ts";

const MINUTE_MS = 60_000;
/** With less left of what was promised a job does not wait: declines and the next candidate must fit in. */
const SLACK_MS = 60 * MINUTE_MS;
/** A job that waits is looked at this often, should nothing else bring it up. */
const AGAIN_MS = 10 * MINUTE_MS;

/**
 * When to look at the job again; null when it is to be offered now: nothing is said, it is urgent, agreed on, due, or somebody would set out for it
 * soon. That it would be done after hours is no reason: whoever is bound until then has no room for what is urgent by then.
 */
export function plannedUntil(
  { offerAheadMin }: DispatchPolicy,
  ticket: Ticket,
  { arriveAt, travelMs }: Pick<Candidate, "arriveAt" | "travelMs">,
  now: Millis,
): Millis | null {
  if (offerAheadMin === undefined || ticket.priority === "p1" || ticket.appointment !== undefined) return null;
  const offerAt = arriveAt - travelMs - offerAheadMin * MINUTE_MS;
  if (offerAt <= now || ticket.respondBy - arriveAt < SLACK_MS) return null;
  return Math.min(offerAt, now + AGAIN_MS);
}
