/** An offer asks one engineer to take one ticket, and says why them and why not the others. An assignment is an accepted offer. */
import { z } from "zod";
import { EngineerId, OfferId, SkillId, TicketId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meaning, meanings, uom } from "./meaning.ts";

/** Why an engineer was not chosen: a code and the figures that make it a sentence. */
export const NotChosen = z.discriminatedUnion("code", [
  z.strictObject({ engineer: EngineerId, code: meaning("lacks-skill", "lacks a skill that the ticket needs"), skill: SkillId }),
  z.strictObject({ engineer: EngineerId, code: meaning("off-shift", "not on shift now"), backAt: Instant.optional() }),
  z.strictObject({ engineer: EngineerId, code: meaning("declined", "was asked in this round and said no") }),
  z.strictObject({ engineer: EngineerId, code: meaning("no-answer", "was asked in this round and did not answer in time") }),
  z.strictObject({ engineer: EngineerId, code: meaning("on-it", "is on this very job already") }),
  z.strictObject({ engineer: EngineerId, code: meaning("has-offer", "is being asked for another ticket"), ticket: TicketId }),
  /** Ranked behind the chosen one: later by this much, of which travel and waiting for other work. */
  z.strictObject({
    engineer: EngineerId,
    code: meaning("later", "would arrive later than the chosen one"),
    byMs: z.number().meta(uom("ms")),
    travelMs: z.number().meta(uom("ms")),
    queueMs: z.number().meta(uom("ms")),
  }),
]);
export type NotChosen = z.infer<typeof NotChosen>;

/** Why the chosen one: expected arrival and what it is made of. */
export const Because = z.strictObject({
  distanceM: z.number().min(0).meta(uom("m")),
  travelMs: z.number().min(0).meta(uom("ms")),
  /** Work already accepted that comes first. */
  queueMs: z.number().min(0).meta(uom("ms")),
  skills: z.array(SkillId),
  /** Age of the position the travel time was reckoned from; absent when reckoned from home. */
  positionAgeMs: z.number().min(0).optional().meta(uom("ms")),
});
export type Because = z.infer<typeof Because>;

export const Offer = z.strictObject({
  id: OfferId,
  ticket: TicketId,
  engineer: EngineerId,
  /** Absent: as the one who holds the job. */
  as: meanings({ helper: "comes along with whoever holds the job" }).optional(),
  state: meanings({
    open: "asked, no answer yet",
    accepted: "the engineer takes the ticket",
    declined: "the engineer said no",
    expired: "no answer came in time",
    withdrawn: "the ticket was cancelled or given to somebody else",
  }),
  madeAt: Instant,
  expiresAt: Instant,
  answeredAt: Instant.optional(),
  declineReason: z.string().max(200).optional(),
  because: Because,
  notChosen: z.array(NotChosen),
});
export type Offer = z.infer<typeof Offer>;

/** Key: the ticket's id. One engineer holds a ticket at a time. */
export const Assignment = z.strictObject({ id: TicketId, engineer: EngineerId, offer: OfferId, acceptedAt: Instant });
export type Assignment = z.infer<typeof Assignment>;
