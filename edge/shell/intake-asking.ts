/** The fold's word with its models: an ask, what answered it, and when a profile is parked because nothing does. */
import { isRefusal } from "../../contracts/refusal.ts";
import type { Tracks } from "../journey/track.ts";
import { NO_SCORES, type ScoreAsk, type Scores } from "../verdict/scorer.ts";
import type { Seen } from "../verdict/trial/beside.ts";
import type { Parking } from "./intake-parking.ts";
import type { Models } from "./intake-ports.ts";
import type { Trials } from "./intake-trials.ts";

/** Times that a row is scored before its model counts as failing: once more than chance explains. */
const RUNS_MAX = 3;

export type Asking = {
  /**
   * What the live model says of rows from message `n` on. Null: the profile is parked, at once when its model is not there or no model, else
   * after some tries. Rejects when something fails that may not fail again.
   */
  readonly ask: (into: Tracks, ask: ScoreAsk, seen: readonly Seen[], n: number) => Promise<Scores | null>;
  /** Everything up to here is saved: what failed before is no reason any more. */
  readonly saved: () => void;
};

export function openAsking(models: Models, trials: Trials, parking: Parking): Asking {
  /** How often a row could not be scored, by row and profile. */
  const failures = new Map<string, number>();
  return {
    ask: async (into, ask, seen, n) => {
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
    },
    saved: () => failures.clear(),
  };
}
