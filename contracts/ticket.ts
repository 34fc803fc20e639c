/** One job of work. A state holds exactly the fields it has: a union by `state` over what every ticket has. */
import { z } from "zod";
import { Severity } from "./severity.ts";
import { Chance } from "./alarm.ts";
import { PartCount, Repair } from "./asset.ts";
import { AgreementId, AlarmId, AssetId, EngineerId, EpisodeId, FaultModeId, KitId, OfferId, SkillId, TicketId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meaning, meanings, uom } from "./meaning.ts";
import { Payers } from "./payer.ts";
import { SlaClock, SlaRisk } from "./sla-clock.ts";
import {
  CauseCode,
  Complaint,
  COMPLAINTS_MAX,
  CREW_MAX,
  Finding,
  Helper,
  Pause,
  PauseReason,
  PAUSES_MAX,
  Photo,
  PHOTOS_MAX,
  STEPS_MAX,
  TickedStep,
} from "./visit.ts";
import { Wear } from "./wear.ts";
import { Wish, WishAnswer } from "./wish.ts";

export const Priority = meanings({ p1: "before anything else, within hours", p2: "within the day", p3: "when somebody is near" });
export type Priority = z.infer<typeof Priority>;

/** Repairs that a ticket carries: the latest ones of its asset. */
export const REPAIRS_MAX = 5;
/** Transitions that a ticket carries, about 100 bytes each: the first one and the latest; those dropped in between are counted. */
export const HISTORY_MAX = 40;
/** Alarms of one asset that one ticket stands for besides its own. */
export const ALARMS_MAX = 20;

const STATES = {
  open: "nobody was asked yet, or all in vain",
  offered: "one engineer is being asked",
  assigned: "an engineer has accepted",
  travelling: "the engineer is on the way",
  working: "the engineer is at the asset",
  paused: "the job stands still, and its engineer keeps it",
  resolved: "the work is done, with its cause and action",
  closed: "nothing is left to do or to say about it",
  cancelled: "called off before it was done",
  reopened: "came back after it was over, and nobody was asked again yet, or all in vain",
} as const;
export const TicketState = meanings(STATES);
export type TicketState = keyof typeof STATES;
export const TICKET_STATES: readonly TicketState[] = TicketState.options;

/** In what capacity somebody takes a step. */
export const Actor = meanings({
  engineer: "who was asked, holds the job or comes along",
  dispatcher: "the desk",
  unit: "the unit itself",
  crm: "the customer's record, through the hub",
  customer: "the owner of the machine",
});
export type Actor = z.infer<typeof Actor>;

/** One transition: who, when, why. `from` is absent where the ticket was opened. */
export const Passage = z.strictObject({
  at: Instant,
  from: TicketState.optional(),
  to: TicketState,
  by: z.string().max(128),
  as: Actor,
  why: z.string().max(200).optional(),
});
export type Passage = z.infer<typeof Passage>;

const every = {
  id: TicketId,
  asset: AssetId,
  /** Absent where a person opened it. */
  alarm: AlarmId.optional(),
  episode: EpisodeId.optional(),
  /** Further alarms of the asset that this job stands for. */
  alarms: z.array(AlarmId).max(ALARMS_MAX).optional(),
  /** What opened it; absent: its alarm. */
  source: meanings({
    person: "the desk or a program",
    complaint: "a customer",
    "follow-up": "an earlier visit",
    wear: "slow wear that a trend foresees",
  }).optional(),
  /** Of planned maintenance: when what wears comes to its limit. */
  wear: Wear.optional(),
  /** What is to be done, in the words of whoever opened it. */
  words: z.string().min(1).max(1000).optional(),
  faultMode: FaultModeId,
  severity: Severity,
  /** Of the alarm that opened it. */
  chance: Chance.optional(),
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
  /** What the CRM wants done with it, and what came of the last wish. */
  wish: Wish.optional(),
  wished: WishAnswer.optional(),
  /** The job before it for the same fault, which did not mend it or was called off. */
  follows: TicketId.optional(),
  /** The larger job that this one is part of: that one is closed after it. */
  parent: TicketId.optional(),
  complaints: z.array(Complaint).max(COMPLAINTS_MAX).optional(),
  /** Engineers that the visit needs, the lead included; absent: one. */
  crew: z.number().int().min(2).max(CREW_MAX).optional().meta(uom("1")),
  helpers: z
    .array(Helper)
    .max(CREW_MAX - 1)
    .optional(),
  checklist: z.array(TickedStep).max(STEPS_MAX).optional(),
  photos: z.array(Photo).max(PHOTOS_MAX).optional(),
  /** Photographs that the report must have. */
  photosMin: z.number().int().min(1).max(PHOTOS_MAX).optional().meta(uom("1")),
  pauses: z.array(Pause).max(PAUSES_MAX).optional(),
  history: z.array(Passage).max(HISTORY_MAX).optional(),
  historyDropped: z.number().int().min(1).optional().meta(uom("1")),
  /** How often it was reopened, and when last: without an engineer it is `reopened` from then on, no more `open`. */
  reopened: z.strictObject({ times: z.number().int().min(1).meta(uom("1")), at: Instant }).optional(),
  /** How far it was escalated because nobody accepted it. */
  escalation: z.strictObject({ level: z.number().int().min(1).meta(uom("1")), at: Instant }).optional(),
  /** The promise as a clock: `respondBy` and `resolveBy` are reckoned from it. */
  sla: SlaClock.optional(),
  /** Whose response class it is; absent: the unit's own. */
  agreement: AgreementId.optional(),
  /** The agreement on whose visits of the year this one counts. */
  countsOn: AgreementId.optional(),
  payer: Payers.optional(),
  /** Promises that may be missed, or were, as it was last told: at most one entry for each. */
  risks: z.array(SlaRisk).max(2).optional(),
} as const;
const Every = z.strictObject(every);
export type TicketEvery = z.infer<typeof Every>;
export const TICKET_EVERY: ReadonlySet<string> = new Set(Object.keys(every));

