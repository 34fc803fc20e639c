/**
 * A ticket and how it moves. One `advance` over the table in life.ts; a step that does not fit is refused as a value and changes nothing, and
 * a step that was already taken by the same person gives the very same ticket: a retried tap changes nothing.
 */
import type { EngineerId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import { worse } from "../../contracts/severity.ts";
import { HISTORY_MAX, TICKET_EVERY, type Passage, type Ticket, type TicketEvent, type TicketEvery } from "../../contracts/ticket.ts";
import { PAUSES_MAX, type Pause, type TickedStep } from "../../contracts/visit.ts";
import { hasSaid, isHelper, isTaken, mayNow, mayTake, wrongState } from "./condition.ts";
import { LIFE } from "./life.ts";

/** Refuses `not-permitted`, `not-yours`, `too-late`, `wrong-state`, and what condition.ts says of each step. A refused step changes nothing. */
export function advance(ticket: Ticket, event: TicketEvent): Ticket | Refusal {
  const row = LIFE[event.type];
  const no = mayTake(ticket, event);
  if (no !== null) return no;
  const move = row.moves[ticket.state];
  if (move === undefined) return row.otherwise === undefined ? wrongState(ticket, event) : gone(row.otherwise);
  const notNow = mayNow(ticket, event);
  if (notNow !== null) return notNow;
  if (move === "same") return ticket;
  const after = taken(ticket, event);
  return after.state === ticket.state ? after : noted(after, ticket, event);
}

/** The ticket after a step that the table allows. */
function taken(ticket: Ticket, event: TicketEvent): Ticket {
  const every = everyOf(ticket);
  switch (event.type) {
    case "offered":
      return { ...every, state: "offered", to: event.to, offer: event.offer, expiresAt: event.expiresAt };
    case "accepted":
      return { ...every, state: "assigned", to: event.by as EngineerId, offer: event.offer, acceptedAt: event.at };
    case "declined":
    case "expired":
      return waiting({ ...every, asked: [...every.asked, ...("to" in ticket ? [ticket.to] : [])] });
    case "withdrawn":
      return waiting(every);
    case "returned": {
      const { helpers: _gone, escalation: _raised, ...rest } = afresh(every);
      return waiting({ ...rest, ...unpaused(ticket, event.at), asked: [...rest.asked, ...("to" in ticket ? [ticket.to] : [])] });
    }
    case "travelling":
      return {
        ...(ticket.state === "paused" ? afresh(every) : every),
        ...unpaused(ticket, event.at),
        ...assigned(ticket),
        state: "travelling",
        leftAt: event.at,
      };
    case "working":
      return { ...every, ...unpaused(ticket, event.at), ...assigned(ticket), state: "working", ...left(ticket), arrivedAt: arrived(ticket) ?? event.at };
    case "paused": {
      const { reason, note, until } = event;
      const arrivedAt = arrived(ticket);
      const pause = { reason, ...(note === undefined ? {} : { note }), ...(until === undefined ? {} : { until }) };
      return {
        ...(reason === "end-of-shift" ? afresh(every) : every),
        ...assigned(ticket),
        state: "paused",
        ...left(ticket),
        ...(arrivedAt === undefined ? {} : { arrivedAt }),
        pausedAt: event.at,
        pause,
      };
    }
    case "resumed":
      return { ...afresh(every), ...unpaused(ticket, event.at), ...assigned(ticket), state: "assigned" };
    case "resolved": {
      const { at, cause, causeCode, action, partsUsed = [], finding } = event;
      return {
        ...every,
        ...assigned(ticket),
        state: "resolved",
        ...left(ticket),
        arrivedAt: arrived(ticket) ?? at,
        resolvedAt: at,
        cause,
        causeCode,
        action,
        partsUsed: [...partsUsed],
        ...(finding === undefined ? {} : { finding }),
      };
    }
    case "closed":
      if (ticket.state !== "resolved") throw new Error(`closed from ${ticket.state}`);
      return { ...ticket, state: "closed", closedAt: event.at, closedBy: event.by };
    case "reopened": {
      const { helpers: _gone, escalation: _raised, ...rest } = every;
      const checklist = rest.checklist?.map(untick);
      const reopened = { times: (every.reopened?.times ?? 0) + 1, at: event.at };
      return waiting({ ...rest, ...(checklist === undefined ? {} : { checklist }), kit: event.kit, asked: [], round: 0, reopened });
    }
    case "cancelled":
      return { ...every, ...unpaused(ticket, event.at), state: "cancelled", cancelledAt: event.at, why: event.why };
    case "escalated":
      return "escalatedAt" in ticket && ticket.escalatedAt !== undefined ? ticket : ({ ...ticket, escalatedAt: event.at } as Ticket);
    case "held":
      return { ...ticket, needsPerson: true } as Ticket;
    case "round-begun":
      return { ...ticket, asked: [], round: ticket.round + 1 };
    default:
      return amended(ticket, event);
  }
}

type Amendment = Exclude<
  TicketEvent,
  | { type: "offered" | "accepted" | "declined" | "expired" | "withdrawn" | "returned" | "travelling" | "working" | "paused" | "resumed" }
  | {
      type: "resolved" | "closed" | "reopened" | "cancelled" | "escalated" | "held" | "round-begun";
    }
>;

/** Something of the ticket changes and its state does not. The same again gives the very same ticket. */
function amended(ticket: Ticket, event: Amendment): Ticket {
  switch (event.type) {
    case "promised":
      return ticket.respondBy === event.respondBy && ticket.resolveBy === event.resolveBy
        ? ticket
        : { ...ticket, respondBy: event.respondBy, resolveBy: event.resolveBy };
    case "raised":
      return (ticket.escalation?.level ?? 0) >= event.level ? ticket : { ...ticket, escalation: { level: event.level, at: event.at } };
    case "joined": {
      const alarms = ticket.alarms ?? [];
      const isKnown = ticket.alarm === event.alarm || alarms.includes(event.alarm);
      const { skills } = event;
      // What is known already makes it more urgent at most: it has got worse.
      const priority = isKnown && event.priority > ticket.priority ? ticket.priority : event.priority;
      const severity = isKnown ? worse(ticket.severity, event.severity) : event.severity;
      if (isKnown && priority === ticket.priority && severity === ticket.severity) return ticket;
      const crew = Math.max(ticket.crew ?? 1, event.crew ?? 1);
      const photosMin = Math.max(ticket.photosMin ?? 0, event.photosMin ?? 0);
      // Who said no to what could wait was not asked about this.
      const isAnother = priority !== ticket.priority && (ticket.state === "open" || ticket.state === "reopened" || ticket.state === "offered");
      return {
        ...ticket,
        ...(isAnother ? { asked: [], round: 0 } : {}),
        ...(isKnown ? {} : { alarms: [...alarms, event.alarm] }),
        skills: [...new Set([...ticket.skills, ...skills])],
        priority,
        severity,
        ...(crew > 1 ? { crew } : {}),
        ...(photosMin > 0 ? { photosMin } : {}),
      };
    }
    case "complained":
      return hasSaid(ticket, event.complaint.id) ? ticket : { ...ticket, complaints: [...(ticket.complaints ?? []), event.complaint] };
    case "placed": {
      if (ticket.parent === event.parent) return ticket;
      const { parent: _before, ...rest } = ticket;
      return event.parent === undefined ? rest : { ...rest, parent: event.parent };
    }
    case "crewed": {
      if ((ticket.crew ?? 1) === event.crew) return ticket;
      const { crew: _before, ...rest } = ticket;
      return event.crew > 1 ? { ...rest, crew: event.crew } : rest;
    }
    case "ticked": {
      const step = ticket.checklist?.find(({ id }) => id === event.step);
      if (step === undefined || (step.doneAt !== undefined) === event.done) return ticket;
      const after = event.done ? { ...step, doneAt: event.at, doneBy: event.by as EngineerId } : untick(step);
      return { ...ticket, checklist: (ticket.checklist ?? []).map((one) => (one.id === step.id ? after : one)) };
    }
    case "photographed":
      return isTaken(ticket, event.photo.id) ? ticket : { ...ticket, photos: [...(ticket.photos ?? []), event.photo] };
    case "helper-joined": {
      if (isHelper(ticket, event.by)) return ticket;
      const helper = { engineer: event.by as EngineerId, offer: event.offer, acceptedAt: event.at };
      return { ...ticket, helpers: [...(ticket.helpers ?? []), helper] };
    }
    case "helper-arrived": {
      const here = (ticket.helpers ?? []).some(({ engineer, arrivedAt }) => engineer === event.by && arrivedAt !== undefined);
      return here ? ticket : { ...ticket, helpers: (ticket.helpers ?? []).map((one) => (one.engineer === event.by ? { ...one, arrivedAt: event.at } : one)) };
    }
    case "helper-left":
      return isHelper(ticket, event.engineer) ? { ...ticket, helpers: (ticket.helpers ?? []).filter(({ engineer }) => engineer !== event.engineer) } : ticket;
  }
}

/** A transition enters the history: the first one and the latest stay, what falls out in between is counted. */
function noted(after: Ticket, before: Ticket, event: TicketEvent): Ticket {
  const why = whyOf(event);
  const passage: Passage = {
    at: event.at,
    from: before.state,
    to: after.state,
    by: event.by.slice(0, 128),
    as: event.as,
    ...(why === "" ? {} : { why: why.slice(0, 200) }),
  };
  const history = [...(before.history ?? []), passage];
  if (history.length <= HISTORY_MAX) return { ...after, history };
  const [first, , ...rest] = history;
  return { ...after, history: first === undefined ? rest : [first, ...rest], historyDropped: (before.historyDropped ?? 0) + 1 };
}

function whyOf(event: TicketEvent): string {
  switch (event.type) {
    case "cancelled":
    case "reopened":
    case "returned":
      return event.why;
    case "paused":
      return event.note === undefined ? event.reason : `${event.reason}: ${event.note}`;
    case "offered":
    case "accepted":
    case "declined":
    case "expired":
    case "withdrawn":
    case "travelling":
    case "working":
      return event.type;
    case "resumed":
      return event.as === "unit" ? "pause-over" : "resumed";
    case "closed":
      return event.as === "unit" ? "time-over" : "closed";
    case "resolved":
      return event.causeCode;
    default:
      return "";
  }
}

/** Whoever comes to the machine next, or again, locks it out anew and says anew that they are there: what was so before they left may not be so now. */
function afresh({ checklist, helpers, ...every }: TicketEvery): TicketEvery {
  return {
    ...every,
    ...(checklist === undefined ? {} : { checklist: checklist.map((step) => (step.before === "working" ? untick(step) : step)) }),
    ...(helpers === undefined ? {} : { helpers: helpers.map(({ engineer, offer, acceptedAt }) => ({ engineer, offer, acceptedAt })) }),
  };
}

function untick({ doneAt: _at, doneBy: _by, ...step }: TickedStep): TickedStep {
  return step;
}

function waiting(every: TicketEvery): Ticket {
  return { ...every, state: every.reopened === undefined ? "open" : "reopened" };
}

function everyOf(ticket: Ticket): TicketEvery {
  return Object.fromEntries(Object.entries(ticket).filter(([attr]) => TICKET_EVERY.has(attr))) as TicketEvery;
}

function assigned(ticket: Ticket): Pick<Extract<Ticket, { state: "assigned" }>, "to" | "offer" | "acceptedAt"> {
  if (!("acceptedAt" in ticket)) throw new Error(`nobody holds a ticket that is ${ticket.state}`);
  const { to, offer, acceptedAt } = ticket;
  return { to, offer, acceptedAt };
}

function left(ticket: Ticket): { leftAt?: Millis } {
  return "leftAt" in ticket && ticket.leftAt !== undefined ? { leftAt: ticket.leftAt } : {};
}

function arrived(ticket: Ticket): Millis | undefined {
  return "arrivedAt" in ticket ? ticket.arrivedAt : undefined;
}

/** The pause that ends now among those that were. */
function unpaused(ticket: Ticket, at: Millis): { pauses?: Pause[] } {
  if (ticket.state !== "paused") return {};
  const pauses = ticket.pauses ?? [];
  const pause = { from: ticket.pausedAt, to: Math.max(at, ticket.pausedAt), reason: ticket.pause.reason };
  if (pauses.length < PAUSES_MAX) return { pauses: [...pauses, pause] };
  const last = pauses.at(-1);
  return { pauses: last === undefined ? [pause] : [...pauses.slice(0, -1), { ...last, to: pause.to }] };
}

function gone(code: Refusal["refused"]): Refusal {
  return refuse(code, "an offer can be answered until it expires or is withdrawn", "wait for the next offer");
}
