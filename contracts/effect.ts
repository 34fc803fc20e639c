/** What a stage concludes: changes, the asks and timers that go with them, and the records that say why. One transaction. */
import { z } from "zod";
import { PartCount } from "./asset.ts";
import type { Autonomy, Decision, Reason } from "./decision.ts";
import type { Change, UnitView } from "./entity.ts";
import { Suppression } from "./alarm.ts";
import { AlarmId, AssetId, EngineerId, FaultModeId, KitId, OfferId, SuppressionId, TicketId } from "./ids.ts";
import { Instant, type Millis } from "./instant.ts";
import type { Refusal } from "./refusal.ts";
import { Priority, type Ticket, type TicketEvent } from "./ticket.ts";
import { CauseCode, Complaint, CREW_MAX, Finding, PauseReason, Photo } from "./visit.ts";

/** An effect whose answer comes back as an input. Durable: a row until answered, retried under the same key. */
export const Ask = z.discriminatedUnion("type", [
  /** Reserve parts at the WMS. `key` is the idempotency key: the same key reserves once, whatever is retried. */
  /** `replaces`: a reservation that becomes this one in one step at the WMS, or stays as it is where this can't be had. */
  z.strictObject({
    type: z.literal("reserve"),
    key: z.string(),
    kit: KitId,
    ticket: TicketId,
    lines: z.array(PartCount),
    replaces: z.string().max(100).optional(),
  }),
  z.strictObject({ type: z.literal("release"), key: z.string(), kit: KitId, ticket: TicketId, reservation: z.string() }),
]);
export type Ask = z.infer<typeof Ask>;

/** What comes due. Keys make setting and cancelling idempotent. */
export const Due = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("offer-expires"), offer: OfferId }),
  z.strictObject({ type: z.literal("dispatch-again"), ticket: TicketId }),
  /** Long enough after a repair: its alarm must have cleared by now. */
  z.strictObject({ type: z.literal("repair-proved"), alarm: AlarmId }),
  /** A resolved ticket to which nobody has said anything more. */
  z.strictObject({ type: z.literal("ticket-closes"), ticket: TicketId }),
  z.strictObject({ type: z.literal("pause-ends"), ticket: TicketId }),
  /** Nobody came along yet. */
  z.strictObject({ type: z.literal("crew-again"), ticket: TicketId }),
  /** What the warehouse lacked may be there by now. */
  z.strictObject({ type: z.literal("kit-again"), ticket: TicketId }),
  z.strictObject({ type: z.literal("alarm-unseen"), alarm: AlarmId }),
  /** An alarm has stood long enough for a job. */
  z.strictObject({ type: z.literal("alarm-persists"), alarm: AlarmId }),
  z.strictObject({ type: z.literal("ticket-untaken"), ticket: TicketId }),
  z.strictObject({ type: z.literal("shelf-ends"), alarm: AlarmId }),
  z.strictObject({ type: z.literal("suppression-ends"), suppression: SuppressionId }),
  /** Work should have been over for a while. */
  z.strictObject({ type: z.literal("work-overruns"), ticket: TicketId }),
  /** Whoever has the job should have set out, or be there. `told`: the desk was. */
  z.strictObject({ type: z.literal("engineer-silent"), ticket: TicketId, told: z.literal(true).optional() }),
  /** The forecast of a promise is another from now on. */
  z.strictObject({ type: z.literal("promise-looks"), ticket: TicketId }),
  /** An agreement that bears on the job begins to hold, or holds no more. */
  z.strictObject({ type: z.literal("coverage-changes"), ticket: TicketId }),
  /** The shift ended in which an engineer's position may be kept. */
  z.strictObject({ type: z.literal("position-ends"), engineer: EngineerId }),
]);
export type Due = z.infer<typeof Due>;
export type TimerChange = { readonly set: string; readonly at: number; readonly due: Due } | { readonly cancel: string };

/** In what capacity somebody speaks; absent: the desk. A customer speaks of their own machines. */
const Office = z.enum(["dispatcher", "crm"]);
const Caller = z.enum(["dispatcher", "crm", "customer"]);

