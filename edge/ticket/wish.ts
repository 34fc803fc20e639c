/**
 * What the CRM wants, by the hub: a job reopened or called off, a complaint about it or about a machine that has none. Done once for its key, and
 * answered where it was written, a refusal in words.
 */
import type { Cause, Draft } from "../../contracts/effect.ts";
import type { EngineerId, NewId, TicketId } from "../../contracts/ids.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import type { Wish, WishAnswer } from "../../contracts/wish.ts";
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
  const answer = isRefusal(made) ? inWords(made) : made.about === ticket.id ? {} : { ticket: made.about };
  draft.put({ family: "ticket", id: ticket.id, after: { ...after, wished: { key, at: cause.at, ...answer } } });
  tellWish(draft, ticket.id, key, wish.want, made, cause);
  if (isRefusal(made)) return { send: null, freed: [], about: ticket.id };
  // As it stands with the answer on it.
  return { ...made, send: made.send === null ? null : (draft.view.get("ticket", made.send.id) ?? null) };
}

/** The job to be dispatched, as it stands with the complaint on it; null where there is none, or where it was answered before. */
export function hubComplaintStep(draft: Draft, id: string, cause: Cause, newId: NewId): Ticket | null {
  const said = draft.view.get("complaint", id);
  if (said === undefined || said.answer !== undefined) return null;
  const { asset, words, priority } = said;
  // The hub's clock and the CRM's are not this one's.
  const at = Math.min(said.saidAt ?? cause.at, cause.at);
  const made = complainStep(
    draft,
    { type: "complain", id: said.id, by: cause.actor, asset, words, at, as: "crm", ...(priority === undefined ? {} : { priority }) },
    cause,
    newId,
  );
  const job = isRefusal(made) ? undefined : draft.view.get("ticket", made.ticket);
  const alarms = job?.complaints?.find((one) => one.id === said.id)?.alarms ?? [];
  const answer = isRefusal(made) ? inWords(made) : { alarms: [...alarms], ...(made.opened === null ? { joined: true as const } : {}) };
  draft.put({ family: "complaint", id, after: { ...said, ...(job === undefined ? {} : { ticket: job.id }), answer: { at: cause.at, ...answer } } });
  tellWish(draft, job?.id ?? id, id, "complain", made, cause);
  return isRefusal(made) ? null : made.opened;
}

function inWords({ refused, rule, mend }: Refusal): Pick<WishAnswer, "refused" | "rule" | "mend"> {
  return { refused, rule: rule.slice(0, 300), mend: mend.slice(0, 300) };
}

function tellWish(draft: Draft, subject: string, key: string, want: Wish["want"], made: object | Refusal, cause: Cause): void {
  const refused = isRefusal(made) ? { refused: made.refused } : {};
  draft.tell(cause, "heard", subject, { outcome: "heard", reasons: [{ code: "crm-wishes", about: { key, want, ...refused } }] });
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
