/** Who owns or runs the assets. Contact details are personal values: they live here and nowhere else. */
import { z } from "zod";
import { CustomerId, EngineerId } from "./ids.ts";
import { personal } from "./meaning.ts";

export const Customer = z.strictObject({
  id: CustomerId,
  name: z.string().min(1).max(200),
  contact: z
    .strictObject({
      person: z.string().max(100).optional().meta(personal("arranging a visit")),
      phone: z.string().max(40).optional().meta(personal("arranging a visit", "calling back about a ticket")),
    })
    .optional()
    .meta(personal("arranging a visit", "calling back about a ticket")),
  /** Engineers whom it asks for, where an asset has none of its own. */
  preferred: z.array(EngineerId).max(5).optional(),
});
export type Customer = z.infer<typeof Customer>;
