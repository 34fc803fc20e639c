/** What a scenario chooses about the life of its tickets and alarms. Everything may be left out; what then holds stands in `policyOf`. */
import { z } from "zod";
import { Target } from "./fan-out.ts";
import { Words } from "./instant.ts";
import { Priority } from "./ticket.ts";
import { CauseCode } from "./visit.ts";

const ms = () => z.number().int().min(0);

/** Somebody is told when nothing has happened for so long; levels rise in the order given. */
export const Escalation = z.strictObject({
  when: z.enum(["unacknowledged", "unaccepted"]),
  afterMs: z.number().int().min(1_000),
  /** Who is told. */
  who: Words,
  /** The name under which their inbox is bound (`connectors.teams`): there it is delivered. */
  to: Target.optional(),
  /** Absent: every priority. */
  priorities: z.array(Priority).max(3).optional(),
});
export type Escalation = z.infer<typeof Escalation>;

/** When an alarm becomes a job. What is severe (a fault code, a trip, zone D) always does at once. */
export const Persist = z.strictObject({
  /** How long it must stand, from its first sign. */
  ms: ms(),
  /** A model's word alone asks for no job until a limit, a zone, a tolerance or a fault code bears it out: it is shown and counted. */
  bornOut: z.literal(true).optional(),
  /** So many alarms of one fault of an asset that each cleared too soon, within this time, are a job all the same (a chattering alarm, ISA-18.2). */
  chatter: z.strictObject({ times: z.number().int().min(2).max(100), withinMs: ms() }).optional(),
});
export type Persist = z.infer<typeof Persist>;

export const TicketPolicy = z.strictObject({
  persist: Persist.optional(),
  /** How long after its end a ticket may be reopened; later it is followed up by another one. */
  reopenMs: ms().optional(),
  /** How long after its work is done the unit closes it by itself. */
  closeMs: ms().optional(),
  /** How long after its opening a ticket takes up further alarms of its asset; 0: never. */
  groupMs: ms().optional(),
  /** How far back a complaint is linked with alarms of its asset. */
  complaintMs: ms().optional(),
  escalations: z.array(Escalation).max(10).optional(),
  causes: z
    .array(z.strictObject({ code: CauseCode, title: Words }))
    .max(50)
    .optional(),
  /** Finished tickets that are kept, with their alarms, offers, kits and photographs; older ones live on as repairs and in the counters. */
  finishedMax: z.number().int().min(100).max(100_000).optional(),
  finishedMs: z.number().int().min(86_400_000).optional(),
});
export type TicketPolicy = z.infer<typeof TicketPolicy>;

const DAY_MS = 86_400_000;

const CAUSES = [
  { code: "wear", title: { en: "Wear", zh: "磨损" } },
  { code: "leak", title: { en: "Leak", zh: "泄漏" } },
  { code: "loose", title: { en: "Loose or misaligned", zh: "松动或不对中" } },
  { code: "electrical", title: { en: "Electrical", zh: "电气故障" } },
  { code: "blockage", title: { en: "Blockage or dirt", zh: "堵塞或脏污" } },
  { code: "operation", title: { en: "Operation or setting", zh: "操作或设定不当" } },
  { code: "sensor", title: { en: "Sensor or wiring", zh: "传感器或接线" } },
  { code: "not-found", title: { en: "Cause not found", zh: "原因不明" } },
] as const;

/**
 * A week: who calls later speaks of another visit. Three days for the desk to object before a ticket closes. Two days before a complaint a
 * machine said what its owner notices now. Finished work is kept for 400 days, so that last year's season is there, at most 20,000 of it: some
 * 5 KiB each with offers and kit, a hundredth of what an object may hold.
 */
const DEFAULTS = {
  persist: { ms: 0 } as Persist,
  reopenMs: 7 * DAY_MS,
  closeMs: 3 * DAY_MS,
  groupMs: 0,
  complaintMs: 2 * DAY_MS,
  escalations: [] as readonly Escalation[],
  causes: CAUSES as readonly NonNullable<TicketPolicy["causes"]>[number][],
  finishedMax: 20_000,
  finishedMs: 400 * DAY_MS,
};

/** Takes what names the policy, so that a scenario of an earlier release has one too. */
export function policyOf({ tickets = {} }: { readonly tickets?: TicketPolicy | undefined }): typeof DEFAULTS {
  const { persist, reopenMs, closeMs, groupMs, complaintMs, escalations, causes, finishedMax, finishedMs } = { ...DEFAULTS, ...tickets };
  return { persist, reopenMs, closeMs, groupMs, complaintMs, escalations, causes, finishedMax, finishedMs } as typeof DEFAULTS;
}
