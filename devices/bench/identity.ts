/**
 * Identity matching on generated registers with typos, siblings and gaps: seeds that neither the rates were counted on nor the comparison was
 * looked at with. Beside it what anybody would do first, the same name but for case and blanks. Pairs are counted in groups: two records in one group were called the same.
 */
import { startRandom } from "../../edge/sim/random.ts";
import {
  COUNTRY,
  type Counts,
  FAMILIES,
  NO_COUNTS,
  TRAINING,
  addCounts,
  countClusters,
  countReviews,
  generate,
  matchByName,
  qualityOf,
} from "../../hub/master/fixture/measure.ts";
import { matchRecords } from "../../hub/master/identity.ts";
import type { MasterFamily } from "../../hub/master/profile.ts";
import type { Tell } from "../server/build.ts";
import { machine } from "./machine.ts";
import type { Measured } from "./machine.ts";

/** The tests look at 101 to 103, and whoever changes how fields are compared looks at the tests; at these only the outcome is read. */
const SEEDS = Array.from({ length: 10 }, (_, i) => 301 + i);
const THINGS = 500;
/** One register as large as a region's. */
const LARGE_THINGS = 5_000;
/** What is promised of the decisions that no person sees. */
const PROMISED_F1 = 0.92;
/** Copies that were passed on more often: 3 to 5 changes each instead of 1 to 3. */
const HEAVY = [3, 5] as const;

export async function identity(tell: Tell): Promise<Measured> {
  const [ratios, figures]: [Record<string, number>, Record<string, number>] = [{}, {}];
  for (const family of FAMILIES) {
    tell(`${family}: ${SEEDS.length} registers of ${THINGS} …`);
    const usual = measure(family, SEEDS, THINGS);
    const [quality, naive] = [qualityOf(usual.auto), qualityOf(usual.naive)];
    // Of what is wrong or missed: how much of what is allowed, and of what the peer has.
    ratios[`${family} error/promised`] = rounded((1 - quality.f1) / (1 - PROMISED_F1));
    ratios[`${family} error/same name`] = rounded((1 - quality.f1) / (1 - naive.f1));
    for (const [name, value] of Object.entries(quality)) figures[`${family} ${name}`] = rounded(value);
    figures[`${family} reviews/record`] = rounded(usual.shown / usual.records);
    figures[`${family} recall with reviews`] = rounded((usual.auto.right + usual.reviewed) / usual.auto.pairs);
    figures[`${family} same name f1`] = rounded(naive.f1);
    figures[`${family} heavy f1`] = rounded(qualityOf(measure(family, SEEDS, THINGS, HEAVY).auto).f1);
    tell(`${family}: one register of ${LARGE_THINGS} …`);
    const large = measure(family, SEEDS.slice(0, 1), LARGE_THINGS);
    figures[`${family} large records`] = large.records;
    figures[`${family} large f1`] = rounded(qualityOf(large.auto).f1);
    figures[`${family} large precision`] = rounded(qualityOf(large.auto).precision);
    figures[`${family} large ms`] = Math.round(large.ms);
  }
  figures["seeds"] = SEEDS.length;
  figures["training seeds"] = TRAINING.seeds.length;
  return { bench: "identity", ratios, figures, machine: machine() };
}

type Sums = { auto: Counts; naive: Counts; shown: number; reviewed: number; records: number; ms: number };

function measure(family: MasterFamily, seeds: readonly number[], things: number, changes?: readonly [number, number]): Sums {
  const sums: Sums = { auto: NO_COUNTS, naive: NO_COUNTS, shown: 0, reviewed: 0, records: 0, ms: 0 };
  for (const seed of seeds) {
    const register = generate(family, things, startRandom(seed), changes);
    const records = register.map(({ id, entity }) => ({ id, attributes: entity }));
    const began = performance.now();
    const matched = matchRecords(family, records, { country: COUNTRY });
    sums.ms += performance.now() - began;
    sums.auto = addCounts(sums.auto, countClusters(register, matched.clusters));
    sums.naive = addCounts(sums.naive, countClusters(register, matchByName(register)));
    const { shown, right } = countReviews(register, matched);
    sums.shown += shown;
    sums.reviewed += right;
    sums.records += register.length;
  }
  return sums;
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
