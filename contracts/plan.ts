/** The plan is everyone's routes: made of what they accepted, were promised and are doing. Nothing of it is stored but the order and what was told. */
import { z } from "zod";
import type { PartCount } from "./asset.ts";
import { AssetId, EngineerId, PartId, SkillId, TicketId } from "./ids.ts";
import { Instant, type Millis, type Place } from "./instant.ts";
import { meanings, uom } from "./meaning.ts";
import { Cost, Delay, NotChosen } from "./offer.ts";
import { Priority, type Ticket } from "./ticket.ts";
import { TravelSource } from "./travel.ts";

const ms = () => z.number().min(0).meta(uom("ms"));

/** Accepted jobs of one engineer at once: a shift of quarter-hour visits. */
export const STOPS_MAX = 50;

/** What a plan can't be made of again: in which order an engineer's accepted jobs are to be done, and what was told of it. Key: the engineer's id. */
export const Route = z.strictObject({
  id: EngineerId,
  stops: z
    .array(
      z.strictObject({
        ticket: TicketId,
        /** When the engineer is expected there, as it was last told. */
        toldAt: Instant,
        /** The engineer's own word for it, and when it was given. */
        said: z.strictObject({ at: Instant, arriveAt: Instant }).optional(),
      }),
    )
    .max(STOPS_MAX),
  /** The asset at which the engineer was last, by their own taps: where the next trip begins while no position is shared. */
  last: z.strictObject({ asset: AssetId, at: Instant }).optional(),
  /** The trip that is under way: what was reckoned for it without the calibrated factor. */
  trip: z.strictObject({ ticket: TicketId, leftAt: Instant, plainMs: ms() }).optional(),
});
export type Route = z.infer<typeof Route>;

export const PlannedStop = z.strictObject({
  ticket: TicketId,
  hold: meanings({
    locked: "on the way there or at work: it is not moved",
    accepted: "accepted, not begun",
    promised: "offered, and not answered yet",
  }),
  as: meanings({ helper: "comes along with whoever holds the job" }).optional(),
  startAt: Instant,
  endAt: Instant,
  travelMs: ms(),
  distanceM: z.number().min(0).meta(uom("m")),
  respondBy: Instant,
  /** Expected later than promised, by so much. */
  lateMs: ms().optional(),
  /** When somebody was told that it would begin, where it was. */
  toldAt: Instant.optional(),
});
export type PlannedStop = z.infer<typeof PlannedStop>;

export const Tour = z.strictObject({
  engineer: EngineerId,
  /** From when the next job may be set out for, and the end of the shift; absent: it never ends. */
  freeAt: Instant,
  shiftEndAt: Instant.optional(),
  stops: z.array(PlannedStop),
  breaks: z.array(z.strictObject({ startAt: Instant, endAt: Instant })),
  endAt: Instant,
  overtimeMs: ms(),
});
export type Tour = z.infer<typeof Tour>;

export const Plan = z.strictObject({
  /** Changes whenever an order, an engineer's shift or an answer does: what was proposed against another one is refused as `stale-version`. */
  version: z.string(),
  at: Instant,
  /** How travel was reckoned; `factor` and `trips` of the great circle: what was learnt, from how many trips. */
  travel: z.strictObject({ source: TravelSource, factor: z.number().optional(), trips: z.number().int().optional() }),
  tours: z.array(Tour),
  /** Tickets that nobody has: most urgent first. */
  waiting: z.array(TicketId),
});
export type Plan = z.infer<typeof Plan>;

/**
 * A job that would be better with somebody else, where a person must say so. `gainMs`: what the whole plan saves that it is part of, as the
 * unit's weights have it. Key: the ticket's id.
 */
export const Move = z.strictObject({
  id: TicketId,
  from: EngineerId,
  to: EngineerId,
  at: Instant,
  gainMs: ms(),
  /** A person said no: it is not proposed again while the same engineer has the job. */
  declined: z.strictObject({ at: Instant, by: z.string(), why: z.string().min(1).max(500) }).optional(),
});
export type Move = z.infer<typeof Move>;

const Arrival = z.strictObject({ arriveAt: Instant, travelMs: ms(), distanceM: z.number().min(0).meta(uom("m")) });

