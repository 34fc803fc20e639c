/** What pages and the shell read of the fold: traces, glances, the tail, what was refused. */
import type { DeviceGlance, DeviceMeter, Quarantined, TailLine, Trace as TraceView } from "../../contracts/board.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { Severity } from "../../contracts/severity.ts";
import { isOne } from "../verdict/watch.ts";
import { zoneNow } from "../verdict/limit.ts";
import { findingsOf } from "../verdict/sensor-state.ts";
import { clockFinding } from "../verdict/sensor-clock.ts";
import { wornOf } from "../verdict/wear/wear-levels.ts";
import type { WearGlance, WearSeen } from "../../contracts/wear.ts";
import type { SensorFinding } from "../../contracts/sensor.ts";
import { isUnmapped } from "../ingest/mapping/foreign.ts";
import { parseGlimpse } from "../ingest/mapping/glimpse.ts";
import { proposeMapping } from "../ingest/mapping/propose.ts";
import { explain } from "../ingest/sample-tail.ts";
import { columnsOf, readMinute, writeMinute } from "../ingest/window-trace.ts";
import { type Found, judging, type Track, type Tracks } from "./track.ts";

export type TraceRow = { readonly device: string; readonly fromAt: number; readonly toAt: number; readonly bytes: Uint8Array<ArrayBuffer> };

/** Finished minutes since the last call, of `only` some slices or of all, to be stored as rows. */
export function takeTrace(tracks: Tracks, only?: ReadonlySet<number>): readonly TraceRow[] {
  const rows: TraceRow[] = [];
  for (const [device, { slice, trace }] of tracks.byDevice) {
    if (trace.finished.length === 0 || only?.has(slice) === false) continue;
    for (const minute of trace.finished.splice(0))
      rows.push({ device, fromAt: Math.min(...minute.ts), toAt: Math.max(...minute.ts), bytes: writeMinute(minute, trace.channels) });
  }
  return rows;
}

/** Points after `after`: of the rows given, as stored, and of what is in memory. Refuses `unknown-device`. */
export function traceOf(tracks: Tracks, device: string, after: number, rows: readonly Uint8Array[] = []): TraceView | Refusal {
  const track = tracks.byDevice.get(device);
  if (track === undefined) return refuse("unknown-device", "a device of this unit", "look at the list of devices");
  const { channels } = track.profile;
  const stored = rows.map(readMinute).flatMap((read) => (read !== null && read.channels === channels.length ? [read.minute] : []));
  const { onScore, offScore } = judging(tracks.plan, track.watch.model);
  return {
    device: track.device.id,
    channels: channels.map((channel) => channel.id),
    // Minutes that wait to be stored are in neither of the two.
    columns: columnsOf([...track.trace.minutes, ...track.trace.finished, ...stored], channels.length, after),
    onScore,
    offScore,
    model: track.watch.model,
  };
}

/** Devices that have said something, at a glance. */
export function glancesOf(tracks: Tracks, connected: (device: string) => boolean): readonly DeviceGlance[] {
  return [...tracks.byDevice.values()]
    .filter((track) => track.lastArrivedAt >= 0)
    .map((track) => {
      const sensors = findingsIn(track);
      const severity = Severity.options[track.watch.judged.rank];
      const regime = track.profile.regime?.bands[track.regime?.band ?? -1]?.id;
      const worn = wearNow(track);
      const zone = zoneNow(track.limits, track.profile);
      return {
        device: track.device.id,
        asset: track.device.asset,
        ts: Math.max(0, track.lastAt),
        arrivedAt: track.lastArrivedAt,
        score: track.watch.score,
        state: track.watch.judged.state,
        ...(regime === undefined ? {} : { regime }),
        ...(severity === undefined ? {} : { severity }),
        ...(zone === null ? {} : { zone }),
        commissioned: track.watch.baseline !== null,
        ...(track.position === null ? {} : { position: track.position }),
        connected: connected(track.device.id),
        ...(sensors.length === 0 ? {} : { sensors }),
        ...(worn === undefined ? {} : { wear: worn }),
      };
    });
}

/** The course that reaches its limit first. */
function wearNow({ wear, profile }: Track): WearGlance | undefined {
  const [first] = wornOf(wear, profile).toSorted((a, b) => a.reachAt - b.reachAt);
  if (first === undefined) return undefined;
  const { days: _days, warnedAt: _at, ...seen } = first;
  return seen;
}

/** Courses of wear that were warned of. */
export function wornIn(tracks: Tracks): readonly WearSeen[] {
  return [...tracks.byDevice.values()].flatMap(({ wear, profile, device: { id, asset } }) =>
    wornOf(wear, profile).map((seen) => ({ device: id, asset, ...seen })),
  );
}

function findingsIn({ sensors, profile, clock }: Track): SensorFinding[] {
  const ofClock = clockFinding(clock);
  return [...findingsOf(sensors, profile), ...(ofClock === null ? [] : [ofClock])];
}

/** Messages after the `n` given, newest last. */
export function tailOf(tracks: Tracks, after: number, device?: string): readonly TailLine[] {
  const heard = tracks.tail.heard.filter((one) => one.n > after && (device === undefined || one.device === device));
  return heard.map((one) => {
    const track = tracks.byDevice.get(one.device);
    return explain(one, track?.profile, tracks.plan.scenario.judge, track?.born);
  });
}

/** With what is proposed for messages that nothing was read of: made when somebody looks. */
export function quarantineOf(tracks: Tracks): readonly Quarantined[] {
  return [...tracks.quarantine.values()].map((kind) => {
    const track = tracks.byDevice.get(kind.device);
    const proposal = track === undefined || !isUnmapped(kind.rule) ? null : proposeMapping(kind.field, parseGlimpse(kind.sample), track.profile, kind.device);
    return proposal === null ? kind : { ...kind, proposal };
  });
}

/** Of devices that have sent something, or were refused before that, in the plan's order. */
export function metersOf(tracks: Tracks): readonly DeviceMeter[] {
  const reasons = Map.groupBy(tracks.quarantine.values(), ({ device }) => device);
  return [...tracks.byDevice.values()]
    .filter(({ meter }) => meter.received + meter.refused > 0)
    .map(({ device, meter: { gaps, ...counts }, window, lastArrivedAt }) => ({
      device: device.id,
      ...counts,
      duplicates: window.duplicates,
      reordered: window.reordered,
      ...(gaps.seq < 0 ? {} : { gaps: { missing: gaps.missing, restarts: gaps.restarts, holes: gaps.holes } }),
      ...(lastArrivedAt < 0 ? {} : { lastAt: lastArrivedAt }),
      reasons: (reasons.get(device.id) ?? [])
        .map(({ rule, field, mend, count, lastAt }) => ({ rule, field, mend, count, lastAt }))
        .toSorted((a, b) => b.count - a.count),
    }));
}

/** Baselines learnt here that the plan does not know yet, or has of other channels: tell the unit again. */
export function untold(tracks: Tracks): Found["learnt"] {
  return [...tracks.byDevice.values()].flatMap(({ device, watch }) =>
    watch.baseline !== null && !isOne(device.baseline, watch.baseline) ? [{ device: device.id, baseline: watch.baseline }] : [],
  );
}
