/** What a CRM and other units wrote at the hub: what it means for promises, jobs, offers and engineers. */
import { UNIT, type Cause, type Draft } from "../../contracts/effect.ts";
import type { EngineerId, NewId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Heard as HeardWrite } from "../delta/pull.ts";
import { dispatchAgainStep, freedStep, peopleStep, withdrawStep } from "../dispatch/steps.ts";
import { changed, urged } from "./plan.ts";
import { HEARD, heardStep } from "../ticket/heard.ts";
import { isOverState } from "../ticket/life.ts";
import { agreedStep } from "../ticket/agreed.ts";
import { hubComplaintStep, wishStep } from "../ticket/wish.ts";
import { free, sendJob } from "./jobs.ts";

/** Agreements first, since they may promise otherwise; then each job with all that was written of it; then wishes, and engineers who are others now. */
export function takeHeard(draft: Draft, heard: readonly HeardWrite[], now: Millis, newId: NewId): void {
  if (heard.some(({ entity }) => entity === "agreement" || entity === "calendar")) agreedStep(draft, now);
  const byTicket = Map.groupBy(
    heard.filter(({ entity, attr }) => entity === "ticket" && HEARD.some((one) => one === attr)),
    ({ id }) => id,
  );
  for (const [id, writes] of byTicket) {
    const before = draft.view.get("ticket", id);
    if (before === undefined || isOverState(before.state)) continue;
    const cause: Cause = { at: now, type: "heard", ref: id, actor: writes[0]?.actor ?? UNIT };
    const ticket = heardStep(
      draft,
      before,
      writes.map(({ attr }) => attr),
      cause,
    );
    const freed = ticket.hold === undefined ? null : withdrawStep(draft, ticket, cause);
    if (ticket.state === "assigned" && writes.some(({ attr }) => attr === "priority")) urged(draft, ticket.id, cause, newId);
    else dispatchAgainStep(draft, ticket.id, cause, newId);
    if (freed !== null) freedStep(draft, freed, cause, newId);
  }
  for (const { entity, id, attr, actor } of heard) {
    if (entity !== "ticket" || attr !== "wish") continue;
    const cause: Cause = { at: now, type: "heard", ref: id, actor };
    const made = wishStep(draft, id, cause, newId);
    if (made !== null && made.send !== null) sendJob(draft, made.send, cause, newId);
    free(draft, made?.freed ?? [], cause, newId);
  }
  const people = [...new Map(heard.flatMap((one) => (one.entity === "engineer" ? [[one.id, one] as const] : []))).values()];
  for (const { id, actor } of people) changed(draft, id as EngineerId, { at: now, type: "heard", ref: id, actor }, newId);
  const [first] = people;
  const ids = people.map(({ id }) => id as EngineerId);
  if (first !== undefined) peopleStep(draft, ids, { at: now, type: "heard", ref: first.id, actor: first.actor }, newId);
}

/** Complaints that came in, whole or changed: those that have no answer yet get one, and their jobs are put on their way. */
export function takeComplaints(draft: Draft, complaints: readonly string[], now: Millis, newId: NewId): void {
  for (const id of complaints) {
    const cause: Cause = { at: now, type: "heard", ref: id, actor: CRM };
    const opened = hubComplaintStep(draft, id, cause, newId);
    if (opened !== null) sendJob(draft, opened, cause, newId);
  }
}

/** Whoever wrote it has a name at the hub only. */
const CRM = "crm";