/** The same as a person sees it: how it is, and how it would be as things stand now. */
export const ProposedMove = Move.omit({ id: true, declined: true }).extend({ ticket: TicketId, is: Arrival, would: Arrival });
export type ProposedMove = z.infer<typeof ProposedMove>;

const Span = z.strictObject({ from: Instant, until: Instant });
/** The plan as the desk sees it: with everybody's hours and absences around now, whether they have a tour or not, and the moves that wait for a word. */
export const PlanView = Plan.extend({
  /** `onCall`: at home, and comes for what can't wait. */
  duties: z.array(z.strictObject({ engineer: EngineerId, spans: z.array(Span.extend({ onCall: z.literal(true).optional() })), away: z.array(Span) })),
  moves: z.array(ProposedMove),
});
export type PlanView = z.infer<typeof PlanView>;

/** Somebody who could take the ticket: where in their route, what it costs and whom it delays. Lengths in ms. */
export const Candidate = z.strictObject({
  engineer: EngineerId,
  arriveAt: Instant,
  endAt: Instant,
  travelMs: ms(),
  distanceM: z.number().min(0).meta(uom("m")),
  queueMs: ms(),
  source: TravelSource,
  ageMs: ms().optional(),
  stale: z.literal(true).optional(),
  overtimeMs: ms(),
  /** Accepted jobs that come before it, those under way not counted. */
  index: z.number().int().min(0).meta(uom("1")),
  delays: z.array(Delay),
  cost: Cost,
  /** Age of the position that the travel was reckoned from; absent where it was home or the job before. */
  positionAgeMs: ms().optional(),
});
export type Candidate = z.infer<typeof Candidate>;

/** One thing that is other than it is: the named set in which a counterfactual is looked for. */
export const WhatIf = z.discriminatedUnion("change", [
  z.strictObject({ change: z.literal("closer"), byMs: ms() }),
  z.strictObject({ change: z.literal("shift-until"), until: Instant, byMs: ms() }),
  z.strictObject({ change: z.literal("on-shift"), until: Instant }),
  z.strictObject({ change: z.literal("skill"), skill: SkillId }),
  z.strictObject({ change: z.literal("part"), part: PartId, quantity: z.number().int() }),
  z.strictObject({ change: z.literal("job-gone"), ticket: TicketId, workMs: ms() }),
  z.strictObject({ change: z.literal("offer-answered"), ticket: TicketId }),
  z.strictObject({ change: z.literal("not-asked-yet") }),
  z.strictObject({ change: z.literal("present") }),
  z.strictObject({ change: z.literal("territory") }),
  z.strictObject({ change: z.literal("break-moved") }),
  z.strictObject({ change: z.literal("preferred") }),
  z.strictObject({ change: z.literal("priority"), priority: Priority }),
]);
export type WhatIf = z.infer<typeof WhatIf>;

/** `chosen`: who is, as things stand now; absent where nobody can be. `why`: what keeps the engineer asked about. */
export const WhyNot = z.discriminatedUnion("outcome", [
  z.strictObject({ outcome: z.literal("would-be-chosen"), engineer: EngineerId, figures: Candidate }),
  z.strictObject({
    outcome: z.literal("change"),
    engineer: EngineerId,
    chosen: EngineerId.optional(),
    why: NotChosen,
    what: WhatIf,
    /** What the engineer would then bring, and other single changes that would do, smallest first. */
    figures: Candidate,
    others: z.array(WhatIf),
  }),
  /** No single change would do; `together`: two that would, where two do. */
  z.strictObject({
    outcome: z.literal("nothing-single"),
    engineer: EngineerId,
    chosen: EngineerId.optional(),
    why: NotChosen,
    tried: z.number().int(),
    together: z.array(WhatIf).length(2).optional(),
  }),
]);
export type WhyNot = z.infer<typeof WhyNot>;

/** How a ticket's parts come along: `stops` are the depots to go by, in order, with what is lost at each; `missing`: what comes along by no way. */
export type PartsWay = { readonly missing: readonly PartCount[]; readonly stops: readonly { readonly place: Place; readonly ms: Millis }[] };
/** Whoever goes, from where and when. `undefined`: nobody keeps stock, and parts keep nobody from a job. */
export type Goer = { readonly engineer: { readonly id: EngineerId }; readonly from: Place; readonly freeAt: Millis };
export type PartsFor = (goer: Goer, ticket: Ticket, site: Place) => PartsWay | undefined;
