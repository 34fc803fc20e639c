/** The checkpoint of the fold as bytes, one row for each slice that changed and one for the rest, and back. */
import type { Counters, Quarantined } from "../../contracts/board.ts";
import type { Device } from "../../contracts/device.ts";
import type { Place } from "../../contracts/instant.ts";
import { SLICES, sliceOf } from "../../contracts/object-name.ts";
import type { DeviceProfile } from "../../contracts/scenario.ts";
import { loadBursts, saveBursts, type SavedBursts } from "../ingest/burst-saved.ts";
import { type Meter, openMeter } from "../ingest/gap-meter.ts";
import type { Born } from "../ingest/mapping/sparkplug.ts";
import { loadSpot, loadTrace, loadWindow, type SavedTrace, type SavedWindow, saveSpot, saveTrace, saveWindow } from "../ingest/window-saved.ts";
import { pack, unpack } from "../verdict/pack.ts";
import { openHabit, saveHabit, type SavedHabit } from "../verdict/habit-state.ts";
import { type LimitSign, openLimits } from "../verdict/limit.ts";
import { openRegime, type SavedRegime } from "../verdict/regime.ts";
import { loadSensors, saveSensors, type SavedSensors } from "../verdict/sensor-state.ts";
import { openClock, type ClockCheck } from "../verdict/sensor-clock.ts";
import type { Watch } from "../verdict/watch.ts";
import { fraction } from "../verdict/trial/share.ts";
import { loadWears, saveOpen, type SavedLevel, saveWears } from "../verdict/wear/wear-levels.ts";
import { loadWatch, type SavedWatch, saveWatch } from "../verdict/watch-saved.ts";
import { channelsOf, type EventItem, type Found, type Track, type Tracks } from "./track.ts";

/** Where the counters and the quarantine are saved, beside the slices of devices. */
export const REST_SLICE = SLICES;
/** Courses of wear, by slice: months of quarters of a day, written only when one has ended. */
export const FIRST_WEAR_SLICE = 3 * SLICES;
/** A checkpoint of another layout is not read: the log is folded anew. */
const SAVED_FORMAT = 1;

/** A slice as bytes; in the midst of commissioning a device of 8 channels has about 25 KB, so that a store cuts it into several rows. */
export type SavedTracks = { readonly slice: number; readonly bytes: Uint8Array<ArrayBuffer> };

type SavedItem =
  | {
      readonly type: "sample";
      readonly ts: number;
      readonly arrivedAt: number;
      readonly fresh: boolean;
      readonly values: Float32Array;
      readonly seen?: boolean;
      readonly band?: number | "settling";
      readonly sign?: LimitSign | null;
      readonly absorbed: number;
      readonly spot: number;
    }
  | EventItem;
export type SavedTrack = {
  readonly id: string;
  readonly channels: string;
  readonly window: SavedWindow;
  readonly trace: SavedTrace;
  readonly watch: SavedWatch;
  /** Absent in checkpoints from before there were such. */
  readonly sensors?: SavedSensors;
  readonly clock?: ClockCheck;
  readonly bursts?: SavedBursts;
  readonly meter?: Meter;
  readonly born?: Born;
  readonly limits?: Float64Array;
  readonly habit?: SavedHabit | null;
  readonly regime?: SavedRegime | null;
  readonly wear?: Float64Array;
  readonly queue: readonly SavedItem[];
  readonly lastAt: number;
  readonly lastArrivedAt: number;
  readonly position: Place | null;
  readonly positionAt: number;
  readonly events: readonly string[];
};
type SavedSlice = { readonly format: number; readonly type: "slice"; readonly tracks: readonly SavedTrack[] };
type SavedCourses = { readonly format: number; readonly type: "courses"; readonly byDevice: readonly SavedCourse[] };
type SavedCourse = { readonly id: string; readonly levels: readonly SavedLevel[] };
type SavedRest = {
  readonly format: number;
  readonly type: "rest";
  readonly counters: Counters;
  readonly quarantine: readonly Quarantined[];
  readonly found: Found;
};

/**
 * The slices that changed since they were last saved, or `only` some of them, and the rest. Take the finished minutes with `takeTrace` and
 * store both in one transaction with the place in the log up to which they are folded. Asks may be out: their rows are saved as not yet asked.
 */
export function saveTracks(tracks: Tracks, only: Iterable<number> = tracks.dirty): readonly SavedTracks[] {
  const bySlice = new Map<number, SavedTrack[]>([...only].map((slice) => [slice, []]));
  for (const track of tracks.byDevice.values()) bySlice.get(track.slice)?.push(saveTrack(track));
  for (const slice of bySlice.keys()) tracks.dirty.delete(slice);
  const rest: SavedRest = { format: SAVED_FORMAT, type: "rest", counters: tracks.counters, quarantine: [...tracks.quarantine.values()], found: tracks.found };
  const slices = [...bySlice].map(([slice, saved]) => ({ slice, bytes: pack({ format: SAVED_FORMAT, type: "slice", tracks: saved } satisfies SavedSlice) }));
  return [...slices, { slice: REST_SLICE, bytes: pack(rest) }];
}

