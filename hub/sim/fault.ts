/** What a world can count: everything that goes wrong in it, and what is only seen when something has. A long run in which one of these never came has not tried it. */
import type { RefusalCode } from "../../contracts/refusal.ts";

export const FAULTS = [
  // The network.
  "request dropped",
  "request doubled",
  "answer dropped",
  "answer doubled",
  "message overtaken",
  "late answer",
  "call timed out",
  "nudge lost",
  "batch torn",
  "unit parted",
  // Storage, memory, alarms, clocks.
  "unit crashed",
  "hub crashed",
  "object evicted",
  "alarm lost",
  "clock set",
  "clock set back",
  "clock behind",
  "clock far ahead",
  // Backups, restores, lives.
  "hub backed up",
  "backup confirmed",
  "hub restored",
  "hub restored in silence",
  "hub restored to a wrong backup",
  "hub restored during re-offers",
  "cursor restored",
  "cursor expired",
  "digest asked",
  "gap declared",
  "written again",
  "unit copied",
  "unit restored",
  "unit restored in silence",
  "unit cloned",
  "unit expelled",
  "reuse found out",
  // Contracts and what breaks them.
  "unit upgraded",
  "contract mended",
  "poison unregistered",
  "poison novel",
  "poison budget",
  "poison grade",
  "poison title",
  "huge value",
  "dead letter given up",
  "dead letter taken after all",
  // The CRM, and people.
  "consumer slow",
  "consumer crashed",
  "consumer rewound",
  "consumer expired",
  "line read again",
  "write-back of what was read",
  "write-back offered again",
  "write-back refused",
  "write-back that breaks the contract",
  "conflict settled",
  "subject erased",
  "tombstone collected",
  "log trimmed",
  // The hub's limits, and the quiet between.
  "no credit",
  "credit changed",
  "small pages",
  "lull",
] as const;
export type Fault = (typeof FAULTS)[number];

/** What the hub said no to, by code: which of them come depends on how things fall together. */
export type Counted = Fault | `refused ${RefusalCode}`;
