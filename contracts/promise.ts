/** What a page shows of a ticket's promise: which agreement gave it and why, who pays, what stopped its clock, and whether it will be kept. */
import { z } from "zod";
import { AgreementKind } from "./agreement.ts";
import { Reason } from "./decision.ts";
import { AgreementId, CalendarId, TicketId } from "./ids.ts";
import { Instant, Words } from "./instant.ts";
import { Payers } from "./payer.ts";
import { SlaClock, SlaRisk } from "./sla-clock.ts";

export const PromiseForecast = z.strictObject({
  promise: SlaRisk.shape.promise,
  severity: z.enum(["safe", ...SlaRisk.shape.severity.options]),
  /** As `forecast` of edge/ticket/forecast.ts names them. */
  code: z.string(),
  by: Instant,
  /** Of a breach. */
  percent: z.number(),
  expectedAt: Instant,
});
export type PromiseForecast = z.infer<typeof PromiseForecast>;

export const TicketPromise = z.strictObject({
  ticket: TicketId,
  /** Whose response class it is; absent: the unit's own table. */
  agreement: z.strictObject({ id: AgreementId, title: z.string(), kind: AgreementKind }).optional(),
  /** `known`: false where the clock runs around the clock because its calendar is not here. */
  calendar: z.strictObject({ id: CalendarId, title: Words.optional(), timeZone: z.string(), known: z.boolean() }).optional(),
  payer: Payers.optional(),
  countsOn: AgreementId.optional(),
  sla: SlaClock.optional(),
  forecasts: z.array(PromiseForecast).max(2),
  /** Why this agreement and not another, and why who pays, as `entitle` says it; titles by the agreements' ids. */
  reasons: z.array(Reason),
  titles: z.record(z.string(), z.string()),
});
export type TicketPromise = z.infer<typeof TicketPromise>;
