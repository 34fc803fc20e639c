/** The document that a unit runs. Everything about a unit that is a choice is here; templates are scenarios, a clone copies one. */
import { z } from "zod";
import { Severity } from "./severity.ts";
import { PartCount } from "./asset.ts";
import { BurstPlan, faultsOfBurst, FromBurst } from "./burst.ts";
import { isTimeZone } from "./calendar.ts";
import { Autonomy } from "./decision.ts";
import { FanOutPolicy, Target } from "./fan-out.ts";
import { ChannelId, FaultModeId, ModelHash, ProfileId, SkillId } from "./ids.ts";
import { Mapping } from "./mapping.ts";
import { Place, Words } from "./instant.ts";
import { Priority } from "./ticket.ts";
import { dimensionOf } from "./uom.ts";
import { TicketPolicy } from "./ticket-policy.ts";
import { CREW_MAX, PHOTOS_MAX, Step, STEPS_MAX } from "./visit.ts";

/** Channels a model scores per device; the widest graph shipped has 8. */
const SCORED_CHANNELS_MAX = 64;
/** Regimes of one machine; each is learnt apart. */
const REGIMES_MAX = 8;

/** In the channel's uom. `warn…`: somebody should look; `trip…`: the machine should stand still. */
export const ChannelLimits = z
  .strictObject({
    warnLow: z.number().optional(),
    warnHigh: z.number().optional(),
    tripLow: z.number().optional(),
    tripHigh: z.number().optional(),
    /** How far a value must be back before a limit is over; absent: a fiftieth of the limit. */
    hysteresis: z.number().min(0).optional(),
    /** How long it must be broken, and be back. Absent: 3 s. */
    forMs: z.number().int().min(0).max(3_600_000).optional(),
  })
  .refine(({ warnLow, warnHigh, tripLow, tripHigh }) => {
    const given = [tripLow, warnLow, warnHigh, tripHigh].filter((one) => one !== undefined);
    return given.every((one, i) => i === 0 || one >= (given[i - 1] ?? one));
  }, "tripLow, warnLow, warnHigh and tripHigh rise in this order");
export type ChannelLimits = z.infer<typeof ChannelLimits>;

/** Zones A to D of vibration velocity (RMS) at the bearings, ISO 20816-3. C is a warning, D wants somebody at once. */
export const Zones = z.strictObject({
  /** `large`: group 1, above 300 kW or a shaft height of 315 mm; `medium`: group 2, above 15 kW. */
  group: z.enum(["large", "medium"]),
  foundation: z.enum(["rigid", "flexible"]),
  /** A/B, B/C and C/D in mm/s, in place of the standard's. */
  boundaries: z
    .strictObject({ ab: z.number().positive(), bc: z.number().positive(), cd: z.number().positive() })
    .refine(({ ab, bc, cd }) => ab < bc && bc < cd, "each boundary is above the one before")
    .optional(),
  /** Absent: 10 s. */
  forMs: z.number().int().min(0).max(3_600_000).optional(),
});
export type Zones = z.infer<typeof Zones>;

/** What of a machine's channels is operation. */
export const Duty = z.strictObject({
  /** Channels that are all next to nothing while it stands. */
  load: z.array(ChannelId).min(1).max(8),
  /**
   * How a drive or a valve moves channels within a minute: those of `up` one way, those of `down` the other. Where they step so, the machine was
   * put into another state, and that one is usual from then on.
   */
  steps: z.array(z.strictObject({ up: z.array(ChannelId).min(1).max(8), down: z.array(ChannelId).max(8).optional() })).max(4),
});
export type Duty = z.infer<typeof Duty>;

/** How far a channel may be from what is usual for the device, before it counts: a part of the usual, so much in the channel's uom, or the greater of both. */
export const Tolerance = z
  .strictObject({
    part: z.number().positive().max(10).optional(),
    by: z.number().positive().optional(),
    /** Only more than usual counts. Absent: less, too. */
    side: z.literal("high").optional(),
    /** It follows the load by up to hours, as heat does. */
    lags: z.literal(true).optional(),
  })
  .refine(({ part, by }) => part !== undefined || by !== undefined, "a tolerance names part, by or both");
export type Tolerance = z.infer<typeof Tolerance>;

