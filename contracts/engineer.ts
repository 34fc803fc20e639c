/** Who does the work: skills and shift; the position is a personal value of its own record. */
import { z } from "zod";
import { TimeZone } from "./calendar.ts";
import { EngineerId, SkillId } from "./ids.ts";
import { Instant, Place } from "./instant.ts";
import { personal, uom } from "./meaning.ts";
import { ShiftKind, WorkingRules } from "./roster.ts";

/** Minutes of the local day on the weekdays named (1 Monday … 7 Sunday), in the unit's time zone; `to` before `from` runs past midnight. */
export const Shift = z.strictObject({
  days: z.array(z.number().int().min(1).max(7)).max(7),
  from: z.number().int().min(0).max(1440).meta(uom("min")),
  to: z.number().int().min(0).max(1440).meta(uom("min")),
});
export type Shift = z.infer<typeof Shift>;

/** Within `radiusM` of a centre, or inside a ring of places. */
export const Area = z.union([
  z.strictObject({ center: Place, radiusM: z.number().positive().max(1_000_000).meta(uom("m")) }),
  z.strictObject({ ring: z.array(Place).min(3).max(100) }),
]);
export type Area = z.infer<typeof Area>;

/** Taken once in each shift that covers it, and begun between the two minutes of the local day. */
export const Break = z.strictObject({
  from: z.number().int().min(0).max(1440).meta(uom("min")),
  to: z.number().int().min(0).max(1440).meta(uom("min")),
  minutes: z.number().int().min(1).max(240).meta(uom("min")),
});
export type Break = z.infer<typeof Break>;

/** Away, whatever the shift says; why is nobody's business here. */
export const Absence = z.strictObject({ from: Instant, until: Instant });
export type Absence = z.infer<typeof Absence>;
/** A shift on one date, besides the weekly ones: accepted from a roster. */
export const ExtraShift = z.strictObject({ from: Instant, until: Instant, kind: ShiftKind });
export type ExtraShift = z.infer<typeof ExtraShift>;
/** Eight weeks of two a day: past ones are dropped. */
export const EXTRA_SHIFTS_MAX = 112;

/** What a roster may ask of somebody; what is left out is as the unit has it for everybody. */
export const RosterTerms = z.strictObject({
  timeZone: TimeZone.optional(),
  rules: WorkingRules.optional(),
  onCall: z.boolean().optional(),
  /** Weekdays on which they like to work. */
  preferred: z.array(z.number().int().min(1).max(7)).max(7).optional(),
});

/** Absences that an engineer's record keeps: past ones are dropped. */
export const ABSENCES_MAX = 20;

export const Engineer = z.strictObject({
  id: EngineerId,
  name: z.string().min(1).max(100).meta(personal("naming who comes", "signing the work")),
  skills: z.array(SkillId).max(50),
  shifts: z.array(Shift).max(14).meta(personal("planning work into shifts")),
  breaks: z.array(Break).max(3).optional().meta(personal("planning work around breaks")),
  /** Work beyond the end of a shift that the engineer may be given; absent: as the scenario says. */
  overtimeMin: z
    .number()
    .int()
    .min(0)
    .max(480)
    .optional()
    .meta({ ...uom("min"), ...personal("keeping to working time") }),
  absences: z.array(Absence).max(ABSENCES_MAX).optional().meta(personal("planning work into shifts")),
  extraShifts: z.array(ExtraShift).max(EXTRA_SHIFTS_MAX).optional().meta(personal("planning work into shifts")),
  roster: RosterTerms.optional().meta(personal("planning work into shifts")),
  /** Where the engineer goes; absent: everywhere. */
  territory: z.array(Area).min(1).max(20).optional(),
  home: Place.meta(personal("reckoning travel while no position is shared")),
  /** Consent to be located while on shift; without it `home` stands in. */
  locatable: z.boolean().meta(personal("keeping to the engineer's consent")),
});
export type Engineer = z.infer<typeof Engineer>;

/** Last known place of an engineer. Key: the engineer's id. Kept only while on shift and with consent. */
export const Position = z.strictObject({ id: EngineerId, at: Instant, place: Place.meta(personal("choosing who is near")) });
export type Position = z.infer<typeof Position>;
