/** What a unit can say about a job from what it knows and remembers: the fault and what it follows from, what was done before, which parts to take. */
import { z } from "zod";
import { PartCount } from "./asset.ts";
import { Reason } from "./decision.ts";
import { Citation, Diagnosis } from "./diagnosis.ts";
import { AssetId, FaultModeId, PartId, RepairId, TicketId } from "./ids.ts";
import { Instant, Words } from "./instant.ts";
import { uom } from "./meaning.ts";

/** Similar repairs that are kept with a job: what anybody reads. */
export const SIMILAR_KEPT_MAX = 10;
/** Lines that were looked at and left out, kept with a job. */
export const LEFT_KEPT_MAX = 20;

const share = () => z.number().min(0).max(1).meta(uom("1"));

/** `probability`: that at least one is needed. `gainMin`: what having it spares on average, in minutes, after what it costs to carry. */
export const AdvisedLine = PartCount.extend({
  probability: share(),
  gainMin: z.number(),
  because: z.array(Reason),
  cites: z.array(Citation),
  repairs: z.array(RepairId),
});
export type AdvisedLine = z.infer<typeof AdvisedLine>;

/** `score`: how much the repair says about the job at hand. */
export const SimilarRepair = z.strictObject({
  id: RepairId,
  asset: AssetId,
  faultMode: FaultModeId,
  action: z.string().max(500),
  parts: z.array(PartCount),
  doneAt: Instant,
  score: z.number().min(0).meta(uom("1")),
  because: z.array(Reason),
});
export type SimilarRepair = z.infer<typeof SimilarRepair>;

/** What was done in similar cases, and how often it held, of those of which it is known. */
const DoneBefore = z.strictObject({
  action: z.string(),
  done: z.number().int().meta(uom("1")),
  held: z.number().int().meta(uom("1")),
  proved: z.number().int().meta(uom("1")),
});

/** An entry that was cited, by the name that it had then. */
const Cited = Citation.extend({ title: Words, source: z.string().max(300).optional() });

/** One for each ticket, as it was when the job was opened or its kit listed again. Key: the ticket's id. */
export const Advice = z.strictObject({
  id: TicketId,
  ticket: TicketId,
  at: Instant,
  /** The mode that the kit is for: the ticket's. */
  faultMode: FaultModeId,
  /** Absent where a person named the fault. */
  diagnosis: Diagnosis.optional(),
  /** Every entry that the diagnosis, the needs and the lines cite. */
  cited: z.array(Cited),
  procedure: z.strictObject({ title: Words, steps: z.array(Words) }).optional(),
  tools: z.array(Words),
  similar: z.array(SimilarRepair).max(SIMILAR_KEPT_MAX),
  actions: z.array(DoneBefore),
  used: z.array(z.strictObject({ part: PartId, repairs: z.number().int().meta(uom("1")), share: share(), quantity: z.number().meta(uom("1")) })),
  lines: z.array(AdvisedLine),
  left: z.array(AdvisedLine).max(LEFT_KEPT_MAX),
});
export type Advice = z.infer<typeof Advice>;
