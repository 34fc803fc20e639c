/**
 * Profiles whose model can't be run: their rows pass unscored while others are scored. Which rows is written before the fold goes on
 * past them, so that rows whose transitions are numbered are passed over, or scored, as they were the first time when a crash folds them anew.
 *
 *   scored ── the model is missing, or fails ──▶ parked from row n ── it can be run again ──▶ scored from where the fold is
 */
import { ModelHash, ProfileId } from "../../contracts/ids.ts";
import { isRefusal, type Refusal, refuse } from "../../contracts/refusal.ts";
import { tryModel } from "../verdict/model.ts";
import type { ScoreAsk } from "../verdict/scorer.ts";
import type { Models } from "./intake-ports.ts";
import type { IntakeStore, Unscored } from "./intake-store.ts";

export type Parking = {
  /** Why the rows of this ask pass unscored; null: they are to be scored. */
  readonly refusalOf: (ask: ScoreAsk, n: number) => Refusal | null;
  readonly park: (ask: ScoreAsk, n: number, why: Unscored["why"]) => void;
  /** After a change, whoever can be scored again is, from `n` on: the next row that has given no transitions yet. Between two rows. */
  readonly lookAgain: (n: number) => Promise<void>;
  readonly changed: () => void;
  /** The first row after `n` from which another profile goes unscored, or one is scored again; infinite where there is none. */
  readonly turnAfter: (n: number) => number;
  /** Rows before `cursor` are never folded again. Inside a transaction. */
  readonly forget: (cursor: number) => void;
  /** Models that can't be run now. */
  readonly standing: () => readonly { readonly profile: ProfileId; readonly hash: ModelHash; readonly why: Unscored["why"] }[];
};

/** What a plan says. `channelsOf` null: no such profile. `runs`: whether some device of the profile has that model as its live one. */
export type Planned = {
  readonly channelsOf: (profile: string) => number | null;
  readonly runs: (profile: string, model: ModelHash) => boolean;
  readonly unit: () => string;
};

export function openParking(store: IntakeStore, models: Models, { channelsOf, runs, unit }: Planned): Parking {
  let unscored = store.readUnscored();
  // This life may know the model: one that ships with it, or that failed by chance.
  let hasChanged = true;

  async function canRun({ profile, model }: Unscored): Promise<boolean> {
    const channels = channelsOf(profile);
    const hash = ModelHash.parse(model);
    if (channels === null || !runs(profile, hash)) return true;
    try {
      const scorer = await models.scorer(hash);
      return !isRefusal(scorer) && (await tryModel(scorer, channels)) === null;
    } catch (error) {
      console.warn(`the model of ${profile} could not be tried`, error);
      return false;
    }
  }

  function write(next: readonly Unscored[]): void {
    store.transaction(() => store.writeUnscored(next));
    unscored = next;
  }

  return {
    refusalOf: (ask, n) => {
      if (unscored.length === 0 || ask.devices.length === 0) return null;
      const found = unscored.find((one) => one.profile === ask.profile && one.model === ask.model && n >= one.from && (one.until === null || n < one.until));
      return found === undefined ? null : refusalOf(found, unit());
    },
    park: ({ profile, model }, n, why) => {
      const open = unscored.find((one) => one.profile === profile && one.model === model && one.until === null);
      write([...unscored.filter((one) => one !== open), { profile, model, why, from: Math.min(n, open?.from ?? n), until: null }]);
    },
    lookAgain: async (n) => {
      if (!hasChanged) return;
      hasChanged = false;
      const next: Unscored[] = [];
      for (const one of unscored) next.push(one.until === null && (await canRun(one)) ? { ...one, until: n } : one);
      if (next.some((one, i) => one !== unscored[i])) write(next);
    },
    changed: () => {
      hasChanged = true;
    },
    turnAfter: (n) => Math.min(Infinity, ...unscored.flatMap(({ from, until }) => [from, until ?? Infinity]).filter((at) => at > n)),
    forget: (cursor) => {
      const kept = unscored.filter((one) => one.until === null || one.until > cursor);
      if (kept.length === unscored.length) return;
      store.writeUnscored(kept);
      unscored = kept;
    },
    standing: () =>
      unscored
        .filter(({ until }) => until === null)
        .map(({ profile, model, why }) => ({ profile: ProfileId.parse(profile), hash: ModelHash.parse(model), why })),
  };
}

function refusalOf({ model, why }: Unscored, unit: string): Refusal {
  const mend =
    why === "missing"
      ? `upload it: PUT /api/u/${unit}/models/${model}`
      : "have the model before it back, or start another one; the log says how this one fails";
  return refuse("unknown-model", "the profile's model can be run", mend, "model");
}
