/** Slow wear as it is foreseen: a value that comes to its limit within weeks, so that the work is planned before anything fails. */
import { z } from "zod";
import { AssetId, ChannelId, DeviceId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meanings } from "./meaning.ts";

/** When a trend meets its limit, with the interval that holds it in nine cases of ten. Without a channel: the level of the wear model. */
const foreseen = { channel: ChannelId.optional(), reachAt: Instant, earliestAt: Instant, latestAt: Instant } as const;

/** On a job: `device` whose wear it is, `since` when its course was first warned of. */
export const Wear = z.strictObject({
  device: DeviceId,
  ...foreseen,
  since: Instant,
  stage: meanings({ plan: "within 30 days: parts are laid aside, and a person says when", due: "within 14 days: somebody is asked" }),
});
export type Wear = z.infer<typeof Wear>;

/** At a glance: the first of its courses that was warned of. */
export const WearGlance = z.strictObject(foreseen);
export type WearGlance = z.infer<typeof WearGlance>;

/** What an Intake tells of one course, all of them each time. `days`: how far ahead it was last warned of. */
export const WearSeen = z.strictObject({ device: DeviceId, asset: AssetId, ...foreseen, days: z.literal([30, 14]), warnedAt: Instant });
export type WearSeen = z.infer<typeof WearSeen>;
