/**
 * What a unit learns of its own fleet: for each channel the level of the live model's evidence that healthy machines reach. It is shown before it
 * counts, and becomes part of the scenario when a person says so.
 */
import { z } from "zod";
import { ChannelId, DeviceId, ModelHash, ProfileId } from "./ids.ts";
import { uom } from "./meaning.ts";

const count = () => z.number().int().min(0).meta(uom("1"));

/** What one Intake found on its own machines. */
export const IntakeFit = z.strictObject({
  model: ModelHash,
  floor: z.array(z.number().positive()),
  devices: count(),
  leftOut: z.array(DeviceId),
  rows: count(),
});
export type IntakeFit = z.infer<typeof IntakeFit>;

/** `GET /api/u/:unit/models/:profile/fit`. `rules`: the scenario that it was made against; `before` absent: the channel has no floor of the fleet yet. */
export const FleetFloor = z.strictObject({
  unit: z.string(),
  profile: ProfileId,
  rules: z.string(),
  model: ModelHash,
  devices: count(),
  leftOut: z.array(DeviceId),
  rows: count(),
  channels: z.array(z.strictObject({ channel: ChannelId, before: z.number().positive().optional(), after: z.number().positive() })),
});
export type FleetFloor = z.infer<typeof FleetFloor>;

/** `POST …/fit`: what was shown is to count. Refuses `stale-version` when the scenario is another one meanwhile. */
export const ApplyFloor = z.strictObject({ rules: z.string().min(1).max(64), floor: z.array(z.number().positive()).min(1).max(64) });
export type ApplyFloor = z.infer<typeof ApplyFloor>;
/** `rules`: of the scenario that the unit runs now. */
export type Applied = { readonly unit: string; readonly profile: string; readonly rules: string };
