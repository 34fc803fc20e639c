/** Timers that came due, each handed to the stage that set it, with what follows from it. */
import { UNIT, type Cause, type Draft, type Due } from "../../contracts/effect.ts";
import type { NewId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { forgetPositionStep } from "../dispatch/position.ts";
import { crewStep } from "../dispatch/crew.ts";
import { dispatchAgainStep, expireStep, freedStep } from "../dispatch/steps.ts";
import { escalationNoticeStep } from "./fan-out.ts";
import { shortAgainStep } from "./kit.ts";
import { goesOn, overruns, silent } from "./plan.ts";
import { coverageStep } from "../ticket/coverage.ts";
import { ticketClosesStep } from "../ticket/desk.ts";
import { alarmUnseenStep, ticketUntakenStep } from "../ticket/escalation.ts";
import { pauseEndsStep } from "../ticket/progress.ts";
import { persistsStep } from "../ticket/persist.ts";
import { unprovedStep } from "../ticket/proof.ts";
import { unshelveStep } from "../ticket/shelf.ts";
import { windowEndsStep } from "../ticket/suppression.ts";
import { openJob } from "./jobs.ts";

/** What is no longer so is left alone. */
export function takeDue(draft: Draft, due: Due, now: Millis, newId: NewId): void {
  switch (due.type) {
    case "offer-expires": {
      const cause: Cause = { at: now, type: due.type, ref: due.offer, actor: UNIT };
      const silent = expireStep(draft, due.offer, cause, newId);
      const job = draft.view.get("offer", due.offer)?.ticket;
      if (silent !== null && job !== undefined) crewStep(draft, job, cause, newId);
      if (silent !== null) freedStep(draft, silent, cause, newId);
      break;
    }
    case "dispatch-again":
      dispatchAgainStep(draft, due.ticket, { at: now, type: due.type, ref: due.ticket, actor: UNIT }, newId);
      break;
    case "repair-proved": {
      const cause: Cause = { at: now, type: due.type, ref: due.alarm, actor: UNIT };
      const unproved = unprovedStep(draft, due.alarm, cause);
      if (unproved !== null) openJob(draft, unproved, cause, newId);
      break;
    }
    case "crew-again":
      crewStep(draft, due.ticket, causeOf(due.type, due.ticket, now), newId);
      break;
    case "kit-again":
      shortAgainStep(draft, due.ticket, causeOf(due.type, due.ticket, now));
      break;
    case "ticket-closes":
      ticketClosesStep(draft, due.ticket, causeOf(due.type, due.ticket, now));
      break;
    case "pause-ends":
      pauseEndsStep(draft, due.ticket, causeOf(due.type, due.ticket, now));
      goesOn(draft, due.ticket, causeOf(due.type, due.ticket, now), newId);
      break;
    case "ticket-untaken":
      escalationNoticeStep(draft, ticketUntakenStep(draft, due.ticket, causeOf(due.type, due.ticket, now)), now, newId);
      break;
    case "alarm-persists": {
      const cause = causeOf(due.type, due.alarm, now);
      const standing = persistsStep(draft, due.alarm, cause);
      if (standing !== null) openJob(draft, standing, cause, newId);
      break;
    }
    case "alarm-unseen":
      escalationNoticeStep(draft, alarmUnseenStep(draft, due.alarm, causeOf(due.type, due.alarm, now)), now, newId);
      break;
    case "shelf-ends": {
      const cause = causeOf(due.type, due.alarm, now);
      const standing = unshelveStep(draft, due.alarm, cause);
      if (standing !== null && !isRefusal(standing)) openJob(draft, standing, cause, newId);
      break;
    }
    case "suppression-ends": {
      const cause = causeOf(due.type, due.suppression, now);
      for (const alarm of windowEndsStep(draft, due.suppression, cause)) openJob(draft, alarm, cause, newId);
      break;
    }
    case "work-overruns":
      overruns(draft, due.ticket, causeOf(due.type, due.ticket, now), newId);
      break;
    case "engineer-silent":
      silent(draft, due.ticket, due.told === true, causeOf(due.type, due.ticket, now), newId);
      break;
    case "promise-looks":
      break;
    case "coverage-changes":
      coverageStep(draft, due.ticket, now);
      break;
    case "position-ends":
      forgetPositionStep(draft, due.engineer, { at: now, type: due.type, ref: due.engineer, actor: UNIT });
      break;
  }
}

function causeOf(type: string, ref: string, at: Millis): Cause {
  return { at, type, ref, actor: UNIT };
}
