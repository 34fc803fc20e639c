/** One reading into its device's window and queue. */
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { meterSample } from "../ingest/gap-meter.ts";
import type { Reading } from "../ingest/sample.ts";
import { quarantine } from "../ingest/sample-tail.ts";
import { absorbed, place } from "../ingest/window.ts";
import { addPoint, settle, tellMore } from "../ingest/window-trace.ts";
import { checkClock, clockFinding } from "../verdict/sensor-clock.ts";
import { show } from "./showing.ts";
import type { Logged, Track, Tracks } from "./track.ts";

/** Fault codes of a device remembered so that a repeated message is not a second event. */
const EVENTS_REMEMBERED_MAX = 64;

/** Counts and shows a message that was refused before its bytes were read. */
export function refuseMessage(tracks: Tracks, message: Logged, refusal: Refusal): void {
  tracks.counters.refused++;
  const track = tracks.byDevice.get(message.device);
  if (track !== undefined) track.meter.refused++;
  quarantine(tracks.quarantine, message.device, refusal, message.payload, message.arrivedAt);
}

/** The values refused: those that say something else of an instant than was said before. */
export function onReading(tracks: Tracks, track: Track, reading: Reading): readonly Refusal[] {
  const { ts, arrivedAt, fresh } = reading;
  const { counters } = tracks;
  counters.samples++;
  if (!fresh) counters.late++;
  meterSample(track.meter, reading);
  track.lastArrivedAt = Math.max(track.lastArrivedAt, arrivedAt);
  if (reading.position !== null && ts >= track.positionAt) {
    track.position = reading.position;
    track.positionAt = ts;
  }
  const placed = reading.usable === 0 ? "next" : place(track.window, ts);
  const repeat = placed === "repeat" ? onRepeat(tracks, track, reading) : null;
  if (placed === "reordered") {
    counters.reordered++;
    settle(track.trace, addPoint(track.trace, ts, reading.values), null);
  }
  const isBehind = placed === "reordered" || (placed === "next" && !fresh && reading.usable > 0);
  if (checkClock(track.clock, ts, arrivedAt, isBehind)) show(tracks, track, clockFinding(track.clock), arrivedAt);
  for (const event of reading.events) {
    const key = `${event.code}@${event.at}`;
    if (track.events.includes(key)) {
      counters.duplicates++;
      track.window.duplicates++;
      continue;
    }
    track.events = [...track.events.slice(1 - EVENTS_REMEMBERED_MAX), key];
    track.queue.push({
      type: "event",
      ts: event.at,
      arrivedAt,
      fresh: event.at >= arrivedAt - tracks.plan.scenario.judge.latenessMs,
      code: event.code,
      absorbed: absorbed(track.window),
    });
  }
  const values = placed === "next" && reading.usable > 0 ? reading.values : (repeat?.more ?? null);
  if (values !== null) {
    track.lastAt = ts;
    const spot = repeat === null ? addPoint(track.trace, ts, values) : null;
    track.queue.push({ type: "sample", ts, arrivedAt, fresh, values, seen: false, band: -1, sign: null, absorbed: absorbed(track.window), spot });
  }
  return repeat?.refused ?? [];
}

/**
 * An instant told again. Channels that were gaps are more of it: a row of their own for the model, in the order of the log, since the
 * first row may be scored already and transitions must not hang on when it was. More of an instant before the last is reordered.
 */
function onRepeat(tracks: Tracks, track: Track, { ts, path, values }: Reading): { readonly more: Float32Array | null; readonly refused: readonly Refusal[] } {
  const { window, trace } = track;
  const told = tellMore(trace, ts, values);
  if (told === null || told.added + told.clashes.length === 0) {
    tracks.counters.duplicates++;
    window.duplicates++;
    return { more: null, refused: [] };
  }
  const refused = told.clashes.map((c) => oneValue(`${path}channels.${track.profile.channels[c]?.id ?? c}`));
  if (told.added === 0) return { more: null, refused };
  if (ts === window.last) return { more: told.row, refused };
  tracks.counters.reordered++;
  window.reordered++;
  return { more: null, refused };
}

function oneValue(field: string): Refusal {
  return refuse(
    "breaks-contract",
    "one value for a channel and instant",
    "send all channels of an instant in one message, with a clock that does not repeat",
    field,
  );
}
