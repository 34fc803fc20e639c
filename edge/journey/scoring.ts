/** One score back: what becomes of the row that it is of, or of rows that no model could score. */
import type { Refusal } from "../../contracts/refusal.ts";
import { worse } from "../../contracts/severity.ts";
import { rescore, settle } from "../ingest/window-trace.ts";
import type { Normal } from "../verdict/commission.ts";
import { evidenceOf } from "../verdict/evidence.ts";
import { judgeScore, severityOf } from "../verdict/judge.ts";
import type { LimitSign } from "../verdict/limit.ts";
import type { ScoreAsk, Scores } from "../verdict/scorer.ts";
import { isDoubted } from "../verdict/sensor-state.ts";
import { keepState } from "../verdict/state-table.ts";
import { calibrate } from "../verdict/watch.ts";
import { wearByScore } from "../verdict/wear/wear-levels.ts";
import { judgeLimits, note, onEvent, subjectOf } from "./concluding.ts";
import { look } from "./next-row.ts";
import { countUnscored } from "./showing.ts";
import { type SampleItem, type Track, type Tracks, judging } from "./track.ts";

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

/** What the model made of a commissioning row; the last one completes the baseline. */
function takeLevel(tracks: Tracks, track: Track, normal: Normal, level: Float32Array): void {
  const { watch } = track;
  const baseline = watch.learning === null ? null : calibrate(watch, watch.learning, normal, level, track.profile);
  if (baseline === null) return;
  tracks.found.learnt.push({ device: track.device.id, baseline });
  track.regime?.learnt.splice(0);
}
