/**
 * A link that knows its profile: channels by name at compile time, their ranges before anything is sent.
 *
 *   const pump = { channels: [{ id: "pressure", min: 0, max: 25 }] } as const;
 *   typed(link, pump).publish({ ts: link.now(), channels: { pressure: 3.2 } });      // `presure` does not compile
 */
import { refuse } from "../../contracts/refusal.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import type { DeviceLink, Published } from "./device.ts";

type ProfileShape = { readonly channels: readonly { readonly id: string; readonly min: number; readonly max: number; readonly from?: unknown }[] };

/** The ids of a profile's channels; those that the unit reckons from bursts are not sent. */
export type ChannelOf<P extends ProfileShape> = Exclude<P["channels"][number], { readonly from: object }>["id"];

export type TypedTelemetry<P extends ProfileShape> = {
  readonly ts: number;
  readonly channels: Readonly<Partial<Record<ChannelOf<P>, number | null>>>;
  readonly seq?: number;
};

export type TypedLink<P extends ProfileShape> = { publish(telemetry: TypedTelemetry<P>): Promise<Published> };

/** Refuses `malformed` with the channel: one that the profile lacks, or a value outside the channel's range. */
export function typed<const P extends ProfileShape>(link: Pick<DeviceLink, "publish">, profile: P): TypedLink<P> {
  const known = new Map(profile.channels.filter(({ from }) => from === undefined).map((channel) => [channel.id, channel]));
  return {
    publish: (telemetry) => {
      const channels = Object.entries<number | null | undefined>(telemetry.channels);
      for (const [id, value] of channels) {
        const channel = known.get(id);
        if (channel === undefined) return Promise.resolve(refuse("malformed", `no channel ${id}`, `it has ${[...known.keys()].join(", ")}`, `channels.${id}`));
        if (typeof value === "number" && !(value >= channel.min && value <= channel.max))
          return Promise.resolve(
            refuse("malformed", `${channel.min} to ${channel.max}`, `it is ${value}: send null where the sensor has no value`, `channels.${id}`),
          );
      }
      const said = Object.fromEntries(channels.flatMap(([id, value]) => (value === undefined ? [] : [[id, value]])));
      return link.publish({ ts: telemetry.ts, channels: said, ...(telemetry.seq === undefined ? {} : { seq: telemetry.seq }) });
    },
  };
}

/** A profile as a TypeScript module: what `typed` takes, from the JSON that a unit's scenario has it in. */
export function typesOf(profile: Pick<DeviceProfile, "id" | "channels">): string {
  const lines = profile.channels.map(
    ({ id, uom, min, max, from }) =>
      `    { id: ${JSON.stringify(id)}, uom: ${JSON.stringify(uom)}, min: ${min}, max: ${max}${from === undefined ? "" : ", from: {}"} },`,
  );
  return `export const profile = {\n  id: ${JSON.stringify(profile.id)},\n  channels: [\n${lines.join("\n")}\n  ],\n} as const;\n`;
}
