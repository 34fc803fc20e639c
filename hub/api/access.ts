/** What the hub is asked and answers about tokens, units and its own state. */
import { z } from "zod";
import { UnitId } from "../../contracts/ids.ts";

export const HealthAnswer = z.strictObject({ ok: z.literal(true), delta: z.number().int() });

/** `integrator` reads the feed and the contracts; `operations` answers for the contracts; `unit` connects a unit that is elsewhere. The field `unit`: good for this unit only. */
const TokenRole = z.enum(["integrator", "operations", "unit"]);
export const TokenAsk = z
  .strictObject({ role: TokenRole, unit: UnitId.optional(), subject: z.string().min(1).max(64).optional() })
  .refine(({ role, unit }) => role !== "unit" || unit !== undefined, { path: ["unit"], message: "a unit's token is one unit's: name it" });
export const TokenAnswer = z.strictObject({ token: z.string(), role: TokenRole, unit: UnitId.optional() });

export const UnitAsk = z.strictObject({ unit: UnitId });
export const UnitAnswer = z.strictObject({ unit: UnitId, opened: z.literal(true) });
