/**
 * One event, several actions: a ticket, a notice to the account's owner, a report to the product team. Each is a row of its own under the event's
 * decision, with a key that whoever carries it out honours: whatever is retried, it happens once.
 */
import { z } from "zod";
import { Severity } from "./severity.ts";
import { Autonomy } from "./decision.ts";
import { AlarmId, AssetId, DecisionId, FaultModeId, TicketId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meaning, meanings, uom } from "./meaning.ts";
import { SlaTrouble } from "./sla-clock.ts";

/** Rules of one policy: three kinds of actions for a handful of teams. */
export const RULES_MAX = 30;

/** Assets of one model over which repeats are counted; of more, the first ones: each is a query. */
export const ACTION_MODELS_MAX = 100;

export const ActionKind = meanings({
  ticket: "a job for an engineer",
  "owner-notice": "word to whoever looks after the customer's account",
  "quality-report": "a report to the team that makes the product",
  "breach-notice": "word that a promise may be missed, while something can be done",
  "escalation-notice": "word that nobody has looked at an alarm, or accepted a job, for so long",
});
export type ActionKind = z.infer<typeof ActionKind>;

/** A name in the scenario: of a team, or of a connector. */
export const Target = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "use 1 to 63 lower-case letters, digits and hyphens");

/**
 * When it applies: all of what is given must hold. A `breach-notice` is drawn from the forecast of a promise, an `escalation-notice` when nobody
 * looks or accepts, the others from an alarm that asks for a job.
 */
export const FanOutRule = z.strictObject({
  action: ActionKind,
  to: Target,
  severityMin: Severity.optional(),
  faultModes: z.array(FaultModeId).min(1).max(50).optional(),
  /** The same fault on the same model so often within so long, this one included. */
  repeats: z.strictObject({ min: z.number().int().min(2).max(1_000), withinMs: z.number().int().min(1) }).optional(),
  /** Of a `breach-notice`: the forecast that it tells of; absent: `will-breach`. Agreements name whom they tell besides, in their response classes. */
  trouble: SlaTrouble.optional(),
  autonomy: Autonomy,
});
export type FanOutRule = z.infer<typeof FanOutRule>;
export const FanOutPolicy = z.strictObject({ rules: z.array(FanOutRule).max(RULES_MAX) });
export type FanOutPolicy = z.infer<typeof FanOutPolicy>;

const every = {
  /** `decision:action:to`: the idempotency key. */
  key: z.string().min(1).max(250),
  decision: DecisionId,
  action: ActionKind,
  to: Target,
  /** Ids and figures, never a name or a text that somebody wrote: whoever is told looks them up. */
  about: z.record(z.string(), z.union([z.string().max(128), z.number()])),
  at: Instant,
  attempts: z.number().int().min(0).meta(uom("1")),
} as const;

export const Action = z.discriminatedUnion("state", [
  /** Proposed, and done only if a person says so: `confirm` asks for it, `suggest` does not. */
  z.strictObject({
    ...every,
    state: meaning("proposed", "waits for a person"),
    autonomy: meanings({ suggest: "shown, and nothing asks for it", confirm: "a person is asked for it" }),
  }),
  z.strictObject({ ...every, state: meaning("due", "to be carried out, or tried again"), dueAt: Instant, why: z.string().max(200).optional() }),
  /** `ref`: what the other side calls it. */
  z.strictObject({ ...every, state: meaning("done", "carried out once"), doneAt: Instant, ref: z.string().max(200).optional() }),
  /** Undeliverable, with its reason; a person may have it tried again. */
  z.strictObject({ ...every, state: meaning("dead", "undeliverable, with its reason"), deadAt: Instant, why: z.string().max(200) }),
  z.strictObject({ ...every, state: meaning("dropped", "not wanted any more"), droppedAt: Instant }),
]);
export type Action = z.infer<typeof Action>;

/** As a unit keeps it: found by the job that it is told with, and by its state; where there is no job, by the asset of its alarm. Key: the action's. */
export const ActionRow = z.strictObject({
  id: z.string().min(1).max(250),
  ticket: TicketId.optional(),
  alarm: AlarmId.optional(),
  asset: AssetId.optional(),
  state: meanings({
    proposed: "waits for a person",
    due: "to be carried out, or tried again",
    done: "carried out once",
    dead: "undeliverable, with its reason",
    dropped: "not wanted any more",
  }),
  action: Action,
});
export type ActionRow = z.infer<typeof ActionRow>;
