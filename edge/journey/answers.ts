/** What engineers, the desk, a customer and the WMS say, each handed to the stage that it is for, with what follows from it. */
import { UNIT, type Answer, type Cause, type Draft } from "../../contracts/effect.ts";
import type { NewId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal, type Refusal, refuse } from "../../contracts/refusal.ts";
import { positionStep } from "../dispatch/position.ts";
import { presentStep } from "../dispatch/absence.ts";
import { crewStep, dismissCrewStep, lacksHelper, uncrewStep, unhelpStep } from "../dispatch/crew.ts";
import { movedStep } from "../dispatch/delay.ts";
import { joinRouteStep } from "../dispatch/order.ts";
import { acceptStep, confirmOfferStep, declineStep, dispatchStep, freedStep } from "../dispatch/steps.ts";
import { confirmMoveStep, declineMoveStep } from "../dispatch/replan/moves.ts";
import { askAgainStep, confirmKitStep, settleJob, wmsStep } from "./kit.ts";
import { absent, goesOn, late, partsTold } from "./plan.ts";
import { closeStep, complainStep, leaveStep, openWantedStep, placeStep, reopenStep, resizeStep, returnStep } from "../ticket/desk.ts";
import { isOverState } from "../ticket/life.ts";
import { acknowledgeStep, pauseStep, photographStep, progressStep, resumeStep, tickStep } from "../ticket/progress.ts";
import { shelveStep, unshelveStep } from "../ticket/shelf.ts";
import { cancelStep, withdrawOffers } from "../ticket/steps.ts";
import { closeWindowStep, openWindowStep } from "../ticket/suppression.ts";
import { free, openJob, sendJob } from "./jobs.ts";

/** Null where it was taken, perhaps before; a refusal says what to do instead, and nothing was changed. */
export function takeAnswer(draft: Draft, answer: Answer, now: Millis, newId: NewId): Refusal | null {
  switch (answer.type) {
    case "accept":
    case "decline": {
      const cause: Cause = { at: now, type: answer.type, ref: answer.offer, actor: answer.by };
      const taken =
        answer.type === "accept" ? acceptStep(draft, answer.offer, answer.by, cause) : declineStep(draft, answer.offer, answer.by, answer.reason, cause, newId);
      if (isRefusal(taken)) return taken;
      const job = draft.view.get("offer", answer.offer)?.ticket;
      if (taken === "taken" && job !== undefined && answer.type === "accept") {
        joinRouteStep(draft, job, answer.by, cause);
        // Its parts are nobody else's from here on: what is offered next does without them.
        settleJob(draft, job, cause);
      }
      if (taken === "taken" && job !== undefined) crewStep(draft, job, cause, newId);
      if (taken === "taken") freedStep(draft, answer.by, cause, newId);
      return null;
    }
    case "progress": {
      const cause = saidOf(answer, answer.ticket, now);
      const before = draft.view.get("ticket", answer.ticket);
      const progressed = progressStep(draft, answer, cause, newId);
      if (isRefusal(progressed)) return progressed;
      if (before !== undefined) movedStep(draft, before, answer.by, cause);
      if (progressed.followUp !== null) sendJob(draft, progressed.followUp, cause, newId);
      if (progressed.over) free(draft, [...withdrawOffers(draft, answer.ticket, cause), answer.by], cause, newId);
      return null;
    }
    case "late":
      return late(draft, answer, saidOf(answer, answer.ticket, now), newId);
    case "absent":
      return absent(draft, answer, saidOf(answer, answer.engineer, now), newId);
    case "present": {
      const cause = saidOf(answer, answer.engineer, now);
      const no = presentStep(draft, answer.engineer, cause);
      if (no === null) freedStep(draft, answer.engineer, cause, newId);
      return no;
    }
    case "move": {
      const cause = saidOf(answer, answer.ticket, now);
      const before = draft.view.get("ticket", answer.ticket);
      const no = confirmMoveStep(draft, answer, cause, newId);
      if (no === null && before !== undefined && "to" in before) freedStep(draft, before.to, cause, newId);
      return no;
    }
    case "keep":
      return declineMoveStep(draft, answer, saidOf(answer, answer.ticket, now));
    case "tick":
      return tickStep(draft, answer, saidOf(answer, answer.ticket, now));
    case "photograph":
      return photographStep(draft, answer, saidOf(answer, answer.ticket, now));
    case "pause":
      return pauseStep(draft, answer, saidOf(answer, answer.ticket, now));
    case "resume": {
      const cause = saidOf(answer, answer.ticket, now);
      const no = resumeStep(draft, answer.ticket, answer.as, cause);
      if (no === null) goesOn(draft, answer.ticket, cause, newId);
      return no;
    }
    case "open": {
      const cause = saidOf(answer, answer.asset, now);
      const ticket = openWantedStep(draft, answer, cause, newId);
      if (isRefusal(ticket)) return ticket;
      if (ticket !== null) sendJob(draft, ticket, cause, newId);
      return null;
    }
    case "complain": {
      const cause = saidOf(answer, answer.asset, now);
      const complained = complainStep(draft, answer, cause, newId);
      if (isRefusal(complained)) return complained;
      if (complained.opened !== null) sendJob(draft, complained.opened, cause, newId);
      return null;
    }
    case "close":
      return closeStep(draft, answer.ticket, "dispatcher", saidOf(answer, answer.ticket, now));
    case "reopen": {
      const cause = saidOf(answer, answer.ticket, now);
      const ticket = reopenStep(draft, answer.ticket, answer.why, answer.as ?? "dispatcher", cause, newId);
      if (isRefusal(ticket)) return ticket;
      if (ticket !== null) sendJob(draft, ticket, cause, newId);
      return null;
    }
    case "return": {
      const cause = saidOf(answer, answer.ticket, now);
      const returned = returnStep(draft, answer.ticket, answer.why, cause);
      if (isRefusal(returned)) return returned;
      const freed = [...withdrawOffers(draft, answer.ticket, cause), ...dismissCrewStep(draft, returned.before, cause)];
      dispatchStep(draft, returned.ticket, cause, newId);
      free(draft, [returned.from, ...freed], cause, newId);
      return null;
    }
    case "place":
      return placeStep(draft, answer, saidOf(answer, answer.ticket, now));
    case "crew":
    case "leave": {
      const cause = saidOf(answer, answer.ticket, now);
      const no = answer.type === "crew" ? resizeStep(draft, answer, cause) : leaveStep(draft, answer, cause);
      if (no !== null) return no;
      if (answer.type === "crew") free(draft, uncrewStep(draft, answer.ticket, cause), cause, newId);
      else unhelpStep(draft, answer.ticket, answer.engineer, answer.as, cause);
      crewStep(draft, answer.ticket, cause, newId, answer.type === "leave" ? answer.engineer : undefined);
      return null;
    }
    case "shelve":
      return shelveStep(draft, answer, saidOf(answer, answer.alarm, now));
    case "unshelve": {
      const cause = saidOf(answer, answer.alarm, now);
      const standing = unshelveStep(draft, answer.alarm, cause);
      if (isRefusal(standing)) return standing;
      if (standing !== null) openJob(draft, standing, cause, newId);
      return null;
    }
    case "suppress":
      return openWindowStep(draft, answer, saidOf(answer, answer.asset ?? answer.device ?? "site", now), newId);
    case "unsuppress": {
      const cause = saidOf(answer, answer.suppression, now);
      const standing = closeWindowStep(draft, answer.suppression, cause);
      if (isRefusal(standing)) return standing;
      for (const alarm of standing) openJob(draft, alarm, cause, newId);
      return null;
    }
    case "acknowledge":
      return acknowledgeStep(draft, answer, { at: now, type: answer.type, ref: answer.alarm, actor: answer.by });
    case "confirm":
      return confirm(draft, answer.ticket, { at: now, type: answer.type, ref: answer.ticket, actor: answer.by }, newId);
    case "cancel": {
      const cause: Cause = { at: now, type: answer.type, ref: answer.ticket, actor: answer.by };
      const cancelled = cancelStep(draft, answer.ticket, answer.why, cause, answer.as);
      if (isRefusal(cancelled)) return cancelled;
      free(draft, cancelled.freed, cause, newId);
      return null;
    }
    case "position":
      return positionStep(draft, answer, now);
    case "reserved":
    case "short":
    case "unreachable":
    case "rejected":
    case "released": {
      const cause: Cause = { at: now, type: answer.type, ref: answer.kit, actor: UNIT };
      if (wmsStep(draft, answer, cause)) partsTold(draft, answer.kit, cause, newId);
      return null;
    }
    case "ask-again": {
      const ticket = draft.view.get("ticket", answer.ticket);
      if (ticket === undefined) return refuse("unknown-ticket", "the ticket must exist", "load the board again", "ticket");
      const asks = askAgainStep(draft, ticket, saidOf(answer, answer.ticket, now));
      return asks ? null : refuse("wrong-state", "nothing of this kit is short", "load the ticket again", "ticket");
    }
  }
}

