/** What an asset is taken to have, and the entries of the knowledge that this follows from, each in the version that was read. */
import { z } from "zod";
import { ComponentId, FaultModeId } from "./ids.ts";
import { uom } from "./meaning.ts";

/** Modes that are told beside the likeliest. */
export const OTHERS_MAX = 5;
/** Entries that one mode cites: itself, its component, and the symptoms that spoke loudest. */
export const CITES_MAX = 10;

/** `kind:id` of an entry, as it was in this version. 0: as the scenario said, whose hash is in the decision's `rules`. */
export const Citation = z.strictObject({ entry: z.string().min(3).max(120), version: z.number().int().min(0).meta(uom("1")) });
export type Citation = z.infer<typeof Citation>;

/** `likelihood`: among all modes that were looked at, 0 to 1. */
const Likely = z.strictObject({
  faultMode: FaultModeId,
  likelihood: z.number().min(0).max(1).meta(uom("1")),
  cites: z.array(Citation).min(1).max(CITES_MAX),
});

export const Diagnosis = Likely.extend({
  component: ComponentId.optional(),
  /** No mode stood out: `faultMode` is the scenario's default, the likeliest ones are in `others`. */
  undecided: z.literal(true).optional(),
  others: z.array(Likely).max(OTHERS_MAX),
});
export type Diagnosis = z.infer<typeof Diagnosis>;
