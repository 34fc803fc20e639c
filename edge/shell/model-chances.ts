/** How probable a fault is behind a score, by what visits found out, and before that by the model's card; reckoned seldom, since it reads every alarm. */
import type { UnitView, View } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { ModelCard } from "../../contracts/model-card.ts";
import type { ModelHash } from "../../contracts/ids.ts";
import { outcomesOf } from "../journey/model-facts.ts";
import { calibrate, type Calibration, chanceOf, countedVisits, priorOf } from "../verdict/calibrate.ts";

/** A calibration without a new visit changes by what fades in this time: a thousandth. */
const CALIBRATED_MS = 3_600_000;

export type Chances = {
  /** Null for a device that is not known. */
  readonly chanceOf: NonNullable<UnitView["chanceOf"]>;
  /** A visit found something out, or nothing. */
  readonly visited: () => void;
};

export function modelChances(view: View, cardOf: (model: ModelHash) => ModelCard | undefined): Chances {
  const calibrated = new Map<string, { readonly at: Millis; readonly calibration: Calibration; readonly visits: number }>();

  /** Made anew after a visit, and when it is an hour old since evidence fades: it reads every alarm that the unit has. */
  function calibratedFor(profile: string, model: ModelHash, now: Millis): { readonly calibration: Calibration; readonly visits: number } {
    const key = `${profile} ${model}`;
    const last = calibrated.get(key);
    if (last !== undefined && Math.abs(now - last.at) < CALIBRATED_MS) return last;
    const outcomes = outcomesOf(view, profile, model);
    const made = { at: now, calibration: calibrate(outcomes, priorOf(cardOf(model)), now), visits: countedVisits(outcomes, now) };
    calibrated.set(key, made);
    return made;
  }

  return {
    chanceOf: ({ device, model, score }, now) => {
      const profile = view.get("device", device)?.profile;
      if (profile === undefined) return null;
      const { calibration, visits } = calibratedFor(profile, model, now);
      return { fault: Number(chanceOf(calibration, score).toFixed(3)), visits };
    },
    visited: () => calibrated.clear(),
  };
}
