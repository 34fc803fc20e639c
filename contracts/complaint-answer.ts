/** What a customer, a CRM or the desk hears of a complaint: the job that it made or joined, and what the machine itself had said before, with the evidence. */
import { z } from "zod";
import { Severity } from "./severity.ts";
import { AlarmId, ChannelId, FaultModeId, TicketId } from "./ids.ts";
import { Instant, Words } from "./instant.ts";
import { TicketState } from "./ticket.ts";
import { Complaint } from "./visit.ts";

/** An alarm of the machine before the complaint. `share`: of the evidence, in [0, 1]; `uom` is absent for a channel that no profile has any more. */
export const Anomaly = z.strictObject({
  alarm: AlarmId,
  faultMode: FaultModeId,
  title: Words,
  severity: Severity,
  raisedAt: Instant,
  clearedAt: Instant.optional(),
  score: z.number(),
  evidence: z.array(z.strictObject({ channel: ChannelId, title: Words, share: z.number() })),
});
export type Anomaly = z.infer<typeof Anomaly>;

/** A job as its customer sees it: how far it is and what is promised, and nobody's name. */
export const JobGlance = z.strictObject({ id: TicketId, state: TicketState, openedAt: Instant, respondBy: Instant, resolveBy: Instant });
export type JobGlance = z.infer<typeof JobGlance>;

export const ComplaintAnswer = z.strictObject({
  complaint: Complaint,
  job: JobGlance,
  /** It was there already. */
  joined: z.boolean(),
  anomalies: z.array(Anomaly),
  said: Words,
});
export type ComplaintAnswer = z.infer<typeof ComplaintAnswer>;
