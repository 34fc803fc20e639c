/** An offer asks one engineer to take one ticket, and says why them and why not the others. An assignment is an accepted offer. */
import { z } from "zod";
import { EngineerId, OfferId, SkillId, TicketId } from "./ids.ts";
import { Instant } from "./instant.ts";

/** Why an engineer was not chosen: a code and the figures that make it a sentence. */
export const NotChosen = z.discriminatedUnion("code", [
  z.strictObject({ engineer: EngineerId, code: z.literal("lacks-skill"), skill: SkillId }),
  z.strictObject({ engineer: EngineerId, code: z.literal("off-shift"), backAt: Instant.optional() }),
  z.strictObject({ engineer: EngineerId, code: z.literal("declined") }),
  z.strictObject({ engineer: EngineerId, code: z.literal("no-answer") }),
  z.strictObject({ engineer: EngineerId, code: z.literal("has-offer"), ticket: TicketId }),
  /** Ranked behind the chosen one: later by this much, of which travel and waiting for other work. */
  z.strictObject({ engineer: EngineerId, code: z.literal("later"), byMs: z.number(), travelMs: z.number(), queueMs: z.number() }),
]);
export type NotChosen = z.infer<typeof NotChosen>;

/** Why the chosen one: expected arrival and what it is made of. */
export const Because = z.strictObject({
  distanceM: z.number().min(0),
  travelMs: z.number().min(0),
  /** Work already accepted that comes first. */
  queueMs: z.number().min(0),
  skills: z.array(SkillId),
  /** Age of the position the travel time was reckoned from; absent when reckoned from home. */
  positionAgeMs: z.number().min(0).optional(),
});
export type Because = z.infer<typeof Because>;

export const Offer = z.strictObject({
  id: OfferId,
  ticket: TicketId,
  engineer: EngineerId,
  state: z.enum(["open", "accepted", "declined", "expired", "withdrawn"]),
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
