/** Who does the work: skills and shift; the position is a personal value of its own record. */
import { z } from "zod";
import { EngineerId, SkillId } from "./ids.ts";
import { Instant, Place } from "./instant.ts";
import { personal, uom } from "./meaning.ts";

/** Minutes of the local day on the weekdays named (1 Monday … 7 Sunday), in the unit's time zone; `to` before `from` runs past midnight. */
export const Shift = z.strictObject({
  days: z.array(z.number().int().min(1).max(7)).max(7),
  from: z.number().int().min(0).max(1440).meta(uom("min")),
  to: z.number().int().min(0).max(1440).meta(uom("min")),
});
export type Shift = z.infer<typeof Shift>;

export const Engineer = z.strictObject({
  id: EngineerId,
  name: z.string().min(1).max(100).meta(personal("naming who comes", "signing the work")),
  skills: z.array(SkillId).max(50),
  shifts: z.array(Shift).max(14).meta(personal("planning work into shifts")),
  home: Place.meta(personal("reckoning travel while no position is shared")),
  /** Consent to be located while on shift; without it `home` stands in. */
  locatable: z.boolean().meta(personal("keeping to the engineer's consent")),
});
export type Engineer = z.infer<typeof Engineer>;

/** Last known place of an engineer. Key: the engineer's id. Kept only while on shift and with consent. */
export const Position = z.strictObject({ id: EngineerId, at: Instant, place: Place.meta(personal("choosing who is near")) });
export type Position = z.infer<typeof Position>;
