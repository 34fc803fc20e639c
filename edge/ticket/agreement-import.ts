/**
 * A document of agreements at the door: taken whole, or refused with every fault that was found, each with its field, its rule and its mend. What
 * is known to the letter is left out; customers and assets may be other units', and are named where nobody here knows them.
 */
import { AgreementDocument } from "../../contracts/agreement-document.ts";
import type { Agreement } from "../../contracts/agreement.ts";
import type { Calendar } from "../../contracts/calendar.ts";
import { sameJson } from "../../contracts/delta/json.ts";
import type { View } from "../../contracts/entity.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";

/** Faults of one document that are told; who mends them sends it again. */
export const REFUSALS_MAX = 20;
/** Names that nobody here knows, as they are told: more of them are another site's document. */
const STRANGERS_TOLD_MAX = 20;

export type AgreementImport =
  | {
      readonly agreements: readonly Agreement[];
      readonly calendars: readonly Calendar[];
      readonly unchanged: number;
      /** Assets and customers, as `asset pump-9`, that are not in this unit: another unit's, or misspelt. */
      readonly strangers: readonly string[];
    }
  | { readonly refused: readonly Refusal[]; readonly more: number };

/** `document` is JSON as it came. */
export function readAgreements(view: View, document: unknown): AgreementImport {
  const parsed = AgreementDocument.safeParse(document);
  if (!parsed.success)
    return told(
      parsed.error.issues.map((issue) => refuse("malformed", issue.message, "write it as contracts/agreement-document.ts says", issue.path.join("."))),
    );
  const { agreements, calendars } = parsed.data;
  const faults = [
    ...twice("agreements", agreements),
    ...twice("calendars", calendars),
    ...agreements.flatMap(faultsOf),
    ...agreements.flatMap((agreement, i) => lostCalendars(view, calendars, agreement, i)),
  ];
  if (faults.length > 0) return told(faults);
  const fresh = agreements.filter((one) => !sameJson(view.get("agreement", one.id) ?? null, one));
  const hours = calendars.filter((one) => !sameJson(view.get("calendar", one.id) ?? null, one));
  const unchanged = agreements.length + calendars.length - fresh.length - hours.length;
  return { agreements: fresh, calendars: hours, unchanged, strangers: strangersOf(view, fresh) };
}

function told(faults: readonly Refusal[]): AgreementImport {
  return { refused: faults.slice(0, REFUSALS_MAX), more: Math.max(0, faults.length - REFUSALS_MAX) };
}

function twice(list: string, all: readonly { readonly id: string }[]): readonly Refusal[] {
  const first = new Map<string, number>();
  return all.flatMap(({ id }, i) => {
    const before = first.get(id);
    first.set(id, before ?? i);
    return before === undefined ? [] : [refuse("exists", `${id} stands at ${list}.${before} already`, "keep one of the two", `${list}.${i}.id`)];
  });
}

function faultsOf({ from, until, scope, responses }: Agreement, i: number): readonly Refusal[] {
  const at = (field: string): string => `agreements.${i}.${field}`;
  const named = [scope.customer === undefined ? 0 : 1, scope.assets?.length ?? 0, scope.models?.length ?? 0].reduce((sum, n) => sum + n, 0);
  return [
    ...(until !== undefined && until <= from ? [refuse("malformed", "it ends after it begins", "give a later instant, or none", at("until"))] : []),
    ...(named === 0
      ? [refuse("malformed", "an agreement is about a customer, assets or models; what names nothing fits nothing", "name one", at("scope"))]
      : []),
    ...Object.entries(responses).flatMap(([priority, one]) =>
      one !== undefined && one.resolveMs < one.respondMs
        ? [refuse("malformed", "mended no sooner than somebody is there", "give a longer resolveMs", at(`responses.${priority}.resolveMs`))]
        : [],
    ),
  ];
}

function lostCalendars(view: View, calendars: readonly Calendar[], { responses }: Agreement, i: number): readonly Refusal[] {
  return Object.entries(responses).flatMap(([priority, one]) => {
    const id = one?.calendar;
    if (id === undefined || calendars.some((calendar) => calendar.id === id) || view.get("calendar", id) !== undefined) return [];
    return [
      refuse(
        "unknown-entity",
        `calendar ${id} is neither in this document nor in this unit`,
        "put it under calendars",
        `agreements.${i}.responses.${priority}.calendar`,
      ),
    ];
  });
}

function strangersOf(view: View, agreements: readonly Agreement[]): readonly string[] {
  const strangers = agreements.flatMap(({ scope: { customer, assets = [] } }) => [
    ...(customer === undefined || view.get("customer", customer) !== undefined ? [] : [`customer ${customer}`]),
    ...assets.flatMap((asset) => (view.get("asset", asset) === undefined ? [`asset ${asset}`] : [])),
  ]);
  return [...new Set(strangers)].slice(0, STRANGERS_TOLD_MAX);
}
