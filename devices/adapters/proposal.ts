/** What browsing found, as a device profile and a configuration to begin with: drafts that a person reads before anything runs by them. */
import type { z } from "zod";
import { ChannelId, ProfileId } from "../../contracts/ids.ts";
import { DeviceProfile } from "../../contracts/scenario.ts";

/** Channels of a profile that a model scores; what a server has beyond these is named, and left to who knows it. */
export const CHANNELS_PROPOSED_MAX = 64;
/** Looks at each machine by itself and asks for no channel in particular. */
const MODEL = "ensemble";
/** A channel id has so many characters at most. */
const CHANNEL_CHARS_MAX = 64;

/** One thing that could be a channel. `binding`: how the adapter's configuration says where it is. `why`: what speaks for it. */
export type Candidate = {
  readonly channel: string;
  readonly title: string;
  readonly uom: string;
  readonly min: number;
  readonly max: number;
  readonly binding: Readonly<Record<string, unknown>>;
  readonly why: string;
};

export type Proposal = {
  readonly profile: z.input<typeof DeviceProfile>;
  readonly bindings: readonly Readonly<Record<string, unknown>>[];
  /** By channel: what was seen, and what speaks for it. */
  readonly why: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
};

/** `notes`: what else the reader must know. Ids that come twice get a number. */
export function propose(id: string, title: string, everyMs: number, found: readonly Candidate[], notes: readonly string[]): Proposal | null {
  const taken = new Set<string>();
  const candidates = found.slice(0, CHANNELS_PROPOSED_MAX).map((one) => ({ ...one, channel: distinct(one.channel, taken) }));
  if (candidates.length === 0) return null;
  const profile = DeviceProfile.parse({
    id: ProfileId.parse(id),
    title: { en: title, zh: title },
    channels: candidates.map(({ channel, title, uom, min, max }) => ({
      id: ChannelId.parse(channel),
      uom,
      title: { en: title, zh: title },
      periodMs: everyMs,
      min,
      max,
      nulls: "gap",
    })),
    faultCodes: {},
    model: MODEL,
  });
  const left = found.length - candidates.length;
  return {
    profile,
    bindings: candidates.map(({ channel, uom, binding }) => ({ channel, ...binding, ...(uom === "1" ? {} : { uom }) })),
    why: Object.fromEntries(candidates.map(({ channel, why }) => [channel, why])),
    notes: [
      "min and max are what the type or the server allows: set them to what the sensor can give, outside it a value breaks the contract",
      ...notes,
      ...(left > 0 ? [`${left} more were found: a profile has ${CHANNELS_PROPOSED_MAX} channels at most`] : []),
    ],
  };
}

/** Any name as a channel id: `Motor #1 Temp` is `motor.1.temp`. Never empty. */
export function channelOf(parts: readonly string[]): string {
  const levels = parts.flatMap((part) =>
    part
      .normalize("NFKD")
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter((level) => level !== ""),
  );
  while (levels.length > 1 && levels.join(".").length > CHANNEL_CHARS_MAX) levels.shift();
  const id = levels.join(".").slice(0, CHANNEL_CHARS_MAX).replace(/\.+$/, "");
  return /^[a-z]/.test(id) ? id : `c${id}`.slice(0, CHANNEL_CHARS_MAX);
}

function distinct(id: string, taken: Set<string>): string {
  let name = id;
  for (let n = 2; taken.has(name); n++) name = `${id.slice(0, CHANNEL_CHARS_MAX - 6).replace(/\.+$/, "")}.${n}`;
  taken.add(name);
  return name;
}
