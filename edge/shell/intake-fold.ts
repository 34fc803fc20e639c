/**
 * The fold: rows of the log, in order and one at a time, through the journey's intake half. What it accumulates is saved now and
 * then together with the cursor; after a crash it begins again from there and comes to the same state.
 *
 *   log row n ─▶ onTelemetry ─▶ ask ⇄ scores ─▶ onScores ─▶ transitions, numbered and written ─▶ row n + count
 *
 * Transitions of one row are ordered by device before they are numbered, so that their order does not hang on how asks were batched.
 * A model that is missing or fails costs its own profile's scores, unless another one scores beside it and takes over; which rows went
 * without is written, so that folding them anew comes to the same state.
 */
import type { IntakePlan, WatchReport } from "../../contracts/rpc.ts";
import { ModelHash } from "../../contracts/ids.ts";
import { isRefusal, refuse } from "../../contracts/refusal.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import type { Found, Tracks } from "../journey/track.ts";
import { nextAsk, onScores, onTelemetry } from "../journey.ts";
import { passOver, refuseMessage } from "../journey/sampling.ts";
import { replan, startTracks } from "../journey/start.ts";
import { FIRST_WEAR_SLICE, saveCourses, saveTracks } from "../journey/saved.ts";
import { takeTrace, wornIn } from "../journey/view.ts";
import { NO_SCORES, type ScoreAsk, type Scores } from "../verdict/scorer.ts";
import type { Seen } from "../verdict/trial/beside.ts";
import { runsOf } from "../verdict/trial/share.ts";
import type { Clock, Models } from "./intake-ports.ts";
import type { IntakeStore, LogRow, Marks, Transition } from "./intake-store.ts";
import { openParking } from "./intake-parking.ts";
import { openTrials } from "./intake-trials.ts";

/** The fold is saved after this many messages, or this long: what is folded anew after a crash takes seconds. */
export const CHECKPOINT_MESSAGES = 4_096;
export const CHECKPOINT_MS = 30_000;
/** Rows just written that are kept decoded, so that the fold need not read them back. */
const ROWS_HELD_MAX = 64;
/** Times that a row is scored before its model counts as failing: once more than chance explains. */
const RUNS_MAX = 3;

export type Fold = {
  /** Folds the next row, if there is one. Rejects when something fails that may not fail again; the fold then begins again from its checkpoint. */
  readonly step: () => Promise<"folded" | "idle">;
  readonly checkpoint: () => boolean;
  readonly appended: (row: LogRow) => void;
  readonly replan: (plan: IntakePlan) => void;
  /** Accumulators up to `folded()`; started when first asked for. */
  readonly tracks: () => Tracks;
  readonly folded: () => number;
  readonly due: (now: number) => boolean;
  /** Whether a checkpoint would have nothing new. */
  readonly isSaved: () => boolean;
  /** While a copy is being taken, the saved state stands still. */
  readonly hold: (until: number) => void;
  /** A model was uploaded: profiles that went without are looked at again. */
  readonly modelsChanged: () => void;
  /** What its models have seen and how they do, for the unit. */
  readonly report: () => Omit<WatchReport, "part">;
  /** The unit has that report. */
  readonly told: (report: Pick<WatchReport, "episodes">) => void;
  /** Something happened to a model that the unit should hear of now. */
  readonly isUrgent: () => boolean;
};

export type FoldDeps = {
  readonly store: IntakeStore;
  readonly models: Models;
  readonly clock: Clock;
  readonly marks: Marks;
  readonly plan: IntakePlan;
  readonly onFound: (transitions: readonly Transition[], learnt: Found["learnt"]) => void;
};

/** What a profile runs whose model is not there: no model has this hash. */
const NO_MODEL = ModelHash.parse("0".repeat(64));

