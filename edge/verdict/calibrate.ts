/**
 * From a score to the chance that its alarm is true, by what visits found out: isotonic regression (pool adjacent violators, Ayer 1955),
 * so that a higher score never means less, with what the model's card says as a prior of few observations. A model's score says how far
 * something is out; this says how often such an alarm was worth the way.
 *
 *   closed jobs ─ score, true or not, age ─▶ weights that fade ─┐
 *   the card: chance by score, as a few observations ───────────┴▶ pool ─▶ rising steps ─▶ chance of any score
 */
import type { ModelCard } from "../../contracts/model-card.ts";
import type { Finding } from "../../contracts/visit.ts";

const DAY_MS = 86_400_000;
/** Evidence older than this weighs at most OLD_SHARE_MAX of all, and each piece of it of what it weighed when it was new. */
export const OLD_MS = 30 * DAY_MS;
export const OLD_SHARE_MAX = 0.15;
const FADE_MS = OLD_MS / Math.log(1 / OLD_SHARE_MAX);
/** So many observations the prior is worth, spread over its scores: a dozen visits outweigh it. */
export const PRIOR_WEIGHT = 8;
/** Below it a visit is not counted among those that a chance is of. */
const SPENT_WEIGHT = 0.01;
/** Nobody is that sure. */
const CHANCE_MIN = 0.01;

/** A closed job's alarm: the score that it was raised with, and whether there was a fault. */
export type Outcome = { readonly score: number; readonly isTrue: boolean; readonly at: number };
export type Knot = { readonly score: number; readonly chance: number };
/** Rising in score and in chance; never empty. */
export type Calibration = readonly Knot[];

/** A fault of another name than the alarm's was worth the way too. */
export function isWorthTheWay(finding: Finding): boolean {
  return finding !== "false-alarm";
}

/** `prior`: knots of the model's card, at least one; `outcomes` in any order. Outcomes later than `now` are of now. */
export function calibrate(outcomes: readonly Outcome[], prior: Calibration, now: number): Calibration {
  const weights = weigh(outcomes, now);
  const [only, ...others] = prior;
  const seen = outcomes.map(({ score, isTrue }, i) => ({ score, chance: isTrue ? 1 : 0, weight: weights[i] ?? 0 })).filter(({ weight }) => weight > 0);
  const points =
    only !== undefined && others.length === 0 && seen.length > 0
      ? towards(only.chance, seen)
      : [...prior.map(({ score, chance }) => ({ score, chance, weight: PRIOR_WEIGHT / prior.length })), ...seen];
  return pool(points).map(({ score, chance }) => ({ score, chance: Math.min(1 - CHANCE_MIN, Math.max(CHANCE_MIN, chance)) }));
}

/**
 * What a model's card says before anybody has been there: its own calibration, or one figure for every score, by Bayes at even odds of fault and
 * none: the share of faulty time that it found over that and the share of healthy time that it called faulty, both of series that took no part.
 * Half where the card has neither.
 */
export function priorOf(card: Pick<ModelCard, "metrics" | "calibration"> | undefined): Calibration {
  const { calibration = [], metrics = {} } = card ?? {};
  if (calibration.length > 0) return calibration.toSorted((a, b) => a.score - b.score);
  const [missed, wrong] = [metrics["crossValidatedMissedShare"], metrics["crossValidatedFalseAlarmShare"]];
  const known = typeof missed === "number" && typeof wrong === "number" && 1 - missed + wrong > 0;
  return [{ score: 0.5, chance: known ? (1 - missed) / (1 - missed + wrong) : 0.5 }];
}

/** How many visits still count: those whose weight is spent say nothing any more. */
export function countedVisits(outcomes: readonly Outcome[], now: number): number {
  return weigh(outcomes, now).filter((weight) => weight >= SPENT_WEIGHT).length;
}

/** Between two knots on the line that joins them; beyond the first and the last as there. */
export function chanceOf(calibration: Calibration, score: number): number {
  const above = calibration.findIndex((knot) => knot.score >= score);
  const [low, high] = [calibration[above < 0 ? calibration.length - 1 : above - 1], calibration[above]];
  if (low === undefined || high === undefined) return (high ?? low)?.chance ?? 0.5;
  return low.chance + ((high.chance - low.chance) * (score - low.score)) / (high.score - low.score);
}

/**
 * Of each outcome, in their order. A piece of evidence fades exponentially, to OLD_SHARE_MAX in OLD_MS; and where little is new the old is
 * lessened further, so that together it is at most OLD_SHARE_MAX of all, the prior counted as new.
 */
export function weigh(outcomes: readonly Outcome[], now: number): readonly number[] {
  const ages = outcomes.map(({ at }) => Math.max(0, now - at));
  const faded = ages.map((age) => Math.exp(-age / FADE_MS));
  const sum = (isOld: boolean): number => faded.reduce((total, weight, i) => total + ((ages[i] ?? 0) > OLD_MS === isOld ? weight : 0), 0);
  const [old, fresh] = [sum(true), sum(false) + PRIOR_WEIGHT];
  const allowed = (fresh * OLD_SHARE_MAX) / (1 - OLD_SHARE_MAX);
  const lessened = old > allowed ? allowed / old : 1;
  return faded.map((weight, i) => ((ages[i] ?? 0) > OLD_MS ? weight * lessened : weight));
}

type Point = { readonly score: number; readonly chance: number; readonly weight: number };

/** One figure for every score goes with each observation by its weight: at a score of its own a single visit would outvote it there. */
function towards(chance: number, seen: readonly Point[]): readonly Point[] {
  const all = seen.reduce((sum, { weight }) => sum + weight, 0);
  return seen.map((one) => ({ ...one, chance: (one.chance * all + chance * PRIOR_WEIGHT) / (all + PRIOR_WEIGHT) }));
}

/** Equal scores are one; neighbours that fall are put together, at their mean score, until none falls. */
function pool(points: readonly Point[]): readonly Point[] {
  const sorted = points.toSorted((a, b) => a.score - b.score || a.chance - b.chance || a.weight - b.weight);
  const blocks: Point[] = [];
  for (const point of sorted) {
    let block = point;
    for (let last = blocks.at(-1); last !== undefined && (last.chance >= block.chance || last.score === block.score); last = blocks.at(-1)) {
      block = together(last, block);
      blocks.pop();
    }
    blocks.push(block);
  }
  return blocks;
}

function together(a: Point, b: Point): Point {
  const weight = a.weight + b.weight;
  // Of two that are the same exactly that: rounded they would be neighbours.
  const mean = (x: number, y: number): number => (x === y ? x : (x * a.weight + y * b.weight) / weight);
  return { score: mean(a.score, b.score), chance: mean(a.chance, b.chance), weight };
}
