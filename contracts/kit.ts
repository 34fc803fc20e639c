/** The parts that a visit needs, and their reservation at a WMS: exactly one, whatever is retried. */
import { z } from "zod";
import { PartCount } from "./asset.ts";
import { KitId, TicketId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meanings, uom } from "./meaning.ts";

export const KitState = meanings({
  proposed: "asked for, no answer yet",
  reserved: "the WMS keeps the parts for this visit",
  short: "the WMS lacks parts",
  refused: "the WMS will not take the request, and says why: a person must look",
  unreachable: "the WMS has not answered, the ask goes on",
  none: "no parts are needed, or no WMS is bound",
});

export const Kit = z.strictObject({
  id: KitId,
  ticket: TicketId,
  lines: z.array(PartCount).max(50),
  state: KitState,
  /** The WMS's own number of the reservation. */
  reservation: z.string().max(100).optional(),
  depot: z.string().max(100).optional(),
  reservedAt: Instant.optional(),
  missing: z.array(PartCount).max(50).optional(),
  /** Of one that is refused: in the WMS's words. */
  why: z.string().max(200).optional(),
  attempts: z.number().int().min(0).meta(uom("1")),
  /** The reservation waits for a person's confirmation: nothing has been asked of the WMS. */
  needsPerson: z.literal(true).optional(),
});
export type Kit = z.infer<typeof Kit>;