const ChannelBase = z.strictObject({
  id: ChannelId,
  /** UCUM code. */
  uom: z.string().min(1).max(20),
  title: Words,
  periodMs: z.number().int().min(1),
  /** Physical range; a value outside breaks the contract. */
  min: z.number(),
  max: z.number(),
  /** What `null` and texts such as "NaN" mean: a gap in this channel, or a breach of the contract. */
  nulls: z.enum(["gap", "refuse"]),
  /** Level of the bound model's evidence that healthy devices of a fleet reach here: a device's own floor counts only above it. */
  floor: z.number().positive().optional(),
  /** Held from the first sample, whatever the model knows. */
  limits: ChannelLimits.optional(),
  /** Held against the states in which the device is usually run, once it is commissioned. */
  tolerance: Tolerance.optional(),
  zones: Zones.optional(),
  /** Reckoned from the device's bursts; absent: it comes by telemetry. */
  from: FromBurst.optional(),
});
export const Channel = ChannelBase.refine(({ uom, zones }) => zones === undefined || dimensionOf(uom) === dimensionOf("mm/s"), {
  error: "zones are of a velocity, in mm/s or its like",
  path: ["zones"],
});
export type Channel = z.infer<typeof Channel>;

/** How a machine is run, by one of its channels: each regime has a normal of its own. */
export const Regimes = z.strictObject({
  channel: ChannelId,
  /** Each begins at `from`, in the channel's uom, and goes up to the next; what lies below the first belongs to it. */
  bands: z
    .array(z.strictObject({ id: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/), title: Words, from: z.number() }))
    .min(1)
    .max(REGIMES_MAX)
    .refine((bands) => bands.every(({ from }, i) => i === 0 || from > (bands[i - 1]?.from ?? from)), "each band begins above the one before"),
  /** After a change, how long the machine settles: no verdict of the model. */
  settleMs: z.number().int().min(0).max(3_600_000),
});
export type Regimes = z.infer<typeof Regimes>;

const DeviceProfileBase = z.strictObject({
  id: ProfileId,
  title: Words,
  /** In the order in which the model reads them. */
  channels: z.array(Channel).min(1).max(SCORED_CHANNELS_MAX),
  /** Fault codes that devices of this profile send, and the fault mode each one means. */
  faultCodes: z.record(z.string(), FaultModeId),
  /** File name below `edge/verdict/models/`, without `.onnx`, or the hash of a model that was uploaded to the unit. */
  model: z.string(),
  modelHash: ModelHash.optional(),
  /** Absent: one normal for all that the machine does. */
  regime: Regimes.optional(),
  duty: Duty.optional(),
  /** Raw waveforms that devices of this profile may send. Absent: none. */
  burst: BurstPlan.optional(),
  /** How those that speak in their own way are understood, besides telemetry as it is here. Absent: not at all. */
  mapping: Mapping.optional(),
});
export const DeviceProfile = DeviceProfileBase.superRefine((profile, context) => {
  for (const { path, message } of faultsOfBurst(profile)) context.addIssue({ code: "custom", path: [...path], message });
});
export type DeviceProfile = z.infer<typeof DeviceProfile>;

/** How scores become verdicts. Lengths in event time. */
export const JudgePolicy = z.strictObject({
  /** Score at and above which a device is suspect, and below which it is calm again (hysteresis). */
  onScore: z.number().min(0).max(1),
  offScore: z.number().min(0).max(1),
  onDelayMs: z.number().int().min(0),
  offDelayMs: z.number().int().min(0),
  /** After a clearing, how long the same device opens no new episode: the new signs join the old one. */
  holdOffMs: z.number().int().min(0),
  /** How old, against its arrival, a sample may be and still count as now. */
  latenessMs: z.number().int().min(0),
  /** How far ahead of its arrival a timestamp may lie. */
  aheadMs: z.number().int().min(0),
});
export type JudgePolicy = z.infer<typeof JudgePolicy>;

export const FaultMode = z.strictObject({
  id: FaultModeId,
  title: Words,
  severity: Severity,
  priority: Priority,
  skills: z.array(SkillId).max(10),
  parts: z.array(PartCount).max(20),
  /** Channels that speak for this mode: the mode whose channels gave most of the evidence is chosen. */
  channels: z.array(ChannelId).max(SCORED_CHANNELS_MAX),
  workMs: z.number().int().min(0),
  /** Steps of a visit: those before working are safety. */
  checklist: z.array(Step).max(STEPS_MAX).optional(),
  /** Photographs that its report must have. */
  photosMin: z.number().int().min(1).max(PHOTOS_MAX).optional(),
  /** Engineers that the visit needs, the lead included; absent: one. Whoever comes along needs none of the skills. */
  crew: z.number().int().min(2).max(CREW_MAX).optional(),
});
export type FaultMode = z.infer<typeof FaultMode>;

export const SlaTable = z.record(Priority, z.strictObject({ respondMs: z.number().int().min(1), resolveMs: z.number().int().min(1) }));

const byPriority = () => z.strictObject({ p1: z.number().min(0), p2: z.number().min(0), p3: z.number().min(0) });

