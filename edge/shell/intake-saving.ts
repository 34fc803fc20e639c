/**
 * What the fold has accumulated, saved: all of it, or a few slices of devices at a time, each with its own place in the log
 * (`../journey/reached.ts`). With the last slice of a pass, what nobody needs any more goes.
 */
import { SLICES } from "../../contracts/object-name.ts";
import type { IntakePlan } from "../../contracts/rpc.ts";
import { firstOf, reach, type Reached } from "../journey/reached.ts";
import { saveCourses, saveTracks } from "../journey/saved.ts";
import type { Tracks } from "../journey/track.ts";
import { takeTrace } from "../journey/view.ts";
import type { Parking } from "./intake-parking.ts";
import type { Clock } from "./intake-ports.ts";
import type { IntakeStore, Marks, Wanted } from "./intake-store.ts";
import type { Trials } from "./intake-trials.ts";

/** The fold is saved after this many messages, or this long: what is folded anew after a crash takes seconds. */
const CHECKPOINT_MESSAGES = 65_536;
export const CHECKPOINT_MS = 60_000;
/** Devices saved between two rows: about 0.2 MB and some milliseconds, in which nothing else happens. A slice is saved whole. */
const SAVE_DEVICES = 16;
const NOTHING: Wanted = { keepFrom: () => Infinity, wants: () => false };

export type Saving = {
  /** Every slice is saved up to here. */
  readonly cursor: () => number;
  /** Each slice's own place. */
  readonly reached: () => Reached;
  /** `tracks` as they are at `folded`, between two rows. Throws when the tables could not take it: then what was taken out of the accumulators is nowhere. */
  readonly saveAll: (tracks: Tracks, folded: number) => void;
  /** The next few slices of a pass over all that changed. */
  readonly saveSome: (tracks: Tracks, folded: number) => void;
  /** The accumulators begin again from the last checkpoint, and a pass with them. */
  readonly beginAgain: () => void;
  readonly due: (folded: number, now: number) => boolean;
  /** The plan alone, where nothing else can be saved now. */
  readonly savePlan: (plan: IntakePlan) => void;
};

export type SavingDeps = {
  readonly store: IntakeStore;
  readonly clock: Clock;
  readonly marks: Pick<Marks, "cursor" | "reached">;
  readonly trials: Trials;
  readonly parking: Parking;
  readonly plan: () => IntakePlan;
  /** All up to here is in the tables, and what was behind it is gone. */
  readonly onSaved: () => void;
  readonly saveDevices?: number | undefined;
  /** What others than the fold still want of the log. */
  readonly wanted?: Wanted | undefined;
};

export function openSaving({ store, clock, marks, trials, parking, plan, onSaved, saveDevices = SAVE_DEVICES, wanted = NOTHING }: SavingDeps): Saving {
  let { cursor, reached } = marks;
  /** Slices that the pass under way has not come to. */
  let waiting: number[] = [];
  let savedAt = clock.now();
  /** The plan that the store is known to hold: it is megabytes, and seldom changes. */
  let written: IntakePlan | null = null;

  function save(tracks: Tracks, only: ReadonlySet<number>, folded: number): void {
    const now = clock.now();
    const { logMs, traceMs } = plan().scenario.retention;
    const next = reach(reached, new Set([...tracks.dirty].filter((slice) => !only.has(slice))), folded);
    const first = firstOf(next);
    store.transaction(() => {
      store.writeTrace(takeTrace(tracks, only));
      store.writeTracks([...saveTracks(tracks, only), ...saveCourses(tracks, only), ...trials.save(tracks, only)], next);
      if (plan() !== written) store.writePlan(plan());
      if (waiting.length > 0) return;
      parking.forget(first);
      store.prune(first, now - logMs, now - traceMs, wanted);
    });
    written = plan();
    reached = next;
    cursor = first;
    if (waiting.length > 0) return;
    onSaved();
    savedAt = now;
  }

  return {
    cursor: () => cursor,
    reached: () => reached,
    saveAll: (tracks, folded) => {
      waiting = [];
      save(tracks, new Set(tracks.dirty), folded);
    },
    saveSome: (tracks, folded) => {
      if (waiting.length === 0) waiting = [...tracks.dirty];
      const count = Math.max(1, Math.floor((saveDevices * SLICES) / Math.max(1, tracks.byDevice.size)));
      save(tracks, new Set(waiting.splice(0, count)), folded);
    },
    beginAgain: () => {
      waiting = [];
    },
    due: (folded, now) => waiting.length > 0 || (folded > cursor && (folded - cursor >= CHECKPOINT_MESSAGES || now - savedAt >= CHECKPOINT_MS)),
    savePlan: (next) => {
      store.transaction(() => store.writePlan(next));
      written = next;
    },
  };
}
