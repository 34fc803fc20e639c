/**
 * The fold: rows of the log, in order, through the journey's intake half. What it accumulates is saved now and then, a few slices of devices
 * at a time, each with its own place in the log (`../journey/reached.ts`); after a crash it begins again from there and comes to the same state.
 *
 *   log rows n … ─▶ onTelemetry ─▶ ask ⇄ scores ─▶ onScores ─▶ transitions, numbered and written ─▶ next row
 *
 * Rows that wait are folded together, since a model costs less by the row the more rows it gets. Their transitions are ordered by row and
 * device before they are numbered, so that their order does not hang on how asks were batched.
 * A model that is missing or fails costs its own profile's scores, unless another one scores beside it and takes over; which rows went
 * without is written, so that folding them anew comes to the same state.
 */
import type { IntakePlan, WatchReport } from "../../contracts/rpc.ts";
import { ModelHash } from "../../contracts/ids.ts";
import { SLICES } from "../../contracts/object-name.ts";
import { isRefusal, refuse } from "../../contracts/refusal.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { ROW_BYTES_MAX } from "../ingest/log.ts";
import type { Found, Tracks } from "../journey/track.ts";
import { nextAsk, onScores, onTelemetry } from "../journey.ts";
import { passOver, refuseMessage } from "../journey/sampling.ts";
import { firstOf, notHeld, reach } from "../journey/reached.ts";
import { replan, resumeRest, settleStates, startTracks } from "../journey/start.ts";
import { FIRST_WEAR_SLICE, REST_SLICE, saveCourses, saveTracks } from "../journey/saved.ts";
import { takeTrace, wornIn } from "../journey/view.ts";
import { NO_SCORES, SCORE_BATCH_MAX, type ScoreAsk, type Scores } from "../verdict/scorer.ts";
import type { Seen } from "../verdict/trial/beside.ts";
import { TRIALS_REST_SLICE } from "../verdict/trial/saved.ts";
import { runsOf } from "../verdict/trial/share.ts";
import type { Clock, Models } from "./intake-ports.ts";
import type { IntakeStore, LogRow, Marks, Transition } from "./intake-store.ts";
import { openParking } from "./intake-parking.ts";
import { openTrials } from "./intake-trials.ts";

/** The fold is saved after this many messages, or this long: what is folded anew after a crash takes seconds. */
export const CHECKPOINT_MESSAGES = 65_536;
export const CHECKPOINT_MS = 60_000;
/** Devices saved between two rows: about 0.2 MB and some milliseconds, in which nothing else happens. A slice is saved whole. */
const SAVE_DEVICES = 16;
/** Messages folded together: one call of the model, some ten milliseconds in all. */
const FOLD_MESSAGES_MAX = SCORE_BATCH_MAX;
/** Rows just written that are kept decoded, so that the fold need not read them back. */
const ROWS_HELD_MAX = 64;
/** And their bytes: rows with bursts are large, and an Intake has 100 MB for everything. */
const HELD_BYTES_MAX = 16 * 1024 * 1024;
/** Times that a row is scored before its model counts as failing: once more than chance explains. */
const RUNS_MAX = 3;

export type Fold = {
  /** Folds what waits, if anything does, up to FOLD_MESSAGES_MAX. Rejects when something fails that may not fail again; the fold then begins again from its checkpoint. */
  readonly step: () => Promise<"folded" | "idle">;
  /** Saves all of it at one place. False: not now. */
  readonly checkpoint: () => boolean;
  /** Saves the next few slices of a pass over all that changed. False: not now. */
  readonly saveSome: () => boolean;
  readonly appended: (row: LogRow) => void;
  readonly replan: (plan: IntakePlan) => void;
  /** Accumulators up to `folded()`; started when first asked for. */
  readonly tracks: () => Tracks;
  readonly folded: () => number;
  /** Rows are folded anew, as after a crash: what they gave is told already, by the plan of then. */
  readonly isAgain: () => boolean;
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
  /** Devices saved at a time. */
  readonly saveDevices?: number;
  readonly onFound: (transitions: readonly Transition[], learnt: Found["learnt"]) => void;
};

