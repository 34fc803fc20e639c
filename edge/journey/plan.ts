/** What people say about their own plan, and what follows for the jobs in it: the stages of ticket and dispatch, in order. */
import { UNIT, type Answer, type Cause, type Draft } from "../../contracts/effect.ts";
import type { EngineerId, NewId, TicketId } from "../../contracts/ids.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import { absentStep } from "../dispatch/absence.ts";
import { crewStep } from "../dispatch/crew.ts";
import { atRiskStep, lateStep, overrunStep } from "../dispatch/delay.ts";
import { retellStep } from "../dispatch/order.ts";
import { dispatchAgainStep, dispatchStep, freedStep, withdrawStep } from "../dispatch/steps.ts";
import { returnStep } from "../ticket/desk.ts";
import { withdrawOffers } from "../ticket/steps.ts";

type Taken<T extends Answer["type"]> = Extract<Answer, { type: T }>;

/** Refuses as `lateStep`. */
export function late(draft: Draft, answer: Taken<"late">, cause: Cause, newId: NewId): Refusal | null {
  const taken = lateStep(draft, answer, cause);
  if (isRefusal(taken)) return taken;
  if (taken === "taken") delayed(draft, answer.by, "comes too late", cause, newId);
  return null;
}

export function overruns(draft: Draft, ticket: TicketId, cause: Cause, newId: NewId): void {
  const engineer = overrunStep(draft, ticket, cause);
  if (engineer !== null) delayed(draft, engineer, "work before it takes longer", cause, newId);
}

/** Refuses as `absentStep`. */
export function absent(draft: Draft, answer: Taken<"absent">, cause: Cause, newId: NewId): Refusal | null {
  const away = absentStep(draft, answer, cause);
  if (isRefusal(away)) return away;
  giveAway(draft, away.jobs, "its engineer is away", cause, newId);
  const asked = away.asked === null ? undefined : draft.view.get("ticket", away.asked);
  if (asked !== undefined) {
    withdrawStep(draft, asked, cause);
    dispatchAgainStep(draft, asked.id, cause, newId);
  }
  return null;
}

function delayed(draft: Draft, engineer: EngineerId, why: string, cause: Cause, newId: NewId): void {
  giveAway(draft, atRiskStep(draft, engineer, cause), why, cause, newId);
  retellStep(draft, engineer, cause);
}

/** Taken from whoever has them, and offered anew. */
function giveAway(draft: Draft, tickets: readonly TicketId[], why: string, cause: Cause, newId: NewId): void {
  for (const id of tickets) {
    const byUnit = { ...cause, actor: UNIT };
    const returned = returnStep(draft, id, why, byUnit, "unit");
    if (isRefusal(returned)) continue;
    const freed = withdrawOffers(draft, id, byUnit);
    dispatchStep(draft, returned.ticket, byUnit, newId);
    for (const engineer of freed) freedStep(draft, engineer, byUnit, newId);
    crewStep(draft, id, byUnit, newId);
  }
}
