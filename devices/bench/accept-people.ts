/**
 * From an offer that is visible to an engineer who accepted, with people as they were measured: who declines or does not answer in time
 * hands the job to the next one; a round in vain is followed by another, and in the end the desk is asked. The rules are the scenario's.
 */
import type { DispatchPolicy } from "../../contracts/scenario.ts";
import { answersIn, type People } from "../simulator/people.ts";
import type { Random } from "../simulator/random.ts";

export type Asking = {
  readonly people: People;
  /** Share of answers that are a no. */
  readonly declines: number;
  readonly dispatch: Pick<DispatchPolicy, "offerMs" | "retryMs" | "roundsMax">;
  /** How many can be asked in one round. */
  readonly candidates: number;
  /** What the machine takes to make each offer after the first visible. */
  readonly offerAgainMs: (random: Random) => number;
};

export type Accepted = { readonly ms: number; readonly offers: number; readonly desk: boolean };

/** A desk that has not looked by then is rung up. */
const DESK_MOST_MS = 30 * 60_000;
/** Offers of one job: nobody is asked so often, whatever the people are like. */
const OFFERS_MAX = 1_000;

export function acceptedAfter({ people, declines, dispatch, candidates, offerAgainMs }: Asking, random: Random): Accepted {
  let [ms, offers, desk] = [0, 0, false];
  for (let round = 0; offers < OFFERS_MAX; round++) {
    for (let candidate = 0; candidate < candidates; candidate++) {
      if (offers++ > 0) ms += offerAgainMs(random);
      const [answerMs, saysNo] = [answersIn(people, random), random() < declines];
      const inTime = answerMs !== null && answerMs < dispatch.offerMs;
      ms += inTime ? answerMs : dispatch.offerMs;
      if (inTime && !saysNo) return { ms, offers, desk };
    }
    if (round < dispatch.roundsMax) ms += dispatch.retryMs;
    else {
      desk = true;
      ms += Math.min(answersIn(people, random) ?? DESK_MOST_MS, DESK_MOST_MS);
    }
  }
  return { ms, offers, desk };
}
