/** The decision in the making, on the clock: every step of a ticket is reckoned in its promise, and what was touched is looked at before it is done. */
import type { Change, UnitView } from "../../contracts/entity.ts";
import type { Decided, Draft } from "../../contracts/effect.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { NewId, TicketId } from "../../contracts/ids.ts";
import { startDraft } from "../decision/draft.ts";
import { watchSilence } from "../dispatch/silence.ts";
import { bearsOnCoverage, watchCoverage } from "../ticket/coverage.ts";
import { onClock } from "../ticket/entitled.ts";
import { watchAgain } from "../ticket/escalation.ts";
import { foreseeStep } from "../ticket/foreseen.ts";
import { advance } from "../ticket/ticket.ts";
import { breachNoticeStep } from "./fan-out.ts";

/** `looks`: tickets whose promise is looked at although nothing else of them may change. Call `done` last: it looks, and tells. */
export function startOnClock(view: UnitView, now: Millis, newId: NewId, looks: readonly TicketId[] = []): Draft & { done(): Decided } {
  const draft = startDraft(view, onClock(view, advance));
  return {
    ...draft,
    done: () => {
      for (const { family, after } of draft.done().changes)
        if (family === "ticket" && after !== null) {
          watchAgain(draft, view.get("ticket", after.id), after);
          watchSilence(draft, view.get("ticket", after.id), after);
          if (bearsOnCoverage(view.get("ticket", after.id), after)) watchCoverage(draft, after, now);
        }
      for (const id of new Set([...looks, ...draft.done().changes.flatMap(ticketsOf)]))
        for (const warning of foreseeStep(draft, id, now)) breachNoticeStep(draft, warning, now, newId);
      return draft.done();
    },
  };
}

/** Whose promise a change bears on: an arrival that is told otherwise is one of a route. */
function ticketsOf(change: Change): readonly TicketId[] {
  if (change.after === null) return [];
  if (change.family === "ticket") return [change.after.id];
  return change.family === "route" ? change.after.stops.map(({ ticket }) => ticket) : [];
}
