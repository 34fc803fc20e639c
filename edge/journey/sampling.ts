/** One reading into its device's window and queue, one row out of it for the model, one score back. */
import type { Device } from "../../contracts/device.ts";
import type { ModelHash } from "../../contracts/ids.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { worse } from "../../contracts/severity.ts";
import type { SensorFinding } from "../../contracts/sensor.ts";
import { meterSample } from "../ingest/gap-meter.ts";
import type { Reading } from "../ingest/sample.ts";
import { quarantine } from "../ingest/sample-tail.ts";
import { absorbed, place } from "../ingest/window.ts";
import { addPoint, rescore, settle, tellMore } from "../ingest/window-trace.ts";
import type { Row } from "../verdict/ask.ts";
import { evidenceOf } from "../verdict/evidence.ts";
import { judgeCode, judgeScore, severityOf, type Judgement } from "../verdict/judge.ts";
import type { ScoreAsk, Scores } from "../verdict/scorer.ts";
import { holdHabit } from "../verdict/habit.ts";
import { hasLimits, holdLimits, type LimitSign, worseSign } from "../verdict/limit.ts";
import type { Normal } from "../verdict/commission.ts";
import { commissionRegimes, enterRegime, learnRegime } from "../verdict/regime.ts";
import { believe } from "../verdict/sensor.ts";
import { findingOf, isDoubted, withUnlearnt } from "../verdict/sensor-state.ts";
import { checkClock, clockFinding } from "../verdict/sensor-clock.ts";
import { keepState } from "../verdict/state-table.ts";
import { calibrate, calibrationRow, learnRow } from "../verdict/watch.ts";
import { wearBy, wearByScore } from "../verdict/wear/wear-levels.ts";
import { type EventItem, judging, type Logged, type SampleItem, type Track, type Tracks } from "./track.ts";

/** Fault codes of a device remembered so that a repeated message is not a second event. */
const EVENTS_REMEMBERED_MAX = 64;
const encoder = new TextEncoder();
/** What limits say while nothing breaks them. */
const WITHIN: LimitSign = { score: 0, severity: "low", rule: "limit", evidence: [] };

