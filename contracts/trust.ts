/** How far a step that follows from a model's word may go by itself: a model that is adrift is asked about. */
import type { Alarm } from "./alarm.ts";
import type { Autonomy, Reason } from "./decision.ts";
import type { UnitView } from "./entity.ts";
import type { Ticket } from "./ticket.ts";

export type Trust = { readonly autonomy: Autonomy; readonly reasons: readonly Reason[] };

/** Fault codes and fixed limits are no model's word: its drift does not concern them. */
export function trustIn(view: UnitView, alarm: Alarm): Trust {
  const autonomy = view.scenario.autonomy.ticket;
  const why = autonomy === "act" && isOfModel(alarm) ? (view.adrift?.(alarm.model) ?? null) : null;
  return why === null ? { autonomy, reasons: [] } : { autonomy: "confirm", reasons: [why] };
}

/** Of an offer. A job that a person opened or confirmed goes its way. */
export function trustInJob(view: UnitView, ticket: Ticket): Trust {
  const autonomy = view.scenario.autonomy.offer;
  const alarm = ticket.alarm === undefined || autonomy !== "act" || view.adrift === undefined ? undefined : view.get("alarm", ticket.alarm);
  const isOwn = ticket.history?.[0]?.as === "unit" && ticket.complaints === undefined;
  const why = alarm !== undefined && isOwn && isOfModel(alarm) ? (view.adrift?.(alarm.model) ?? null) : null;
  return why === null ? { autonomy, reasons: [] } : { autonomy: "confirm", reasons: [why] };
}

/** Alarms of before this was written down have no rule: those of fault codes have no evidence either. */
export function isOfModel(alarm: Alarm): boolean {
  return alarm.rule === undefined && alarm.evidence.length > 0;
}
