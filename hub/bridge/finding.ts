/** What is wrong with a bridge: a code that programs read, the field, the rule it breaks and the mend that people read. */
import { z } from "zod";

export const FindingCode = z.enum([
  /** Another contract, major version or object than the bridge is written for. */
  "other-document",
  "unknown-attribute",
  "unknown-field",
  "type",
  "uom",
  /** A value that has no counterpart and is not left out on purpose. */
  "unmapped",
  /** A counterpart that the other side does not list. */
  "unknown-value",
  /** Two counterparts where one is needed. */
  "ambiguous",
  /** Declared as `both`, but what goes out does not come back. */
  "not-invertible",
  /** Declared equivalent while another state shares the value, or a union that is none. */
  "not-equivalent",
  "expression",
  /** A field that theirs must have and nothing fills. */
  "required",
  /** Ours may be absent where theirs may not. */
  "absent",
  "read-only",
  /** Their forms ask for the field; their API does not. */
  "wanted",
  /** The contract does not know the value, so it never occurs. */
  "not-in-contract",
  /** Only the unit writes the attribute: what comes in is not taken over. */
  "writers",
  "length",
]);
export type FindingCode = z.infer<typeof FindingCode>;

export const Finding = z.strictObject({
  code: FindingCode,
  field: z.string(),
  rule: z.string(),
  mend: z.string(),
  /** Whether the bridge can't be published with it; otherwise it is something to know. */
  blocks: z.boolean(),
});
export type Finding = z.infer<typeof Finding>;

/** Worth knowing, and no reason to stop. */
const NOTES: ReadonlySet<FindingCode> = new Set(["wanted", "not-in-contract", "writers", "length"]);

export function finding(code: FindingCode, field: string, rule: string, mend: string): Finding {
  return { code, field, rule, mend, blocks: !NOTES.has(code) };
}
