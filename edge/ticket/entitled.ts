/**
 * What a ticket is promised, and by whom: the agreement that holds for its asset when it is opened decides response class, visits and payers. The
 * clock keeps what happens from then on; the deadlines that a ticket carries are reckoned from it, and never written by hand.
 *
 *   opened ─ entitle ─▶ class ─ calendar ─▶ clock ─▶ respondBy, resolveBy
 *                         ▲                   ▲
 *     priority, cause ────┘                   └──── paused, on hold, arrived, resolved, reopened, called off
 */
import type { Reason } from "../../contracts/decision.ts";
import type { UnitView } from "../../contracts/entity.ts";
import { type AgreementId, type AssetId, CustomerId, type FaultModeId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import type { ResponseClass, SlaClock, StopReason } from "../../contracts/sla-clock.ts";
import type { Priority, Ticket, TicketEvent, TicketEvery } from "../../contracts/ticket.ts";
import { entitle, type Entitlement } from "./agreement.ts";
import type { WorkingCalendar } from "./calendar.ts";
import { countedMs, deadlinesOf, reclass, reopen, resolve, respond, restart, resumeClock, stopClock } from "./clock.ts";
import { overSince } from "./condition.ts";
import { ACTIVE, isOverState } from "./life.ts";
import { calendarOf, ownClass, promiseOn } from "./sla.ts";

/** The owner of an asset that is not here. */
const NOBODY = CustomerId.parse("nobody");

/** What an entitlement is asked about. `at`: the instant at which coverage counts. `except`: its own visit. */
export type Asked = {
  readonly asset: AssetId;
  readonly faultMode: FaultModeId;
  readonly priority: Priority;
  readonly at: Millis;
  readonly cause?: string;
  readonly except?: string;
};

/** By the agreements of the unit. For an asset that is not here any more only the unit's own table speaks. */
export function entitledTo(view: UnitView, asked: Asked): Entitlement {
  const own = ownClass(view.scenario.sla, asked.priority);
  const asset = view.get("asset", asked.asset);
  const agreements = asset === undefined ? [] : view.list("agreement");
  const { installedAt = 0, model = "" } = asset ?? {};
  const { customer } = asset ?? { customer: NOBODY };
  const limited = agreements.filter(({ visitsPerYear }) => visitsPerYear !== undefined).map(({ id }) => id);
  const { asset: id, faultMode, priority, at, cause } = asked;
  const visits = limited.length === 0 ? [] : visitsOn(view, new Set(limited), asked.except);
  return entitle(agreements, { asset: id, installedAt, model, customer, faultMode, priority, at, visits, ...(cause === undefined ? {} : { cause }) }, own);
}

export type Promised = Required<Pick<TicketEvery, "sla" | "payer">> & Pick<TicketEvery, "agreement" | "countsOn" | "respondBy" | "resolveBy">;

/** The promise of a ticket that is being opened: its clock starts. */
export function promisedOf(view: UnitView, asked: Asked): Promised {
  const entitlement = entitledTo(view, asked);
  const calendar = calendarFor(view, entitlement.responseClass);
  return { ...promiseOn(entitlement.responseClass, calendar, asked.at), ...saidBy(entitlement) };
}

/** The last instants that keep a ticket's promise. With an appointment the customer is there at its end, and mending takes as long as before. */
export function dueOf(view: UnitView, ticket: Ticket, now: Millis): Pick<TicketEvery, "respondBy" | "resolveBy"> {
  const { sla, appointment, respondBy, resolveBy } = ticket;
  const said = sla === undefined ? { respondBy, resolveBy } : deadlinesOf(sla, calendarFor(view, sla), now);
  return appointment === undefined
    ? said
    : { respondBy: appointment.to, resolveBy: Math.max(said.resolveBy, appointment.to + said.resolveBy - said.respondBy) };
}

/** What a ticket is entitled to: by what covers its asset now, and once it is over by what covered it then. */
export function entitlementOf(view: UnitView, ticket: Ticket, now: Millis): Entitlement {
  const { id, asset, faultMode, priority } = ticket;
  const cause = "causeCode" in ticket ? ticket.causeCode : undefined;
  const at = overSince(ticket) ?? now;
  return entitledTo(view, { asset, faultMode, priority, at, except: id, ...(cause === undefined ? {} : { cause }) });
}

/**
 * Coverage began or ended while the ticket was open. Who pays is whoever pays now. What the promise would now be is reckoned from the opening, so
 * that what ended ends; a stricter one counts from now on, or its beginning would break it, and only where that is sooner than what was promised.
 */
export function coveredAnew(view: UnitView, before: Ticket, now: Millis): Ticket {
  const again = reentitled(view, before, now);
  const { sla, agreement, respondBy, resolveBy } = before;
  if (again.sla === undefined || sla === undefined || (again.respondBy >= respondBy && again.resolveBy >= resolveBy)) return again;
  const begun: Ticket = { ...again, sla: restart(again.sla, now) };
  const anew: Ticket = { ...begun, ...dueOf(view, begun, now) };
  if (anew.respondBy <= respondBy && anew.resolveBy <= resolveBy) return anew;
  const { agreement: _sooner, ...paid } = again;
  return { ...paid, sla, respondBy, resolveBy, ...(agreement === undefined ? {} : { agreement }) };
}

/** The ticket under another priority, or under agreements that changed: another reckoning over the same history. */
export function reentitled(view: UnitView, ticket: Ticket, now: Millis): Ticket {
  const { openedAt } = ticket;
  const entitlement = entitlementOf(view, ticket, now);
  const { responseClass } = entitlement;
  const before = ticket.sla ?? promiseOn(responseClass, calendarFor(view, responseClass), openedAt).sla;
  const { agreement: _a, countsOn: _c, ...rest } = ticket;
  const after: Ticket = { ...rest, ...saidBy(entitlement), sla: reclass(before, responseClass) };
  return { ...after, ...dueOf(view, after, now) };
}

/** The life of a ticket with its clock: whatever step is taken, the promise says what it means for it. */
export function onClock(
  view: UnitView,
  advance: (ticket: Ticket, event: TicketEvent) => Ticket | Refusal,
): (ticket: Ticket, event: TicketEvent) => Ticket | Refusal {
  return (before, event) => {
    const after = advance(before, event);
    return isRefusal(after) || after === before ? after : reckoned(view, before, after, event);
  };
}

function reckoned(view: UnitView, before: Ticket, after: Ticket, event: TicketEvent): Ticket {
  if (event.type === "joined" && after.priority !== before.priority) return sooner(view, before, after, event.at);
  if (after.sla === undefined) return after;
  const sla = settled(after.sla, before, after, event.at);
  if (sla === after.sla) return after;
  const moved: Ticket = { ...after, sla };
  const paid = moved.state === "resolved" ? repaid(view, moved) : moved;
  return { ...paid, ...dueOf(view, paid, event.at) };
}

/** What was found may be what an agreement leaves out: who pays is said again once it is known. The promise was given before. */
function repaid(view: UnitView, ticket: Extract<Ticket, { state: "resolved" }>): Ticket {
  const { countsOn, payer } = saidBy(entitlementOf(view, ticket, ticket.resolvedAt));
  const { countsOn: _before, ...rest } = ticket;
  return { ...rest, payer, ...(countsOn === undefined ? {} : { countsOn }) };
}

/** The clock after a step: what it waits for, whether somebody is there, whether it is over. */
export function settled(clock: SlaClock, before: Ticket, after: Ticket, at: Millis): SlaClock {
  let now = clock;
  if (isOverState(before.state) && !isOverState(after.state)) now = resumeClock(or(reopen(now, at), now), "done", at);
  if ("arrivedAt" in after && after.arrivedAt !== undefined) now = respond(now, after.arrivedAt);
  if (after.state === "resolved") now = resolve(now, after.resolvedAt);
  if (after.state === "cancelled") now = or(stopClock(now, "done", at), now);
  if (isOverState(after.state)) return now;
  const waits = waitsFor(after, at);
  for (const reason of STOPS) now = waits.has(reason) ? or(stopClock(now, reason, at), now) : isStopped(now, reason) ? resumeClock(now, reason, at) : now;
  return now;
}

/** Every reason for a pause; the customer's wish to wait is one, whether the desk or the CRM says it. */
const STOPS = ["parts", "customer", "access", "end-of-shift"] as const satisfies readonly StopReason[];

function waitsFor({ hold, ...ticket }: Ticket, at: Millis): ReadonlySet<StopReason> {
  const held = hold !== undefined && (hold.until === undefined || hold.until > at);
  return new Set<StopReason>([...(ticket.state === "paused" ? [ticket.pause.reason] : []), ...(held ? (["customer"] as const) : [])]);
}

function isStopped({ stopped }: SlaClock, reason: StopReason): boolean {
  return stopped.some((stop) => stop.reason === reason && stop.until === undefined);
}

/** A clock that stood still too often runs on. */
function or(clock: SlaClock | Refusal, before: SlaClock): SlaClock {
  return isRefusal(clock) ? before : clock;
}

/** A worse fault joins the job: its promise counts from then on, where that is the sooner one. */
function sooner(view: UnitView, before: Ticket, after: Ticket, now: Millis): Ticket {
  const again = reentitled(view, after, now);
  if (again.sla === undefined) return again;
  const calendar = calendarFor(view, again.sla);
  const { respondMs, resolveMs } = again.sla;
  const sla = {
    ...again.sla,
    respondMs: respondMs + countedMs(again.sla, calendar, "respond", now),
    resolveMs: resolveMs + countedMs(again.sla, calendar, "resolve", now),
  };
  const joined: Ticket = { ...again, sla };
  const due = dueOf(view, joined, now);
  return due.respondBy <= before.respondBy && due.resolveBy <= before.resolveBy ? { ...joined, ...due } : after;
}

/** A calendar that is not known is around the clock: the stricter promise. */
export function calendarFor(view: UnitView, of: Pick<ResponseClass, "calendar">): WorkingCalendar {
  return calendarOf((id) => view.get("calendar", id), of.calendar === undefined ? {} : { calendar: of.calendar }, view.scenario.timeZone).calendar;
}

function saidBy({ responseFrom, countsOn, payer }: Entitlement): Pick<Promised, "agreement" | "countsOn" | "payer"> {
  return {
    ...(responseFrom === undefined ? {} : { agreement: responseFrom }),
    ...(countsOn === undefined ? {} : { countsOn }),
    payer: { parts: payer.parts.by, labour: payer.labour.by, travel: payer.travel.by },
  };
}

/** Visits that count on one of the agreements: jobs that were called off are none. */
function visitsOn(view: UnitView, limited: ReadonlySet<AgreementId>, except?: string): { readonly agreement: AgreementId; readonly at: Millis }[] {
  return [...ACTIVE, "resolved" as const, "closed" as const]
    .flatMap((state) => view.list("ticket", { state }))
    .flatMap(({ id, countsOn, openedAt }) => (countsOn !== undefined && id !== except && limited.has(countsOn) ? [{ agreement: countsOn, at: openedAt }] : []));
}

/** What an entitlement says of itself, for the record; the longest are those of a unit with hundreds of agreements that do not fit. */
export function tellEntitlement({ reasons }: Entitlement): readonly Reason[] {
  return reasons.filter(({ code }) => code !== "no-scope").slice(0, REASONS_MAX);
}

/** Reasons that a record carries. */
const REASONS_MAX = 40;
