/** An expected no, as a value: a code that programs read and the field, rule and mend that people read. Bugs throw instead. */
import { z } from "zod";

export const RefusalCode = z.enum([
  "malformed",
  "unknown-unit",
  "unknown-device",
  "unknown-asset",
  "unknown-ticket",
  "unknown-offer",
  "unknown-engineer",
  "unknown-model",
  "unknown-alarm",
  "unknown-template",
  "exists",
  "not-permitted",
  "not-signed-in",
  "too-large",
  "too-many",
  "breaks-contract",
  "wrong-state",
  "not-yours",
  "too-late",
  "wrong-unit",
  "gap",
  "stale-version",
  "quota-exceeded",
  "bad-model",
  "not-better",
  "unfit-contract",
  "unknown-contract",
  "unknown-entity",
  "unmapped",
  "not-equivalent",
  "unknown-origin",
  "unknown-link",
  "forbidden-address",
  "bad-cursor",
  "needs-person",
  "steps-open",
  "incomplete",
  "crew-missing",
  "children-open",
  "unavailable",
]);
export type RefusalCode = z.infer<typeof RefusalCode>;

export const Refusal = z.strictObject({
  refused: RefusalCode,
  /** Path of the field at fault, if one is. */
  field: z.string().optional(),
  /** The rule it broke. */
  rule: z.string(),
  /** What to do about it. */
  mend: z.string(),
});
export type Refusal = z.infer<typeof Refusal>;

export function refuse(refused: RefusalCode, rule: string, mend: string, field?: string): Refusal {
  return field === undefined ? { refused, rule, mend } : { refused, field, rule, mend };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && "refused" in value;
}

/** The first issue of a failed parse as a refusal that names the field, the rule and the mend. */
export function malformed(error: z.ZodError, mend: string): Refusal {
  const issue = error.issues[0];
  const field = issue === undefined ? "" : issue.path.map(String).join(".");
  return refuse("malformed", issue?.message ?? "does not fit its schema", mend, field === "" ? undefined : field);
}
