/**
 * Coverage that begins or ends while a job is open: at that very instant its promise and its payers are reckoned anew, with a record of what began
 * or ended. The instant is known from the agreements, and a timer stands for it.
 */
import { sameJson } from "../../contracts/delta/json.ts";
import type { Reason } from "../../contracts/decision.ts";
import { UNIT, type Draft } from "../../contracts/effect.ts";
import type { TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { coveredAnew, entitlementOf, tellEntitlement } from "./entitled.ts";
import { isOverState } from "./life.ts";

/** What an entitlement says of the beginning and the end of agreements, and of who pays. */
const TOLD: ReadonlySet<string> = new Set(["chosen", "not-begun", "expired", "covered", "charged", "not-covered", "response", "own-response"]);

/** The timer for the next change, where agreements bear on the job at all. */
export function watchCoverage(draft: Draft, ticket: Ticket, now: Millis): void {
  if (draft.view.list("agreement").length === 0) return;
  const key = `coverage:${ticket.id}`;
  const changesAt = isOverState(ticket.state) ? undefined : entitlementOf(draft.view, ticket, now).changesAt;
  draft.time(changesAt === undefined ? { cancel: key } : { set: key, at: changesAt, due: { type: "coverage-changes", ticket: ticket.id } });
}

/** An agreement begins to hold for the job or holds no more. One that is over keeps what it had. */
export function coverageStep(draft: Draft, id: TicketId, now: Millis): void {
  const before = draft.view.get("ticket", id);
  if (before === undefined || isOverState(before.state)) return;
  watchCoverage(draft, before, now);
  const after = coveredAnew(draft.view, before, now);
  if (sameJson(after, before)) return;
  draft.put({ family: "ticket", id, after });
  const { priority, respondBy, resolveBy, agreement } = after;
  const promise: Reason = { code: "promise", about: { priority, respondBy, resolveBy, ...(agreement === undefined ? {} : { agreement }) } };
  const why = tellEntitlement(entitlementOf(draft.view, after, now)).filter(({ code }) => TOLD.has(code));
  const snapshot = { payer: after.payer, before: { respondBy: before.respondBy, resolveBy: before.resolveBy, payer: before.payer } };
  draft.tell({ at: now, type: "coverage", ref: id, actor: UNIT }, "timer", id, { outcome: "covered-anew", snapshot, reasons: [promise, ...why] });
}

/** Whether a step may have changed which agreements bear on a job, or from when. */
export function bearsOnCoverage(before: Ticket | undefined, after: Ticket): boolean {
  if (before === undefined) return true;
  const keys = ["asset", "faultMode", "priority"] as const;
  return isOverState(before.state) !== isOverState(after.state) || keys.some((key) => before[key] !== after[key]);
}
