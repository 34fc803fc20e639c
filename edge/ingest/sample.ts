/**
 * Bytes of one telemetry message (`decode.ts`) → readings. Every value is held against the device's profile; what does not fit is refused with
 * its field, rule and mend, and costs itself alone: a value, an event, a position, or the one reading that has no place in time.
 */
import type { Place } from "../../contracts/instant.ts";
import { Instant, Place as PlaceSchema } from "../../contracts/instant.ts";
import { isRefusal, type Refusal, refuse } from "../../contracts/refusal.ts";
import type { Channel, DeviceProfile, JudgePolicy } from "../../contracts/scenario.ts";
import { BATCH_MAX, CHANNELS_MAX, EVENTS_MAX, FaultCode } from "../../contracts/telemetry.ts";
import { decodePayload } from "./decode.ts";

/** Refusals told of one payload. They are counted one by one but the board shows one sample each; a device that breaks more than this is told no more by more. */
export const REFUSED_TOLD_MAX = 64;
/** Characters of a foreign name that a refusal repeats. */
const NAME_SHOWN_MAX = 64;

/** `values` in the order of the profile's channels; NaN is a gap and never leaves ingest as a number. */
export type Reading = {
  readonly ts: number;
  /** Where it stands in a batch: before the name of each of its fields. */
  readonly path: string;
  readonly arrivedAt: number;
  /** False when it came later than the scenario's lateness bound: stored and scored, but it opens nothing. */
  readonly fresh: boolean;
  readonly values: Float32Array;
  /** Channels that hold a usable value. */
  readonly usable: number;
  readonly events: readonly Event[];
  readonly position: Place | null;
  /** Where the device numbers what it measures: gaps show by it. */
  readonly seq?: number;
};
export type Event = { readonly code: string; readonly at: number };

/** One field of a message that is no text. */
export type Shown = { readonly field: string; readonly value: string };
/** `refusedCount` counts them all; `refused` holds the first REFUSED_TOLD_MAX. `shown`: what a message that is no text says of itself. `sample`: what people are shown in place of its bytes where something is refused. */
export type Read = {
  readonly readings: readonly Reading[];
  readonly refused: readonly Refusal[];
  readonly refusedCount: number;
  readonly shown?: readonly Shown[];
  readonly sample?: Uint8Array;
};

/** Values go on as float32: what is larger would be infinite, and the normal learnt from it no number. */
const FLOAT_MAX = 3.402_823_4e38;

/** Texts that recorders write where they have no number. */
const NO_NUMBER: ReadonlySet<string> = new Set(["", "nan", "null", "none", "n/a", "na", "inf", "-inf", "+inf", "infinity", "-infinity", "+infinity", "-"]);

type Sink = { readonly told: Refusal[]; count: number };

/** Never throws, whatever the bytes are. */
export function readTelemetry(payload: Uint8Array, profile: DeviceProfile, judge: JudgePolicy, arrivedAt: number): Read {
  const decoded = decodePayload(payload);
  if (isRefusal(decoded)) return { readings: [], refused: [decoded], refusedCount: 1 };
  return readMessages(decoded.value, profile, judge, arrivedAt);
}

/** What a payload says, or what was made of a foreign one: a message or an array of them. Never throws, whatever it is. */
export function readMessages(said: unknown, profile: DeviceProfile, judge: JudgePolicy, arrivedAt: number): Read {
  const sink: Sink = { told: [], count: 0 };
  const entries: readonly unknown[] = Array.isArray(said) ? said : [said];
  if (entries.length === 0) tell(sink, refuse("malformed", "a batch holds at least one message", "send a message, or an array with one"));
  if (entries.length > BATCH_MAX) {
    tell(sink, refuse("too-many", `a batch holds at most ${BATCH_MAX} messages`, `split it: it held ${entries.length}`));
    return { readings: [], refused: sink.told, refusedCount: sink.count };
  }
  const indexOf = indexByChannel(profile);
  const readings: Reading[] = [];
  for (let i = 0; i < entries.length; i++) {
    const reading = readOne(entries[i], Array.isArray(said) ? `${i}.` : "", profile, indexOf, judge, arrivedAt, sink);
    if (reading !== null) readings.push(reading);
  }
  return { readings, refused: sink.told, refusedCount: sink.count };
}

function readOne(
  entry: unknown,
  path: string,
  profile: DeviceProfile,
  indexOf: ReadonlyMap<string, number>,
  judge: JudgePolicy,
  arrivedAt: number,
  sink: Sink,
): Reading | null {
  if (!isRecord(entry))
    return none(sink, refuse("malformed", "a message is an object", `send {"ts": …, "channels": {…}}`, path === "" ? undefined : path.slice(0, -1)));
  const ts = Instant.safeParse(entry["ts"]);
  if (!ts.success)
    return none(
      sink,
      refuse("malformed", "ts is a whole number of milliseconds since the epoch", "send Date.now() or its like, not seconds, not text", `${path}ts`),
    );
  if (ts.data > arrivedAt + judge.aheadMs)
    return none(
      sink,
      refuse(
        "breaks-contract",
        `ts lies at most ${judge.aheadMs} ms ahead of its arrival`,
        `set the device's clock: it is ${ts.data - arrivedAt} ms ahead`,
        `${path}ts`,
      ),
    );
  const { channels, events, position, seq } = entry;
  if (channels === undefined && events === undefined && position === undefined)
    return none(
      sink,
      refuse("malformed", "needs at least one of channels, events, position", "add what the device measured", path === "" ? undefined : path.slice(0, -1)),
    );

  const values = new Float32Array(profile.channels.length).fill(Number.NaN);
  const usable = channels === undefined ? 0 : readChannels(channels, path, profile, indexOf, values, sink);
  return {
    ts: ts.data,
    path,
    arrivedAt,
    fresh: ts.data >= arrivedAt - judge.latenessMs,
    values,
    usable,
    events: events === undefined ? [] : readEvents(events, path, ts.data, arrivedAt, profile, judge, sink),
    position: position === undefined ? null : readPosition(position, path, sink),
    ...(typeof seq === "number" && Number.isSafeInteger(seq) && seq >= 0 ? { seq } : {}),
  };
}

