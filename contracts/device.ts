/** A device speaks MQTT for one asset; its baseline is what commissioning learnt of its normal. */
import { z } from "zod";
import { AssetId, DeviceId, ProfileId } from "./ids.ts";
import { Instant, Place } from "./instant.ts";

/** What is normal for one device, per channel in the order of its profile: location, scale, and the floor below which evidence is noise. */
export const Baseline = z.strictObject({
  mean: z.array(z.number()),
  scale: z.array(z.number().positive()),
  floor: z.array(z.number().positive()),
  /** How many samples it was learnt from, and when. */
  rows: z.number().int().min(1),
  learntAt: Instant,
  /** Channels and units that the numbers are of. Absent in older ones: they are of the profile that the device had then. */
  of: z.array(z.strictObject({ id: z.string().min(1).max(60), uom: z.string().min(1).max(20) })).optional(),
});
export type Baseline = z.infer<typeof Baseline>;

export const Device = z.strictObject({
  id: DeviceId,
  asset: AssetId,
  profile: ProfileId,
  name: z.string().min(1).max(100),
  /** Absent until commissioning has seen enough samples; a device may arrive with one. */
  baseline: Baseline.optional(),
  position: Place.optional(),
  addedAt: Instant,
});
export type Device = z.infer<typeof Device>;
