/**
 * Breaches are told before they happen: after whatever touches a ticket, and at the instant at which the forecast is another, its promises are looked
 * at again. What is worse than it was told is told to whom the agreement names; what is well again is taken from the ticket.
 */
import type { Reason } from "../../contracts/decision.ts";
import { UNIT, type Cause, type Draft } from "../../contracts/effect.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { SlaRisk, SlaTrouble, Who } from "../../contracts/sla-clock.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { calendarFor, dueOf, entitlementOf, settled } from "./entitled.ts";
import { faultModeById } from "./fault-mode.ts";
import { forecast, type Outlook, type SlaForecast, type Spread } from "./forecast.ts";
import { isOverState } from "./life.ts";

/** While nobody is on the way: until somebody has accepted, and is there. */
const UNPLANNED: Spread = { ms: 45 * 60_000, spreadMs: 30 * 60_000 };
/** An arrival is off by a fifth of the time that is left until it, and by five minutes at least. */
const ARRIVAL_SHARE = 0.2;
const ARRIVAL_SPREAD_MS_MIN = 5 * 60_000;
/** Work takes two fifths more or less than its fault mode says. */
const WORK_SHARE = 0.4;
/** A promise is looked at again no sooner: severities do not flicker. */
const AGAIN_MS_MIN = 10_000;

/** Of the promises that are not kept yet, as things stand; none of a job that is over. */
export function foresee(view: UnitView, ticket: Ticket, now: Millis): readonly SlaForecast[] {
  const { sla } = ticket;
  if (sla === undefined || isOverState(ticket.state)) return [];
  const calendar = calendarFor(view, sla);
  const outlook = { ...outlookOf(view, ticket, now), ...agreedOf(view, ticket, now) };
  return (["respond", "resolve"] as const).flatMap((target) =>
    target === "respond" && sla.respondedAt !== undefined ? [] : [forecast(sla, calendar, target, outlook, now)],
  );
}

/** With an appointment the forecast is of what the ticket promises by it, and not of its clock. */
function agreedOf(view: UnitView, ticket: Ticket, now: Millis): Pick<Outlook, "due"> {
  if (ticket.appointment === undefined) return {};
  const { respondBy, resolveBy } = dueOf(view, ticket, now);
  return { due: { respond: respondBy, resolve: resolveBy } };
}

/** What became worse than it was told last, and whom the response class wants to hear of it. */
export type Warning = { readonly ticket: Ticket; readonly forecast: SlaForecast & { readonly severity: SlaTrouble }; readonly who: readonly Who[] };

/** The ticket's promises as they are now, what is to be told of them, and when to look again. */
export function foreseeStep(draft: Draft, id: TicketId, now: Millis): readonly Warning[] {
  const key = `promise:${id}`;
  const stored = draft.view.get("ticket", id);
  if (stored?.sla === undefined) return [];
  if (isOverState(stored.state)) {
    draft.time({ cancel: key });
    putRisks(
      draft,
      stored,
      (stored.risks ?? []).filter(({ severity }) => severity === "breached"),
    );
    return [];
  }
  const ticket = heldUntil(draft, stored, now);
  const forecasts = foresee(draft.view, ticket, now);
  const before = ticket.risks ?? [];
  const risks = forecasts.flatMap((one) => riskOf(one, before, now));
  const changed = putRisks(draft, ticket, risks) || ticket !== stored;
  const cause: Cause = { at: now, type: "promise", ref: id, actor: UNIT };
  const worse = forecasts.filter((one) => isWorse(one, before));
  const warnings = worse.map((one) => warn(draft, ticket, one, cause));
  if (changed && worse.length === 0) draft.tell(cause, "timer", id, { outcome: "eased", reasons: forecasts.map(reasonOf) });
  const { until } = ticket.hold ?? {};
  const changes = [...forecasts.map(({ changesAt }) => changesAt), until === undefined || until <= now ? undefined : until].filter((at) => at !== undefined);
  draft.time(
    changes.length === 0 ? { cancel: key } : { set: key, at: Math.max(now + AGAIN_MS_MIN, Math.min(...changes)), due: { type: "promise-looks", ticket: id } },
  );
  return warnings;
}

