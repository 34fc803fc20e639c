/** What a unit's planner has done since its unit woke: how often it was asked, what came of it, and what it took. */
import { z } from "zod";

const count = () => z.number().int().min(0);

export const PlannerWork = z.strictObject({
  asked: count(),
  answered: count(),
  /** Of the answers: what changed something, what changed nothing, and what came too late. */
  adopted: count(),
  kept: count(),
  stale: count(),
  /** Asks that ended in an error: the plan stayed as it was. */
  failed: count(),
  iterations: count(),
  slices: count(),
  /** In slices, by the clock on the wall and with whoever had their turn between a slice and its end; the longest of them. */
  workMs: z.number().min(0),
  sliceMsMax: z.number().min(0),
  /** It has nothing to do. */
  resting: z.boolean(),
});
export type PlannerWork = z.infer<typeof PlannerWork>;
