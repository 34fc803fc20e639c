/** How urgent a job is by how bad its alarm is: what its fault mode says, and sooner where the alarm is worse than that mode usually is. */
import type { Severity } from "../../contracts/severity.ts";
import { rankOf } from "../../contracts/severity.ts";
import type { Priority } from "../../contracts/ticket.ts";

/** So bad is at least so urgent. */
const URGENCY: Readonly<Partial<Record<Severity, Priority>>> = { high: "p2", critical: "p1" };

/** `usual`: how bad what it was opened for is held to be. */
export function urgencyOf(priority: Priority, usual: Severity, severity: Severity | undefined): Priority {
  const asked = severity === undefined || rankOf(severity) <= rankOf(usual) ? undefined : URGENCY[severity];
  return asked !== undefined && asked < priority ? asked : priority;
}
