/** What is maintained: a machine at a place, of a model, belonging to a customer; and what was done to it. */
import { z } from "zod";
import { AssetId, CustomerId, EngineerId, FaultModeId, PartId, RepairId, TicketId } from "./ids.ts";
import { Instant, Place } from "./instant.ts";
import { meanings, uom } from "./meaning.ts";
import { CauseCode, Finding } from "./visit.ts";

export const Asset = z.strictObject({
  id: AssetId,
  name: z.string().min(1).max(100),
  kind: meanings({
    pump: "a pump that stands at a site",
    "pump-truck": "a concrete pump on a lorry, which moves from site to site",
    other: "any other machine",
  }),
  model: z.string().min(1).max(100),
  customer: CustomerId,
  position: Place,
  /** A machine that moves reports its own position. */
  moves: z.boolean(),
  installedAt: Instant,
  /** Engineers who know it, or whom its owner asks for. */
  preferred: z.array(EngineerId).max(5).optional(),
});
export type Asset = z.infer<typeof Asset>;

export const PartCount = z.strictObject({ part: PartId, quantity: z.number().int().min(1).max(1000).meta(uom("1")) });
export type PartCount = z.infer<typeof PartCount>;

export const Repair = z.strictObject({
  id: RepairId,
  asset: AssetId,
  ticket: TicketId.optional(),
  faultMode: FaultModeId,
  cause: z.string().max(500),
  causeCode: CauseCode.optional(),
  /** What it found out about the alarm that led to it. */
  finding: Finding.optional(),
  action: z.string().max(500),
  parts: z.array(PartCount).max(50),
  engineer: EngineerId.optional(),
  doneAt: Instant,
});
export type Repair = z.infer<typeof Repair>;
