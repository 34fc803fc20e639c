/** What a customer is entitled to: for which assets, from when until when, what is covered, how soon somebody comes and who pays. */
import { z } from "zod";
import { TimeZone } from "./calendar.ts";
import { AgreementId, AssetId, CustomerId, FaultModeId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meanings, uom } from "./meaning.ts";
import { Payer } from "./payer.ts";
import { ResponseClass } from "./sla-clock.ts";
import { Priority } from "./ticket.ts";

export const AgreementKind = meanings({
  warranty: "the maker's or seller's promise for what it sold",
  service: "a service that the customer pays for by the year",
  none: "no service was agreed: response classes only, every visit is charged unless said otherwise",
});

const Cover = meanings({ covered: "whoever the agreement names pays", charged: "the customer pays, whatever less specific agreements say" });

/** One fault mode, or one cause as an engineer reports it. */
const Exclusion = z.union([z.strictObject({ faultMode: FaultModeId }), z.strictObject({ cause: z.string().min(1).max(100) })]);

/** All that are named must fit; what names nothing fits nothing, so that a scope that was forgotten is no gift. */
export const Scope = z.strictObject({
  customer: CustomerId.optional(),
  assets: z.array(AssetId).max(1_000).optional(),
  models: z.array(z.string().min(1).max(100)).max(200).optional(),
});
export type Scope = z.infer<typeof Scope>;

export const Agreement = z.strictObject({
  id: AgreementId,
  title: z.string().min(1).max(200),
  kind: AgreementKind,
  scope: Scope,
  /** Holds from `from` on and no more at `until`; without one it goes on until it is ended. */
  from: Instant,
  until: Instant.optional(),
  /** Ends for each asset so long after its installation, if that is earlier. */
  monthsFromInstallation: z.number().int().min(1).max(600).optional().meta(uom("mo")),
  /** Years of the agreement and months of an asset are counted in it. */
  timeZone: TimeZone,
  /** An item that is not named is left to less specific agreements. */
  coverage: z.strictObject({ parts: Cover.optional(), labour: Cover.optional(), travel: Cover.optional() }),
  /** Who bears what is covered. */
  payer: Payer,
  /** Faults that are left to less specific agreements. */
  exclusions: z.array(Exclusion).max(100),
  /** Visits in each year of the agreement; those beyond are left to less specific agreements. */
  visitsPerYear: z.number().int().min(0).max(10_000).optional().meta(uom("1")),
  responses: z.partialRecord(Priority, ResponseClass),
});
export type Agreement = z.infer<typeof Agreement>;
