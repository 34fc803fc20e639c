/**
 * What a device says on `u/{unit}/d/{device}/telemetry`: one message or an array of them.
 * Only `ts` and one of `channels`, `events`, `position` are needed. Channel values are judged later, against the device's
 * profile, so that one bad value costs that value and not the message.
 */
import { z } from "zod";
import { ChannelId } from "./ids.ts";
import { Instant, Place } from "./instant.ts";

/** Channels in one message. The widest profile known (a large gas engine) has about 200. */
export const CHANNELS_MAX = 256;
/** Messages in one batch: ten minutes at 1 Hz, caught up after an outage. */
export const BATCH_MAX = 600;
/** Events in one message. */
export const EVENTS_MAX = 32;

export const FaultCode = z.strictObject({ code: z.string().min(1).max(64), at: Instant.optional(), text: z.string().max(500).optional() });
export type FaultCode = z.infer<typeof FaultCode>;

/** A value as it came: a number, or something that the channel's null policy decides about. */
export const RawValue = z.union([z.number(), z.null(), z.string().max(64), z.boolean()]);
export type RawValue = z.infer<typeof RawValue>;

export const Telemetry = z
  .object({
    ts: Instant,
    channels: z
      .record(ChannelId, RawValue)
      .refine((c) => Object.keys(c).length <= CHANNELS_MAX, `at most ${CHANNELS_MAX} channels`)
      .optional(),
    events: z.array(FaultCode).max(EVENTS_MAX).optional(),
    position: Place.optional(),
    seq: z.number().int().min(0).optional(),
  })
  .refine((t) => t.channels !== undefined || t.events !== undefined || t.position !== undefined, "needs at least one of channels, events, position");
export type Telemetry = z.infer<typeof Telemetry>;

export const TelemetryPayload = z.union([Telemetry, z.array(Telemetry).min(1).max(BATCH_MAX)]);
export type TelemetryPayload = z.infer<typeof TelemetryPayload>;
