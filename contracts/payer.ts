/** Who pays for what of a visit. */
import { z } from "zod";
import { meanings } from "./meaning.ts";

/** What of a visit costs money. */
export const CostItem = meanings({ parts: "what is built in", labour: "time at the asset", travel: "the way there and back" });
export type CostItem = z.infer<typeof CostItem>;

export const Payer = meanings({
  customer: "the customer is charged",
  provider: "we bear it: it is in the price of the agreement",
  manufacturer: "the maker bears it",
  insurer: "an insurance bears it",
});
export type Payer = z.infer<typeof Payer>;

/** Each item of a visit, and who bears it. */
export const Payers = z.strictObject({ parts: Payer, labour: Payer, travel: Payer });
export type Payers = z.infer<typeof Payers>;