/** The slices of devices whose quarter of a day has ended since they were last saved. In the same transaction as the rest. */
export function saveCourses(tracks: Tracks, only?: ReadonlySet<number>): readonly SavedTracks[] {
  const bySlice = new Map<number, SavedCourse[]>();
  for (const { slice, wear } of tracks.byDevice.values()) if (wear.changed && only?.has(slice) !== false) bySlice.set(slice, []);
  if (bySlice.size === 0) return [];
  for (const [id, { slice, wear, profile }] of tracks.byDevice) {
    if (!bySlice.has(slice)) continue;
    wear.changed = false;
    bySlice.get(slice)?.push({ id, levels: saveWears(wear, profile) });
  }
  return [...bySlice].map(([slice, byDevice]) => ({
    slice: FIRST_WEAR_SLICE + slice,
    bytes: pack({ format: SAVED_FORMAT, type: "courses", byDevice } satisfies SavedCourses),
  }));
}

/** Where within a quarter of a day a device's own quarters end. */
export function partOf(device: string): number {
  return fraction(device);
}

/** Courses of a checkpoint, by device. */
export function readCourses(saved: readonly SavedTracks[]): ReadonlyMap<string, readonly SavedLevel[]> {
  const read = saved.filter(({ slice }) => slice >= FIRST_WEAR_SLICE).map(({ bytes }) => unpack(bytes) as SavedCourses);
  return new Map(read.filter(({ format }) => format === SAVED_FORMAT).flatMap(({ byDevice }) => byDevice.map(({ id, levels }) => [id, levels] as const)));
}

function saveTrack(track: Track): SavedTrack {
  const { lastAt, lastArrivedAt, position, positionAt, events } = track;
  return {
    id: track.device.id,
    channels: channelsOf(track.profile),
    window: saveWindow(track.window),
    trace: saveTrace(track.trace),
    watch: saveWatch(track.watch),
    sensors: saveSensors(track.sensors),
    clock: track.clock,
    ...saveBursts(track.bursts),
    meter: track.meter,
    ...(track.born === null ? {} : { born: track.born }),
    limits: track.limits.numbers,
    habit: saveHabit(track.habit),
    regime: track.regime,
    wear: saveOpen(track.wear),
    queue: track.queue.map((item) => (item.type === "event" ? item : { ...item, spot: saveSpot(track.trace, item.spot) })),
    lastAt,
    lastArrivedAt,
    position,
    positionAt,
    events,
  };
}

export function loadTrack(saved: SavedTrack, device: Device, profile: DeviceProfile, watch: Watch, worn: readonly SavedLevel[], rows: number): Track {
  const trace = loadTrace(saved.trace);
  loadWatch(watch, saved.watch, profile, rows, device.baseline);
  const { lastAt, lastArrivedAt, position, positionAt } = saved;
  return {
    device,
    slice: sliceOf(device.id),
    profile,
    window: loadWindow(saved.window),
    trace,
    watch,
    sensors: loadSensors(profile.channels.length, saved.sensors),
    clock: { ...openClock(), ...saved.clock },
    bursts: loadBursts(saved.bursts),
    meter: openMeter(saved.meter),
    born: saved.born ?? null,
    limits: openLimits(profile, saved.limits),
    habit: openHabit(profile, saved.habit),
    regime: openRegime(profile, saved.regime),
    wear: loadWears(profile, partOf(device.id), saved.wear, worn),
    queue: saved.queue.map((item) =>
      item.type === "event" ? item : { ...item, seen: item.seen ?? false, band: item.band ?? -1, sign: item.sign ?? null, spot: loadSpot(trace, item.spot) },
    ),
    asked: null,
    lastAt,
    lastArrivedAt,
    position,
    positionAt,
    events: [...saved.events],
  };
}

/** What a checkpoint holds; rows of another layout are passed over. */
export function readSaved(saved: readonly SavedTracks[]): { readonly rest: SavedRest | null; readonly byDevice: ReadonlyMap<string, SavedTrack> } {
  const read = saved
    .filter(({ slice }) => slice <= REST_SLICE)
    .map((one) => unpack(one.bytes) as SavedSlice | SavedRest)
    .filter((one) => one.format === SAVED_FORMAT);
  const rest = read.find((one) => one.type === "rest") ?? null;
  const tracks = read.flatMap((one) => (one.type === "slice" ? one.tracks : []));
  return { rest, byDevice: new Map(tracks.map((track) => [track.id, track])) };
}
