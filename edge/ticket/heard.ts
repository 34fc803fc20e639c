/** What the CRM wrote to a ticket: another priority or appointment is another promise. */
import type { Cause, Draft } from "../../contracts/effect.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { promise } from "./sla.ts";

/** Attributes of a ticket that are written at the hub and that change what happens here. */
export const HEARD = ["priority", "hold", "appointment"] as const;

/** The ticket with its promise as it is now. Finished work keeps the promise under which it was done. */
export function heardStep(draft: Draft, ticket: Ticket, attrs: readonly string[], cause: Cause): Ticket {
  const { respondBy, resolveBy } = promiseOf(draft, ticket);
  const promised = draft.advance(ticket, { type: "promised", respondBy, resolveBy, at: cause.at, by: cause.actor, as: "crm" });
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
  return isRefusal(promised) ? ticket : promised;
}

/** By the priority from the opening on; with an appointment the customer is there at its end, and the mending takes as long as before. */
function promiseOf(draft: Draft, { priority, openedAt, appointment }: Ticket): { readonly respondBy: number; readonly resolveBy: number } {
  const said = promise(draft.view.scenario.sla, priority, openedAt);
  return appointment === undefined
    ? said
    : { respondBy: appointment.to, resolveBy: Math.max(said.resolveBy, appointment.to + said.resolveBy - said.respondBy) };
}
