/** A condition on an asset (ISA-18.2): three instants, the state derived from them. */
import { z } from "zod";
import { AlarmId, AssetId, DeviceId, EngineerId, EpisodeId, FaultModeId, ModelHash, SuppressionId, TicketId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meanings, uom } from "./meaning.ts";
import { Severity } from "./severity.ts";
import { Evidence } from "./verdict.ts";
import { Finding } from "./visit.ts";

/** Episodes that one alarm may stand for besides its own: more devices than one asset carries. Those that are over are forgotten first. */
export const JOINED_MAX = 20;

/** How likely something is wrong, by what visits to alarms of the same model found out. `visits` 0: as the model's card says. */
export const Chance = z.strictObject({ fault: z.number().min(0).max(1).meta(uom("1")), visits: z.number().int().min(0).meta(uom("1")) });
export type Chance = z.infer<typeof Chance>;

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
  /** What raised it where it was not the model's score. */
  rule: meanings({ limit: "a fixed limit", zone: "a zone of vibration", code: "the device's own fault code" }).optional(),
  /** As of its raising; absent where no model's score raised it. */
  chance: Chance.optional(),
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
  /** Its job opens then, if it still stands. */
  opensAt: Instant.optional(),
  /** How often it cleared before a job was opened for it. */
  passed: z.number().int().min(1).optional().meta(uom("1")),
  /** The id that its ticket gets once a person confirms; lapses when the alarm clears. */
  proposed: TicketId.optional(),
  /** Other episodes of the same asset and fault mode that this alarm stands for. It clears when all of them have. */
  joined: z
    .array(z.strictObject({ episode: EpisodeId, absorbed: z.number().int().min(0).meta(uom("1")), settledAt: Instant.optional(), heardAt: Instant.optional() }))
    .max(JOINED_MAX)
    .optional(),
  /** Its own episode has cleared while a joined one has not. */
  settledAt: Instant.optional(),
  /** Event time of the latest transition of its own episode: what is told of an earlier instant is counted, and changes nothing. */
  heardAt: Instant.optional(),
  /** Put aside by a person for so long: it stands, and asks nobody for anything. `due`, also below: a job has been asked for meanwhile. */
  shelved: z
    .strictObject({ at: Instant, until: Instant, by: z.string().max(128), why: z.string().min(1).max(500), due: z.literal(true).optional() })
    .optional(),
  /** It came up under a suppression window and asks nobody for anything until that one ends. */
  suppressed: z.strictObject({ by: SuppressionId, until: Instant, due: z.literal(true).optional() }).optional(),
  /** How far it was escalated because nobody acknowledged it. */
  escalation: z.strictObject({ level: z.number().int().min(1).meta(uom("1")), at: Instant }).optional(),
  /** What a visit found out about it. */
  label: z.strictObject({ finding: Finding, ticket: TicketId, at: Instant }).optional(),
});
export type Alarm = z.infer<typeof Alarm>;

/** Windows that a unit keeps at once; each transition is held against all of them. */
export const SUPPRESSIONS_MAX = 200;
/** How long an alarm may be shelved: longer is a suppression, or a rule that is wrong. */
export const SHELVED_MS_MAX = 7 * 86_400_000;

/** Work that is known to raise alarms: while it lasts they are counted and ask nobody for anything; those that stand at its end are raised. */
export const Suppression = z.strictObject({
  id: SuppressionId,
  /** Of one asset, of one device, or, without either, of the whole site. */
  asset: AssetId.optional(),
  device: DeviceId.optional(),
  from: Instant,
  to: Instant,
  /** `weekly`: at the same time of the site's clock, week by week, until `last`. */
  recurs: meanings({ none: "once", weekly: "every week at the same local time" }),
  last: Instant.optional(),
  why: z.string().min(1).max(500),
  by: z.string().max(128),
  madeAt: Instant,
  /** Transitions that came up under it, and alarms that were raised when it ended. */
  counted: z.number().int().min(0).meta(uom("1")),
  raised: z.number().int().min(0).meta(uom("1")),
  /** Ended by a person before its time. */
  endedAt: Instant.optional(),
});
export type Suppression = z.infer<typeof Suppression>;
