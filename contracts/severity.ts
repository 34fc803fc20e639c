/** How bad: one scale for whoever says so, the rules of a scenario or a verdict. */
import type { z } from "zod";
import { meanings } from "./meaning.ts";

export const Severity = meanings({
  low: "no effect on operation yet",
  medium: "operation is impaired, or will be within weeks",
  high: "failure or damage is near",
  critical: "people or the machine are in danger now",
});
export type Severity = z.infer<typeof Severity>;

/** The worse of two. */
export function worse(a: Severity, b: Severity | undefined): Severity {
  return b !== undefined && rankOf(b) > rankOf(a) ? b : a;
}

/** 0 for `low` to 3 for `critical`. */
export function rankOf(severity: Severity): number {
  return Severity.options.indexOf(severity);
}
