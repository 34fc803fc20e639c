/** What the routes of bridges and scans are asked and answer. */
import { z } from "zod";
import { Instant } from "../../contracts/instant.ts";
import { Refusal } from "../../contracts/refusal.ts";
import { Bridge } from "../bridge/bridge.ts";
import { Finding } from "../bridge/finding.ts";
import { Deed, Subject, Why } from "./contract.ts";

const Id = Bridge.shape.id;

export const BridgeAsk = z.strictObject({ bridge: Bridge, why: Why });

/** `findings`: what blocks its publishing, and what is good to know. */
export const BridgeAnswer = z.strictObject({ id: Id, publishable: z.boolean(), findings: z.array(Finding) });
export type BridgeAnswer = z.infer<typeof BridgeAnswer>;

export const BridgeRefused = z.strictObject({ ...Refusal.shape, findings: z.array(Finding) });

/** `made` is absent for one of a pack that nobody has put yet. */
export const BridgeView = z.strictObject({
  document: Bridge,
  made: Deed.optional(),
  published: z.strictObject({ ...Deed.shape, document: Bridge }).optional(),
  pack: z.string().optional(),
  publishable: z.boolean(),
  findings: z.array(Finding),
});
export type BridgeView = z.infer<typeof BridgeView>;

const BridgeLine = z.strictObject({
  id: Id,
  subject: Subject,
  major: z.number().int().min(1),
  system: z.string(),
  object: z.string(),
  version: z.number().int().min(1),
  made: Deed,
  published: z.strictObject({ ...Deed.shape, version: z.number().int().min(1) }).optional(),
});
export const BridgesAnswer = z.strictObject({
  bridges: z.array(BridgeLine),
  /** Ready ones: put them under their id to make them the tenant's own. */
  packs: z.array(z.strictObject({ system: z.string(), bridges: z.array(z.strictObject({ id: Id, subject: Subject, object: z.string() })) })),
});
export type BridgesAnswer = z.infer<typeof BridgesAnswer>;

/** Minute, hour, day, month, weekday. */
export const ScheduleAsk = z.strictObject({ cron: z.string().min(9).max(100), zone: z.string().min(1).max(64).optional(), why: Why });
export const Schedule = z.strictObject({ cron: z.string(), zone: z.string(), nextAt: Instant });
export type Schedule = z.infer<typeof Schedule>;

const ScanFinding = z.strictObject({
  topic: z.string(),
  code: z.string(),
  path: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  sentence: z.string(),
  suggestion: z.string(),
});
export const Scan = z.strictObject({
  at: Instant,
  subjects: z.array(z.strictObject({ subject: Subject, version: z.string(), findings: z.array(ScanFinding) })),
  /** Subjects that were judged by their contract alone: their stream could not be asked. */
  unasked: z.array(Subject).optional(),
});
export type Scan = z.infer<typeof Scan>;
export const ScansAnswer = z.strictObject({ schedule: Schedule, scans: z.array(Scan) });