/** Counts and shows a message that was refused before its bytes were read. */
export function refuseMessage(tracks: Tracks, message: Logged, refusal: Refusal): void {
  tracks.counters.refused++;
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
function look(tracks: Tracks, track: Track, item: SampleItem): void {
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

/** Where no model speaks, the fixed limits do. What they did not raise they don't clear. */
function judgeLimits(tracks: Tracks, track: Track, item: SampleItem): void {
  const { state, by } = track.watch.judged;
  if ((!hasLimits(track.profile) && track.habit === null) || (item.sign === null && state !== "normal" && by !== "limit" && by !== "zone")) return;
  const sign = item.sign ?? WITHIN;
  note(tracks, track, judgeScore(track.watch.judged, { ...item, ...sign }, subjectOf(track), tracks.plan.scenario.judge));
}

/** A finding that begins stands where refused values stand: one line for each device, channel and rule. */
function show(tracks: Tracks, track: Track, finding: SensorFinding | null, at: number): void {
  if (finding === null) return;
  const { channel, rule, mend, since } = finding;
  const refusal = refuse("breaks-contract", rule, mend, channel === undefined ? "ts" : `channels.${channel}`);
  quarantine(tracks.quarantine, track.device.id, refusal, encoder.encode(JSON.stringify({ since })), at);
}

/** The model of these rows can't be run: their devices' samples go unscored, counted and shown. Fault codes need no model. */
export function passOver(tracks: Tracks, ask: ScoreAsk, refusal: Refusal): void {
  for (const [r, id] of ask.devices.entries()) {
    const track = tracks.byDevice.get(id);
    if (track === undefined || track.asked === null || track.asked !== ask.ts[r]) continue;
    track.asked = null;
    for (const item of track.queue.splice(0)) {
      if (item.type === "event") onEvent(tracks, track, item);
      else passSample(tracks, track, item, refusal);
    }
    tracks.dirty.add(track.slice);
  }
}

/** The model has no answer to these rows of an ask: each of them goes unscored, counted and shown, and what waits behind it is asked next. */
export function passRows(tracks: Tracks, ask: ScoreAsk, rows: readonly number[], refusal: Refusal): void {
  for (const r of rows) {
    const id = ask.devices[r] ?? "";
    const track = tracks.byDevice.get(id);
    if (track === undefined || track.asked === null || track.asked !== ask.ts[r]) continue;
    track.asked = null;
    const { learning, channels } = track.watch;
    const [item] = track.queue;
    if ((ask.ts[r] ?? 0) < 0) {
      // A row of commissioning that nothing is learnt from: the others make the floor.
      if (learning !== null && learning.normal !== null) takeLevel(tracks, track, learning.normal, new Float32Array(channels).fill(Number.NaN));
      countUnscored(tracks, track, track.lastAt, track.lastArrivedAt, refusal);
    } else if (item?.type === "sample") {
      track.queue.shift();
      passSample(tracks, track, item, refusal);
    }
    tracks.dirty.add(track.slice);
    tracks.ready.add(id);
  }
}

function passSample(tracks: Tracks, track: Track, item: SampleItem, refusal: Refusal): void {
  look(tracks, track, item);
  judgeLimits(tracks, track, item);
  settle(track.trace, item.spot, null);
  countUnscored(tracks, track, item.ts, item.arrivedAt, refusal);
}

/** One line for the profile: a line for each device would push out everything else that was refused. */
function countUnscored(tracks: Tracks, { device, profile }: Track, ts: number, at: number, refusal: Refusal): void {
  tracks.counters.refused++;
  quarantine(tracks.quarantine, `profile ${profile.id}`, refusal, encoder.encode(JSON.stringify({ device: device.id, ts })), at);
}

/** What the model made of a commissioning row; the last one completes the baseline. */
function takeLevel(tracks: Tracks, track: Track, normal: Normal, level: Float32Array): void {
  const { watch } = track;
  const baseline = watch.learning === null ? null : calibrate(watch, watch.learning, normal, level, track.profile);
  if (baseline === null) return;
  tracks.found.learnt.push({ device: track.device.id, baseline });
  track.regime?.learnt.splice(0);
}

function onEvent(tracks: Tracks, track: Track, item: EventItem): void {
  const faultMode = track.profile.faultCodes[item.code];
  if (faultMode === undefined) return;
  note(tracks, track, judgeCode(track.watch.judged, { ...item, faultMode }, subjectOf(track), tracks.plan.scenario.judge));
}

export function onScore(tracks: Tracks, track: Track, ts: number, r: number, scores: Scores): void {
  const { watch } = track;
  const { learning, channels } = watch;
  const { states, stateWidth } = scores;
  const keep = (): Float32Array => {
    watch.warm = watch.state === null ? 1 : watch.warm + 1;
    return keepState(tracks.states, watch.state, states, r * stateWidth, stateWidth);
  };
  if (ts < 0) {
    if (learning === null || learning.normal === null) return;
    watch.state = keep();
    takeLevel(tracks, track, learning.normal, scores.level.subarray(r * channels, (r + 1) * channels));
    return;
  }
  const item = track.queue[0];
  if (item === undefined || item.type !== "sample" || item.ts !== ts) return;
  track.queue.shift();
  watch.state = keep();
  const score = scores.score[r] ?? 0;
  watch.score = score;
  tracks.counters.scored++;
  wearByScore(track.wear, track.profile, item.ts, score);
  if (item.spot === null) rescore(track.trace, item.ts, score);
  else settle(track.trace, item.spot, score);
  const policy = judging(tracks.plan, watch.model);
  // It has not seen enough of this device: its score is shown, and nothing follows from it.
  if (watch.warm <= policy.warmRows) return judgeLimits(tracks, track, item);
  // Nobody hears of the evidence of a machine that is well.
  const isTold = watch.judged.state !== "normal" || score >= policy.onScore;
  const evidence = isTold ? evidenceOf(scores.share, r, track.profile.channels, (c) => isDoubted(track.sensors, c)) : [];
  const sign = { ...item, ...stronger({ score, evidence, rule: "model", severity: severityOf(score) }, item.sign, track.habit !== null) };
  watch.score = sign.score;
  note(tracks, track, judgeScore(watch.judged, sign, subjectOf(track), policy));
}

/** What the model and the limits say together: the higher score with its channels, and the worse of what both call it. `learns`: a limit bears the model out. */
function stronger(model: LimitSign, limit: LimitSign | null, learns: boolean): LimitSign & { readonly bearsOut?: boolean } {
  if (limit === null) return model;
  const one = limit.score >= model.score ? limit : model;
  return { ...one, ...(learns ? { rule: limit.rule, bearsOut: true } : {}), severity: worse(model.severity, limit.severity) };
}

function note(tracks: Tracks, track: Track, judgement: Judgement): void {
  track.watch.judged = judgement.judged;
  if (judgement.verdict !== null) tracks.found.verdicts.push(judgement.verdict);
}

function subjectOf(track: Track): { readonly device: Device["id"]; readonly asset: Device["asset"]; readonly model: ModelHash } {
  return { device: track.device.id, asset: track.device.asset, model: track.watch.model };
}
