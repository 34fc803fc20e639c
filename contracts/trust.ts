/** How far a step that follows from a model's word may go by itself: a model that is adrift, or was wrong too often, is asked about. */
import type { Alarm } from "./alarm.ts";
import type { Autonomy, Reason } from "./decision.ts";
import type { UnitView } from "./entity.ts";
import type { Ticket } from "./ticket.ts";

/** Where alarms like it were true less often than this, two ways in three are for nothing: a person says whether somebody goes. */
export const CHANCE_MIN = 1 / 3;
/** Visits that it takes to say so; what a card says alone holds nothing back. */
export const CHANCE_VISITS_MIN = 10;

export type Trust = { readonly autonomy: Autonomy; readonly reasons: readonly Reason[] };

/** Fault codes and fixed limits are no model's word: its drift does not concern them. */
export function trustIn(view: UnitView, alarm: Alarm): Trust {
  const autonomy = view.scenario.autonomy.ticket;
  const why = autonomy === "act" && isOfModel(alarm) ? (view.adrift?.(alarm.model) ?? rarelyTrue(alarm)) : null;
  return why === null ? { autonomy, reasons: [] } : { autonomy: "confirm", reasons: [why] };
}

/** Of an offer. A job that a person opened or confirmed goes its way. */
export function trustInJob(view: UnitView, ticket: Ticket): Trust {
  const autonomy = view.scenario.autonomy.offer;
  const alarm = ticket.alarm === undefined || autonomy !== "act" ? undefined : view.get("alarm", ticket.alarm);
  const isOwn = ticket.history?.[0]?.as === "unit" && ticket.complaints === undefined;
  const why = alarm !== undefined && isOwn && isOfModel(alarm) ? (view.adrift?.(alarm.model) ?? rarelyTrue(alarm)) : null;
  return why === null ? { autonomy, reasons: [] } : { autonomy: "confirm", reasons: [why] };
}

function rarelyTrue({ chance }: Alarm): Reason | null {
  if (chance === undefined || chance.visits < CHANCE_VISITS_MIN || chance.fault >= CHANCE_MIN) return null;
  return { code: "rarely-true", about: { chance: chance.fault, visits: chance.visits } };
}

/** Alarms of before this was written down have no rule: those of fault codes have no evidence either. */
export function isOfModel(alarm: Alarm): boolean {
  return alarm.rule === undefined && alarm.evidence.length > 0;
}
