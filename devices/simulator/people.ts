/**
 * How long people take to answer when a system asks them: published distributions, and draws from them.
 *
 * Nobody has published this for engineers who are offered a job on a phone. The nearest that was measured is the page of a physician on
 * duty: one person asked by name, in the middle of other work, by something that can't wait. Calling back takes longer than a tap, so the
 * figures are on the slow side.
 *
 * Form: log-normal, which human answering times follow (Stouffer, Malmgren, Amaral 2006, arXiv:physics/0605027; Blenn, Van Mieghem 2016,
 * arXiv:1607.02952); its two parameters follow from two published quantiles, nothing is fitted to a result of ours.
 */
import type { Random } from "./random.ts";

export type People = {
  readonly source: string;
  readonly medianMs: number;
  /** Deviation of the logarithm. */
  readonly sigma: number;
  /** Share of those who never answer. */
  readonly never: number;
};

/** Quantiles of the standard normal distribution. */
const Z = { p75: 0.674_489_75, p92: 1.405_071_56, p95: 1.644_853_63 } as const;
const MINUTE_MS = 60_000;

const MOSS =
  "Moss, Trow, Clardy: Differences in the response times of pages originating from the ICU. Chest 1999;116(4):1019-1024, doi:10.1378/chest.116.4.1019";
/** Of alerts by pager, 95 % were acknowledged by the physician asked (Vanderbilt University Medical Center, AHRQ Innovations Exchange, profile 4761). */
const NEVER = 0.05;

export const PEOPLE = {
  /** Pages that went straight to the physician: median 2 min, 8 % took 15 min or more. So does an offer to a phone. */
  "direct-pages": { source: `${MOSS}: direct paging`, medianMs: 2 * MINUTE_MS, sigma: Math.log(15 / 2) / Z.p92, never: NEVER },
  /** All pages, those by way of an answering service too: median 3 min, quartiles 1 and 8 min. The slow end of what may be expected. */
  "all-pages": { source: `${MOSS}: all pages`, medianMs: 3 * MINUTE_MS, sigma: Math.log(8 / 1) / (2 * Z.p75), never: NEVER },
} as const satisfies Readonly<Record<string, People>>;

export type PeopleName = keyof typeof PEOPLE;
export const PEOPLE_NAMES: readonly PeopleName[] = ["direct-pages", "all-pages"];

/** How long until the answer; null: there never is one. Always the same number of draws. */
export function answersIn(people: People, random: Random): number | null {
  const [silent, delayMs] = [random() < people.never, people.medianMs * Math.exp(people.sigma * gaussian(random))];
  return silent ? null : Math.round(delayMs);
}

/** Of those who answer. */
export function momentsOf({ medianMs, sigma }: People): { readonly medianMs: number; readonly meanMs: number; readonly p95Ms: number } {
  return { medianMs, meanMs: Math.round(medianMs * Math.exp(sigma ** 2 / 2)), p95Ms: Math.round(medianMs * Math.exp(Z.p95 * sigma)) };
}

/** Standard normal with its tails (Box–Muller): the slow answers are in them. */
function gaussian(random: Random): number {
  // 1 − u lies in (0, 1]: its logarithm is finite.
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
