/**
 * What a finished ticket takes with it when it is let go: its offers, assignment and kit, and the alarms that it alone stood for. Its repairs
 * stay with the asset, and the counters say how many there were. Nothing is told to the hub, which keeps what it has heard.
 */
import type { Family, View } from "../../contracts/entity.ts";
import type { AlarmId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { isOverState } from "./life.ts";

export type Gone = { readonly family: Family; readonly id: string };

/** A visit counts against those of its agreement's year: a leap year, and the day by which a local date may be off. */
export const VISIT_COUNTS_MS = 367 * 86_400_000;

/**
 * Null while something still leans on it: an alarm that stands, a job that is part of it or follows it, a job that it is part of, an agreement
 * whose visits of the year are counted.
 */
export function letGo(view: View, ticket: Ticket, now: Millis): readonly Gone[] | null {
  if (!isOverState(ticket.state) || ticket.state === "resolved") return null;
  if (ticket.state === "closed" && ticket.countsOn !== undefined && ticket.openedAt > now - VISIT_COUNTS_MS) return null;
  const kin = view.list("ticket", { asset: ticket.asset }).filter(({ follows }) => follows === ticket.id);
  const above = ticket.parent === undefined ? undefined : view.get("ticket", ticket.parent);
  if ([...kin, ...(above === undefined ? [] : [above])].some(({ state }) => !isOverState(state))) return null;
  const alarms = alarmsOf(ticket).flatMap((id) => view.get("alarm", id) ?? []);
  if (alarms.some(({ clearedAt }) => clearedAt === undefined)) return null;
  return [
    { family: "ticket", id: ticket.id },
    ...view.list("offer", { ticket: ticket.id }).map(({ id }): Gone => ({ family: "offer", id })),
    ...view.list("kit", { ticket: ticket.id }).map(({ id }): Gone => ({ family: "kit", id })),
    ...view.list("assignment", { ticket: ticket.id }).map(({ id }): Gone => ({ family: "assignment", id })),
    ...view.list("complaint", { ticket: ticket.id }).map(({ id }): Gone => ({ family: "complaint", id })),
    // An alarm that led to a later ticket goes with that one.
    ...alarms.filter((alarm) => alarm.ticket === ticket.id).map(({ id }): Gone => ({ family: "alarm", id })),
  ];
}

function alarmsOf({ alarm, alarms = [] }: Ticket): readonly AlarmId[] {
  return alarm === undefined ? alarms : [alarm, ...alarms];
}