export function openFold({ store, models, clock, marks, plan: firstPlan, onFound }: FoldDeps): Fold {
  const held = new Map<number, LogRow>();
  /** Rows that made the journey throw: folded message by message from then on. */
  const careful = new Set<number>();
  let plan = firstPlan;
  let tracks: Tracks | null = null;
  let folding = false;
  let folded = marks.cursor;
  let { cursor, made, nextSeq } = marks;
  let savedAt = clock.now();
  let heldUntil = 0;
  /** The plan that the store is known to hold: it is megabytes, and seldom changes. */
  let written: IntakePlan | null = null;
  /** How often a row could not be scored, by row and profile. */
  const failures = new Map<string, number>();

  const own = (profile: string): ModelHash => {
    const found = plan.scenario.profiles.find((one) => one.id === profile);
    return (found === undefined ? null : models.hashOf(found)) ?? NO_MODEL;
  };
  const planned = (profile: string) => plan.models?.find((one) => one.profile === profile);
  const hashOf = (profile: string, device?: string): ModelHash =>
    device === undefined ? (planned(profile)?.live ?? own(profile)) : runsOf(planned(profile), own(profile), device).live;

  const trials = openTrials({ models, clock, plan: () => plan, own });
  const parking = openParking(store, models, {
    channelsOf: (profile) => plan.scenario.profiles.find((one) => one.id === profile)?.channels.length ?? null,
    runs: (profile, model) => hashOf(profile) === model || planned(profile)?.other?.hash === model,
    unit: () => plan.unit,
  });

  function started(): Tracks {
    if (tracks === null) {
      const saved = store.readTracks();
      tracks = startTracks(plan, hashOf, saved);
      trials.start(
        tracks,
        saved.filter(({ slice }) => slice < FIRST_WEAR_SLICE),
      );
      folded = cursor;
    }
    return tracks;
  }

  async function step(): Promise<"folded" | "idle"> {
    if (folding) return "idle";
    started();
    const row = held.get(folded) ?? store.readRow(folded);
    if (row === null) return "idle";
    folding = true;
    try {
      await parking.lookAgain(Math.max(folded, made));
      // A row given up half-way is folded anew, without the profile that it could not score.
      if (await foldRow(started(), row)) held.delete(row.n);
      else beginAgain();
      return "folded";
    } catch (error) {
      beginAgain();
      careful.add(row.n);
      throw error;
    } finally {
      folding = false;
    }
  }

  /** Half a row is in the accumulators: they are of no use any more. */
  function beginAgain(): void {
    tracks = null;
    folded = cursor;
  }

  /** False: a model could not be run, and its profile is parked from this row on. */
  async function foldRow(into: Tracks, row: LogRow): Promise<boolean> {
    if (careful.has(row.n)) row.messages.forEach((message) => foldCarefully(into, message));
    else onTelemetry(into, row.messages);
    const verdicts: Verdict[] = [];
    const learnt: Found["learnt"][number][] = [];
    for (let ask = nextAsk(into); ask !== null; ask = nextAsk(into)) {
      const parked = parking.refusalOf(ask, row.n);
      if (parked !== null) {
        trials.takeOver(into, ask);
        passOver(into, ask, parked);
        continue;
      }
      const seen = trials.seen(into, ask);
      const from = clock.now();
      const scores = await answer(into, ask, seen, row.n);
      if (scores === null) return false;
      const found = onScores(into, ask, scores);
      await trials.after(ask, seen, scores, clock.now() - from, found.verdicts);
      verdicts.push(...found.verdicts);
      learnt.push(...found.learnt);
    }
    folded = row.end;
    const transitions = row.end > made ? number(verdicts) : [];
    if (transitions.length > 0) {
      store.transaction(() => store.writeTransitions(transitions, row.end));
      made = row.end;
      nextSeq += transitions.length;
    }
    if (transitions.length + learnt.length > 0) onFound(transitions, learnt);
    return true;
  }

  function number(verdicts: readonly Verdict[]): readonly Transition[] {
    const ordered = verdicts.toSorted((a, b) => (a.device < b.device ? -1 : Number(a.device > b.device)));
    return ordered.map((verdict, i) => ({ seq: nextSeq + i, verdict }));
  }

  /** Null: the profile is parked, at once when its model is not there or no model, else after some tries. */
  async function answer(into: Tracks, ask: ScoreAsk, seen: readonly Seen[], n: number): Promise<Scores | null> {
    if (ask.devices.length === 0) return NO_SCORES;
    try {
      const scorer = await models.scorer(ask.model);
      if (!isRefusal(scorer)) {
        const scores = await scorer.run(trials.live(ask, seen));
        const broken = await trials.unanswered(into, ask, seen, scores, scorer);
        if (broken === null) return scores;
        console.error(`profile ${ask.profile}: its model is given up from message ${n} on: ${broken.rule}`);
        parking.park(ask, n, "no-number");
        return null;
      }
      console.warn(`profile ${ask.profile} goes unscored from message ${n} on: ${scorer.rule}; ${scorer.mend}`);
      parking.park(ask, n, scorer.refused === "unknown-model" ? "missing" : "fails");
    } catch (error) {
      const key = `${n} ${ask.profile}`;
      const failed = (failures.get(key) ?? 0) + 1;
      failures.set(key, failed);
      if (failed < RUNS_MAX) throw error;
      console.error(`profile ${ask.profile} goes unscored from message ${n} on: its model fails`, error);
      parking.park(ask, n, "fails");
    }
    return null;
  }

  /** Saves the fold between two rows, and removes what nobody needs any more. False: not now. */
  function checkpoint(): boolean {
    const now = clock.now();
    if (folding || tracks === null || now < heldUntil) return false;
    const { logMs, traceMs } = plan.scenario.retention;
    const saving = tracks;
    const slices = [...saving.dirty];
    try {
      store.transaction(() => {
        store.writeTrace(takeTrace(saving));
        store.writeTracks([...saveTracks(saving), ...saveCourses(saving), ...trials.save(saving, slices)], folded);
        if (plan !== written) store.writePlan(plan);
        parking.forget(folded);
        store.prune(folded, now - logMs, now - traceMs);
      });
    } catch (error) {
      // What was taken out of the accumulators is not in the tables: begin again from the last checkpoint.
      beginAgain();
      throw error;
    }
    written = plan;
    failures.clear();
    cursor = folded;
    savedAt = now;
    return true;
  }

  /** The plan that a checkpoint carries is the one that the rows behind it are folded with, also after a crash. */
  function adopt(next: IntakePlan): void {
    const into = started();
    // In this order: a device's models have changed places when the plan looks which one it runs.
    trials.replan(into, next);
    plan = next;
    replan(into, next);
    parking.changed();
    if (checkpoint()) return;
    store.transaction(() => store.writePlan(next));
    written = next;
  }

  return {
    step,
    checkpoint,
    appended: (row) => {
      if (held.size < ROWS_HELD_MAX) held.set(row.n, row);
    },
    replan: adopt,
    tracks: started,
    folded: () => folded,
    due: (now) => folded > cursor && (folded - cursor >= CHECKPOINT_MESSAGES || now - savedAt >= CHECKPOINT_MS),
    isSaved: () => folded === cursor,
    hold: (until) => {
      heldUntil = until;
    },
    modelsChanged: () => {
      parking.changed();
      trials.changed(started());
    },
    report: () => {
      const report = trials.report(started());
      return { ...report, wear: wornIn(started()), parked: [...report.parked, ...parking.standing().map((one) => ({ ...one, at: clock.now(), count: 1 }))] };
    },
    told: trials.told,
    isUrgent: trials.isUrgent,
  };
}

/** One message that the journey can't take costs itself, and is shown as refused. */
function foldCarefully(tracks: Tracks, message: LogRow["messages"][number]): void {
  try {
    onTelemetry(tracks, [message]);
  } catch (error) {
    console.error("a message was refused because the journey threw", error);
    refuseMessage(tracks, message, refuse("malformed", "a message that can be read without a fault of ours", "report it with this sample"));
  }
}
