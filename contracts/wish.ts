/** What the CRM wants done with a job, written at the hub, and what the unit made of it: each once for its key. */
import { z } from "zod";
import { TicketId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meanings } from "./meaning.ts";
import { Complaint } from "./visit.ts";

export const Wish = z.strictObject({
  /** Made by whoever wishes: the same key again is the same wish. */
  key: Complaint.shape.id,
  want: meanings({
    reopen: "it was over and is not: the job goes on, or another one follows it",
    cancel: "nobody is to come any more",
    complain: "the customer complains about the machine",
  }),
  /** Why, or what the customer says. */
  words: z.string().min(1).max(500),
});
export type Wish = z.infer<typeof Wish>;

/** `refused`, with rule and mend in words, where it could not be done. `ticket`: the job that it is about now. */
export const WishAnswer = z.strictObject({
  key: Complaint.shape.id,
  at: Instant,
  ticket: TicketId.optional(),
  refused: z.string().max(40).optional(),
  rule: z.string().max(300).optional(),
  mend: z.string().max(300).optional(),
});
export type WishAnswer = z.infer<typeof WishAnswer>;
