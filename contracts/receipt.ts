/** What a unit shows after the hub was away: that both hold the same again, what it took, and that nothing is missing. */
import { z } from "zod";
import { StreamName } from "./delta/operation.ts";
import { Instant } from "./instant.ts";

/** Conflicts told one by one; more are counted. */
export const CONFLICTS_TOLD_MAX = 50;

export const Conflict = z.strictObject({
  entity: z.string(),
  id: z.string(),
  attr: z.string(),
  /** `theirs`: what was written meanwhile stands · `both`: kept until a person chooses · `merged`: the two make one value. */
  how: z.enum(["theirs", "both", "merged"]),
  reason: z.string(),
});
export type Conflict = z.infer<typeof Conflict>;

/** When the digests of unit and hub were compared last, and whether they were equal. */
export const Verified = z.strictObject({ at: Instant, equal: z.boolean() });
export type Verified = z.infer<typeof Verified>;

export const Receipt = z.strictObject({
  unit: z.string(),
  /** When the first call failed, when the next one was answered, when both sides were seen equal. */
  awayAt: Instant,
  backAt: Instant,
  convergedAt: Instant,
  /** The absence was practised: the unit did not call. */
  drill: z.boolean(),
  /** Own operations that reached the hub since; others' changes that were taken in. */
  operations: z.number().int().min(0),
  heard: z.number().int().min(0),
  conflicts: z.array(Conflict).max(CONFLICTS_TOLD_MAX),
  conflictCount: z.number().int().min(0),
  /** Dead letters, which the hub keeps with their reasons; operations that neither side can account for. */
  dead: z.number().int().min(0),
  lost: z.number().int().min(0),
  /** One digest over each stream, as each side reckons it. */
  digests: z.array(z.strictObject({ stream: StreamName, ours: z.string(), theirs: z.string() })),
  equal: z.boolean(),
});
export type Receipt = z.infer<typeof Receipt>;

/** What the hub is told of it: all but the conflicts one by one, which stay where they were decided. */
export const ReceiptSummary = Receipt.omit({ unit: true, conflicts: true });
export type ReceiptSummary = z.infer<typeof ReceiptSummary>;
