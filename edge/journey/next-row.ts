/** One row out of a device's queue for the model; events and rows that no model judges are dealt with on the way. */
import { settle } from "../ingest/window-trace.ts";
import type { Row } from "../verdict/ask.ts";
import type { Normal } from "../verdict/commission.ts";
import { holdHabit } from "../verdict/habit.ts";
import { hasLimits, holdLimits, worseSign } from "../verdict/limit.ts";
import { commissionRegimes, enterRegime, learnRegime } from "../verdict/regime.ts";
import { believe } from "../verdict/sensor.ts";
import { findingOf, withUnlearnt } from "../verdict/sensor-state.ts";
import { calibrationRow, learnRow } from "../verdict/watch.ts";
import { wearBy } from "../verdict/wear/wear-levels.ts";
import { judgeLimits, onEvent } from "./concluding.ts";
import { show } from "./showing.ts";
import type { SampleItem, Track, Tracks } from "./track.ts";

/** What of this device a model must see next; events and commissioning rows before it are dealt with on the way. */
export function nextRow(tracks: Tracks, track: Track): Row | null {
  const { watch } = track;
  const device = track.device.id;
  for (;;) {
    const { learning } = watch;
    if (learning !== null && learning.normal !== null) {
      const normal = normalOf(track, track.regime?.learnt[learning.calibrated] ?? -1);
      return { device, watch, ts: -1 - learning.calibrated, values: calibrationRow(learning, watch.channels), normal };
    }
    const item = track.queue[0];
    if (item === undefined) return null;
    if (item.type === "sample") look(tracks, track, item);
    if (item.type === "sample" && learning === null && isKnown(track, item))
      return { device, watch, ts: item.ts, values: item.values, normal: normalOf(track, item.band) };
    track.queue.shift();
    tracks.dirty.add(track.slice);
    if (item.type === "event") onEvent(tracks, track, item);
    else {
      judgeLimits(tracks, track, item);
      learnFrom(track, item);
      settle(track.trace, item.spot, null);
    }
  }
}

/** Once for each sample, in order and before anything is concluded from it: what can't be believed becomes a gap. */
export function look(tracks: Tracks, track: Track, item: SampleItem): void {
  if (item.seen) return;
  item.seen = true;
  const { sensors, profile, watch } = track;
  const measured = item.values;
  item.values = believe(sensors, profile, item.ts, measured, watch.baseline, (c) => show(tracks, track, findingOf(sensors, profile, c), item.arrivedAt));
  if (track.regime !== null) item.band = enterRegime(track.regime, profile, item.ts, item.values);
  if (isAtWork(track, item)) wearBy(track.wear, profile, item.ts, item.values);
  if (hasLimits(profile)) item.sign = holdLimits(track.limits, profile, item.ts, withUnlearnt(sensors, measured, item.values));
  const { state, by } = watch.judged;
  if (track.habit !== null)
    item.sign = worseSign(item.sign, holdHabit(track.habit, profile, item.ts, item.values, watch.baseline, state === "anomalous" && by === "model"));
}

/** Wear is compared like with like: where there are regimes, in the highest of them. */
function isAtWork({ regime, profile }: Track, { band }: SampleItem): boolean {
  return regime === null || band === (profile.regime?.bands.length ?? 0) - 1;
}

/** Whether the model may judge it: the machine is in no transition, and what is normal in its regime is known. */
function isKnown({ regime }: Track, { band }: SampleItem): boolean {
  return regime === null || (band !== "settling" && (band < 0 || regime.normals[band] !== null));
}

function normalOf({ regime }: Track, band: SampleItem["band"]): Normal | null {
  return band === "settling" ? null : (regime?.normals[band] ?? null);
}

/** A row that no model judges is one to learn from, for the device or for a regime; none of a transition, and none while an alarm stands. */
function learnFrom({ watch, regime, profile }: Track, { band, values, arrivedAt, sign }: SampleItem): void {
  const { learning } = watch;
  if (band === "settling") return;
  if (learning === null) {
    if (regime !== null && band >= 0 && watch.judged.state === "normal" && sign === null) learnRegime(regime, band, values, profile);
    return;
  }
  if (!learnRow(learning, values, arrivedAt, profile) || regime === null) return;
  regime.learnt.push(band);
  if (learning.normal !== null) commissionRegimes(regime, learning.rows, profile);
}
