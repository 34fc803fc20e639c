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
import { ModelHash } from "../../contracts/ids.ts";
import { refuse } from "../../contracts/refusal.ts";
import type { IntakePlan, WatchReport } from "../../contracts/rpc.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { notHeld } from "../journey/reached.ts";
import { refuseMessage } from "../journey/sampling.ts";
import { FIRST_WEAR_SLICE, REST_SLICE } from "../journey/saved.ts";
import { passOver } from "../journey/scoring.ts";
import { replan, resumeRest, settleStates, startTracks } from "../journey/start.ts";
import type { Found, Tracks } from "../journey/track.ts";
import { wornIn } from "../journey/view.ts";
import { nextAsk, onScores, onTelemetry } from "../journey.ts";
import { TRIALS_REST_SLICE } from "../verdict/trial/saved.ts";
import { runsOf } from "../verdict/trial/share.ts";
import { openAsking } from "./intake-asking.ts";
import { openParking } from "./intake-parking.ts";
import type { Clock, Models } from "./intake-ports.ts";
import { openRows } from "./intake-rows.ts";
import { openSaving, type Saving } from "./intake-saving.ts";
import type { IntakeStore, LogRow, Marks, Transition, Wanted } from "./intake-store.ts";
import { numberTransitions } from "./intake-transitions.ts";
import { openTrials } from "./intake-trials.ts";

export type Fold = {
  /** Folds what waits, if anything does, as much as goes into one call of a model. Rejects when something fails that may not fail again; the fold then begins again from its checkpoint. */
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
  readonly wanted?: Wanted | undefined;
  readonly onFound: (transitions: readonly Transition[], learnt: Found["learnt"]) => void;
};

/** What a profile runs whose model is not there: no model has this hash. */
const NO_MODEL = ModelHash.parse("0".repeat(64));

export function openFold({ store, models, clock, marks, plan: firstPlan, saveDevices, wanted, onFound }: FoldDeps): Fold {
  /** Rows that made the journey throw: folded message by message from then on. */
  const careful = new Set<number>();
  let plan = firstPlan;
  let tracks: Tracks | null = null;
  let folding = false;
  let folded = marks.cursor;
  let { made, nextSeq } = marks;
  let heldUntil = 0;

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

  const rows = openRows(store);
  const asking = openAsking(models, trials, parking);
  const saving = openSaving({ store, clock, marks, trials, parking, plan: () => plan, onSaved: asking.saved, saveDevices, wanted });

  function started(): Tracks {
    if (tracks === null) {
      const saved = store.readTracks();
      tracks = startTracks(plan, hashOf, saved);
      trials.start(
        tracks,
        saved.filter(({ slice }) => slice < FIRST_WEAR_SLICE),
      );
      settleStates(tracks);
      folded = saving.cursor();
    }
    return tracks;
  }

  async function step(): Promise<"folded" | "idle"> {
    if (folding) return "idle";
    started();
    const some = nextRows();
    if (some.length === 0) return "idle";
    folding = true;
    try {
      await parking.lookAgain(Math.max(folded, made));
      // Rows given up half-way are folded anew, without the profile that they could not score.
      if (await foldRows(started(), some)) some.forEach(rows.letGo);
      else beginAgain();
      return "folded";
    } catch (error) {
      beginAgain();
      some.forEach(({ n }) => careful.add(n));
      throw error;
    } finally {
      folding = false;
    }
  }

  /** What waits, as far as it is alike: transitions are made of all of it or of none, a profile is scored in all of it or in none. */
  function nextRows(): readonly LogRow[] {
    const turns = [made, saving.reached().rest].filter((at) => at > folded);
    return rows.next(folded, Math.min(...turns, parking.turnAfter(folded)));
  }

  /** Half a row is in the accumulators: they are of no use any more. */
  function beginAgain(): void {
    tracks = null;
    folded = saving.cursor();
    saving.beginAgain();
  }

  /** False: a model could not be run, and its profile is parked from the first of these rows on. */
  async function foldRows(into: Tracks, some: readonly LogRow[]): Promise<boolean> {
    const [n, end] = [some[0]?.n ?? folded, some.at(-1)?.end ?? folded];
    const reached = saving.reached();
    const isBehind = n < reached.rest;
    for (const row of some) {
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
      const scores = await asking.ask(into, ask, seen, n);
      if (scores === null) return false;
      const found = onScores(into, ask, scores);
      await trials.after(ask, seen, scores, clock.now() - from, found.verdicts);
      verdicts.push(...found.verdicts);
      learnt.push(...found.learnt);
    }
    folded = end;
    if (isBehind && end >= reached.rest) resume(into);
    const transitions = end > made ? numberTransitions(some, verdicts, nextSeq) : [];
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

  function checkpoint(): boolean {
    return saveBy(saving.saveAll);
  }

  /** False: not now. While slices are behind the rest, their place is not yet that of the fold. */
  function saveBy(save: Saving["saveAll"]): boolean {
    if (tracks === null || folding || folded < saving.reached().rest || clock.now() < heldUntil) return false;
    try {
      save(tracks, folded);
    } catch (error) {
      // What was taken out of the accumulators is not in the tables: begin again from the last checkpoint.
      beginAgain();
      throw error;
    }
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
    if (!checkpoint()) saving.savePlan(next);
  }

  return {
    step,
    checkpoint,
    saveSome: () => saveBy(saving.saveSome),
    appended: rows.appended,
    replan: adopt,
    tracks: started,
    folded: () => folded,
    isAgain: () => {
      started();
      return folded < Math.max(made, saving.reached().rest);
    },
    due: (now) => saving.due(folded, now),
    isSaved: () => folded === saving.cursor(),
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
