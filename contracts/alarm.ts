/** A condition on an asset (ISA-18.2): three instants, the state derived from them. */
import { z } from "zod";
import { AlarmId, AssetId, DeviceId, EngineerId, EpisodeId, FaultModeId, ModelHash, TicketId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meanings, uom } from "./meaning.ts";
import { Evidence } from "./verdict.ts";

export const Severity = meanings({
  low: "no effect on operation yet",
  medium: "operation is impaired, or will be within weeks",
  high: "failure or damage is near",
  critical: "people or the machine are in danger now",
});
export type Severity = z.infer<typeof Severity>;

/** Episodes that one alarm may stand for besides its own: more devices than one asset carries. Further ones are counted only. */
export const JOINED_MAX = 20;

export const Alarm = z.strictObject({
  id: AlarmId,
  asset: AssetId,
  device: DeviceId,
  episode: EpisodeId,
  faultMode: FaultModeId,
  severity: Severity,
  score: z.number().min(0).max(1).meta(uom("1")),
  evidence: z.array(Evidence),
  model: ModelHash,
  /** Event time of the first sign, arrival of the sample that completed the verdict, and the instant the alarm was raised. */
  since: Instant,
  sampleAt: Instant,
  raisedAt: Instant,
  acknowledgedAt: Instant.optional(),
  acknowledgedBy: EngineerId.or(z.string()).optional(),
  clearedAt: Instant.optional(),
  /** Further transitions of the same episode, and samples the ingest absorbed: shown, never a second ticket. */
  repeats: z.number().int().min(0).meta(uom("1")),
  absorbed: z.number().int().min(0).meta(uom("1")),
  ticket: TicketId.optional(),
  /** The id that its ticket gets once a person confirms; lapses when the alarm clears. */
  proposed: TicketId.optional(),
  /** Other episodes of the same asset and fault mode that this alarm stands for. It clears when all of them have. */
  joined: z
    .array(z.strictObject({ episode: EpisodeId, absorbed: z.number().int().min(0).meta(uom("1")), settledAt: Instant.optional() }))
    .max(JOINED_MAX)
    .optional(),
  /** Its own episode has cleared while a joined one has not. */
  settledAt: Instant.optional(),
});
export type Alarm = z.infer<typeof Alarm>;
