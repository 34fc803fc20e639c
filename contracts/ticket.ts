/** One job of work. A state holds exactly the fields it has: a union by `state` over what every ticket has. */
import { z } from "zod";
import { Severity } from "./alarm.ts";
import { PartCount, Repair } from "./asset.ts";
import { AlarmId, AssetId, EngineerId, EpisodeId, FaultModeId, KitId, OfferId, SkillId, TicketId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meaning, meanings, uom } from "./meaning.ts";

export const Priority = meanings({ p1: "before anything else, within hours", p2: "within the day", p3: "when somebody is near" });
export type Priority = z.infer<typeof Priority>;

/** Repairs that a ticket carries: the latest ones of its asset. */
export const REPAIRS_MAX = 5;

const every = {
  id: TicketId,
  asset: AssetId,
  alarm: AlarmId,
  episode: EpisodeId,
  faultMode: FaultModeId,
  severity: Severity,
  priority: Priority,
  skills: z.array(SkillId),
  repairs: z.array(Repair).max(REPAIRS_MAX),
  kit: KitId,
  openedAt: Instant,
  respondBy: Instant,
  resolveBy: Instant,
  /** Who was asked and did not take it: not asked again in this round. */
  asked: z.array(EngineerId),
  round: z.number().int().min(0).meta(uom("1")),
  /** The customer wants the work to wait; nobody is sent meanwhile. Written by the CRM. */
  hold: z.strictObject({ reason: z.string().min(1).max(200), until: Instant.optional() }).optional(),
  /** When the customer expects somebody. Written by the CRM. */
  appointment: z.strictObject({ from: Instant, to: Instant }).optional(),
  /** The job before it for the same alarm, which did not mend it or was called off. */
  follows: TicketId.optional(),
} as const;
const assigned = { to: EngineerId, offer: OfferId, acceptedAt: Instant } as const;

export const Ticket = z.discriminatedUnion("state", [
  /** `escalatedAt`: nobody could be asked; a person must look. `needsPerson`: the next offer waits for a person's confirmation. */
  z.strictObject({
    ...every,
    state: meaning("open", "nobody was asked yet, or all in vain"),
    escalatedAt: Instant.optional(),
    needsPerson: z.literal(true).optional(),
  }),
  z.strictObject({ ...every, state: meaning("offered", "one engineer is being asked"), to: EngineerId, offer: OfferId, expiresAt: Instant }),
  z.strictObject({ ...every, ...assigned, state: meaning("assigned", "an engineer has accepted") }),
  z.strictObject({ ...every, ...assigned, state: meaning("travelling", "the engineer is on the way"), leftAt: Instant }),
  z.strictObject({ ...every, ...assigned, state: meaning("working", "the engineer is at the asset"), leftAt: Instant.optional(), arrivedAt: Instant }),
  z.strictObject({
    ...every,
    ...assigned,
    state: meaning("resolved", "the work is done, with its cause and action"),
    leftAt: Instant.optional(),
    arrivedAt: Instant,
    resolvedAt: Instant,
    cause: z.string().max(500),
    action: z.string().max(500),
    partsUsed: z.array(PartCount).max(50),
  }),
  z.strictObject({ ...every, state: meaning("cancelled", "called off before it was done"), cancelledAt: Instant, why: z.string().max(500) }),
]);
export type Ticket = z.infer<typeof Ticket>;
export type TicketState = Ticket["state"];

/** What may happen to a ticket. */
export type TicketEvent =
  | { readonly type: "offered"; readonly to: EngineerId; readonly offer: OfferId; readonly expiresAt: Instant }
  | { readonly type: "accepted"; readonly by: EngineerId; readonly offer: OfferId; readonly at: Instant }
  | { readonly type: "declined"; readonly by: EngineerId; readonly offer: OfferId }
  | { readonly type: "expired"; readonly offer: OfferId; readonly at: Instant }
  | { readonly type: "travelling"; readonly by: EngineerId; readonly at: Instant }
  | { readonly type: "working"; readonly by: EngineerId; readonly at: Instant }
  | {
      readonly type: "resolved";
      readonly by: EngineerId;
      readonly at: Instant;
      readonly cause: string;
      readonly action: string;
      readonly partsUsed: readonly PartCount[];
    }
  | { readonly type: "cancelled"; readonly at: Instant; readonly why: string }
  /** The offer is taken back: nobody is to be sent now. */
  | { readonly type: "withdrawn"; readonly offer: OfferId }
  /** Another promise: the CRM changed the priority or the appointment. */
  | { readonly type: "promised"; readonly respondBy: number; readonly resolveBy: number }
  /** Nobody can be asked: a person must look. */
  | { readonly type: "escalated"; readonly at: Instant }
  /** The next offer waits for a person's confirmation. */
  | { readonly type: "held" }
  /** Everybody was asked in vain: from now on they may be asked again. */
  | { readonly type: "round-begun" };
