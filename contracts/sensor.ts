/** What is wrong with a measurement and not with the machine: per device and channel, told apart from alarms. */
import { z } from "zod";
import { ChannelId } from "./ids.ts";
import { Instant } from "./instant.ts";

export const SensorFault = z.enum(["stuck", "drop-out", "sentinel", "uom", "unlearnt", "clock"]);
export type SensorFault = z.infer<typeof SensorFault>;

/** While it stands the channel says nothing to the model. It clears by itself. */
export const SensorFinding = z.strictObject({
  /** Absent where it is the device's clock. */
  channel: ChannelId.optional(),
  fault: SensorFault,
  rule: z.string(),
  mend: z.string(),
  /** Event time of its first and its latest row, and how many rows it has had. */
  since: Instant,
  lastAt: Instant,
  count: z.number().int().min(1),
});
export type SensorFinding = z.infer<typeof SensorFinding>;
