/** What a visit needs and what it leaves behind: steps to tick, who comes along, photographs, why it stood still, what was found. */
import { z } from "zod";
import { Citation } from "./diagnosis.ts";
import { AlarmId, EngineerId, OfferId } from "./ids.ts";
import { Instant, Words } from "./instant.ts";
import { meanings, uom } from "./meaning.ts";

const code = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "use 1 to 63 lower-case letters, digits and hyphens");

/** Steps of one checklist: longer ones are not read. */
export const STEPS_MAX = 40;

/** Entries that ask for one step: a checklist and a procedure for each fault of a visit. */
export const ASKED_BY_MAX = 20;

export const Step = z.strictObject({
  id: code,
  title: Words,
  before: meanings({ working: "must be ticked before work begins: safety", resolved: "must be ticked before the work counts as done" }),
  /** Entries of the knowledge that ask for it; absent: the scenario. */
  from: z.array(Citation).max(ASKED_BY_MAX).optional(),
});
export type Step = z.infer<typeof Step>;

export const TickedStep = Step.extend({ doneAt: Instant.optional(), doneBy: EngineerId.optional() });
export type TickedStep = z.infer<typeof TickedStep>;

/** One photograph. A phone's picture at 1,600 pixels is 200 to 500 KiB; a row of the unit's storage holds 2 MB. */
export const PHOTO_BYTES_MAX = 1024 * 1024;
/** Photographs of one ticket: before, after, name plate and parts, with room. */
export const PHOTOS_MAX = 20;

/** The bytes lie in the unit, under the ticket and this id; this is what travels. */
export const Photo = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  takenAt: Instant,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().min(1).max(PHOTO_BYTES_MAX).meta(uom("By")),
  type: meanings({ "image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WebP" }),
  by: EngineerId,
});
export type Photo = z.infer<typeof Photo>;

export const PauseReason = meanings({
  parts: "parts are not here",
  customer: "the customer asks to wait",
  access: "nobody lets the engineer in, or the place is not safe",
  "end-of-shift": "the engineer's shift is over",
});
export type PauseReason = z.infer<typeof PauseReason>;

/** Pauses that a ticket keeps one by one; further ones lengthen the last. */
export const PAUSES_MAX = 20;
export const Pause = z.strictObject({ from: Instant, to: Instant, reason: PauseReason });
export type Pause = z.infer<typeof Pause>;

/** What the visit found out about the alarm: the label that models learn from. */
export const Finding = meanings({
  "confirmed-fault": "the fault that the alarm named",
  "false-alarm": "nothing was wrong",
  "other-fault": "something else was wrong",
});
export type Finding = z.infer<typeof Finding>;

export const CauseCode = code;

/** The most engineers that one visit needs: a lead and four helpers lift a pump out. */
export const CREW_MAX = 5;
/** Somebody who comes along with the lead. */
export const Helper = z.strictObject({ engineer: EngineerId, offer: OfferId, acceptedAt: Instant, arrivedAt: Instant.optional() });
export type Helper = z.infer<typeof Helper>;

/** Complaints on one ticket; from there on people have said it. */
export const COMPLAINTS_MAX = 10;
/** Earlier alarms that one complaint names. */
export const LINKED_MAX = 10;

/** What a customer said about an asset, and the alarms of that asset that came before it. */
export const Complaint = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@:-]{0,127}$/, "use 1 to 128 letters, digits and . _ @ : -"),
  at: Instant,
  words: z.string().min(1).max(1000),
  alarms: z.array(AlarmId).max(LINKED_MAX),
});
export type Complaint = z.infer<typeof Complaint>;
