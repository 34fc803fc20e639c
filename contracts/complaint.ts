/**
 * What a customer says of a machine for which there may be no ticket, as a CRM writes it at the hub, and what the unit that has the machine made of
 * it: each once for its key. A complaint about a job that is known is a wish of that job.
 */
import { z } from "zod";
import { AlarmId, AssetId, TicketId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { Priority } from "./ticket.ts";
import { Complaint, LINKED_MAX } from "./visit.ts";

export const HubComplaint = z.strictObject({
  /** Made by whoever writes it: the same one again is the same complaint. */
  id: Complaint.shape.id,
  asset: AssetId,
  words: Complaint.shape.words,
  /** When it was said; absent: when the unit heard of it. */
  saidAt: Instant.optional(),
  priority: Priority.optional(),
  /** The job that it was noted with. */
  ticket: TicketId.optional(),
  /** `joined`: a job was under way. `alarms`: what the machine had said before. `refused`, with rule and mend in words, where nothing came of it. */
  answer: z
    .strictObject({
      at: Instant,
      joined: z.literal(true).optional(),
      alarms: z.array(AlarmId).max(LINKED_MAX).optional(),
      refused: z.string().max(40).optional(),
      rule: z.string().max(300).optional(),
      mend: z.string().max(300).optional(),
    })
    .optional(),
});
export type HubComplaint = z.infer<typeof HubComplaint>;