/** Everything but verdicts that a unit reacts to. */
export const Answer = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("accept"), offer: OfferId, by: EngineerId }),
  z.strictObject({ type: z.literal("decline"), offer: OfferId, by: EngineerId, reason: z.string().max(200) }),
  z.strictObject({
    type: z.literal("progress"),
    ticket: TicketId,
    by: EngineerId,
    to: z.enum(["travelling", "working", "resolved"]),
    cause: z.string().max(500).optional(),
    causeCode: CauseCode.optional(),
    finding: Finding.optional(),
    /** A second visit is needed, and for what. */
    followUp: z.string().min(1).max(1000).optional(),
    action: z.string().max(500).optional(),
    partsUsed: z.array(PartCount).max(50).optional(),
  }),
  z.strictObject({ type: z.literal("tick"), ticket: TicketId, by: EngineerId, step: z.string().max(64), done: z.boolean() }),
  z.strictObject({ type: z.literal("photograph"), ticket: TicketId, by: EngineerId, photo: Photo }),
  z.strictObject({ type: z.literal("leave"), ticket: TicketId, engineer: EngineerId, by: z.string(), as: z.enum(["engineer", "dispatcher"]) }),
  z.strictObject({
    type: z.literal("pause"),
    ticket: TicketId,
    by: z.string(),
    as: z.enum(["engineer", "dispatcher"]),
    reason: PauseReason,
    note: z.string().max(200).optional(),
    until: Instant.optional(),
  }),
  z.strictObject({ type: z.literal("resume"), ticket: TicketId, by: z.string(), as: z.enum(["engineer", "dispatcher"]) }),
  /** `id`: of the ticket, made by whoever asks, so that asking twice opens one. */
  z.strictObject({
    type: z.literal("open"),
    ticket: TicketId.optional(),
    by: z.string(),
    asset: AssetId,
    words: z.string().min(1).max(1000),
    faultMode: FaultModeId.optional(),
    priority: Priority.optional(),
    crew: z.number().int().min(1).max(CREW_MAX).optional(),
    parent: TicketId.optional(),
    follows: TicketId.optional(),
    as: Office.optional(),
  }),
  z.strictObject({
    type: z.literal("complain"),
    id: Complaint.shape.id.optional(),
    by: z.string(),
    asset: AssetId,
    words: Complaint.shape.words,
    at: Instant.optional(),
    priority: Priority.optional(),
    as: Caller.optional(),
  }),
  z.strictObject({ type: z.literal("close"), ticket: TicketId, by: z.string() }),
  z.strictObject({ type: z.literal("reopen"), ticket: TicketId, by: z.string(), why: z.string().min(1).max(500), as: Caller.optional() }),
  /** The job goes from its engineer to somebody else. */
  z.strictObject({ type: z.literal("return"), ticket: TicketId, by: z.string(), why: z.string().min(1).max(500) }),
  z.strictObject({ type: z.literal("place"), ticket: TicketId, by: z.string(), parent: TicketId.nullable() }),
  z.strictObject({ type: z.literal("crew"), ticket: TicketId, by: z.string(), crew: z.number().int().min(1).max(CREW_MAX) }),
  z.strictObject({ type: z.literal("shelve"), alarm: AlarmId, by: z.string(), until: Instant, why: z.string().min(1).max(500) }),
  z.strictObject({ type: z.literal("unshelve"), alarm: AlarmId, by: z.string() }),
  Suppression.pick({ asset: true, device: true, from: true, to: true, recurs: true, last: true, why: true }).extend({
    type: z.literal("suppress"),
    id: SuppressionId.optional(),
    by: z.string(),
  }),
  z.strictObject({ type: z.literal("unsuppress"), suppression: SuppressionId, by: z.string() }),
  /** An engineer's own word for when they will be there. */
  z.strictObject({ type: z.literal("late"), ticket: TicketId, by: EngineerId, arriveAt: Instant }),
  /** Away from `from` until `until`; what they have accepted and not begun goes to others. `present`: back earlier, or never gone. */
  z.strictObject({ type: z.literal("absent"), engineer: EngineerId, by: z.string(), from: Instant, until: Instant }),
  z.strictObject({ type: z.literal("present"), engineer: EngineerId, by: z.string() }),
  /** A person lets a move run that a plan proposes, or has it left where it is. `to`: whom they saw it would go to. */
  z.strictObject({ type: z.literal("move"), ticket: TicketId, by: z.string(), to: EngineerId }),
  z.strictObject({ type: z.literal("keep"), ticket: TicketId, by: z.string(), to: EngineerId, why: z.string().min(1).max(500) }),
  z.strictObject({ type: z.literal("acknowledge"), alarm: AlarmId, by: z.string() }),
  /** A person lets a step run whose autonomy is `confirm`. */
  z.strictObject({ type: z.literal("confirm"), ticket: TicketId, by: z.string() }),
  z.strictObject({ type: z.literal("cancel"), ticket: TicketId, by: z.string(), why: z.string().max(500), as: Office.optional() }),
  z.strictObject({ type: z.literal("position"), by: EngineerId, place: z.strictObject({ lat: z.number(), lon: z.number() }), at: Instant }),
  /** `replaceable`: the WMS can make another of it in one step; `replaced`: which one became this. */
  z.strictObject({
    type: z.literal("reserved"),
    kit: KitId,
    key: z.string(),
    reservation: z.string(),
    depot: z.string(),
    at: Instant,
    replaceable: z.literal(true).optional(),
    replaced: z.string().max(100).optional(),
  }),
  z.strictObject({ type: z.literal("short"), kit: KitId, key: z.string(), missing: z.array(PartCount), at: Instant }),
  z.strictObject({ type: z.literal("unreachable"), kit: KitId, key: z.string(), attempts: z.number().int(), why: z.string().max(200) }),
  /** The WMS will never take that very ask. */
  z.strictObject({ type: z.literal("rejected"), kit: KitId, key: z.string(), why: z.string().max(200) }),
  /** What an ask of that key gave back is back. */
  z.strictObject({ type: z.literal("released"), kit: KitId, key: z.string() }),
  /** A person has a kit that was short asked for once more. */
  z.strictObject({ type: z.literal("ask-again"), ticket: TicketId, by: z.string() }),
]);
export type Answer = z.infer<typeof Answer>;

