/** An offer asks one engineer to take one ticket, and says why them and why not the others. An assignment is an accepted offer. */
import { z } from "zod";
import { EngineerId, OfferId, PartId, SkillId, TicketId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meaning, meanings, uom } from "./meaning.ts";
import { TravelSource } from "./travel.ts";

const ms = () => z.number().meta(uom("ms"));

/**
 * What a choice costs, each term in ms of travel: what it makes later, what it moves. Negative where it is better than usual.
 * response: from the ticket's opening to the arrival, by priority · lateness: after what was promised, of this job and of those behind it ·
 * stability: jobs that begin at another time than was told · fairness: an uneven load · preference: of the customer.
 */
export const CostTerm = meanings({
  response: "from the ticket's opening to the arrival, by priority",
  lateness: "after what was promised, of this job and of those behind it",
  travel: "on the road",
  overtime: "work beyond the shift",
  stability: "jobs that begin at another time than was told",
  fairness: "an uneven load",
  preference: "the customer asks for somebody else",
});
export type CostTerm = z.infer<typeof CostTerm>;
export const COST_TERMS: readonly CostTerm[] = CostTerm.options;
export const Cost = z.strictObject({
  total: ms(),
  response: ms(),
  lateness: ms(),
  travel: ms(),
  overtime: ms(),
  stability: ms(),
  fairness: ms(),
  preference: ms(),
});
export type Cost = z.infer<typeof Cost>;

/** Jobs of one shift that can come behind another. */
export const DELAYS_MAX = 20;
/** An accepted job that is expected later for it. */
export const Delay = z.strictObject({ ticket: TicketId, byMs: ms() });
export type Delay = z.infer<typeof Delay>;

/** Why an engineer was not chosen: a code and the figures that make it a sentence. */
export const NotChosen = z.discriminatedUnion("code", [
  z.strictObject({ engineer: EngineerId, code: meaning("lacks-skill", "lacks a skill that the ticket needs"), skill: SkillId }),
  z.strictObject({ engineer: EngineerId, code: meaning("off-shift", "not on shift now"), backAt: Instant.optional() }),
  z.strictObject({ engineer: EngineerId, code: meaning("declined", "was asked in this round and said no") }),
  z.strictObject({ engineer: EngineerId, code: meaning("no-answer", "was asked in this round and did not answer in time") }),
  z.strictObject({ engineer: EngineerId, code: meaning("had-it", "had accepted it, and it was given back") }),
  z.strictObject({ engineer: EngineerId, code: meaning("on-it", "is on this very job already") }),
  z.strictObject({ engineer: EngineerId, code: meaning("has-offer", "is being asked for another ticket"), ticket: TicketId }),
  /** `from`: there now, and away before the work could end. */
  z.strictObject({ engineer: EngineerId, code: meaning("absent", "is away"), from: Instant.optional(), backAt: Instant.optional() }),
  z.strictObject({
    engineer: EngineerId,
    code: meaning("outside-territory", "the asset lies outside of the territory"),
    distanceM: z.number().min(0).meta(uom("m")),
  }),
  z.strictObject({
    engineer: EngineerId,
    code: meaning("lacks-part", "a part that the ticket needs is neither in the van nor reserved"),
    part: PartId,
    quantity: z.number().int().min(1).meta(uom("1")),
  }),
  z.strictObject({
    engineer: EngineerId,
    code: meaning("shift-ends", "the work would end after the shift, overtime included"),
    endsAt: Instant,
    overMs: ms(),
  }),
  z.strictObject({ engineer: EngineerId, code: meaning("misses-appointment", "would arrive after the customer's appointment"), byMs: ms() }),
  z.strictObject({ engineer: EngineerId, code: meaning("breaks-appointment", "would miss the appointment of another accepted job"), ticket: TicketId }),
  z.strictObject({ engineer: EngineerId, code: meaning("break", "the break leaves no room for it"), byMs: ms() }),
  z.strictObject({ engineer: EngineerId, code: meaning("unreachable", "there is no way from where the engineer is") }),
  /** As early as the chosen one, or earlier, at a higher cost: by this much in all, most of it in one term. */
  z.strictObject({
    engineer: EngineerId,
    code: meaning("costs-more", "as early, but at a higher cost to the plan"),
    byMs: ms(),
    term: CostTerm,
    termMs: ms(),
    earlierMs: ms(),
  }),
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
  /** When the engineer is expected there, after how many accepted jobs, and what the choice costs. */
  arriveAt: Instant.optional(),
  index: z.number().int().min(0).optional().meta(uom("1")),
  overtimeMs: z.number().min(0).optional().meta(uom("ms")),
  delays: z.array(Delay).max(DELAYS_MAX).optional(),
  /** How the travel was reckoned: by whom, how long ago that was asked; of the great circle the factor and the trips that it was learnt from. */
  travel: z
    .strictObject({
      source: TravelSource,
      ageMs: z.number().min(0).optional().meta(uom("ms")),
      stale: z.literal(true).optional(),
      factor: z.number().positive().optional().meta(uom("1")),
      trips: z.number().int().min(1).optional().meta(uom("1")),
    })
    .optional(),
  cost: Cost.optional(),
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
