/** What the unit's pages ask for and hear: answers of the HTTP API and the parts of the live socket's messages. */
import { z } from "zod";
import { Advice } from "./advice.ts";
import { Alarm, Suppression } from "./alarm.ts";
import { Asset } from "./asset.ts";
import { Decision } from "./decision.ts";
import { Device } from "./device.ts";
import { Engineer, Position } from "./engineer.ts";
import { Action } from "./fan-out.ts";
import { AssetId, ChannelId, DeviceId, EngineerId, ModelHash } from "./ids.ts";
import { Instant, Place } from "./instant.ts";
import { Kit } from "./kit.ts";
import { ProposedMapping } from "./mapping.ts";
import { Offer } from "./offer.ts";
import { Role } from "./permission.ts";
import { PartsCheck } from "./preflight.ts";
import { Receipt, Verified } from "./receipt.ts";
import { Reservation } from "./reservation.ts";
import { SensorFinding } from "./sensor.ts";
import { Severity } from "./severity.ts";
import { Ticket } from "./ticket.ts";
import { VerdictState } from "./verdict.ts";
import { WearGlance } from "./wear.ts";

/** `attr` is "" where no single attribute is at fault. */
export const Unread = z.strictObject({ family: z.string(), id: z.string(), attr: z.string() });
export type Unread = z.infer<typeof Unread>;

/** How far the hub, and with it the CRM, is behind this unit. */
export const HubLink = z.strictObject({
  /** Whether the last push was answered; `never` before the first. */
  state: z.enum(["never", "up", "down", "off"]),
  pending: z.number().int().min(0),
  /** Age of the oldest operation that the hub has not acknowledged. */
  oldestPendingAt: Instant.optional(),
  lastAckAt: Instant.optional(),
  verified: Verified.optional(),
  /** Of the hub's last absence. */
  receipt: Receipt.optional(),
  /** Absent until the hub was asked. `behind`: operations that the slowest consumer of the feed has not confirmed, those that wait for the hub among them. */
  crm: z.strictObject({ consumers: z.number().int().min(0), behind: z.number().int().min(0), oldestAt: Instant.optional() }).optional(),
  /** More waits for the hub than a unit takes on: imports are refused until it is less. */
  full: z.literal(true).optional(),
  /** Entities that others wrote so that this unit can't read them: here they stay as they were. The first of them, with the attribute at fault. */
  unread: z.strictObject({ count: z.number().int().min(1), first: z.array(Unread) }).optional(),
});
export type HubLink = z.infer<typeof HubLink>;

/** Counted since the unit was created. */
export const Counters = z.strictObject({
  messages: z.number().int(),
  samples: z.number().int(),
  duplicates: z.number().int(),
  reordered: z.number().int(),
  late: z.number().int(),
  refused: z.number().int(),
  scored: z.number().int(),
});
export type Counters = z.infer<typeof Counters>;

export const Kpis = z.strictObject({
  /** Tickets whose offer was accepted; means over them: alarm → offer is the machine's part, offer → accept the person's. */
  accepted: z.number().int(),
  machineMs: z.number(),
  humanMs: z.number(),
  tickets: z.number().int(),
  hubCalls: z.number().int(),
});
export type Kpis = z.infer<typeof Kpis>;

export const Board = z.strictObject({
  unit: z.string(),
  now: Instant,
  assets: z.array(Asset),
  devices: z.array(Device),
  engineers: z.array(Engineer),
  positions: z.array(Position),
  alarms: z.array(Alarm),
  tickets: z.array(Ticket),
  offers: z.array(Offer),
  kits: z.array(Kit),
  suppressions: z.array(Suppression),
  hub: HubLink,
  kpis: Kpis,
});
export type Board = z.infer<typeof Board>;

/** One device at a glance, from the Intake's memory. */
export const DeviceGlance = z.strictObject({
  device: DeviceId,
  asset: AssetId,
  ts: Instant,
  arrivedAt: Instant,
  score: z.number(),
  state: VerdictState,
  /** Where the profile has regimes: the one it is in. */
  regime: z.string().optional(),
  /** While it is anomalous by a score, a limit or a zone: how bad. */
  severity: Severity.optional(),
  /** Of vibration velocity, where the profile has zones and it was measured: the worst of its channels. */
  zone: z.enum(["A", "B", "C", "D"]).optional(),
  commissioned: z.boolean(),
  position: Place.optional(),
  connected: z.boolean(),
  /** What is wrong with its measurements, where anything is; of the machine itself it says nothing. */
  sensors: z.array(SensorFinding).optional(),
  /** Where slow wear was warned of: what reaches its limit first. */
  wear: WearGlance.optional(),
});
export type DeviceGlance = z.infer<typeof DeviceGlance>;
export const Glances = z.strictObject({ now: Instant, devices: z.array(DeviceGlance), counters: Counters });
export type Glances = z.infer<typeof Glances>;

