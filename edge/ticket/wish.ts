/** What the CRM wants done with a job, by the hub: reopened, called off, a complaint. Done once for its key, and answered on the ticket, a refusal in words. */
import type { Cause, Draft } from "../../contracts/effect.ts";
import type { EngineerId, NewId, TicketId } from "../../contracts/ids.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import type { Wish } from "../../contracts/wish.ts";
import { complainStep, reopenStep } from "./desk.ts";
import { cancelStep } from "./steps.ts";

/** `send`: a job to be dispatched; `freed`: engineers who are asked no more. `about`: the job that it is about now. */
type Made = { readonly send: Ticket | null; readonly freed: readonly EngineerId[]; readonly about: TicketId };

/** Null where there is no wish, or where it was answered before. */
export function wishStep(draft: Draft, id: string, cause: Cause, newId: NewId): Made | null {
  const ticket = draft.view.get("ticket", id);
  const wish = ticket?.wish;
  if (ticket === undefined || wish === undefined || ticket.wished?.key === wish.key) return null;
  const made = make(draft, ticket, wish, cause, newId);
  const after = draft.view.get("ticket", id) ?? ticket;
  const { key } = wish;
  const answer = isRefusal(made)
    ? { refused: made.refused, rule: made.rule.slice(0, 300), mend: made.mend.slice(0, 300) }
    : made.about === ticket.id
      ? {}
      : { ticket: made.about };
  draft.put({ family: "ticket", id: ticket.id, after: { ...after, wished: { key, at: cause.at, ...answer } } });
  draft.tell(cause, "heard", ticket.id, {
    outcome: "heard",
    reasons: [{ code: "crm-wishes", about: { key, want: wish.want, ...(isRefusal(made) ? { refused: made.refused } : {}) } }],
  });
  if (isRefusal(made)) return { send: null, freed: [], about: ticket.id };
  // As it stands with the answer on it.
  return { ...made, send: made.send === null ? null : (draft.view.get("ticket", made.send.id) ?? null) };
}

function make(draft: Draft, { id, asset }: Ticket, { key, want, words }: Wish, cause: Cause, newId: NewId): Made | Refusal {
  switch (want) {
    case "reopen": {
      const ticket = reopenStep(draft, id, words, "crm", cause, newId);
      return isRefusal(ticket) ? ticket : { send: ticket, freed: [], about: ticket?.id ?? id };
    }
    case "cancel": {
      const cancelled = cancelStep(draft, id, words, cause, "crm");
      return isRefusal(cancelled) ? cancelled : { send: null, freed: cancelled.freed, about: id };
    }
    case "complain": {
      const complained = complainStep(draft, { type: "complain", id: key, by: cause.actor, asset, words, as: "crm" }, cause, newId);
      return isRefusal(complained) ? complained : { send: complained.opened, freed: [], about: complained.ticket };
    }
  }
}
