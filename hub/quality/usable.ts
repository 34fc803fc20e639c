/**
 * How much of what arrives can be used: valid, fresh and mapped, of all that was received; what is not is counted under its first reason.
 *
 * ```
 * received ─ in the contract? ─ a value? ─ valid? ─ mapped? ─ fresh? ─▶ usable
 *              unknown-field    missing    wrong-…   unmapped   stale
 * ```
 */
import type { DocumentAnnotations } from "../../contracts/annotation.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Field, isNone, isSentinel, textOf } from "./field.ts";

/** In the order in which they are looked for. */
export const REASONS = ["rejected", "unknown-field", "missing", "wrong-type", "unknown-value", "out-of-range", "ahead", "unmapped", "stale"] as const;
export type Reason = (typeof REASONS)[number];
const INVALID: readonly Reason[] = ["rejected", "missing", "wrong-type", "unknown-value", "out-of-range", "ahead"];
const UNMAPPED: readonly Reason[] = ["unknown-field", "unmapped"];

/** A value written this long after its arrival has a wrong clock behind it; the merge re-stamps the same ones. */
const AHEAD_MS = 60_000;
/** Of values that were promised to be fresh, this share may be late: below it is a slow network, above it a promise that does not hold. */
const LATE_SHARE_MAX = 0.01;

export type Received = {
  /** `undefined`: the attribute was removed. */
  readonly value: unknown;
  /** When it was written, and when it arrived. */
  readonly at: Millis;
  readonly receivedAt: Millis;
  /** The merge would not take it. */
  readonly rejected: boolean;
  /** No bridge fails on it. */
  readonly mapped: boolean;
};

/** `owed`: values that must be there; `late`: older than promised, whatever else was wrong; `ageMaxMs`: the greatest age. */
export type Counts = {
  readonly received: number;
  readonly usable: number;
  readonly owed: number;
  readonly late: number;
  readonly ageMaxMs: number;
  readonly reasons: Readonly<Partial<Record<Reason, number>>>;
};

export const NOTHING: Counts = { received: 0, usable: 0, owed: 0, late: 0, ageMaxMs: 0, reasons: {} };

/** The first reason why a value can't be used; null when it can. `field`: none when the contract does not name it. */
export function judge(received: Received, field: Field | undefined, freshnessMs: number | undefined): Reason | null {
  const { value, at, receivedAt, rejected, mapped } = received;
  if (rejected) return "rejected";
  if (field === undefined) return "unknown-field";
  const none = value === undefined || value === null || isNone(value, field.nulls);
  const refused = field.nulls.policy === "refuse" && (value === null || isSentinel(value, field.nulls.sentinels));
  if (refused || (none && field.required && field.nulls.policy !== "keep")) return "missing";
  if (!none) {
    const fault = faultOf(value, field);
    if (fault !== null) return fault;
  }
  if (at > receivedAt + AHEAD_MS) return "ahead";
  if (!mapped) return "unmapped";
  return isLate(received, freshnessMs) ? "stale" : null;
}

/** One more value in the counts. */
export function count(counts: Counts, received: Received, field: Field | undefined, freshnessMs: number | undefined): Counts {
  const reason = judge(received, field, freshnessMs);
  return {
    received: counts.received + 1,
    usable: counts.usable + (reason === null ? 1 : 0),
    owed: counts.owed + (field !== undefined && (field.required || field.nulls.policy === "refuse") ? 1 : 0),
    late: counts.late + (isLate(received, freshnessMs) ? 1 : 0),
    ageMaxMs: Math.max(counts.ageMaxMs, received.receivedAt - received.at),
    reasons: reason === null ? counts.reasons : { ...counts.reasons, [reason]: (counts.reasons[reason] ?? 0) + 1 },
  };
}

export function addCounts(a: Counts, b: Counts): Counts {
  const reasons = REASONS.flatMap((reason): readonly (readonly [Reason, number])[] => {
    const sum = (a.reasons[reason] ?? 0) + (b.reasons[reason] ?? 0);
    return sum === 0 ? [] : [[reason, sum]];
  });
  return {
    received: a.received + b.received,
    usable: a.usable + b.usable,
    owed: a.owed + b.owed,
    late: a.late + b.late,
    ageMaxMs: Math.max(a.ageMaxMs, b.ageMaxMs),
    reasons: Object.fromEntries(reasons),
  };
}

/** The headline: shares of what was received, in [0, 1], which add up to 1; null when nothing was. */
export type Usable = { readonly received: number; readonly usable: number; readonly invalid: number; readonly unmapped: number; readonly stale: number };

export function usableOf(counts: Counts): Usable | null {
  if (counts.received === 0) return null;
  const share = (reasons: readonly Reason[]): number => reasons.reduce((sum, reason) => sum + (counts.reasons[reason] ?? 0), 0) / counts.received;
  return { received: counts.received, usable: counts.usable / counts.received, invalid: share(INVALID), unmapped: share(UNMAPPED), stale: share(["stale"]) };
}

/** A promise of the contract beside what was measured: shares in [0, 1], which must not be lower than promised. */
export type Kept = {
  readonly promise: "freshness" | "completeness" | "validity";
  readonly promised: number;
  readonly measured: number;
  readonly kept: boolean;
};

/** Of each promise that the contract makes; none while nothing was received. `freshness`: the share that arrived within the promised age. */
export function promisesOf(counts: Counts, quality: NonNullable<DocumentAnnotations["x-quality"]>): readonly Kept[] {
  const { received, owed, late, reasons } = counts;
  if (received === 0) return [];
  const invalid = INVALID.reduce((sum, reason) => sum + (reason === "missing" ? 0 : (reasons[reason] ?? 0)), 0);
  const kept = (promise: Kept["promise"], promised: number | undefined, measured: number): readonly Kept[] =>
    promised === undefined ? [] : [{ promise, promised, measured, kept: measured >= promised }];
  return [
    ...kept("freshness", quality.freshnessMs === undefined ? undefined : 1 - LATE_SHARE_MAX, 1 - late / received),
    ...(owed === 0 ? [] : kept("completeness", quality.completeness, 1 - (reasons.missing ?? 0) / owed)),
    ...kept("validity", quality.validity, 1 - invalid / received),
  ];
}

function isLate({ at, receivedAt }: Received, freshnessMs: number | undefined): boolean {
  return freshnessMs !== undefined && receivedAt - at > freshnessMs;
}

/** What can be seen without the whole schema: the merge has validated the rest. */
function faultOf(value: unknown, { types, values, min, max }: Field): Reason | null {
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  const whole = type === "number" && Number.isInteger(value);
  if (types.length > 0 && !types.includes(type) && !(type === "number" && (types.includes("number") || (whole && types.includes("integer")))))
    return "wrong-type";
  if (values !== undefined && !values.includes(textOf(value))) return "unknown-value";
  if (typeof value === "number" && ((min !== undefined && value < min) || (max !== undefined && value > max))) return "out-of-range";
  return null;
}