/** `columns[0]` is the event time, `columns[1]` the score (null before commissioning), the rest the channels in the order named. */
export const Trace = z.strictObject({
  device: DeviceId,
  channels: z.array(ChannelId),
  columns: z.array(z.array(z.number().nullable())),
  onScore: z.number(),
  offScore: z.number(),
  model: ModelHash,
});
export type Trace = z.infer<typeof Trace>;

/** What was refused and why: counted per device and rule, the latest payload of each kept as a sample. */
export const Quarantined = z.strictObject({
  device: z.string(),
  rule: z.string(),
  field: z.string(),
  mend: z.string(),
  count: z.number().int(),
  lastAt: Instant,
  sample: z.string().max(1024),
  /** Of a message in the device's own words that nothing was read of: the mapping that is most likely meant. */
  proposal: ProposedMapping.optional(),
});
export type Quarantined = z.infer<typeof Quarantined>;

/** Numbers that were passed over and have not come. `holes`: which, the latest runs of them. `restarts`: how often the device began to number anew. */
export const MeterGaps = z.strictObject({
  missing: z.number().int(),
  restarts: z.number().int(),
  holes: z.array(z.tuple([z.number().int(), z.number().int()])),
});

/** What became of what one device sent, since the unit knows it. `received`: messages; `refused`: values, and messages as a whole. */
export const DeviceMeter = z.strictObject({
  device: DeviceId,
  received: z.number().int(),
  samples: z.number().int(),
  /** Came again, or out of order: absorbed, and nothing follows from it. */
  duplicates: z.number().int(),
  reordered: z.number().int(),
  late: z.number().int(),
  refused: z.number().int(),
  /** Absent where the device does not number what it sends. */
  gaps: MeterGaps.optional(),
  /** When something of it arrived. Absent: not as telemetry yet. */
  lastAt: Instant.optional(),
  /** Why it was refused, the most frequent first. */
  reasons: z.array(z.strictObject({ rule: z.string(), field: z.string(), mend: z.string(), count: z.number().int(), lastAt: Instant })),
});
export type DeviceMeter = z.infer<typeof DeviceMeter>;

/** One line of `tail`: a message and the contract verdict of each of its fields. */
export const TailLine = z.strictObject({
  n: z.number().int(),
  at: Instant,
  device: z.string(),
  fields: z.array(z.strictObject({ field: z.string(), value: z.string(), verdict: z.string() })),
  refused: z.string().optional(),
});
export type TailLine = z.infer<typeof TailLine>;

/** The ticket as a chain: each step that happened, with its instant and its decision. */
export const ChainStep = z.strictObject({
  step: z.enum(["vibration", "alarm", "ticket", "repairs", "engineer", "kit", "wms", "accepted", "travelling", "working", "resolved"]),
  at: Instant.optional(),
  decision: z.string().optional(),
  about: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type ChainStep = z.infer<typeof ChainStep>;
export const Chain = z.strictObject({
  ticket: Ticket,
  /** Absent where a person opened the ticket. */
  alarm: Alarm.optional(),
  /** Further alarms that it stands for, and those that its complaints name. */
  alarms: z.array(Alarm),
  /** Jobs that are part of it, that it is part of, and that follow it or that it follows. */
  kin: z.array(Ticket),
  asset: Asset,
  offers: z.array(Offer),
  kit: Kit,
  /** What was known when it was opened, how the parts stand with the warehouse, and with whoever was asked last; what was done besides the job. */
  advice: Advice.optional(),
  reservation: Reservation.optional(),
  parts: PartsCheck.optional(),
  actions: z.array(Action).optional(),
  decisions: z.array(Decision),
  steps: z.array(ChainStep),
  hubCalls: z.number().int(),
});
export type Chain = z.infer<typeof Chain>;

export const Phone = z.strictObject({
  engineer: Engineer,
  offers: z.array(Offer),
  tickets: z.array(Ticket),
  assets: z.array(Asset),
  kits: z.array(Kit),
  names: z.record(EngineerId, z.string()),
  now: Instant,
});
export type Phone = z.infer<typeof Phone>;

export const Me = z.strictObject({ unit: z.string(), role: Role, subject: z.string(), name: z.string() });
export type Me = z.infer<typeof Me>;

/** Only where a demo runs: its hub and its simulated fleet. */
export const Demo = z.strictObject({
  simulated: z.literal(true),
  hub: z.enum(["plugged", "unplugged"]),
  crm: z.string().optional(),
  /** A link that signs in to the hub's page; absent while the hub is unplugged. */
  hubPage: z.string().optional(),
  phones: z.array(z.strictObject({ engineer: EngineerId, url: z.string() })),
  mqtt: z.string(),
});
export type Demo = z.infer<typeof Demo>;
