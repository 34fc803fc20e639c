/** What a unit has to keep because no backup of the hub holds it yet: reckoned from what the hub acknowledged and what its last confirmed backup holds. */
import { KEPT_MAX } from "../../contracts/delta/operation.ts";
import type { KnownOrigin } from "./store.ts";

/** In operations. `tight`: more than half of what the unit can keep; make a backup. `beyond`: the oldest are gone there. */
export type Kept = { readonly state: "ok" | "tight" | "beyond"; readonly operations: number; readonly max: number; readonly reason?: string };

export function keptOf({ through, stable }: Pick<KnownOrigin, "through" | "stable">): Kept {
  const operations = through - stable;
  const kept = { operations, max: KEPT_MAX } as const;
  const since = `no confirmed backup since seq ${stable}`;
  if (operations > KEPT_MAX) {
    const reason = `${since}: the unit has forgotten the first ${operations - KEPT_MAX} that came after, and would have to write again what they left`;
    return { state: "beyond", ...kept, reason };
  }
  if (2 * operations > KEPT_MAX) return { state: "tight", ...kept, reason: `${since}: the unit keeps what came after` };
  return { state: "ok", ...kept };
}
