/** The record behind an automatic step or a person's answer: what triggered it, what was known, what followed and why. */
import { z } from "zod";
import { DecisionId, ModelHash } from "./ids.ts";
import { Instant } from "./instant.ts";

export const Autonomy = z.enum(["suggest", "confirm", "act"]);
export type Autonomy = z.infer<typeof Autonomy>;

/** A reason is a code and its figures; pages turn it into a sentence. */
export const Reason = z.strictObject({ code: z.string().min(1).max(64), about: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])) });
export type Reason = z.infer<typeof Reason>;

export const StepName = z.enum([
  "verdict",
  "alarm",
  "ticket",
  "kit",
  "offer",
  "answer",
  "reservation",
  "progress",
  "escalation",
  "timer",
  "import",
  "heard",
  "fan-out",
  "model",
]);

export const Decision = z.strictObject({
  id: DecisionId,
  at: Instant,
  step: StepName,
  /** The input that caused it, as it was given to the stage, and the subject it is about. */
  trigger: z.strictObject({ type: z.string(), ref: z.string() }),
  subject: z.string(),
  snapshot: z.record(z.string(), z.unknown()),
  model: ModelHash.optional(),
  /** Hash of the scenario whose rules were applied. */
  rules: z.string(),
  reasons: z.array(Reason),
  outcome: z.string(),
  autonomy: Autonomy,
  actor: z.string(),
  /** Calls to the hub between the input's arrival and this commit. The promise is 0. */
  hubCalls: z.number().int().min(0),
});
export type Decision = z.infer<typeof Decision>;
