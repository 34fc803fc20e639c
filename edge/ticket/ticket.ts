/**
 * The life of a ticket. One `advance`; a step that does not fit the state is refused as a value, and a step that was already taken
 * by the same person gives the very same ticket: a retried tap changes nothing.
 *
 *   open ⇄ offered → assigned → travelling → working → resolved
 *     └───────┴──────────┴───────────┴──▶ cancelled
 */
import type { Alarm } from "../../contracts/alarm.ts";
import type { Repair } from "../../contracts/asset.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { AssetId, KitId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import { REPAIRS_MAX, type Ticket, type TicketEvent, type TicketState } from "../../contracts/ticket.ts";
import { faultModeById, faultModeOf } from "./fault-mode.ts";
import { promise } from "./sla.ts";

/** The job that an alarm asks for, with its promise, the job that it follows and what was done to the asset before. */
export function openTicket(
  view: UnitView,
  alarm: Alarm,
  ids: { readonly ticket: TicketId; readonly kit: KitId },
  now: Millis,
): Extract<Ticket, { state: "open" }> {
  const mode = faultModeById(view.scenario, alarm.faultMode) ?? faultModeOf(view.scenario, alarm);
  return {
    state: "open",
    id: ids.ticket,
    asset: alarm.asset,
    alarm: alarm.id,
    episode: alarm.episode,
    faultMode: mode.id,
    severity: mode.severity,
    priority: mode.priority,
    skills: mode.skills,
    repairs: recentRepairs(view, alarm.asset),
    kit: ids.kit,
    openedAt: now,
    ...promise(view.scenario.sla, mode.priority, now),
    asked: [],
    round: 0,
    ...(alarm.ticket === undefined ? {} : { follows: alarm.ticket }),
  };
}

/** Refuses `wrong-state`, `not-yours` and `too-late`; an offer can be accepted up to and including its last millisecond. */
export function advance(ticket: Ticket, event: TicketEvent): Ticket | Refusal {
  switch (event.type) {
    case "offered":
      return ticket.state === "open"
        ? { ...every(ticket), state: "offered", to: event.to, offer: event.offer, expiresAt: event.expiresAt }
        : wrongState(ticket, event);
    case "accepted":
      return accepted(ticket, event);
    case "declined":
      if (ticket.state !== "offered") return wrongState(ticket, event);
      if (ticket.offer !== event.offer) return offerGone();
      return ticket.to === event.by ? reopened(ticket) : notYours();
    case "expired":
      if (ticket.state !== "offered" || ticket.offer !== event.offer || event.at < ticket.expiresAt) return wrongState(ticket, event);
      return reopened(ticket);
    case "travelling":
      return travelling(ticket, event);
    case "working":
      return working(ticket, event);
    case "resolved":
      return resolved(ticket, event);
    case "cancelled":
      if (ticket.state === "cancelled") return ticket;
      if (ticket.state === "working" || ticket.state === "resolved") return wrongState(ticket, event);
      return { ...every(ticket), state: "cancelled", cancelledAt: event.at, why: event.why };
    case "withdrawn":
      if (ticket.state !== "offered" || ticket.offer !== event.offer) return wrongState(ticket, event);
      return { ...every(ticket), state: "open" };
    case "promised":
      if (ticket.state === "resolved" || ticket.state === "cancelled") return wrongState(ticket, event);
      return ticket.respondBy === event.respondBy && ticket.resolveBy === event.resolveBy
        ? ticket
        : { ...ticket, respondBy: event.respondBy, resolveBy: event.resolveBy };
    case "escalated":
      if (ticket.state !== "open") return wrongState(ticket, event);
      return ticket.escalatedAt === undefined ? { ...ticket, escalatedAt: event.at } : ticket;
    case "held":
      return ticket.state === "open" ? { ...ticket, needsPerson: true } : wrongState(ticket, event);
    case "round-begun":
      return ticket.state === "open" ? { ...ticket, asked: [], round: ticket.round + 1 } : wrongState(ticket, event);
  }
}

type Assigned = Extract<Ticket, { acceptedAt: Millis }>;
type Taken<T extends TicketEvent["type"]> = Extract<TicketEvent, { type: T }>;

