/** Before an engineer goes: where each part of the kit would come from, and what else could be done where some would come too late. */
import { z } from "zod";
import { PartCount } from "./asset.ts";
import { Citation } from "./diagnosis.ts";
import { DepotId, EngineerId, PartId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meanings, uom } from "./meaning.ts";

const ms = () => z.number().meta(uom("ms"));
const every = { arriveAt: Instant } as const;

export const PreflightOutcome = meanings({
  ready: "all of it is in the van",
  depot: "the rest is fetched on the way",
  blocked: "some of it can't be there in time",
});

/** `arriveAt`: at the asset, with the parts. The soonest first. */
export const PartsAlternative = z.discriminatedUnion("type", [
  z.strictObject({ ...every, type: z.literal("substitute"), part: PartId, by: PartId, quantity: z.number().int(), cite: Citation }),
  z.strictObject({ ...every, type: z.literal("depot"), depots: z.array(DepotId), extraMs: ms() }),
  z.strictObject({ ...every, type: z.literal("engineer"), engineer: EngineerId }),
  z.strictObject({ ...every, type: z.literal("transfer"), engineer: EngineerId, parts: z.array(PartCount), extraMs: ms() }),
  z.strictObject({ ...every, type: z.literal("later"), leadMs: ms() }),
]);
export type PartsAlternative = z.infer<typeof PartsAlternative>;

export const PartsCheck = z.strictObject({
  engineer: EngineerId,
  outcome: PreflightOutcome,
  /** From nowhere that can be reached in time: `order`. */
  sources: z.array(
    z.strictObject({
      part: PartId,
      quantity: z.number().int(),
      from: z.enum(["van", "depot", "order"]),
      depot: DepotId.optional(),
      leadMs: ms().optional(),
    }),
  ),
  stops: z.array(DepotId),
  arriveAt: Instant,
  extraMs: ms(),
  alternatives: z.array(PartsAlternative),
});
export type PartsCheck = z.infer<typeof PartsCheck>;
