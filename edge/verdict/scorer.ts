/**
 * What a model is asked and what it answers. Every graph has the same outer signature, whatever is inside:
 *
 *   in   x, mask, mean, scale, floor [B, C] float32 · its states [B, W] float32, named `…_in`
 *   out  score [B] in [0, 1], 0.5 at the model's threshold · share [B, C] of the evidence · level [B, C], what a floor is learnt from · states `…_out`
 *
 * A fold keeps one row of state per device: the model's states side by side, in the order of their names. Null is the beginning.
 */
import type { ModelHash } from "../../contracts/ids.ts";

/** Devices in one call. From 256 to 1,024 the model that ships costs a tenth less by the sample, beyond that nothing is gained; a call of 1,024 takes 4 ms. */
export const SCORE_BATCH_MAX = 1_024;

export type ScoreAsk = {
  readonly model: ModelHash;
  readonly profile: string;
  /** One row each, no device twice. No rows at all: only verdicts wait to be fetched with `onScores`. */
  readonly devices: readonly string[];
  /** Event time of each row: with the device, what the row is about. */
  readonly ts: Float64Array;
  readonly channels: number;
  /** `[rows × channels]`; `mask` is 1 where `x` is a value, and `x` is 0 where it is not: NaN never goes in. */
  readonly x: Float32Array;
  readonly mask: Float32Array;
  readonly mean: Float32Array;
  readonly scale: Float32Array;
  readonly floor: Float32Array;
  readonly states: readonly (Float32Array | null)[];
};

/** `states` is `[rows × stateWidth]`. `unanswered`: rows whose answer is no number; nothing of them may be used. Absent: none. */
export type Scores = {
  readonly unanswered?: readonly number[];
  readonly score: Float32Array;
  readonly share: Float32Array;
  readonly level: Float32Array;
  readonly states: Float32Array;
  readonly stateWidth: number;
};

/**
 * Scores of a row do not depend on the rows beside it, bit for bit. Rejects only on a bug: a model that loads has been tried. `close` gives back what
 * it holds of the runtime's memory; nothing may be asked of it afterwards.
 */
export type Scorer = { readonly hash: ModelHash; run(ask: ScoreAsk): Promise<Scores>; close?(): Promise<void> };

/** What came for an ask without rows. */
export const NO_SCORES: Scores = {
  score: new Float32Array(0),
  share: new Float32Array(0),
  level: new Float32Array(0),
  states: new Float32Array(0),
  stateWidth: 0,
};
