/**
 * Models beside the live ones, in the fold: the same rows, after the live ones have answered. Whatever goes wrong with them is theirs alone. It
 * also keeps what a live model needs where it is not the one that the device was commissioned with, and counts for both what they have seen.
 *
 *   ask ─▶ live model (own floors) ─▶ onScores        what the device's verdicts are made of
 *     └──▶ model beside it ─────────▶ episodes, counts: told to the unit now and then, never as transitions
 */
import type { ModelHash, ProfileId } from "../../contracts/ids.ts";
import type { Parked } from "../../contracts/model-binding.ts";
import type { ShadowEpisode } from "../../contracts/model-record.ts";
import { sliceOf } from "../../contracts/object-name.ts";
import { isRefusal, type Refusal, refuse } from "../../contracts/refusal.ts";
import type { IntakePlan, PlannedModels, WatchReport } from "../../contracts/rpc.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { passRows } from "../journey/scoring.ts";
import { judging, type Track, type Tracks } from "../journey/track.ts";
import { tryModel } from "../verdict/model.ts";
import type { ScoreAsk, Scores, Scorer } from "../verdict/scorer.ts";
import { asksBeside, countRow, countSilence, type Seen, takeBeside, withFloors } from "../verdict/trial/beside.ts";
import { addRow, type DriftWatch, loadDrift, openDrift } from "../verdict/trial/drift.ts";
import { type Taken, watchedOf } from "../verdict/trial/report.ts";
import { loadTrials, type SavedRest, type SavedRow, saveTrials, type TrialToSave } from "../verdict/trial/saved.ts";
import { runsOf } from "../verdict/trial/share.ts";
import { changePlaces, countFrom, openTrial, seat, type Trial } from "../verdict/trial/slot.ts";
import type { Watch } from "../verdict/watch.ts";
import type { Clock, Models } from "./intake-ports.ts";

/** Episodes that ended and wait for the unit; of more, the oldest go: the unit has been away for long. */
const ENDED_MAX = 2_000;
/** Mean time of a row, over so many rows, above which a model beside the live one is parked: at 1,000 rows a second it would have the object to itself. */
const SLOW_US = 500;
const SLOW_ROWS_MIN = 2_000;

export type Trials = {
  /** After the tracks were started: from the same checkpoint, or from nothing. */
  readonly start: (tracks: Tracks, saved: readonly SavedRow[]) => void;
  /** What is of no device becomes that of the checkpoint, once the fold has come back to where it was saved. */
  readonly resumeRest: (saved: readonly SavedRow[]) => void;
  /** Before the tracks take a new plan: models change places, so that the plan finds each device with its own. */
  readonly replan: (tracks: Tracks, next: IntakePlan) => void;
  readonly seen: (tracks: Tracks, ask: ScoreAsk) => readonly Seen[];
  /** The ask as the live model is to get it. */
  readonly live: (ask: ScoreAsk, seen: readonly Seen[]) => ScoreAsk;
  /** What the live model answered, before it is taken: rows without an answer pass unscored. Refuses `bad-model` when it answers nobody any more. */
  readonly unanswered: (tracks: Tracks, ask: ScoreAsk, seen: readonly Seen[], scores: Scores, scorer: Scorer) => Promise<Refusal | null>;
  /** What the live model's answer is counted as, and the same rows for the models beside. `ms`: what the live answer took. */
  readonly after: (ask: ScoreAsk, seen: readonly Seen[], scores: Scores, ms: number, verdicts: readonly Verdict[]) => Promise<void>;
  /** The live model of these rows can't be run: the ones beside take over where there are any, and are asked next. The other rows still wait. */
  readonly takeOver: (tracks: Tracks, ask: ScoreAsk) => void;
  /** The slices given, and the rest. Inside the checkpoint's transaction. */
  readonly save: (tracks: Tracks, slices: ReadonlySet<number>) => readonly SavedRow[];
  readonly report: (tracks: Tracks) => Omit<WatchReport, "part">;
  /** The unit has it. */
  readonly told: (report: Pick<WatchReport, "episodes">) => void;
  /** Something that the unit should hear of soon. */
  readonly isUrgent: () => boolean;
  /** A model was uploaded: those that were parked are tried again. */
  readonly changed: (tracks: Tracks) => void;
};

export type TrialDeps = {
  readonly models: Models;
  readonly clock: Clock;
  readonly plan: () => IntakePlan;
  /** The model that the scenario names for a profile. */
  readonly own: (profile: string) => ModelHash;
};

/** `watch`: whose trial it is; a device that began anew has another. `episode`: the last one counted, which may be told again and again. */
type Seated = { readonly trial: Trial; readonly watch: Watch; readonly profile: string; episode: string };