/** What a profile runs whose model is not there: no model has this hash. */
const NO_MODEL = ModelHash.parse("0".repeat(64));

export function openFold({ store, models, clock, marks, plan: firstPlan, saveDevices = SAVE_DEVICES, onFound }: FoldDeps): Fold {
  const held = new Map<number, LogRow>();
  let heldBytes = 0;
  /** Rows that made the journey throw: folded message by message from then on. */
  const careful = new Set<number>();
  let plan = firstPlan;
  let tracks: Tracks | null = null;
  let folding = false;
  let folded = marks.cursor;
  let { cursor, reached, made, nextSeq } = marks;
  /** Slices that the pass under way has not come to. */
  let waiting: number[] = [];
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
      settleStates(tracks);
      folded = cursor;
    }
    return tracks;
  }

  async function step(): Promise<"folded" | "idle"> {
    if (folding) return "idle";
    started();
    const rows = nextRows();
    if (rows.length === 0) return "idle";
    folding = true;
    try {
      await parking.lookAgain(Math.max(folded, made));
      // Rows given up half-way are folded anew, without the profile that they could not score.
      if (await foldRows(started(), rows)) rows.forEach(letGo);
      else beginAgain();
      return "folded";
    } catch (error) {
      beginAgain();
      rows.forEach(({ n }) => careful.add(n));
      throw error;
    } finally {
      folding = false;
    }
  }

  /** What waits, as far as it is alike: transitions are made of all of it or of none, a profile is scored in all of it or in none. */
  function nextRows(): readonly LogRow[] {
    const rows: LogRow[] = [];
    const end = Math.min(...[made, reached.rest].filter((at) => at > folded), parking.turnAfter(folded));
    let [n, messages, bytes] = [folded, 0, 0];
    for (;;) {
      const row = held.get(n) ?? store.readRow(n);
      if (row === null) return rows;
      messages += row.messages.length;
      bytes += bytesOf(row);
      if (rows.length > 0 && (messages > FOLD_MESSAGES_MAX || bytes > ROW_BYTES_MAX || row.end > end)) return rows;
      rows.push(row);
      n = row.end;
    }
  }

  function letGo(row: LogRow): void {
    if (held.delete(row.n)) heldBytes -= bytesOf(row);
  }

  /** Half a row is in the accumulators: they are of no use any more. */
  function beginAgain(): void {
    tracks = null;
    folded = cursor;
    waiting = [];
  }

  /** False: a model could not be run, and its profile is parked from the first of these rows on. */
  async function foldRows(into: Tracks, rows: readonly LogRow[]): Promise<boolean> {
    const [n, end] = [rows[0]?.n ?? folded, rows.at(-1)?.end ?? folded];
    const isBehind = n < reached.rest;
    for (const row of rows) {
      const messages = notHeld(reached, row.n, row.messages);
      if (careful.has(row.n)) messages.forEach((message) => foldCarefully(into, message));
      else onTelemetry(into, messages);
    }
    const verdicts: Verdict[] = [];
    const learnt: Found["learnt"][number][] = [];
    for (let ask = nextAsk(into); ask !== null; ask = nextAsk(into)) {
      const parked = parking.refusalOf(ask, n);
      if (parked !== null) {
        trials.takeOver(into, ask);
        passOver(into, ask, parked);
        continue;
      }
      const seen = trials.seen(into, ask);
      const from = clock.now();
      const scores = await askModel(into, ask, seen, n);
      if (scores === null) return false;
      const found = onScores(into, ask, scores);
      await trials.after(ask, seen, scores, clock.now() - from, found.verdicts);
      verdicts.push(...found.verdicts);
      learnt.push(...found.learnt);
    }
    folded = end;
    if (isBehind && end >= reached.rest) resume(into);
    const transitions = end > made ? number(rows, verdicts) : [];
    if (transitions.length > 0) {
      store.transaction(() => store.writeTransitions(transitions, end));
      made = end;
      nextSeq += transitions.length;
    }
    if (transitions.length + learnt.length > 0) onFound(transitions, learnt);
    return true;
  }

  /** The slices behind have caught up with the others: what is of no device is as it was saved. */
  function resume(into: Tracks): void {
    resumeRest(into, store.readTracks(REST_SLICE));
    trials.resumeRest(store.readTracks(TRIALS_REST_SLICE));
  }

  function number(rows: readonly LogRow[], verdicts: readonly Verdict[]): readonly Transition[] {
    const rowOf = rowOfMessage(rows);
    const ordered = verdicts
      .map((verdict) => ({ verdict, row: rowOf(verdict) }))
      .toSorted((a, b) => a.row - b.row || (a.verdict.device < b.verdict.device ? -1 : Number(a.verdict.device > b.verdict.device)))
      .map(({ verdict }) => verdict);
    return ordered.map((verdict, i) => ({ seq: nextSeq + i, verdict }));
  }

  /** Null: the profile is parked, at once when its model is not there or no model, else after some tries. */
  async function askModel(into: Tracks, ask: ScoreAsk, seen: readonly Seen[], n: number): Promise<Scores | null> {
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

  function checkpoint(): boolean {
    const saving = savable();
    if (saving === null) return false;
    waiting = [];
    save(saving, new Set(saving.dirty));
    return true;
  }

  function saveSome(): boolean {
    const saving = savable();
    if (saving === null) return false;
    if (waiting.length === 0) waiting = [...saving.dirty];
    const count = Math.max(1, Math.floor((saveDevices * SLICES) / Math.max(1, saving.byDevice.size)));
    save(saving, new Set(waiting.splice(0, count)));
    return true;
  }

  /** Null: not now. While slices are behind the rest, their place is not yet that of the fold. */
  function savable(): Tracks | null {
    return folding || folded < reached.rest || clock.now() < heldUntil ? null : tracks;
  }

  /** Saves some slices between two rows; with the last of a pass, what nobody needs any more goes. */
  function save(saving: Tracks, only: ReadonlySet<number>): void {
    const now = clock.now();
    const { logMs, traceMs } = plan.scenario.retention;
    const next = reach(reached, new Set([...saving.dirty].filter((slice) => !only.has(slice))), folded);
    const first = firstOf(next);
    try {
      store.transaction(() => {
        store.writeTrace(takeTrace(saving, only));
        store.writeTracks([...saveTracks(saving, only), ...saveCourses(saving, only), ...trials.save(saving, only)], next);
        if (plan !== written) store.writePlan(plan);
        if (waiting.length > 0) return;
        parking.forget(first);
        store.prune(first, now - logMs, now - traceMs);
      });
    } catch (error) {
      // What was taken out of the accumulators is not in the tables: begin again from the last checkpoint.
      beginAgain();
      throw error;
    }
    written = plan;
    reached = next;
    cursor = first;
    if (waiting.length > 0) return;
    failures.clear();
    savedAt = now;
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
    saveSome,
    appended: (row) => {
      const bytes = bytesOf(row);
      if (held.size >= ROWS_HELD_MAX || heldBytes + bytes > HELD_BYTES_MAX) return;
      held.set(row.n, row);
      heldBytes += bytes;
    },
    replan: adopt,
    tracks: started,
    folded: () => folded,
    isAgain: () => {
      started();
      return folded < Math.max(made, reached.rest);
    },
    due: (now) => waiting.length > 0 || (folded > cursor && (folded - cursor >= CHECKPOINT_MESSAGES || now - savedAt >= CHECKPOINT_MS)),
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

/** In which of the rows a verdict's message lies: the last that holds one of its device and arrival, whichever rows are folded together. */
function rowOfMessage(rows: readonly LogRow[]): (verdict: Verdict) => number {
  if (rows.length === 1) return () => 0;
  const known = new Map(rows.flatMap(({ messages }, i) => messages.map(({ device, arrivedAt }) => [`${device} ${arrivedAt}`, i] as const)));
  const last = new Map<string, number>();
  return ({ device, arrivedAt }) => {
    // A device's own order stays, also where its clock of arrival went back.
    const row = Math.max(known.get(`${device} ${arrivedAt}`) ?? 0, last.get(device) ?? 0);
    last.set(device, row);
    return row;
  };
}

function bytesOf({ messages }: LogRow): number {
  return messages.reduce((sum, { payload }) => sum + payload.length, 0);
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
