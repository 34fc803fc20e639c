/**
 * What a job is entitled to. Agreements that fit are put in one order, and each question goes to the first of them that answers it:
 *
 *   how soon     the first with a class for the priority; else the unit's own table
 *   who pays     for parts, labour and travel each: the first that says covered or charged; else the customer
 *
 * The order: names the asset, then the model, then the customer (together beats each alone); a warranty before a service before none; the
 * later begun; the smaller id. One that is silent on an item, excludes the fault or has no visits left leaves the item to the next.
 */
import type { Agreement } from "../../contracts/agreement.ts";
import type { Reason } from "../../contracts/decision.ts";
import type { AgreementId, AssetId, CustomerId, FaultModeId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { CostItem, type Payer } from "../../contracts/payer.ts";
import type { ResponseClass } from "../../contracts/sla-clock.ts";
import type { Priority } from "../../contracts/ticket.ts";
import { addMonths } from "../../contracts/zone.ts";

/** `cause`: as the engineer reports it, once it is known. `visits`: earlier visits and the agreement that each was counted on. */
export type Claim = {
  readonly asset: AssetId;
  readonly installedAt: Millis;
  readonly model: string;
  readonly customer: CustomerId;
  readonly faultMode: FaultModeId;
  readonly cause?: string;
  readonly priority: Priority;
  readonly at: Millis;
  readonly visits?: readonly { readonly agreement: AgreementId; readonly at: Millis }[];
};

export type Entitlement = {
  /** The first in order, if any fits. */
  readonly agreement?: AgreementId;
  readonly responseClass: ResponseClass;
  /** Whose class it is; absent: the unit's own table. */
  readonly responseFrom?: AgreementId;
  /** `agreement`: which said so; absent: none did, and the customer pays. */
  readonly payer: Readonly<Record<CostItem, { readonly by: Payer; readonly agreement?: AgreementId }>>;
  /** The agreement on which this visit counts: it limits visits and covers something of this one. */
  readonly countsOn?: AgreementId;
  /**
   * In order of the agreements: `no-scope`, `not-begun` (at), `expired` (at), `chosen` (rank), `less-specific` (rank); `excluded-fault`,
   * `excluded-cause` (cause), `depends-on-cause` (cause), `visits-used` (used, max, againAt); `covered`, `charged` (item, by); `response` (priority).
   * Without an agreement: `not-covered` (item), `own-response` (priority).
   */
  readonly reasons: readonly Reason[];
  /** When another agreement begins to hold or one ceases to: ask again from then on. */
  readonly changesAt?: Millis;
};

/** `own`: what the unit promises for the priority without any agreement. */
export function entitle(agreements: readonly Agreement[], claim: Claim, own: ResponseClass): Entitlement {
  const reasons: Reason[] = [];
  const say = (code: string, about: Reason["about"]): void => void reasons.push({ code, about });
  const scoped = inScope(agreements, claim, say);
  const fitting = scoped.filter((one) => holds(one, claim.at, say)).map(({ agreement }) => agreement);
  for (const [rank, { id }] of fitting.entries()) say(rank === 0 ? "chosen" : "less-specific", { agreement: id, rank });
  const answering = fitting.filter((agreement) => answers(agreement, claim, say));
  const payer = Object.fromEntries(CostItem.options.map((item) => [item, payerOf(answering, item, say)])) as Entitlement["payer"];
  const responding = fitting.find(({ responses }) => responses[claim.priority] !== undefined);
  const responseFrom = responding?.id;
  say(responseFrom === undefined ? "own-response" : "response", {
    ...(responseFrom === undefined ? {} : { agreement: responseFrom }),
    priority: claim.priority,
  });
  const counted = answering.find(({ id, visitsPerYear }) => visitsPerYear !== undefined && Object.values(payer).some(({ agreement }) => agreement === id));
  const changes = scoped.flatMap(({ from, until }) => [from, until]).filter((at) => at > claim.at && at !== Infinity);
  return {
    ...(fitting[0] === undefined ? {} : { agreement: fitting[0].id }),
    responseClass: responding?.responses[claim.priority] ?? own,
    ...(responseFrom === undefined ? {} : { responseFrom }),
    payer,
    ...(counted === undefined ? {} : { countsOn: counted.id }),
    reasons,
    ...(changes.length === 0 ? {} : { changesAt: Math.min(...changes) }),
  };
}

type Say = (code: string, about: Reason["about"]) => void;
/** With its term for this asset. */
type Scoped = { readonly agreement: Agreement; readonly from: Millis; readonly until: Millis };

const KINDS = ["warranty", "service", "none"] as const;

function inScope(agreements: readonly Agreement[], claim: Claim, say: Say): readonly Scoped[] {
  const fitting = agreements.flatMap((agreement) => {
    const rank = specificity(agreement, claim);
    if (rank === 0) say("no-scope", { agreement: agreement.id });
    return rank > 0 ? [{ agreement, rank }] : [];
  });
  return fitting
    .toSorted(
      (a, b) =>
        b.rank - a.rank ||
        KINDS.indexOf(a.agreement.kind) - KINDS.indexOf(b.agreement.kind) ||
        b.agreement.from - a.agreement.from ||
        (a.agreement.id < b.agreement.id ? -1 : 1),
    )
    .map(({ agreement }) => ({ agreement, ...termOf(agreement, claim.installedAt) }));
}

/** 0: names nothing; -1: names something else. */
function specificity({ scope: { assets, models, customer } }: Agreement, claim: Claim): number {
  if (assets?.includes(claim.asset) === false || models?.includes(claim.model) === false) return -1;
  if (customer !== undefined && customer !== claim.customer) return -1;
  return (assets === undefined ? 0 : 4) + (models === undefined ? 0 : 2) + (customer === undefined ? 0 : 1);
}

function termOf(
  { from, until = Infinity, monthsFromInstallation, timeZone }: Agreement,
  installedAt: Millis,
): { readonly from: Millis; readonly until: Millis } {
  const worn = monthsFromInstallation === undefined ? Infinity : addMonths(timeZone, installedAt, monthsFromInstallation);
  return { from, until: Math.min(until, worn) };
}

function holds({ agreement: { id }, from, until }: Scoped, at: Millis, say: Say): boolean {
  if (at >= until) say("expired", { agreement: id, at: until });
  else if (at < from) say("not-begun", { agreement: id, at: from });
  return at >= from && at < until;
}

/** Whether it says anything about this fault and this visit. */
function answers(agreement: Agreement, claim: Claim, say: Say): boolean {
  const { id, exclusions, visitsPerYear } = agreement;
  if (exclusions.some((one) => "faultMode" in one && one.faultMode === claim.faultMode)) {
    say("excluded-fault", { agreement: id, faultMode: claim.faultMode });
    return false;
  }
  const { cause } = claim;
  for (const one of exclusions) {
    if (!("cause" in one)) continue;
    if (cause === undefined) say("depends-on-cause", { agreement: id, cause: one.cause });
    else if (plain(one.cause) === plain(cause)) {
      say("excluded-cause", { agreement: id, cause: one.cause });
      return false;
    }
  }
  if (visitsPerYear === undefined) return true;
  const { from, until } = yearOf(agreement, claim.at);
  const used = (claim.visits ?? []).filter((visit) => visit.agreement === id && visit.at >= from && visit.at < until).length;
  if (used < visitsPerYear) return true;
  say("visits-used", { agreement: id, used, max: visitsPerYear, againAt: until });
  return false;
}

function payerOf(answering: readonly Agreement[], item: CostItem, say: Say): { readonly by: Payer; readonly agreement?: AgreementId } {
  const one = answering.find(({ coverage }) => coverage[item] !== undefined);
  if (one === undefined) {
    say("not-covered", { item, by: "customer" });
    return { by: "customer" };
  }
  const cover = one.coverage[item] ?? "charged";
  const by = cover === "covered" ? one.payer : "customer";
  say(cover, { agreement: one.id, item, by });
  return { by, agreement: one.id };
}

/** The year of the agreement in which `at` lies, from one anniversary of its beginning to the next. */
function yearOf({ from, timeZone }: Agreement, at: Millis): { readonly from: Millis; readonly until: Millis } {
  const anniversary = (n: number): Millis => addMonths(timeZone, from, 12 * n);
  let n = Math.max(0, Math.floor((at - from) / YEAR_MS));
  while (anniversary(n) > at) n--;
  while (anniversary(n + 1) <= at) n++;
  return { from: anniversary(n), until: anniversary(n + 1) };
}

/** About a year: where the search for the anniversary begins. */
const YEAR_MS = 365.2425 * 86_400_000;

function plain(cause: string): string {
  return cause.trim().toLowerCase();
}
