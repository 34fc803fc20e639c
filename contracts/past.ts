/** What a unit finds among its own jobs by their words: earlier ones like a job, and faults that come again. */
import { z } from "zod";
import { AssetId, FaultModeId, TicketId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { TicketState } from "./ticket.ts";

/** Earlier jobs that a page shows beside one. */
export const SIMILAR_TICKETS_MAX = 5;
/** Groups of recurring faults that are told. */
export const RECURRING_MAX = 20;
/** Jobs that are named of one group, the latest first; the others are counted. */
export const RECURRING_TICKETS_MAX = 50;
/** A line of what was said or done, as it is shown. */
export const EXCERPT_MAX = 160;

const excerpt = z.string().max(EXCERPT_MAX);
const count = z.number().int().min(0);

/** `likeness`: cosine of the words, in [0, 1]. */
export const SimilarTicket = z.strictObject({
  ticket: TicketId,
  asset: AssetId,
  faultMode: FaultModeId,
  state: TicketState,
  at: Instant,
  likeness: z.number().min(0).max(1),
  said: excerpt.optional(),
  cause: excerpt.optional(),
  action: excerpt.optional(),
});
export type SimilarTicket = z.infer<typeof SimilarTicket>;

/** `read`: jobs that were looked through. */
export const SimilarTickets = z.strictObject({ read: count, tickets: z.array(SimilarTicket).max(SIMILAR_TICKETS_MAX) });
export type SimilarTickets = z.infer<typeof SimilarTickets>;

/** `words`: of the job that is most like all others of its group. `assets`: on how many machines; `faultMode`: what most of them were booked as. */
export const RecurringFault = z.strictObject({
  tickets: z.array(TicketId).min(1).max(RECURRING_TICKETS_MAX),
  count,
  assets: z.array(AssetId).max(RECURRING_TICKETS_MAX),
  faultMode: FaultModeId,
  words: excerpt,
  firstAt: Instant,
  lastAt: Instant,
});
export type RecurringFault = z.infer<typeof RecurringFault>;

export const Recurring = z.strictObject({ read: count, groups: z.array(RecurringFault).max(RECURRING_MAX) });
export type Recurring = z.infer<typeof Recurring>;