function saidOf({ type, by }: { readonly type: string; readonly by: string }, ref: string, at: Millis): Cause {
  return { at, type, ref, actor: by };
}

/** One word of a person lets one thing run: the proposed ticket, or what the ticket waits for. Refuses `needs-person`, `unknown-ticket`, `wrong-state`. */
function confirm(draft: Draft, id: TicketId, cause: Cause, newId: NewId): Refusal | null {
  if (cause.actor.trim() === "" || cause.actor === UNIT) return refuse("needs-person", "only a person confirms", "sign in and confirm", "by");
  const ticket = draft.view.get("ticket", id);
  // Proposed is a new job, or one that was done and whose fault is back.
  const isThere = ticket !== undefined && !isOverState(ticket.state);
  const alarm = isThere ? undefined : draft.view.list("alarm", { state: "active" }).find((active) => active.proposed === id);
  if (ticket === undefined && alarm === undefined)
    return refuse("unknown-ticket", "the ticket must exist, or be proposed by an alarm that is active", "load the board again", "ticket");
  draft.tell(cause, "answer", id, { outcome: "confirmed" });
  if (alarm !== undefined) openJob(draft, alarm, { ...cause, allows: "ticket" }, newId);
  if (alarm !== undefined || ticket === undefined) return null;
  const reserves = confirmKitStep(draft, ticket, cause);
  const helps = lacksHelper(draft, ticket);
  if (helps) crewStep(draft, ticket.id, { ...cause, allows: "offer" }, newId);
  const offers = confirmOfferStep(draft, ticket, { ...cause, allows: "offer" }, newId) || helps;
  return reserves || offers ? null : refuse("wrong-state", "nothing of this ticket waits for a person", "load the ticket again");
}
