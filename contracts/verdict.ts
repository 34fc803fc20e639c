/** What is concluded about a device, and the transitions that travel from Intake to Unit. */
import { z } from "zod";
import { AssetId, ChannelId, DeviceId, EpisodeId, FaultModeId, ModelHash } from "./ids.ts";
import { Instant } from "./instant.ts";
import { uom } from "./meaning.ts";
import { Severity } from "./severity.ts";

export const VerdictState = z.enum(["normal", "suspect", "anomalous"]);
export type VerdictState = z.infer<typeof VerdictState>;

/** Share of the evidence that one channel gave, 0 to 1, largest first. */
export const Evidence = z.strictObject({ channel: ChannelId, share: z.number().min(0).max(1).meta(uom("1")) });
export type Evidence = z.infer<typeof Evidence>;

/** What it was concluded from: the model's score, a fixed limit, a zone of vibration, or the device's own word. */
export const VerdictRule = z.enum(["model", "limit", "zone", "code"]);
export type VerdictRule = z.infer<typeof VerdictRule>;

export const Verdict = z.strictObject({
  device: DeviceId,
  asset: AssetId,
  episode: EpisodeId,
  state: VerdictState,
  /** Event time of the sample that completed it. */
  at: Instant,
  /** When that sample arrived: `sampleAt` of the journey. */
  arrivedAt: Instant,
  /** When the episode began, event time. */
  since: Instant,
  score: z.number().min(0).max(1),
  evidence: z.array(Evidence).max(8),
  rule: VerdictRule.optional(),
  /** Absent where the fault mode alone says it. */
  severity: Severity.optional(),
  model: ModelHash,
  /** False when it comes from a backlog older than the lateness bound: stored, but no ticket unless the condition still holds. */
  fresh: z.boolean(),
  /** Set when a fault code of the device, not a score, made it. */
  faultMode: FaultModeId.optional(),
  code: z.string().max(64).optional(),
  /** Duplicated and reordered samples that were absorbed since the episode began. */
  absorbed: z.number().int().min(0),
});
export type Verdict = z.infer<typeof Verdict>;

/** Transitions in one batch; at one object per unit more than this in a second is a site-wide event. */
export const TRANSITIONS_MAX = 500;

/** One batch from an Intake object: transitions `from … from + verdicts.length - 1` of that slice, gapless, one batch in flight. */
export const VerdictBatch = z.strictObject({
  unit: z.string(),
  slice: z.number().int().min(0).max(63),
  from: z.number().int().min(1),
  verdicts: z.array(Verdict).min(1).max(TRANSITIONS_MAX),
});
export type VerdictBatch = z.infer<typeof VerdictBatch>;
