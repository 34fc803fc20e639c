/** The plan as the desk sees it. */
import type { UnitView } from "../../../contracts/entity.ts";
import type { Millis } from "../../../contracts/instant.ts";
import type { PlanView } from "../../../contracts/plan.ts";
import { dutiesOf } from "../duty.ts";
import { planOf } from "../plan.ts";
import { proposedMoves } from "./moves.ts";

/** Hours of work are told for so long before and after now: a page shows a day, and the night around it. */
const AROUND_MS = 36 * 3_600_000;

export function planView(view: UnitView, now: Millis): PlanView {
  const { timeZone } = view.scenario;
  const duties = view.list("engineer").map((engineer) => ({
    engineer: engineer.id,
    spans: [...dutiesOf(engineer, now - AROUND_MS, now + AROUND_MS, timeZone)],
    away: (engineer.absences ?? []).filter(({ until }) => until > now),
  }));
  return { ...planOf(view, now), duties, moves: [...proposedMoves(view, now)] };
}
