/** What the CRM wrote to a ticket: another priority or appointment is another promise. */
import { sameJson } from "../../contracts/delta/json.ts";
import type { Cause, Draft } from "../../contracts/effect.ts";
import type { UnitView } from "../../contracts/entity.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { dueOf, reentitled, settled } from "./entitled.ts";

/** Attributes of a ticket that are written at the hub and that change what happens here. */
export const HEARD = ["priority", "hold", "appointment"] as const;

/** The ticket with its promise as it is now. Finished work keeps the promise under which it was done. */
export function heardStep(draft: Draft, ticket: Ticket, attrs: readonly string[], cause: Cause): Ticket {
  const known = promisedAs(draft.view, ticket, cause.at);
  const { respondBy, resolveBy } = known;
  const promised = draft.advance(ticket, { type: "promised", respondBy, resolveBy, at: cause.at, by: cause.actor, as: "crm" });
  const after: Ticket = isRefusal(promised) ? ticket : { ...known, respondBy, resolveBy };
  if (!isRefusal(promised) && !sameJson(after, ticket)) draft.put({ family: "ticket", id: ticket.id, after });
  const { priority, hold, appointment } = ticket;
  draft.tell(cause, "heard", ticket.id, {
    outcome: "heard",
    reasons: [
      {
        code: "crm-wrote",
        about: {
          attrs: attrs.join(", "),
          priority,
          onHold: hold !== undefined,
          ...(appointment === undefined ? {} : { from: appointment.from }),
          respondBy,
        },
      },
    ],
  });
  return after;
}

/** By the priority from the opening on, standing still while the customer wants it to. */
export function promisedAs(view: UnitView, before: Ticket, now: number): Ticket {
  const ticket = reentitled(view, before, now);
  if (ticket.sla === undefined) return ticket;
  const after: Ticket = { ...ticket, sla: settled(ticket.sla, before, ticket, now) };
  return { ...after, ...dueOf(view, after, now) };
}