/** Fills `values`; answers how many hold a number. */
function readChannels(channels: unknown, path: string, profile: DeviceProfile, indexOf: ReadonlyMap<string, number>, values: Float32Array, sink: Sink): number {
  if (!isRecord(channels))
    return (
      none(
        sink,
        refuse("malformed", "channels is an object of values by channel name", `send {"${profile.channels[0]?.id ?? "channel"}": 1.5}`, `${path}channels`),
      ) ?? 0
    );
  const names = Object.keys(channels);
  if (names.length > CHANNELS_MAX)
    return none(sink, refuse("too-many", `at most ${CHANNELS_MAX} channels`, `split the message: it held ${names.length}`, `${path}channels`)) ?? 0;
  let usable = 0;
  for (const name of names) {
    const index = indexOf.get(name);
    const channel = index === undefined ? undefined : profile.channels[index];
    if (index === undefined || channel === undefined) {
      tell(
        sink,
        refuse(
          "breaks-contract",
          "unknown channel",
          `profile ${profile.id} knows ${profile.channels
            .map((c) => c.id)
            .join(", ")
            .slice(0, 200)}`,
          `${path}channels.${name.slice(0, NAME_SHOWN_MAX)}`,
        ),
      );
      continue;
    }
    const raw = channels[name];
    // CBOR has a number for no number.
    const value = judgeValue(Number.isNaN(raw) ? null : raw, channel, `${path}channels.${name}`);
    if (typeof value === "number") {
      values[index] = value;
      if (!Number.isNaN(value)) usable++;
    } else tell(sink, value);
  }
  return usable;
}

/** The number, NaN for a gap that the channel allows, or why not. */
export function judgeValue(raw: unknown, channel: Channel, field: string): number | Refusal {
  if (typeof raw === "number") {
    const [min, max] = [Math.max(channel.min, -FLOAT_MAX), Math.min(channel.max, FLOAT_MAX)];
    if (raw >= min && raw <= max) return raw;
    return refuse("breaks-contract", `range ${min} to ${max} ${channel.uom}`, `check the sensor or its scaling: it said ${raw}`, field);
  }
  if (raw === null || (typeof raw === "string" && NO_NUMBER.has(raw.trim().toLowerCase()))) {
    return channel.nulls === "gap" ? Number.NaN : refuse("breaks-contract", "this channel takes no null", "leave the channel out or send a number", field);
  }
  return refuse(
    "breaks-contract",
    "a value is a number",
    typeof raw === "string" ? 'send 1.5, not "1.5"' : "send a number, or null where there is none",
    field,
  );
}

function readEvents(events: unknown, path: string, ts: number, arrivedAt: number, profile: DeviceProfile, judge: JudgePolicy, sink: Sink): readonly Event[] {
  if (!Array.isArray(events)) return none(sink, refuse("malformed", "events is an array", `send [{"code": "E12"}]`, `${path}events`)) ?? [];
  if (events.length > EVENTS_MAX)
    tell(sink, refuse("too-many", `at most ${EVENTS_MAX} events in a message`, `the first ${EVENTS_MAX} were read`, `${path}events`));
  const read: Event[] = [];
  for (const [i, raw] of events.slice(0, EVENTS_MAX).entries()) {
    const event = FaultCode.safeParse(raw);
    const field = `${path}events.${i}`;
    if (!event.success) tell(sink, refuse("malformed", event.error.issues[0]?.message ?? "not an event", `send {"code": "E12"}`, field));
    else if (!Object.hasOwn(profile.faultCodes, event.data.code))
      tell(sink, refuse("breaks-contract", "unknown fault code", `add it to faultCodes of profile ${profile.id}: ${event.data.code}`, `${field}.code`));
    else if ((event.data.at ?? ts) > arrivedAt + judge.aheadMs)
      tell(sink, refuse("breaks-contract", `at lies at most ${judge.aheadMs} ms ahead of its arrival`, "set the device's clock", `${field}.at`));
    else read.push({ code: event.data.code, at: event.data.at ?? ts });
  }
  return read;
}

function readPosition(position: unknown, path: string, sink: Sink): Place | null {
  const place = PlaceSchema.safeParse(position);
  if (place.success) return place.data;
  return none(sink, refuse("malformed", "a position is { lat, lon } in WGS84 degrees", "send latitude −90 to 90 and longitude −180 to 180", `${path}position`));
}

const indexByProfile = new WeakMap<DeviceProfile, ReadonlyMap<string, number>>();

/** Where each channel stands in the model's tensor. */
function indexByChannel(profile: DeviceProfile): ReadonlyMap<string, number> {
  const known = indexByProfile.get(profile);
  if (known !== undefined) return known;
  const made = new Map(profile.channels.map((channel, index) => [channel.id as string, index]));
  indexByProfile.set(profile, made);
  return made;
}

function tell(sink: Sink, refusal: Refusal): void {
  sink.count++;
  if (sink.told.length < REFUSED_TOLD_MAX) sink.told.push(refusal);
}

function none(sink: Sink, refusal: Refusal): null {
  tell(sink, refusal);
  return null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
