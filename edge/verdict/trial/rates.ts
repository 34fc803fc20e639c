/**
 * Two groups of devices, one running the candidate and one the live model: whether the candidate alarms more often than chance explains. Given
 * all alarms of both, how many fall to the canary is binomial in its share of the device time when both are alike: Przyborowski & Wilenski 1940.
 */
import type { Reason } from "../../../contracts/decision.ts";
import type { CanaryState } from "../../../contracts/model-record.ts";

/** The canary goes back by itself when so many alarms or more are less probable than this. It is looked at again with each alarm: a wrong roll-back costs a try, a wrong promotion trips of engineers. */
export const CHANCE_MIN = 0.01;
/** Alarms of the canary below which nothing is concluded from them: the first two may be one bad machine. */
export const ALARMS_MIN = 3;
/** Rows without an answer, as a share of all, above which it goes back; and from how many rows on that is looked at. */
export const FAILURE_SHARE_MAX = 0.001;
const FAILURE_ROWS_MIN = 1_000;
/** A row of the canary may take so many times as long as one of the others, and this long in any case. */
export const ROW_TIMES_MAX = 5;
export const ROW_US_MAX = 500;
/** Device time of the canary before it may become live. */
export const CANARY_DAYS_MIN = 10;

export type Group = CanaryState["canary"] & { readonly rows: number };

/** `worse`: why the canary has to go back now. `refusal`: why it may not become live yet. */
export function compareGroups(canary: Group, others: Group, daysMin: number): { readonly state: CanaryState; readonly worse: readonly Reason[] } {
  const chance = chanceOf(canary, others);
  const worse: Reason[] = [];
  if (canary.alarms >= ALARMS_MIN && chance < CHANCE_MIN)
    worse.push({
      code: "alarms-more-often",
      about: {
        alarms: canary.alarms,
        assetDays: round(canary.assetDays),
        othersAlarms: others.alarms,
        othersAssetDays: round(others.assetDays),
        chance: Number(chance.toPrecision(2)),
        limit: CHANCE_MIN,
      },
    });
  const failureShare = canary.rows === 0 ? 0 : canary.failures / canary.rows;
  if (canary.rows >= FAILURE_ROWS_MIN && failureShare > FAILURE_SHARE_MAX)
    worse.push({ code: "fails-too-often", about: { failures: canary.failures, rows: canary.rows, limit: FAILURE_SHARE_MAX } });
  if (canary.rowUs !== undefined && others.rowUs !== undefined && canary.rowUs > ROW_US_MAX && canary.rowUs > ROW_TIMES_MAX * others.rowUs)
    worse.push({ code: "takes-too-long", about: { rowUs: round(canary.rowUs), othersRowUs: round(others.rowUs), limitUs: ROW_US_MAX } });
  const early: readonly Reason[] =
    canary.assetDays >= daysMin ? [] : [{ code: "canary-too-short", about: { assetDays: round(canary.assetDays), wanted: daysMin } }];
  const reasons = [...worse, ...early];
  const { rows: _canary, ...canaryShown } = canary;
  const { rows: _others, ...othersShown } = others;
  return { worse, state: { canary: canaryShown, others: othersShown, chance, ...(reasons.length === 0 ? {} : { refusal: { reasons } }) } };
}

/** Probability of at least so many alarms with the canary, if both alarm alike. 1 where there is nothing to compare. */
export function chanceOf(canary: Pick<Group, "alarms" | "assetDays">, others: Pick<Group, "alarms" | "assetDays">): number {
  const days = canary.assetDays + others.assetDays;
  if (canary.alarms === 0 || days <= 0 || canary.assetDays >= days) return 1;
  const share = canary.assetDays / days;
  const all = canary.alarms + others.alarms;
  let chance = 0;
  for (let k = canary.alarms; k <= all; k++) chance += Math.exp(logChoose(all, k) + k * Math.log(share) + (all - k) * Math.log(1 - share));
  return Math.min(1, chance);
}

function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= Math.min(k, n - k); i++) sum += Math.log((n - Math.min(k, n - k) + i) / i);
  return sum;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
