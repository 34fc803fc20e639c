/** What operations see of a roster: who would wait too long as the shifts are, which shifts would close that, and what stays open. */
import { z } from "zod";
import { EngineerId, SkillId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meanings } from "./meaning.ts";
import { DatedShift } from "./roster.ts";

/** Two weeks are planned at a time; longer ones are made one after the other. */
export const ROSTER_DAYS_MAX = 28;

const RosterGap = z.strictObject({
  skills: z.array(SkillId),
  from: Instant,
  until: Instant,
  worstMs: z.number(),
  cause: meanings({ "nobody-has-skills": "nobody has all the skills", "nobody-on-duty": "nobody who could is on duty", overload: "more work than hours" }),
});
export type RosterGap = z.infer<typeof RosterGap>;

/** `share`: of the work that is answered within `respondMs`. At most `GAPS_SHOWN` gaps; `more` are not shown. */
const RosterCoverage = z.strictObject({ share: z.number(), gaps: z.array(RosterGap), more: z.number().int() });

export const RosterView = z.strictObject({
  from: Instant,
  until: Instant,
  timeZone: z.string(),
  respondMs: z.number(),
  before: RosterCoverage,
  after: RosterCoverage,
  proposals: z.array(DatedShift),
  /** Dated shifts that were accepted before and are not over: they can be taken back until they begin. */
  accepted: z.array(DatedShift),
  /** Who accepted and took back what, newest first. */
  history: z.array(
    z.strictObject({
      at: Instant,
      by: z.string(),
      engineer: EngineerId,
      outcome: z.enum(["shifts-accepted", "shift-taken-back"]),
      shifts: z.array(DatedShift.omit({ id: true, engineer: true })),
    }),
  ),
  names: z.record(EngineerId, z.string()),
});
export type RosterView = z.infer<typeof RosterView>;

export const AcceptShifts = z.strictObject({
  shifts: z
    .array(DatedShift.omit({ id: true }))
    .min(1)
    .max(400),
});
export type AcceptShifts = z.infer<typeof AcceptShifts>;

export const DropShift = DatedShift.omit({ id: true });
export type DropShift = z.infer<typeof DropShift>;
