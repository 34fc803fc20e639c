/** What was promised for a priority, reckoned from the opening of the ticket. */
import type { Millis } from "../../contracts/instant.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import type { ResponseClass, SlaClock } from "../../contracts/sla-clock.ts";
import type { Priority } from "../../contracts/ticket.ts";
import { calendarAt, ALWAYS, type WorkingCalendar } from "./calendar.ts";
import { deadlinesOf, startClock } from "./clock.ts";
import type { Calendar } from "../../contracts/calendar.ts";
import type { CalendarId } from "../../contracts/ids.ts";

export function promise(sla: Scenario["sla"], priority: Priority, openedAt: Millis): { readonly respondBy: Millis; readonly resolveBy: Millis } {
  const { respondMs, resolveMs } = sla[priority];
  return { respondBy: openedAt + respondMs, resolveBy: openedAt + resolveMs };
}

/** The unit's own promise as a response class: around the clock, stopped while the customer asks to wait. What `entitle` falls back to. */
export function ownClass(sla: Scenario["sla"], priority: Priority): ResponseClass {
  return { ...sla[priority], stops: ["customer"], tell: [] };
}

/** A clock that was just started, and its deadlines. */
export function promiseOn(
  promised: ResponseClass,
  calendar: WorkingCalendar,
  openedAt: Millis,
): { readonly sla: SlaClock; readonly respondBy: Millis; readonly resolveBy: Millis } {
  const sla = startClock(promised, openedAt);
  return { sla, ...deadlinesOf(sla, calendar, openedAt) };
}

/** The calendar that a class or clock names, at a site. One that is not known is around the clock: the stricter promise, never a lost one. */
export function calendarOf(
  find: (id: CalendarId) => Calendar | undefined,
  { calendar }: { readonly calendar?: CalendarId },
  siteTimeZone: string,
): { readonly calendar: WorkingCalendar; readonly known: boolean } {
  const named = calendar === undefined ? undefined : find(calendar);
  return { calendar: named === undefined ? ALWAYS : calendarAt(named, siteTimeZone), known: calendar === undefined || named !== undefined };
}
