/** How the fold begins, from a checkpoint or from nothing, and goes on when devices or the scenario change. */
import type { Baseline, Device } from "../../contracts/device.ts";
import { sliceOf } from "../../contracts/object-name.ts";
import type { IntakePlan } from "../../contracts/rpc.ts";
import { openBursts } from "../ingest/burst-whole.ts";
import { openMeter } from "../ingest/gap-meter.ts";
import { kindOf, openTail } from "../ingest/sample-tail.ts";
import { openWindow } from "../ingest/window.ts";
import { openTrace } from "../ingest/window-trace.ts";
import { openHabit } from "../verdict/habit-state.ts";
import { baselineFor, measuresOf } from "../verdict/baseline.ts";
import { openLimits } from "../verdict/limit.ts";
import { openRegime, regimeFor } from "../verdict/regime.ts";
import { openSensors, remeasure } from "../verdict/sensor-state.ts";
import { openClock } from "../verdict/sensor-clock.ts";
import { keepState, openTable } from "../verdict/state-table.ts";
import { isOne, openWatch, rebase, remodel } from "../verdict/watch.ts";
import { openWears, rewear } from "../verdict/wear/wear-levels.ts";
import { loadTrack, partOf, readCourses, readSaved, REST_SLICE, type SavedTrack, type SavedTracks } from "./saved.ts";
import { channelsOf, profileOf, type Track, type Tracks } from "./track.ts";

/** Begins from a checkpoint, or from nothing. `hashOf` names the model that a profile runs. */
export function startTracks(plan: IntakePlan, hashOf: Tracks["hashOf"], saved: readonly SavedTracks[]): Tracks {
  const tracks: Tracks = {
    plan,
    hashOf,
    byDevice: new Map(),
    ready: new Set(),
    dirty: new Set(),
    tail: openTail(),
    quarantine: new Map(),
    states: openTable(),
    counters: { messages: 0, samples: 0, duplicates: 0, reordered: 0, late: 0, refused: 0, scored: 0 },
    found: { verdicts: [], learnt: [] },
  };
  const { byDevice } = readSaved(saved);
  resumeRest(tracks, saved);
  const courses = readCourses(saved);
  for (const device of plan.devices) track(tracks, device, device.baseline, byDevice.get(device.id), courses.get(device.id));
  return tracks;
}

/**
 * Counters, what was refused and what was found become those of the checkpoint. It was saved after some of its slices: once the messages
 * between are folded into those, what they added here was in it already.
 */
export function resumeRest(tracks: Tracks, saved: readonly SavedTracks[]): void {
  const { rest } = readSaved(saved.filter(({ slice }) => slice === REST_SLICE));
  if (rest === null) return;
  Object.assign(tracks.counters, rest.counters);
  tracks.quarantine.clear();
  for (const one of rest.quarantine) tracks.quarantine.set(kindOf(one), one);
  tracks.found = { verdicts: [...rest.found.verdicts], learnt: [...rest.found.learnt] };
}

/** What models remembered when it was saved goes into the fold's table: read from a checkpoint, each device has an array of its own. */
export function settleStates(tracks: Tracks): void {
  for (const { watch } of tracks.byDevice.values()) if (watch.state !== null) watch.state = keepState(tracks.states, null, watch.state, 0, watch.state.length);
}

/** Devices or the scenario changed. A device that left takes its queue with it. */
export function replan(tracks: Tracks, plan: IntakePlan): void {
  tracks.plan = plan;
  const known = new Set(plan.devices.map((device) => device.id as string));
  for (const [id] of tracks.byDevice) {
    if (known.has(id)) continue;
    tracks.byDevice.delete(id);
    tracks.ready.delete(id);
    tracks.dirty.add(sliceOf(id));
  }
  for (const device of plan.devices) {
    const old = tracks.byDevice.get(device.id);
    const profile = profileOf(plan, device);
    const news = device.baseline === undefined || isOne(old?.device.baseline, device.baseline) ? undefined : device.baseline;
    if (old === undefined || profile === undefined || channelsOf(old.profile) !== channelsOf(profile)) {
      tracks.byDevice.delete(device.id);
      tracks.ready.delete(device.id);
      const own = old?.watch.baseline ?? null;
      const kept = old === undefined || profile === undefined || own === null ? null : baselineFor(own, profile, old.profile);
      track(tracks, device, old === undefined ? device.baseline : (news ?? kept ?? undefined));
      continue;
    }
    old.device = device;
    // Other limits may be other checks: what stood of the old ones counts only where they are the same.
    if (old.profile !== profile) {
      old.limits = openLimits(profile, old.limits.numbers);
      old.wear = rewear(old.wear, old.profile, profile);
      old.habit = openHabit(profile, measuresOf(old.profile) === measuresOf(profile) ? old.habit : null);
      old.regime = regimeFor(old.regime, old.profile, profile);
    }
    remodel(old.watch, tracks.hashOf(profile.id, device.id));
    rebase(old.watch, old.profile, profile, plan.scenario.commissioningRows, news);
    if (measuresOf(old.profile) !== measuresOf(profile)) remeasure(old.sensors, old.profile, profile, old.watch.baseline === null);
    old.profile = profile;
  }
}

/** `given`: what is normal for it, as far as it is known. */
function track(tracks: Tracks, device: Device, given: Baseline | undefined, saved?: SavedTrack, worn: Parameters<typeof loadTrack>[4] = []): void {
  const profile = profileOf(tracks.plan, device);
  if (profile === undefined) return;
  const channels = profile.channels.length;
  const rows = tracks.plan.scenario.commissioningRows;
  const watch = openWatch(profile, tracks.hashOf(profile.id, device.id), rows, given);
  const fits = saved !== undefined && saved.channels === channelsOf(profile);
  const made: Track = fits
    ? loadTrack(saved, device, profile, watch, worn, rows)
    : {
        device,
        slice: sliceOf(device.id),
        profile,
        window: openWindow(),
        trace: openTrace(channels),
        watch,
        sensors: openSensors(channels),
        clock: openClock(),
        bursts: openBursts(),
        meter: openMeter(),
        born: null,
        limits: openLimits(profile),
        habit: openHabit(profile),
        regime: openRegime(profile),
        wear: openWears(profile, partOf(device.id)),
        queue: [],
        asked: null,
        lastAt: -1,
        lastArrivedAt: -1,
        position: device.position ?? null,
        positionAt: -1,
        events: [],
      };
  tracks.byDevice.set(device.id, made);
  tracks.dirty.add(sliceOf(device.id));
  if (made.queue.length > 0) tracks.ready.add(device.id);
}
