/**
 * Whom to ask for a ticket, and what happens when nobody can be asked.
 *
 *   on hold, or too early  wait for the customer
 *   a candidate            offer, until offerMs have passed
 *   all hold other offers  wait for the first of these to be answered
 *   all off shift          wait for the first shift; when that breaks the promise, a person looks too
 *   all asked in vain      a new round after retryMs, at most roundsMax times; then a person must look
 *   nobody has the skills  a person must look
 */
import type { UnitView } from "../../contracts/entity.ts";
import type { NewId, OfferId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { NotChosen, Offer } from "../../contracts/offer.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { fit } from "./eligible.ts";
import { explain } from "./explain.ts";
import { rank, type Ranked } from "./rank.ts";

/** After the instant at which an offer expires, so that its own timer comes first. */
const AFTER_EXPIRY_MS = 1_000;

/** An engineer is looked for so long before an appointment begins: travel and a second try fit in. */
export const APPOINTMENT_LEAD_MS = 2 * 3_600_000;

export type NobodyCode = "on-hold" | "appointment" | "busy" | "off-shift" | "round-over" | "rounds-over" | "no-skill";

export type Choice =
  | { readonly outcome: "offer"; readonly offer: Offer; readonly ranked: readonly Ranked[] }
  /** `again`: when to try again. `escalate`: a person must look. */
  | {
      readonly outcome: "nobody";
      readonly code: NobodyCode;
      readonly again: Millis | undefined;
      readonly escalate: boolean;
      readonly notChosen: readonly NotChosen[];
    };

/** Reads the roster as it is now; makes an id only for an offer. */
export function choose(view: UnitView, ticket: Ticket, now: Millis, newId: NewId): Choice {
  const waits = waitOf(ticket, now);
  if (waits !== null) return { outcome: "nobody", ...waits, escalate: false, notChosen: [] };
  const { candidates, kept, freeAt, shiftAt } = fit(view, ticket, now);
  const ranked = rank(view, ticket, candidates, now);
  const notChosen = explain(ranked, kept);
  const first = ranked[0];
  if (first !== undefined) return { outcome: "offer", offer: offerTo(view, ticket, first, notChosen, now, newId), ranked };
  const nobody = (code: NobodyCode, again: Millis | undefined, escalate: boolean): Choice => ({ outcome: "nobody", code, again, escalate, notChosen });
  const { retryMs, roundsMax } = view.scenario.dispatch;
  if (freeAt !== undefined) return nobody("busy", Math.max(now, freeAt) + AFTER_EXPIRY_MS, false);
  if (ticket.asked.length > 0 && ticket.round < roundsMax) return nobody("round-over", Math.min(now + retryMs, shiftAt ?? Infinity), false);
  if (ticket.asked.length > 0) return nobody("rounds-over", shiftAt, true);
  if (shiftAt !== undefined) return nobody("off-shift", shiftAt, shiftAt > ticket.respondBy);
  return nobody(kept.some((why) => why.code === "off-shift") ? "off-shift" : "no-skill", undefined, true);
}

/** What the customer said comes before who is free. */
function waitOf({ hold, appointment }: Ticket, now: Millis): { readonly code: NobodyCode; readonly again: Millis | undefined } | null {
  if (hold !== undefined && (hold.until === undefined || hold.until > now)) return { code: "on-hold", again: hold.until };
  const from = appointment === undefined ? now : appointment.from - APPOINTMENT_LEAD_MS;
  return from > now ? { code: "appointment", again: from } : null;
}

function offerTo(view: UnitView, ticket: Ticket, { engineer, figures }: Ranked, notChosen: NotChosen[], now: Millis, newId: NewId): Offer {
  return {
    id: newId() as OfferId,
    ticket: ticket.id,
    engineer: engineer.id,
    state: "open",
    madeAt: now,
    expiresAt: now + view.scenario.dispatch.offerMs,
    because: { ...figures, skills: ticket.skills },
    notChosen,
  };
}