/** `escalatedAt`: nobody could be asked; a person must look. `needsPerson`: the next offer waits for a person's confirmation. */
const waiting = { escalatedAt: Instant.optional(), needsPerson: z.literal(true).optional() } as const;
const assigned = { to: EngineerId, offer: OfferId, acceptedAt: Instant } as const;
const done = {
  ...assigned,
  leftAt: Instant.optional(),
  arrivedAt: Instant,
  resolvedAt: Instant,
  cause: z.string().max(500),
  causeCode: CauseCode.optional(),
  action: z.string().max(500),
  partsUsed: z.array(PartCount).max(50),
  finding: Finding.optional(),
} as const;

export const Ticket = z.discriminatedUnion("state", [
  z.strictObject({ ...every, ...waiting, state: meaning("open", STATES.open) }),
  z.strictObject({ ...every, state: meaning("offered", STATES.offered), to: EngineerId, offer: OfferId, expiresAt: Instant }),
  z.strictObject({ ...every, ...assigned, state: meaning("assigned", STATES.assigned) }),
  z.strictObject({ ...every, ...assigned, state: meaning("travelling", STATES.travelling), leftAt: Instant }),
  z.strictObject({ ...every, ...assigned, state: meaning("working", STATES.working), leftAt: Instant.optional(), arrivedAt: Instant }),
  z.strictObject({
    ...every,
    ...assigned,
    state: meaning("paused", STATES.paused),
    leftAt: Instant.optional(),
    arrivedAt: Instant.optional(),
    pausedAt: Instant,
    pause: z.strictObject({ reason: PauseReason, note: z.string().max(200).optional(), until: Instant.optional() }),
  }),
  z.strictObject({ ...every, ...done, state: meaning("resolved", STATES.resolved) }),
  z.strictObject({ ...every, ...done, state: meaning("closed", STATES.closed), closedAt: Instant, closedBy: z.string().max(128) }),
  z.strictObject({ ...every, state: meaning("cancelled", STATES.cancelled), cancelledAt: Instant, why: z.string().max(500) }),
  z.strictObject({ ...every, ...waiting, state: meaning("reopened", STATES.reopened) }),
]);
export type Ticket = z.infer<typeof Ticket>;

type By = { readonly at: Instant; readonly by: string; readonly as: Actor };

/** What may happen to a ticket, by whom and when. */
export type TicketEvent = By &
  (
    | { readonly type: "offered"; readonly to: EngineerId; readonly offer: OfferId; readonly expiresAt: Instant }
    | { readonly type: "accepted"; readonly offer: OfferId }
    | { readonly type: "declined"; readonly offer: OfferId }
    | { readonly type: "expired"; readonly offer: OfferId }
    /** The offer is taken back: nobody is to be sent now. */
    | { readonly type: "withdrawn"; readonly offer: OfferId }
    | { readonly type: "travelling" }
    | { readonly type: "working" }
    | { readonly type: "paused"; readonly reason: PauseReason; readonly note?: string; readonly until?: Instant }
    /** What it waited for is there: its engineer may set out again. */
    | { readonly type: "resumed" }
    | {
        readonly type: "resolved";
        readonly cause: string;
        readonly causeCode: string;
        readonly action: string;
        /** Empty: none were. Absent: not said yet. */
        readonly partsUsed?: readonly PartCount[];
        readonly finding?: Finding;
      }
    | { readonly type: "closed" }
    /** The work goes on as the same ticket, with another kit. `until`: the last instant at which it may. */
    | { readonly type: "reopened"; readonly why: string; readonly kit: KitId; readonly until: Instant }
    /** The job is taken from its engineer, and somebody else is asked. */
    | { readonly type: "returned"; readonly why: string }
    | { readonly type: "cancelled"; readonly why: string }
    /** Another promise: the CRM changed the priority or the appointment. */
    | { readonly type: "promised"; readonly respondBy: number; readonly resolveBy: number }
    /** Nobody can be asked: a person must look. */
    | { readonly type: "escalated" }
    /** Nobody accepted it for so long: the next level is told. */
    | { readonly type: "raised"; readonly level: number }
    /** The next offer waits for a person's confirmation. */
    | { readonly type: "held" }
    /** Everybody was asked in vain: from now on they may be asked again. */
    | { readonly type: "round-begun" }
    | { readonly type: "ticked"; readonly step: string; readonly done: boolean }
    | { readonly type: "photographed"; readonly photo: Photo }
    /** Another alarm of the asset joins the job, with what it needs on top. */
    | {
        readonly type: "joined";
        readonly alarm: AlarmId;
        readonly skills: readonly SkillId[];
        readonly priority: Priority;
        readonly severity: Severity;
        readonly crew?: number;
        readonly photosMin?: number;
      }
    | { readonly type: "complained"; readonly complaint: Complaint }
    | { readonly type: "placed"; readonly parent?: TicketId }
    | { readonly type: "crewed"; readonly crew: number }
    | { readonly type: "helper-joined"; readonly offer: OfferId }
    | { readonly type: "helper-arrived" }
    | { readonly type: "helper-left"; readonly engineer: EngineerId }
  );
export type TicketEventName = TicketEvent["type"];
