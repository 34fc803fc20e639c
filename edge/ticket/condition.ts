/** What must hold besides the state before a step is taken: whose step it is, the right offer in time, safety ticked, everybody there, the report complete. */
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Ticket, TicketEvent } from "../../contracts/ticket.ts";
import { COMPLAINTS_MAX, PHOTOS_MAX, STEPS_MAX } from "../../contracts/visit.ts";
import { LIFE } from "./life.ts";

/** Refuses `not-permitted`, and `not-yours` where another engineer holds the job. */
export function mayTake(ticket: Ticket, event: TicketEvent): Refusal | null {
  const { who, whose } = LIFE[event.type];
  if (!who.includes(event.as)) return refuse("not-permitted", `${event.type} is said by ${who.join(" or ")}`, "ask them");
  if (event.as !== "engineer" || whose === undefined || !("acceptedAt" in ticket)) return null;
  return ticket.to === event.by || (whose === "crew" && isHelper(ticket, event.by)) ? null : notYours();
}

/** Refuses `too-late`, `not-yours`, `steps-open`, `crew-missing`, `incomplete`, `too-many`, `wrong-state`. */
export function mayNow(ticket: Ticket, event: TicketEvent): Refusal | null {
  switch (event.type) {
    case "accepted":
    case "declined":
      if (!("offer" in ticket) || ticket.offer !== event.offer) return offerGone();
      if (ticket.to !== event.by) return notYours();
      return event.type === "accepted" && ticket.state === "offered" && event.at > ticket.expiresAt ? offerGone() : null;
    case "expired":
      return ticket.state === "offered" && ticket.offer === event.offer && event.at >= ticket.expiresAt ? null : wrongState(ticket, event);
    case "withdrawn":
      return "offer" in ticket && ticket.offer === event.offer ? null : wrongState(ticket, event);
    case "working":
      return ticket.state === "working" ? null : (openSteps(ticket, "working") ?? missingCrew(ticket));
    case "resolved":
      return ticket.state === "working" ? (openSteps(ticket, "resolved") ?? lackOf(ticket, event)) : null;
    case "reopened":
      return ticket.state === "reopened" || event.at <= event.until
        ? null
        : refuse("too-late", "a ticket is reopened within the scenario's reopenMs after its end", "have another one opened that follows it");
    case "paused":
      return event.until !== undefined && event.until <= event.at
        ? refuse("malformed", "a pause ends in the future", "give a later instant, or none", "until")
        : null;
    case "ticked":
      return (ticket.checklist ?? []).some(({ id }) => id === event.step)
        ? null
        : refuse("malformed", `a step of this ticket: ${stepsOf(ticket).join(", ") || "it has none"}`, "tick a step that is listed", "step");
    case "photographed":
      return (ticket.photos ?? []).length < PHOTOS_MAX || isTaken(ticket, event.photo.id)
        ? null
        : refuse("too-many", `at most ${PHOTOS_MAX} photographs of a ticket (PHOTOS_MAX)`, "the ones that are there must do");
    case "complained":
      return (ticket.complaints ?? []).length < COMPLAINTS_MAX || hasSaid(ticket, event.complaint.id)
        ? null
        : refuse("too-many", `at most ${COMPLAINTS_MAX} complaints on a ticket (COMPLAINTS_MAX)`, "the ticket is known: tell the customer when somebody comes");
    case "helper-joined":
      if (isHelper(ticket, event.by)) return null;
      return (ticket.helpers ?? []).length < (ticket.crew ?? 1) - 1 ? null : offerGone();
    case "helper-arrived":
      return isHelper(ticket, event.by) ? null : notYours();
    case "helper-left":
      return event.as !== "engineer" || event.by === event.engineer ? null : notYours();
    default:
      return null;
  }
}

export function isHelper({ helpers }: Ticket, engineer: string): boolean {
  return (helpers ?? []).some((one) => one.engineer === engineer);
}

export function isTaken({ photos }: Ticket, id: string): boolean {
  return (photos ?? []).some((photo) => photo.id === id);
}

export function hasSaid({ complaints }: Ticket, id: string): boolean {
  return (complaints ?? []).some((complaint) => complaint.id === id);
}

/** How many engineers are still to come along. */
export function crewLacks({ crew, helpers }: Ticket): number {
  return Math.max(0, (crew ?? 1) - 1 - (helpers ?? []).length);
}

export function wrongState(ticket: Ticket, event: { readonly type: string }): Refusal {
  return refuse("wrong-state", `${event.type} is no step of a ticket that is ${ticket.state}`, "load the ticket again and take the step that it shows");
}

export function offerGone(): Refusal {
  return refuse("too-late", "an offer can be answered until it expires or is withdrawn", "wait for the next offer");
}

export function notYours(): Refusal {
  return refuse("not-yours", "only the engineer who was asked may answer or go on", "sign in as that engineer");
}

function openSteps(ticket: Ticket, before: "working" | "resolved"): Refusal | null {
  const open = (ticket.checklist ?? []).filter((step) => step.before === before && step.doneAt === undefined).map(({ id }) => id);
  return open.length === 0 ? null : refuse("steps-open", `ticked before ${before}: ${open.join(", ")}`, "do these steps and tick them", "checklist");
}

function missingCrew(ticket: Ticket): Refusal | null {
  const absent = (ticket.helpers ?? []).filter(({ arrivedAt }) => arrivedAt === undefined).map(({ engineer }) => engineer);
  const lacks = crewLacks(ticket);
  if (absent.length + lacks === 0) return null;
  const names = [...absent, ...(lacks === 0 ? [] : [`${lacks} not found yet`])].join(", ");
  return refuse("crew-missing", `this visit needs ${ticket.crew ?? 1} engineers; missing: ${names}`, "wait for them, or ask the desk for fewer", "crew");
}

function lackOf(ticket: Ticket, event: Extract<TicketEvent, { type: "resolved" }>): Refusal | null {
  const photos = lackingPhotos(ticket);
  const lacking = [
    ...(event.causeCode === "" ? ["causeCode"] : []),
    ...(event.cause.trim() === "" ? ["cause"] : []),
    ...(event.action.trim() === "" ? ["action"] : []),
    ...(event.partsUsed === undefined ? ["partsUsed"] : []),
    ...(photos > 0 ? [`photos (${photos} more)`] : []),
  ];
  return lacking.length === 0
    ? null
    : refuse("incomplete", `a report has ${lacking.join(", ")}`, "add what is missing and send it again", lacking[0]?.split(" ")[0]);
}

/** Those of an earlier visit show what it left behind, not this one; no more than there is room for. */
function lackingPhotos({ photos = [], photosMin = 0, reopened }: Ticket): number {
  const since = photos.filter(({ takenAt }) => takenAt > (reopened?.at ?? 0)).length;
  const room = PHOTOS_MAX - (photos.length - since);
  return Math.min(photosMin, room) - since;
}

function stepsOf({ checklist }: Ticket): readonly string[] {
  return (checklist ?? []).slice(0, STEPS_MAX).map(({ id }) => id);
}

/** When the work on it ended, done or not; undefined while it goes on. */
export function overSince(ticket: Ticket): Millis | undefined {
  return "resolvedAt" in ticket ? ticket.resolvedAt : ticket.state === "cancelled" ? ticket.cancelledAt : undefined;
}
