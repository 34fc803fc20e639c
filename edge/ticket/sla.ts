/** What was promised for a priority, reckoned from the opening of the ticket. */
import type { Millis } from "../../contracts/instant.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import type { Priority } from "../../contracts/ticket.ts";

export function promise(sla: Scenario["sla"], priority: Priority, openedAt: Millis): { readonly respondBy: Millis; readonly resolveBy: Millis } {
  const { respondMs, resolveMs } = sla[priority];
  return { respondBy: openedAt + respondMs, resolveBy: openedAt + resolveMs };
}
