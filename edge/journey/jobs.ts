/** How a job is put on its way, and what follows where somebody has none any more: the ticket, its kit, and whoever is there first. */
import type { Cause, Draft } from "../../contracts/effect.ts";
import type { Alarm } from "../../contracts/alarm.ts";
import type { EngineerId, NewId } from "../../contracts/ids.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { keepPosition } from "../dispatch/position.ts";
import { crewStep } from "../dispatch/crew.ts";
import { dispatchStep, freedStep } from "../dispatch/steps.ts";
import { fanOutStep } from "./fan-out.ts";
import { joinChecklist } from "./grouped.ts";
import { kitStep, rekitStep } from "./kit.ts";
import { urged } from "./plan.ts";
import { groupStep, riseStep } from "../ticket/group.ts";
import { ticketStep } from "../ticket/steps.ts";

/** An alarm asks for a job: it joins one that is under way, or gets its own. A ticket that waits for a person stops here. */
export function openJob(draft: Draft, alarm: Alarm, cause: Cause, newId: NewId): void {
  const grouped = groupStep(draft, alarm, cause);
  if (grouped !== null) {
    prepareAnew(draft, grouped.job, alarm, cause, newId);
    if (grouped.asksMore) urged(draft, grouped.job.id, cause, newId);
    return fanOutStep(draft, alarm, grouped.job, cause, newId);
  }
  const ticket = ticketStep(draft, alarm, cause, newId);
  if (ticket === null) return;
  sendJob(draft, ticket, cause, newId);
  fanOutStep(draft, alarm, ticket, cause, newId);
}

/** An alarm that has a job got worse: so did the job, and whoever can be there sooner is asked. */
export function riseJob(draft: Draft, alarm: Alarm, cause: Cause, newId: NewId): void {
  const risen = riseStep(draft, alarm, cause);
  if (risen?.asksMore === true) urged(draft, risen.job.id, cause, newId);
}

/** An alarm joined the job: it is prepared for that fault too, by as many as that needs. */
function prepareAnew(draft: Draft, job: Ticket, alarm: Alarm, cause: Cause, newId: NewId): void {
  joinChecklist(draft, job, alarm.faultMode, cause);
  rekitStep(draft, draft.view.get("ticket", job.id) ?? job, cause);
  crewStep(draft, job.id, cause, newId);
}

/** The order of a job, written once: the ticket, its kit, and whoever is there first. */
export function sendJob(draft: Draft, ticket: Ticket, cause: Cause, newId: NewId): void {
  kitStep(draft, ticket, cause);
  dispatchStep(draft, ticket, cause, newId);
}

/** They are asked no more, or are done: where they are stays known, and what waited is offered to them. */
export function free(draft: Draft, engineers: readonly EngineerId[], cause: Cause, newId: NewId): void {
  for (const engineer of engineers) {
    keepPosition(draft, engineer, cause.at);
    freedStep(draft, engineer, cause, newId);
  }
}
