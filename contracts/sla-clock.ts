/** The clock of one promise: when it began, what it stood still for, and when it was kept. What follows from it is reckoned: edge/ticket/clock.ts. */
import { z } from "zod";
import { CalendarId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meanings, uom } from "./meaning.ts";

/** Whatever makes a job stand still; the response class says which of these stop its clock. `done` always does. */
export const StopReason = meanings({
  parts: "parts are not here",
  customer: "the customer asks to wait",
  access: "nobody lets the engineer in, or the place is not safe",
  "end-of-shift": "the engineer's shift is over",
  done: "it counted as done until it was reopened",
});
export type StopReason = z.infer<typeof StopReason>;

/** Stops of one job; one that stands still more often runs on. Each costs a microsecond whenever the promise is reckoned. */
export const STOPS_MAX = 100;

export const Stop = z.strictObject({ reason: StopReason, from: Instant, until: Instant.optional() });
export type Stop = z.infer<typeof Stop>;

/** A promise of more than a year of working time is none. */
const WITHIN_MS_MAX = 366 * 86_400_000;
export const Within = z.number().int().min(60_000).max(WITHIN_MS_MAX).meta(uom("ms"));

/** Working time on the named calendar; absent: around the clock. */
const promised = {
  respondMs: Within,
  resolveMs: Within,
  calendar: CalendarId.optional(),
  /** What stops the clock of the resolution; a response waits for the customer alone. */
  stops: z.array(StopReason).max(5),
} as const;

export const Who = meanings({
  desk: "the dispatchers of the unit",
  lead: "whoever leads the service",
  "account-owner": "who keeps the customer's account",
  customer: "the customer's contact",
  engineer: "the engineer who was given the job",
});
export type Who = z.infer<typeof Who>;

/** What is worth a word; without trouble a promise is `safe`: kept unless something happens. */
export const SlaTrouble = meanings({
  "at-risk": "it may well be missed",
  "will-breach": "it is missed unless something is done",
  breached: "it has passed",
});
export type SlaTrouble = z.infer<typeof SlaTrouble>;
export type SlaSeverity = "safe" | SlaTrouble;

/** What a priority gets: response and resolution in working time, and who hears of trouble. */
export const ResponseClass = z.strictObject({
  ...promised,
  tell: z.array(z.strictObject({ on: SlaTrouble, who: Who })).max(20),
});
export type ResponseClass = z.infer<typeof ResponseClass>;

export const SlaClock = z.strictObject({
  ...promised,
  startedAt: Instant,
  /** In the order in which they began; the last of a reason may have no end yet. */
  stopped: z.array(Stop).max(STOPS_MAX),
  respondedAt: Instant.optional(),
  resolvedAt: Instant.optional(),
});
export type SlaClock = z.infer<typeof SlaClock>;

/** What was told of a promise. `by`: its deadline, as it was then. */
export const SlaRisk = z.strictObject({
  promise: meanings({ respond: "somebody is there", resolve: "it is mended" }),
  severity: SlaTrouble,
  at: Instant,
  by: Instant,
});
export type SlaRisk = z.infer<typeof SlaRisk>;