function accepted(ticket: Ticket, event: Taken<"accepted">): Ticket | Refusal {
  switch (ticket.state) {
    case "open":
    case "cancelled":
      return offerGone();
    case "offered":
      if (ticket.offer !== event.offer) return offerGone();
      if (ticket.to !== event.by) return notYours();
      if (event.at > ticket.expiresAt) return offerGone();
      return { ...every(ticket), state: "assigned", to: event.by, offer: event.offer, acceptedAt: event.at };
    case "assigned":
    case "travelling":
    case "working":
    case "resolved":
      if (ticket.offer !== event.offer) return offerGone();
      return ticket.to === event.by ? ticket : notYours();
  }
}

function travelling(ticket: Ticket, event: Taken<"travelling">): Ticket | Refusal {
  if (!isAssigned(ticket)) return wrongState(ticket, event);
  if (ticket.to !== event.by) return notYours();
  if (ticket.state === "travelling") return ticket;
  return ticket.state === "assigned" ? { ...every(ticket), ...assigned(ticket), state: "travelling", leftAt: event.at } : wrongState(ticket, event);
}

/** Whoever forgot to say that they were on their way may still say that they work. */
function working(ticket: Ticket, event: Taken<"working">): Ticket | Refusal {
  if (!isAssigned(ticket)) return wrongState(ticket, event);
  if (ticket.to !== event.by) return notYours();
  if (ticket.state === "working") return ticket;
  if (ticket.state === "resolved") return wrongState(ticket, event);
  return { ...every(ticket), ...assigned(ticket), state: "working", ...left(ticket), arrivedAt: event.at };
}

function resolved(ticket: Ticket, event: Taken<"resolved">): Ticket | Refusal {
  if (!isAssigned(ticket)) return wrongState(ticket, event);
  if (ticket.to !== event.by) return notYours();
  if (ticket.state === "resolved") return ticket;
  if (ticket.state !== "working") return wrongState(ticket, event);
  const { at, cause, action, partsUsed } = event;
  return {
    ...every(ticket),
    ...assigned(ticket),
    state: "resolved",
    ...left(ticket),
    arrivedAt: ticket.arrivedAt,
    resolvedAt: at,
    cause,
    action,
    partsUsed: [...partsUsed],
  };
}

function reopened(ticket: Extract<Ticket, { state: "offered" }>): Ticket {
  return { ...every(ticket), state: "open", asked: [...ticket.asked, ticket.to] };
}

function recentRepairs(view: UnitView, asset: AssetId): Repair[] {
  return [...view.list("repair", { asset })].sort((a, b) => b.doneAt - a.doneAt || (a.id < b.id ? 1 : -1)).slice(0, REPAIRS_MAX);
}

function isAssigned(ticket: Ticket): ticket is Assigned {
  return "acceptedAt" in ticket;
}

function every(ticket: Ticket) {
  const { id, asset, alarm, episode, faultMode, severity, priority, skills, repairs, kit, openedAt, respondBy, resolveBy, asked, round } = ticket;
  const { follows, hold, appointment } = ticket;
  return {
    id,
    asset,
    alarm,
    episode,
    faultMode,
    severity,
    priority,
    skills,
    repairs,
    kit,
    openedAt,
    respondBy,
    resolveBy,
    asked,
    round,
    ...(follows === undefined ? {} : { follows }),
    ...(hold === undefined ? {} : { hold }),
    ...(appointment === undefined ? {} : { appointment }),
  };
}

function assigned({ to, offer, acceptedAt }: Assigned) {
  return { to, offer, acceptedAt };
}

function left(ticket: Assigned): { leftAt?: Millis } {
  return "leftAt" in ticket && ticket.leftAt !== undefined ? { leftAt: ticket.leftAt } : {};
}

function wrongState(ticket: { readonly state: TicketState }, event: TicketEvent): Refusal {
  return refuse("wrong-state", `a ticket that is ${ticket.state} can't become ${event.type}`, "load the ticket again and take the step that it shows");
}

function notYours(): Refusal {
  return refuse("not-yours", "only the engineer who was asked may answer or go on", "sign in as that engineer");
}

function offerGone(): Refusal {
  return refuse("too-late", "an offer can be answered until it expires or is withdrawn", "wait for the next offer");
}
