/** A message in a device's own words → readings, by its profile's mapping; what nothing was read of is shown to people with its words shortened. */
import { readForeign } from "../ingest/mapping/foreign.ts";
import { glimpseText } from "../ingest/mapping/glimpse.ts";
import { type Read, readMessages } from "../ingest/sample.ts";
import { QUARANTINE_SAMPLE_MAX } from "../ingest/sample-tail.ts";
import type { Logged, Track, Tracks } from "./track.ts";

const encoder = new TextEncoder();

/** Never throws, whatever the bytes are. A record without an instant is of its arrival, and after what was told before. */
export function readMapped(tracks: Tracks, track: Track, { payload, arrivedAt }: Logged, topic: string): Read {
  const { judge } = tracks.plan.scenario;
  const { last } = track.window;
  const untimedAt = last >= arrivedAt && last < arrivedAt + judge.aheadMs ? last + 1 : arrivedAt;
  const { messages, refused, born, said } = readForeign(payload, topic, track.profile, track.born, untimedAt);
  track.born = born;
  const read = messages.length === 0 ? null : readMessages(messages, track.profile, judge, arrivedAt);
  const all = [...refused, ...(read?.refused ?? [])];
  // Bytes of protobuf or CBOR say nothing to people.
  const shown = said ?? messages[0];
  return {
    readings: read?.readings ?? [],
    refused: all,
    refusedCount: refused.length + (read?.refusedCount ?? 0),
    ...(all.length === 0 || shown === undefined ? {} : { sample: encoder.encode(glimpseText(shown, QUARANTINE_SAMPLE_MAX)) }),
  };
}