export function openTrials({ models, clock, plan, own }: TrialDeps): Trials {
  let trials = new Map<string, Seated>();
  let drifts = new Map<string, DriftWatch>();
  let ended: ShadowEpisode[] = [];
  const parked = new Map<string, Parked & { readonly profile: ProfileId }>();
  const taken = new Map<string, Taken>();
  let urgent = false;

  const plannedOf = (of: IntakePlan, profile: string): PlannedModels | undefined => of.models?.find((one) => one.profile === profile);

  function seatDevice(of: IntakePlan, id: string, { profile, watch }: Track): void {
    const known = trials.get(id);
    const trial = known?.watch === watch ? known.trial : openTrial(watch.model);
    trials.set(id, { trial, watch, profile: profile.id, episode: known?.watch === watch ? known.episode : "" });
    const runs = runsOf(plannedOf(of, profile.id), own(profile.id), id);
    const beside = runs.beside !== null && parked.has(`${profile.id} ${runs.beside}`) ? null : runs.beside;
    seat(trial, watch, { live: runs.live, beside }, of.scenario.commissioningRows);
    countFrom(trial, plannedOf(of, profile.id)?.since ?? 0);
  }

  function seatAll(of: IntakePlan, tracks: Tracks): void {
    for (const [id, track] of tracks.byDevice) seatDevice(of, id, track);
    for (const id of trials.keys()) if (!tracks.byDevice.has(id)) trials.delete(id);
  }

  /** Drift is of the live model and of the channels that there are: what was usual for others says nothing. */
  function isOfPlan(of: IntakePlan, { profile, model, channels }: DriftWatch): boolean {
    const found = of.scenario.profiles.find((one) => one.id === profile);
    if (found === undefined || (plannedOf(of, profile)?.live ?? own(profile)) !== model) return false;
    return found.channels.length === channels.length && found.channels.every(({ id }, c) => id === channels[c]);
  }

  /** A model that ran on this profile before is parked only while the plan has it. */
  function unpark(of: IntakePlan): void {
    for (const [key, { profile, hash }] of parked)
      if (plannedOf(of, profile)?.other?.hash !== hash && plannedOf(of, profile)?.live !== hash) parked.delete(key);
  }

  function park(seen: readonly Seen[], hash: ModelHash, why: Parked["why"]): void {
    const profile = seen[0]?.profile;
    if (profile === undefined) return;
    const count = seen.reduce((sum, { trial }) => sum + (trial.beside?.counts.failures ?? 0), 0);
    parked.set(`${profile} ${hash}`, { profile, hash, why, at: clock.now(), count: Math.max(1, count) });
    // On another profile, of other channels, it may do well.
    for (const { trial, profile: of } of trials.values()) if (of === profile && trial.beside?.model === hash) trial.beside = null;
    urgent = true;
  }

  async function scoreBeside(ask: ScoreAsk, seen: readonly Seen[]): Promise<void> {
    const scorer = await models.scorer(ask.model);
    if (isRefusal(scorer)) return park(seen, ask.model, scorer.refused === "unknown-model" ? "missing" : "fails");
    const from = clock.now();
    let scores: Scores;
    try {
      scores = await scorer.run(ask);
    } catch (error) {
      console.warn(`model ${ask.model} beside the live one of ${ask.profile} fails`, error);
      for (const { trial } of seen) if (trial.beside !== null) trial.beside.counts.failures++;
      return park(seen, ask.model, "fails");
    }
    if ((scores.unanswered?.length ?? 0) === seen.length && (await tryModel(scorer, ask.channels)) !== null) {
      for (const { trial } of seen) if (trial.beside !== null) trial.beside.counts.failures++;
      return park(seen, ask.model, "no-number");
    }
    if (isSlow(ask.model, seen.length, clock.now() - from)) return park(seen, ask.model, "slow");
    for (const episode of takeBeside(seen, scores, judging(plan(), ask.model))) {
      ended.push(episode);
      urgent = true;
    }
    if (ended.length > ENDED_MAX) ended = ended.slice(-ENDED_MAX);
  }

  /** The platform's clock may stand still in the midst of an event: then nothing is slow. */
  function isSlow(model: ModelHash, rows: number, ms: number): boolean {
    const so = taken.get(model) ?? { rows: 0, ms: 0 };
    so.rows += rows;
    so.ms += ms;
    taken.set(model, so);
    return so.rows >= SLOW_ROWS_MIN && (so.ms * 1_000) / so.rows > SLOW_US;
  }

  function watchDrift(ask: ScoreAsk, seen: readonly Seen[], scores: Scores): void {
    const channels = ask.channels;
    const z = new Float32Array(channels);
    for (const { r, profile, ts, watch, trial } of seen) {
      const live = plannedOf(plan(), profile)?.live ?? own(profile);
      if (trial.model !== live || watch.judged.state !== "normal") continue;
      let drift = drifts.get(profile);
      if (drift === undefined || drift.model !== live || drift.channels.length !== channels) {
        const found = plan().scenario.profiles.find((one) => one.id === profile);
        drift = openDrift(
          profile,
          (found?.channels ?? []).map(({ id }) => id),
          live,
        );
        drifts.set(profile, drift);
      }
      for (let c = 0; c < channels; c++) {
        const at = r * channels + c;
        z[c] = ask.mask[at] === 1 ? (ask.x[at]! - ask.mean[at]!) / ask.scale[at]! : Number.NaN;
      }
      const before = drift.drift;
      addRow(drift, ts, z, 0, scores.score[r] ?? 0);
      if ((before === null) !== (drift.drift === null)) urgent = true;
    }
  }

  function takeRest(rest: SavedRest): void {
    ended = [...rest.ended];
    drifts = new Map(rest.drift.map((one) => [one.profile, loadDrift(one)]));
  }

  return {
    start: (tracks, saved) => {
      const { byDevice, rest } = loadTrials(saved);
      trials = new Map();
      takeRest(rest);
      for (const [id, track] of tracks.byDevice) {
        const loaded = byDevice.get(id);
        if (loaded !== undefined && loaded.channels === track.watch.channels) {
          trials.set(id, { trial: loaded.trial, watch: track.watch, profile: track.profile.id, episode: loaded.episode });
          if (track.watch.learning === null) track.watch.state = loaded.state;
        }
        seatDevice(tracks.plan, id, track);
      }
    },
    resumeRest: (saved) => takeRest(loadTrials(saved).rest),
    replan: (tracks, next) => {
      unpark(next);
      for (const [profile, drift] of drifts) if (!isOfPlan(next, drift)) drifts.delete(profile);
      seatAll(next, tracks);
    },
    seen: (tracks, ask) =>
      ask.devices.flatMap((id, r): Seen[] => {
        const track = tracks.byDevice.get(id);
        const item = track?.queue[0];
        const ts = ask.ts[r] ?? -1;
        if (track === undefined || ts < 0 || item?.type !== "sample" || item.ts !== ts) return [];
        if (trials.get(id)?.watch !== track.watch) seatDevice(tracks.plan, id, track);
        const trial = trials.get(id)?.trial;
        if (trial === undefined) return [];
        const { arrivedAt, fresh, absorbed } = item;
        return [
          { r, device: track.device.id, asset: track.device.asset, profile: track.profile.id, ts, arrivedAt, fresh, absorbed, watch: track.watch, trial },
        ];
      }),
    live: withFloors,
    unanswered: async (tracks, ask, seen, scores, scorer) => {
      const rows = scores.unanswered ?? [];
      if (rows.length === 0) return null;
      const broken = rows.length === ask.devices.length ? await tryModel(scorer, ask.channels) : null;
      if (broken !== null) return broken;
      for (const { r, trial, watch } of seen) if (rows.includes(r) && countSilence(trial.counts)) watch.state = null;
      passRows(
        tracks,
        ask,
        rows,
        refuse(
          "bad-model",
          "the model's answer is a number",
          "look at the sample for a value far outside what the model knows, or have the model before it back",
          "model",
        ),
      );
      return null;
    },
    after: async (ask, seen, scores, ms, verdicts) => {
      isSlow(ask.model, ask.devices.length, ms);
      const answered = scores.unanswered === undefined ? seen : seen.filter(({ r }) => scores.unanswered?.includes(r) !== true);
      for (const { ts, trial } of answered) countRow(trial.counts, ts);
      for (const { device, state, rule = "model", episode } of verdicts) {
        const seated = trials.get(device);
        if (seated === undefined || state !== "anomalous" || rule !== "model" || seated.episode === episode) continue;
        seated.episode = episode;
        seated.trial.counts.episodes++;
      }
      watchDrift(ask, answered, scores);
      for (const one of asksBeside(ask, answered)) await scoreBeside(one.ask, one.seen);
    },
    takeOver: (tracks, ask) => {
      for (const [r, id] of ask.devices.entries()) {
        const track = tracks.byDevice.get(id);
        const trial = trials.get(id)?.trial;
        if (track === undefined || trial === undefined || track.asked !== ask.ts[r]) continue;
        if (!changePlaces(trial, track.watch, tracks.plan.scenario.commissioningRows)) continue;
        track.asked = null;
        tracks.ready.add(id);
        tracks.dirty.add(sliceOf(id));
        urgent = true;
      }
    },
    save: (tracks, slices) => {
      const of = new Map<string, TrialToSave>();
      for (const [id, { slice, watch }] of tracks.byDevice) {
        const seated = slices.has(slice) ? trials.get(id) : undefined;
        if (seated?.watch === watch) of.set(id, { trial: seated.trial, channels: watch.channels, state: watch.state, episode: seated.episode });
      }
      return saveTrials(slices, sliceOf, of, { ended, drift: [...drifts.values()] });
    },
    report: (tracks) => {
      urgent = false;
      const tried = [...trials].flatMap(([id, { trial }]) => {
        const track = tracks.byDevice.get(id);
        return track === undefined ? [] : [{ device: track.device.id, asset: track.device.asset, profile: track.profile.id, trial }];
      });
      const { watched, going } = watchedOf(tried, taken);
      return {
        watched,
        episodes: [...ended, ...going],
        parked: [...parked.values()],
        drift: [...drifts.values()].flatMap(({ profile, drift }) => (drift === null ? [] : [{ profile, drift }])),
      };
    },
    told: ({ episodes }) => {
      const known = new Set<ShadowEpisode>(episodes);
      ended = ended.filter((one) => !known.has(one));
    },
    isUrgent: () => urgent,
    changed: (tracks) => {
      parked.clear();
      seatAll(tracks.plan, tracks);
    },
  };
}