/** The customer wanted it to wait until then: the clock goes on. */
function heldUntil(draft: Draft, ticket: Ticket, now: Millis): Ticket {
  if (ticket.sla === undefined || ticket.hold?.until === undefined || ticket.hold.until > now) return ticket;
  const sla = settled(ticket.sla, ticket, ticket, ticket.hold.until);
  if (sla === ticket.sla) return ticket;
  const moved: Ticket = { ...ticket, sla };
  const after: Ticket = { ...moved, ...dueOf(draft.view, moved, now) };
  draft.put({ family: "ticket", id: after.id, after });
  return after;
}

/** As it was told, while it is no worse; none where all is well. */
function riskOf({ target, severity, by }: SlaForecast, before: readonly SlaRisk[], now: Millis): SlaRisk[] {
  if (severity === "safe") return [];
  const known = before.find(({ promise }) => promise === target);
  return [{ promise: target, severity, at: known?.severity === severity ? known.at : now, by }];
}

const SEVERITIES: readonly SlaRisk["severity"][] = ["at-risk", "will-breach", "breached"];

function isWorse(one: SlaForecast, before: readonly SlaRisk[]): one is Warning["forecast"] {
  const { target, severity } = one;
  const was = before.find(({ promise }) => promise === target)?.severity;
  return severity !== "safe" && (was === undefined || SEVERITIES.indexOf(was) < SEVERITIES.indexOf(severity));
}

/** Whoever the response class names hears of what became worse; the desk sees it on the ticket. */
function warn(draft: Draft, ticket: Ticket, one: Warning["forecast"], cause: Cause): Warning {
  const { id } = ticket;
  const { responseClass } = entitlementOf(draft.view, ticket, cause.at);
  const told: readonly Who[] = responseClass.tell.filter(({ on }) => on === one.severity).map(({ who }) => who);
  draft.tell(cause, "escalation", id, {
    outcome: one.severity,
    reasons: [reasonOf(one), ...told.map((who) => ({ code: "promise-told", about: { who } }))],
  });
  return { ticket, forecast: one, who: told };
}

function reasonOf({ target: promise, severity, code: why, by, expectedAt, probability }: SlaForecast): Reason {
  return { code: "promise-risk", about: { promise, severity, why, by, expectedAt, percent: Math.round(probability * 100) } };
}

/** Whether it changes anything. */
function putRisks(draft: Draft, ticket: Ticket, risks: readonly SlaRisk[]): boolean {
  const before = ticket.risks ?? [];
  const same =
    risks.length === before.length &&
    risks.every(({ promise, severity, by }, i) => before[i]?.promise === promise && before[i].severity === severity && before[i].by === by);
  if (same) return false;
  const { risks: _before, ...rest } = ticket;
  draft.put({ family: "ticket", id: ticket.id, after: risks.length === 0 ? rest : { ...rest, risks: [...risks] } });
  return true;
}

/** What the plan and the fault mode say of the rest of a job. */
function outlookOf(view: UnitView, ticket: Ticket, now: Millis): Outlook {
  const workMs = faultModeById(view.scenario, ticket.faultMode)?.workMs ?? UNPLANNED.ms;
  const work = { ms: workMs, spreadMs: Math.round(workMs * WORK_SHARE) };
  const arrivedAt = "arrivedAt" in ticket ? ticket.arrivedAt : undefined;
  if (arrivedAt !== undefined) return { unplanned: UNPLANNED, arrivedAt, work };
  const at = arrivalOf(view, ticket);
  const arrival = at === undefined ? undefined : { at, spreadMs: Math.max(ARRIVAL_SPREAD_MS_MIN, Math.round(ARRIVAL_SHARE * Math.max(0, at - now))) };
  return { unplanned: UNPLANNED, ...(arrival === undefined ? {} : { arrival }), work };
}

/** The engineer's own word, or what the plan told them. */
function arrivalOf(view: UnitView, ticket: Ticket): Millis | undefined {
  if (!("acceptedAt" in ticket)) return undefined;
  const stop = view.get("route", ticket.to)?.stops.find((one) => one.ticket === ticket.id);
  return stop?.said?.arriveAt ?? stop?.toldAt;
}
