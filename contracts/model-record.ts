/** What became of what a model said in one unit, and how a candidate compares with the model that is live. */
import { z } from "zod";
import { Reason } from "./decision.ts";
import { AssetId, DeviceId, ModelHash, ProfileId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { uom } from "./meaning.ts";
import { ModelStage } from "./model-binding.ts";
import { VerdictState } from "./verdict.ts";

const count = () => z.number().int().min(0).meta(uom("1"));

/** What became of what one model said of one profile's devices, in one unit. Counts since it began there. */
export const ModelRecord = z.strictObject({
  model: ModelHash,
  profile: ProfileId,
  stage: ModelStage,
  since: Instant,
  /** Devices that it watches, and for how long altogether. */
  devices: count(),
  assetDays: z.number().min(0).meta(uom("d")),
  rows: count(),
  /** Rows without an answer. */
  failures: count(),
  /** Mean time of one row, in microseconds; absent until it was measured. */
  rowUs: z.number().min(0).meta(uom("us")).optional(),
  /** Episodes that it called anomalous, and jobs opened by them: of a shadow none. */
  verdicts: count(),
  tickets: count(),
  /** Of its jobs that are over: a fault was found, nothing was wrong, nobody said. */
  found: z.strictObject({ true: count(), false: count(), unknown: count() }),
  /** Findings that named another fault than the model's alarm did, and jobs that a person overrode. */
  corrections: count(),
  /** Share of the automatic steps on its word that nobody took back; absent where there were none. */
  adoption: z.number().min(0).max(1).meta(uom("1")).optional(),
  /** Share of the labelled jobs in which nothing was wrong; absent where there were none. */
  falseAlarmRate: z.number().min(0).max(1).meta(uom("1")).optional(),
  at: Instant,
});
export type ModelRecord = z.infer<typeof ModelRecord>;

const Side = z.strictObject({
  /** Faults found, of those that visits confirmed; missed ones; alarms without a fault. */
  found: count(),
  missed: count(),
  false: count(),
  /** Median of how long before the job was opened the first sign came. */
  leadMs: z.number().optional().meta(uom("ms")),
});

/** Candidate and live model over the same jobs and the same quiet time. `refusal`: why it may not be promoted; absent: it may. */
export const Comparison = z.strictObject({
  from: Instant,
  to: Instant,
  assetDays: z.number().min(0).meta(uom("d")),
  /** Closed jobs with a finding, and those of them in which something was wrong. */
  tickets: count(),
  faults: count(),
  live: Side,
  candidate: Side,
  refusal: z.strictObject({ reasons: z.array(Reason).min(1).max(10) }).optional(),
});
export type Comparison = z.infer<typeof Comparison>;

const Group = z.strictObject({
  devices: count(),
  assetDays: z.number().min(0).meta(uom("d")),
  alarms: count(),
  failures: count(),
  rowUs: z.number().min(0).optional().meta(uom("us")),
});

/** The canary's devices beside the others. `chance`: how probable so many alarms are if both are alike. */
export const CanaryState = z.strictObject({
  canary: Group,
  others: Group,
  chance: z.number().min(0).max(1).meta(uom("1")),
  refusal: z.strictObject({ reasons: z.array(Reason).min(1).max(10) }).optional(),
});
export type CanaryState = z.infer<typeof CanaryState>;

/** How the candidate of one profile fares. */
export const Trial = z.strictObject({ profile: ProfileId, comparison: Comparison.optional(), canary: CanaryState.optional() });
export type Trial = z.infer<typeof Trial>;

/** One episode as a shadow saw it: a device's stretch of `anomalous`. Never an alarm. */
export const ShadowEpisode = z.strictObject({
  model: ModelHash,
  profile: ProfileId,
  device: DeviceId,
  asset: AssetId,
  since: Instant,
  /** Absent while it lasts. */
  clearedAt: Instant.optional(),
  peak: z.number().min(0).max(1).meta(uom("1")),
  state: VerdictState,
});
export type ShadowEpisode = z.infer<typeof ShadowEpisode>;