/** What counts how much in a choice, against a minute of travel. What is left out is as in `weightsOf` of edge/dispatch/weight.ts. */
export const DispatchWeights = z.strictObject({
  /** A minute between the opening of a ticket and the arrival, and a minute after its promise. */
  response: byPriority().optional(),
  lateness: byPriority().optional(),
  /** A minute of work beyond the shift. */
  overtime: z.number().min(0).optional(),
  /** A minute by which an accepted job begins at another time than was told. */
  stability: z.number().min(0).optional(),
  /** An even load: a shift full of work costs its length times this, half a shift a quarter of that. */
  fairness: z.number().min(0).optional(),
  /** Minutes of travel that a preferred engineer may take more. */
  preferenceMin: z.number().min(0).optional(),
});
export type DispatchWeights = z.infer<typeof DispatchWeights>;

export const DispatchPolicy = z.strictObject({
  offerMs: z.number().int().min(1_000),
  speedKmh: z.number().positive(),
  /** Road distance over great-circle distance. */
  detour: z.number().min(1),
  /** After everybody was asked in vain, wait this long and ask again, at most `roundsMax` times; then a person must look. */
  retryMs: z.number().int().min(1_000),
  roundsMax: z.number().int().min(1).max(20),
  positionStaleMs: z.number().int().min(0),
  /** Work beyond the end of a shift that may be given to whoever has no word on it of their own. */
  overtimeMin: z.number().int().min(0).max(480).optional(),
  /** A job that can wait is offered when somebody would set out for it within so long; until then it is planned, and nobody is bound to it. Absent: at once. */
  offerAheadMin: z.number().int().min(5).max(1_440).optional(),
  /** False: the whole plan is not looked at again by itself; each job stays where it went at once. Absent: it is. */
  planner: z.boolean().optional(),
  weights: DispatchWeights.optional(),
});
export type DispatchPolicy = z.infer<typeof DispatchPolicy>;

const minutes = () => z.number().min(0).max(100_000);

/** What taking a part along costs, and what it costs to come again for it, in minutes of an engineer's time. Absent: as `KIT_PRICES` of edge/kit/kit-list.ts. */
export const KitPrices = z.strictObject({ secondVisitMin: minutes(), lineMin: minutes(), pieceMin: minutes(), kgMin: minutes() });
export type KitPrices = z.infer<typeof KitPrices>;

/** A routing server that says how long ways take; without one they are reckoned. Places are rounded to a grid before they are told it. */
export const TravelConnector = z.strictObject({
  kind: z.enum(["osrm", "valhalla"]),
  url: z.url({ protocol: /^https?$/ }),
  /** OSRM's profile (absent: `driving`), Valhalla's costing (`auto`). */
  profile: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,39}$/)
    .optional(),
  /** Its answers differ by the hour: they are kept by the time of day, and are old sooner. */
  traffic: z.boolean().optional(),
});
export type TravelConnector = z.infer<typeof TravelConnector>;

export const Scenario = z.strictObject({
  format: z.literal(1),
  template: z.string().min(1).max(63),
  title: Words,
  locale: z.enum(["zh", "en"]),
  /** Shifts are reckoned in it at every dispatch: an unknown one would fail there. */
  timeZone: z.string().min(1).max(64).refine(isTimeZone, "a time zone of the IANA list, such as Asia/Shanghai"),
  site: z.strictObject({ name: Words, place: Place }),
  /** `live` syncs with the hub and uses connectors; `sandbox` never touches anything outside itself. */
  kind: z.enum(["live", "sandbox"]),
  profiles: z.array(DeviceProfile).min(1).max(50),
  commissioningRows: z.number().int().min(50).max(100_000),
  judge: JudgePolicy,
  faultModes: z.array(FaultMode).min(1).max(200),
  /** When no fault mode's channels match the evidence. */
  faultModeDefault: FaultModeId,
  sla: SlaTable,
  dispatch: DispatchPolicy,
  tickets: TicketPolicy.optional(),
  autonomy: z.strictObject({ ticket: Autonomy, offer: Autonomy, reserve: Autonomy }),
  kits: KitPrices.optional(),
  /** What is done besides the job when an alarm asks for one. Absent: nothing. */
  fanOut: FanOutPolicy.optional(),
  /** `teams`: where notices and reports go, by the name that the fan-out's rules use. */
  connectors: z.strictObject({
    wms: z.strictObject({ url: z.url({ protocol: /^https?$/ }) }).optional(),
    travel: TravelConnector.optional(),
    teams: z.record(Target, z.strictObject({ url: z.url({ protocol: /^https?$/ }) })).optional(),
  }),
  /** How long a message may wait for others before it is committed and acknowledged. */
  ackWithinMs: z.number().int().min(0).max(5_000),
  retention: z.strictObject({ logMs: z.number().int().min(60_000), traceMs: z.number().int().min(60_000), decisionsMax: z.number().int().min(100) }),
});
export type Scenario = z.infer<typeof Scenario>;
