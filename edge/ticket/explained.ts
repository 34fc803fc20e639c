/** What the desk reads of a ticket's promise: which agreement gave it, why, who pays, and whether it will be kept. */
import type { UnitView } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { TicketPromise } from "../../contracts/promise.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import { entitlementOf, tellEntitlement } from "./entitled.ts";
import { foresee } from "./foreseen.ts";

/** Refuses `unknown-ticket`. */
export function promiseOf(view: UnitView, id: string, now: Millis): TicketPromise | Refusal {
  const ticket = view.get("ticket", id);
  if (ticket === undefined) return refuse("unknown-ticket", "no such ticket in this unit", "check the ticket's id", "ticket");
  const { agreement, payer, countsOn, sla } = ticket;
  const reasons = tellEntitlement(entitlementOf(view, ticket, now));
  const named = new Set([agreement, countsOn, ...reasons.map(({ about }) => about["agreement"])]);
  const titles = Object.fromEntries(view.list("agreement").flatMap(({ id: one, title }) => (named.has(one) ? [[one, title]] : [])));
  const held = agreement === undefined ? undefined : view.get("agreement", agreement);
  return {
    ticket: ticket.id,
    ...(held === undefined ? {} : { agreement: { id: held.id, title: held.title, kind: held.kind } }),
    ...(sla?.calendar === undefined ? {} : { calendar: calendarOf(view, sla.calendar) }),
    ...(payer === undefined ? {} : { payer }),
    ...(countsOn === undefined ? {} : { countsOn }),
    ...(sla === undefined ? {} : { sla }),
    forecasts: foresee(view, ticket, now).map(({ target: promise, severity, code, by, probability, expectedAt }) => ({
      promise,
      severity,
      code,
      by,
      percent: Math.round(probability * 100),
      expectedAt,
    })),
    reasons: [...reasons],
    titles,
  };
}

function calendarOf(view: UnitView, id: NonNullable<NonNullable<TicketPromise["sla"]>["calendar"]>): NonNullable<TicketPromise["calendar"]> {
  const known = view.get("calendar", id);
  if (known === undefined) return { id, timeZone: "UTC", known: false };
  return { id, title: known.title, timeZone: known.timeZone ?? view.scenario.timeZone, known: true };
}
