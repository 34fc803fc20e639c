/** The parts that a visit needs, and their reservation at a WMS: exactly one, whatever is retried. */
import { z } from "zod";
import { PartCount } from "./asset.ts";
import { KitId, TicketId } from "./ids.ts";
import { Instant } from "./instant.ts";

export const KitState = z.enum(["proposed", "reserved", "short", "unreachable", "none"]);

export const Kit = z.strictObject({
  id: KitId,
  ticket: TicketId,
  lines: z.array(PartCount).max(50),
  /** proposed: asked for, no answer yet · short: the WMS lacks parts · unreachable: the WMS has not answered, the ask goes on · none: no parts needed or no WMS bound */
  state: KitState,
  /** The WMS's own number of the reservation. */
  reservation: z.string().max(100).optional(),
  depot: z.string().max(100).optional(),
  reservedAt: Instant.optional(),
  missing: z.array(PartCount).max(50).optional(),
  attempts: z.number().int().min(0),
  /** The reservation waits for a person's confirmation: nothing has been asked of the WMS. */
  needsPerson: z.literal(true).optional(),
});
export type Kit = z.infer<typeof Kit>;
