/**
 * Rows once more, for the models beside the live ones: asked with their own states and floors, judged as the live ones are, told as episodes
 * and never as transitions. What goes wrong here is counted here.
 */
import type { AssetId, DeviceId, ModelHash, ProfileId } from "../../../contracts/ids.ts";
import type { ShadowEpisode } from "../../../contracts/model-record.ts";
import type { JudgePolicy } from "../../../contracts/scenario.ts";
import { learnFloor } from "../commission.ts";
import { judgeScore } from "../judge.ts";
import type { ScoreAsk, Scores } from "../scorer.ts";
import type { Watch } from "../watch.ts";
import type { Beside, Counts, Trial } from "./slot.ts";

/** A gap in the samples longer than this was not watched. */
const WATCHED_GAP_MS_MAX = 600_000;
/** Rows in a row without an answer after which a device's state is thrown away. */
const SILENT_ROWS_MAX = 30;

/** One row of a live ask, with what the judge must know of it. */
export type Seen = {
  readonly r: number;
  readonly device: DeviceId;
  readonly asset: AssetId;
  readonly profile: ProfileId;
  readonly ts: number;
  readonly arrivedAt: number;
  readonly fresh: boolean;
  readonly absorbed: number;
  readonly watch: Watch;
  readonly trial: Trial;
};

/** The ask with the live models' own floors, where the baseline's are another model's. The very ask where there are none. */
export function withFloors(ask: ScoreAsk, seen: readonly Seen[]): ScoreAsk {
  if (seen.every(({ trial }) => trial.floor === null)) return ask;
  const floor = ask.floor.slice();
  for (const { r, trial } of seen) if (trial.floor !== null && trial.model === ask.model) floor.set(trial.floor, r * ask.channels);
  return { ...ask, floor };
}

/** One ask for each model beside. Rows keep the order of the live ask. */
export function asksBeside(ask: ScoreAsk, seen: readonly Seen[]): readonly { readonly ask: ScoreAsk; readonly seen: readonly Seen[] }[] {
  const byModel = new Map<ModelHash, Seen[]>();
  for (const one of seen) {
    const model = one.trial.beside?.model;
    if (model === undefined) continue;
    const rows = byModel.get(model);
    if (rows === undefined) byModel.set(model, [one]);
    else rows.push(one);
  }
  return [...byModel].map(([model, rows]) => ({ ask: askBeside(ask, model, rows), seen: rows }));
}

function askBeside(ask: ScoreAsk, model: ModelHash, rows: readonly Seen[]): ScoreAsk {
  const { channels } = ask;
  const all = rows.length === ask.devices.length;
  const cut = (tensor: Float32Array): Float32Array => {
    if (all) return tensor;
    const out = new Float32Array(rows.length * channels);
    for (const [i, { r }] of rows.entries()) out.set(tensor.subarray(r * channels, (r + 1) * channels), i * channels);
    return out;
  };
  const floor = cut(ask.floor).slice();
  for (const [i, { trial }] of rows.entries()) {
    const { beside } = trial;
    if (beside?.levels !== null) floor.fill(1, i * channels, (i + 1) * channels);
    else if (beside.floor !== null) floor.set(beside.floor, i * channels);
  }
  return {
    model,
    profile: ask.profile,
    devices: rows.map(({ device }) => device),
    ts: Float64Array.from(rows, ({ ts }) => ts),
    channels,
    x: cut(ask.x),
    mask: cut(ask.mask),
    mean: cut(ask.mean),
    scale: cut(ask.scale),
    floor,
    states: rows.map(({ trial }) => trial.beside?.state ?? null),
  };
}

/** What the models beside made of their rows. Answers the episodes that ended by it. */
export function takeBeside(seen: readonly Seen[], scores: Scores, policy: JudgePolicy): readonly ShadowEpisode[] {
  const ended: ShadowEpisode[] = [];
  for (const [i, one] of seen.entries()) {
    const { beside } = one.trial;
    if (beside === null) continue;
    if (scores.unanswered?.includes(i) === true) {
      if (countSilence(beside.counts)) beside.state = null;
      continue;
    }
    beside.state = scores.states.slice(i * scores.stateWidth, (i + 1) * scores.stateWidth);
    if (beside.levels === null) {
      const episode = judgeRow(beside, one, scores.score[i] ?? 0, policy);
      if (episode !== null) ended.push(episode);
    } else if (one.watch.judged.state === "normal") learnLevel(beside, one.watch.channels, scores.level, i);
  }
  return ended;
}

/** Rows in which the live model sees a fault teach nothing. */
function learnLevel(beside: Beside, channels: number, level: Float32Array, i: number): void {
  const { levels } = beside;
  if (levels === null) return;
  levels.values.set(level.subarray(i * channels, (i + 1) * channels), levels.count * channels);
  levels.count++;
  if (levels.count < levels.wanted) return;
  beside.floor = Float32Array.from(learnFloor(levels.values, levels.count, channels));
  beside.levels = null;
}

function judgeRow(beside: Beside, one: Seen, score: number, policy: JudgePolicy): ShadowEpisode | null {
  countRow(beside.counts, one.ts);
  const was = beside.judged;
  const sign = { ts: one.ts, arrivedAt: one.arrivedAt, fresh: one.fresh, absorbed: one.absorbed, score, evidence: [] };
  const { judged } = judgeScore(was, sign, { device: one.device, asset: one.asset, model: beside.model }, policy);
  beside.judged = judged;
  if (judged.state === "anomalous") {
    if (was.state !== "anomalous") {
      // What joins an episode that has just cleared is that one again.
      if (was.clearedAt === -1 || judged.clearedAt === -1) beside.counts.episodes++;
      beside.peak = score;
    } else beside.peak = Math.max(beside.peak, score);
    return null;
  }
  return was.state === "anomalous" && judged.state === "normal" ? { ...episodeOf(beside, one), clearedAt: one.ts, state: "normal" } : null;
}

/** The episode that it sees under way. */
export function episodeOf(beside: Beside, { device, asset, profile }: Pick<Seen, "device" | "asset" | "profile">): ShadowEpisode {
  return { model: beside.model, profile, device, asset, since: beside.judged.since, peak: beside.peak, state: beside.judged.state };
}

/** One more row without an answer. True: there were so many that the state itself may be what spoils them. */
export function countSilence(counts: Counts): boolean {
  counts.failures++;
  counts.silent = (counts.silent + 1) % SILENT_ROWS_MAX;
  return counts.silent === 0;
}

export function countRow(counts: Counts, ts: number): void {
  counts.rows++;
  counts.silent = 0;
  if (counts.lastAt >= 0 && ts > counts.lastAt) counts.watchedMs += ts - counts.lastAt <= WATCHED_GAP_MS_MAX ? ts - counts.lastAt : 0;
  counts.lastAt = Math.max(counts.lastAt, ts);
}
