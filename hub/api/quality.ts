/** What the hub is asked and answers about the quality of live data: the headline, drifts, baselines, profiles. */
import { z } from "zod";
import { StreamName } from "../../contracts/delta/operation.ts";
import { Instant } from "../../contracts/instant.ts";
import { Subject, Why } from "../registry/contract.ts";
import { DAYS_KEPT } from "../quality/period.ts";
import { REASONS } from "../quality/usable.ts";

/** Four weeks: every day of the week as often. */
export const DAYS_DEFAULT = 28;
const Days = z.coerce.number().int().min(1).max(DAYS_KEPT).default(DAYS_DEFAULT).describe("Whole days of UTC, today among them");
const Count = z.number().int().min(0);
const Share = z.number().min(0).max(1);

export const QualityQuery = z.strictObject({ days: Days });

/** Valid, fresh and mapped, of what was received; the four shares add up to 1. */
const Usable = z.strictObject({ received: Count, usable: Share, invalid: Share, unmapped: Share, stale: Share });
const Promised = z.strictObject({ promise: z.enum(["freshness", "completeness", "validity"]), promised: z.number(), measured: z.number(), kept: z.boolean() });
/** Values that could not be used, each under its first reason. */
const Reasons = z.partialRecord(z.enum(REASONS), Count);

const SubjectQuality = z.strictObject({
  /** `*`: what came under names that no contract has, taken together. */
  subject: z.string(),
  stream: StreamName,
  usable: Usable.nullable(),
  reasons: Reasons,
  /** Of the contract, where it makes any and something came to judge them by. */
  promises: z.array(Promised),
});
export type SubjectQuality = z.infer<typeof SubjectQuality>;

export const QualityAnswer = z.strictObject({
  at: Instant,
  fromAt: Instant,
  days: Count,
  /** Of everything; null while nothing came. */
  usable: Usable.nullable(),
  subjects: z.array(SubjectQuality),
  /** Operations that could not be counted since the objects were opened: a bug. */
  uncounted: Count,
});
export type QualityAnswer = z.infer<typeof QualityAnswer>;

export const DriftQuery = z.strictObject({ subject: Subject.optional().describe("Absent: every subject that has a baseline") });

/** Who set it, when and why. */
const Set = z.strictObject({ setBy: z.string(), setAt: Instant, why: z.string() });

const DriftFinding = z.strictObject({
  path: z.string(),
  kind: z.enum(["distribution", "nulls", "enum", "uom", "type", "range"]),
  code: z.string(),
  severity: z.enum(["minor", "major"]),
  statistic: z.number(),
  threshold: z.number(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  sentence: z.string(),
  /** Start of the day since which it holds without a break; null when not even the last day shows it by itself. */
  since: Instant.nullable(),
});
export type DriftFinding = z.infer<typeof DriftFinding>;

const SubjectDrift = z.strictObject({
  subject: z.string(),
  stream: StreamName,
  /** The one set last, and how many fields have one; null: there is nothing to compare with. */
  baseline: z.strictObject({ ...Set.shape, fields: Count }).nullable(),
  findings: z.array(DriftFinding),
});
export type SubjectDrift = z.infer<typeof SubjectDrift>;
export const DriftAnswer = z.strictObject({ at: Instant, subjects: z.array(SubjectDrift) });
export type DriftAnswer = z.infer<typeof DriftAnswer>;

export const BaselineAsk = z.strictObject({ subject: Subject, days: Days, why: Why });
export const BaselineAnswer = z.strictObject({ subject: Subject, fields: Count, ...Set.shape });
export type BaselineAnswer = z.infer<typeof BaselineAnswer>;

const Text = z.strictObject({ text: z.string(), count: Count });
/** `short`: how much a count may lack, and how often what is not listed may have occurred. */
const Texts = z.strictObject({ counts: z.array(Text), short: Count });

/** What values are like. Of a personal field: how many there are and the shapes of texts, such as `Aa Aa`. */
export const Profile = z.strictObject({
  observed: Count,
  present: Count,
  nulls: Count,
  unset: Count,
  types: z.strictObject({ string: Count, number: Count, boolean: Count, object: Count, array: Count }),
  shapes: Texts,
  /** Texts by length: 0, 1, 2 to 3, 4 to 7, and so on by doubling. */
  lengths: z.array(Count),
  /** Values that stand for "none", as the contract says. */
  sentinels: Texts.optional(),
  texts: Texts.optional(),
  /** About how many different ones. */
  distinct: Count.optional(),
  /** Of an instant: its distance from when it was written. Each quantile lies between `low` and `high`. */
  numbers: z
    .strictObject({
      count: Count,
      whole: Count,
      min: z.number(),
      max: z.number(),
      quantiles: z.array(z.strictObject({ share: Share, low: z.number(), high: z.number() })),
    })
    .optional(),
});
export type Profile = z.infer<typeof Profile>;

export const ProfileQuery = z.strictObject({ days: Days });
export const ProfileAnswer = z.strictObject({
  subject: z.string(),
  stream: StreamName,
  path: z.string(),
  personal: z.boolean(),
  fromAt: Instant,
  usable: Usable.nullable(),
  reasons: Reasons,
  /** Null: no value came. */
  profile: Profile.nullable(),
  days: z.array(z.strictObject({ fromAt: Instant, span: z.enum(["day", "week"]), received: Count, usable: Count, present: Count })),
  /** The baseline that holds, and those before it, the latest first. */
  baselines: z.array(Set),
});
export type ProfileAnswer = z.infer<typeof ProfileAnswer>;
