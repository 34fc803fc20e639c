/** One block of a burst → one reading, once its burst is whole: the same as telemetry of the profile's channels, at the instant of the burst's first sample. */
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { glimpseBurst, readBlock } from "../ingest/burst.ts";
import { bytesOf, BURSTS_OPEN_BYTES_MAX, dropBurst, takeBlock, type Whole } from "../ingest/burst-whole.ts";
import { judgeValue, type Read, type Reading, type Shown } from "../ingest/sample.ts";
import { quarantine } from "../ingest/sample-tail.ts";
import { rowOfBurst } from "../vibration/row.ts";
import type { Logged, Track, Tracks } from "./track.ts";

const encoder = new TextEncoder();

/** Never throws, whatever the bytes are. `shown`: the message in a few words, for the tail and the quarantine, which keep no waveforms. */
export function readBurst(tracks: Tracks, track: Track, { payload, arrivedAt }: Logged): Read {
  const { judge } = tracks.plan.scenario;
  const { burst } = track.profile;
  const shown = shownOf(payload);
  const none = (refused: readonly Refusal[]) => ({ readings: [], refused, refusedCount: refused.length, shown });
  if (burst === undefined)
    return none([refuse("breaks-contract", `profile ${track.profile.id} takes no bursts`, "add what they are to the profile, or send features by telemetry")]);
  const block = readBlock(payload, burst, judge, arrivedAt);
  if (isRefusal(block)) return none([block]);
  const { whole, repeat, refused } = takeBlock(track.bursts, block, arrivedAt);
  if (repeat) {
    tracks.counters.duplicates++;
    track.window.duplicates++;
  }
  if (track.bursts.open !== null) makeRoom(tracks);
  if (whole === null) return none(refused);
  const read = readingOf(whole, track, arrivedAt, whole.head.start >= arrivedAt - judge.latenessMs);
  const all = [...refused, ...read.refused];
  return { readings: read.reading === null ? [] : [read.reading], refused: all, refusedCount: all.length, shown };
}

function readingOf(
  { head, waves }: Whole,
  { profile }: Track,
  arrivedAt: number,
  fresh: boolean,
): { readonly reading: Reading | null; readonly refused: readonly Refusal[] } {
  const refused: Refusal[] = [];
  if (profile.burst === undefined) return { reading: null, refused };
  const axes = head.axes.flatMap(({ id }, a) => (waves[a] === undefined ? [] : [{ id, wave: waves[a] }]));
  const row = rowOfBurst(
    axes,
    head.rate,
    profile,
    profile.burst,
    (value, channel) => judgeValue(value, channel, `channels.${channel.id}`),
    (refusal) => refused.push(refusal),
  );
  return { reading: { ts: head.start, path: "", arrivedAt, fresh, ...row, events: [], position: null }, refused };
}

/** Bursts that are not whole may hold so much together: beyond it the one that has been waiting longest is given up. */
function makeRoom(tracks: Tracks): void {
  for (;;) {
    let [bytes, oldest] = [0, null as Track | null];
    for (const track of tracks.byDevice.values()) {
      if (track.bursts.open === null) continue;
      bytes += bytesOf(track.bursts);
      if (oldest === null || isBefore(track, oldest)) oldest = track;
    }
    if (bytes <= BURSTS_OPEN_BYTES_MAX || oldest === null) return;
    const { device, bursts, lastArrivedAt } = oldest;
    for (const refusal of dropBurst(bursts, "others needed the room")) {
      tracks.counters.refused++;
      quarantine(tracks.quarantine, device.id, refusal, encoder.encode("{}"), lastArrivedAt);
    }
  }
}

function isBefore(a: Track, b: Track): boolean {
  const [first, second] = [a.bursts.open?.openedAt ?? 0, b.bursts.open?.openedAt ?? 0];
  return first < second || (first === second && a.device.id < b.device.id);
}

function shownOf(payload: Uint8Array): readonly Shown[] {
  const glimpse = glimpseBurst(payload);
  return [
    { field: "burst", value: `${payload.byteLength} bytes` },
    ...(glimpse === null ? [] : Object.entries(glimpse).map(([field, value]) => ({ field, value: String(value) }))),
  ];
}
