/** Agreements and the calendars that their hours are counted on, as they are brought to a unit. */
import { z } from "zod";
import { Agreement } from "./agreement.ts";
import { Calendar } from "./calendar.ts";

/** A tenant's agreements that one site is about: customers with several each. */
export const AGREEMENTS_MAX = 1_000;
const CALENDARS_MAX = 100;

export const AgreementDocument = z.strictObject({
  format: z.literal(1),
  agreements: z.array(Agreement).max(AGREEMENTS_MAX).default([]),
  calendars: z.array(Calendar).max(CALENDARS_MAX).default([]),
});
export type AgreementDocument = z.infer<typeof AgreementDocument>;