/** `rules` and `hubCalls` are added by the shell, which knows them; `id` too, where nothing was made under it yet. */
export type Because = Omit<Decision, "id" | "rules" | "hubCalls"> & { readonly id?: Decision["id"] };

export type Decided = {
  readonly changes: readonly Change[];
  readonly asks: readonly Ask[];
  readonly timers: readonly TimerChange[];
  readonly because: readonly Because[];
};
export const NOTHING: Decided = { changes: [], asks: [], timers: [], because: [] };

/** The actor of a step in which no person had a hand. */
export const UNIT = "unit";

/** What a step follows from. `allows`: the one action that a person lets run by it. */
export type Cause = { readonly at: Millis; readonly type: string; readonly ref: string; readonly actor: string; readonly allows?: "ticket" | "offer" };

/** What a step tells of itself for its record: ids, figures and distances, never a name, a place or a text that somebody wrote. */
export type Told = {
  readonly id?: Decision["id"];
  readonly outcome: string;
  readonly reasons?: readonly Reason[];
  readonly snapshot?: Readonly<Record<string, unknown>>;
  readonly autonomy?: Autonomy;
  readonly model?: Decision["model"];
};

/** The decision in the making: the stages of one input write into it, and each reads what the ones before it wrote. */
export type Draft = {
  readonly view: UnitView;
  put(...changes: readonly Change[]): void;
  ask(...asks: readonly Ask[]): void;
  time(...timers: readonly TimerChange[]): void;
  /** The life of a ticket has one table. Writes the ticket as it is afterwards; nothing when it is refused, or the very same ticket. */
  advance(ticket: Ticket, event: TicketEvent): Ticket | Refusal;
  tell(cause: Cause, step: Decision["step"], subject: string, told: Told): void;
};
