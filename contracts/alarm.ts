/** A condition on an asset (ISA-18.2): three instants, the state derived from them. */
import { z } from "zod";
import { AlarmId, AssetId, DeviceId, EngineerId, EpisodeId, FaultModeId, ModelHash, TicketId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { Evidence } from "./verdict.ts";

export const Severity = z.enum(["low", "medium", "high", "critical"]);
export type Severity = z.infer<typeof Severity>;

export const Alarm = z.strictObject({
  id: AlarmId,
  asset: AssetId,
  device: DeviceId,
  episode: EpisodeId,
  faultMode: FaultModeId,
  severity: Severity,
  score: z.number().min(0).max(1),
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
  repeats: z.number().int().min(0),
  absorbed: z.number().int().min(0),
  ticket: TicketId.optional(),
});
export type Alarm = z.infer<typeof Alarm>;

export type AlarmState = "raised" | "acknowledged" | "cleared";
export function alarmState(alarm: Alarm): AlarmState {
  if (alarm.clearedAt !== undefined) return "cleared";
  return alarm.acknowledgedAt === undefined ? "raised" : "acknowledged";
}
