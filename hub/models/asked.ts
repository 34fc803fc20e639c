/** What is asked of the registry of models, and what it answers. */
import { z } from "zod";
import { ModelHash, ProfileId, UnitId } from "../../contracts/ids.ts";
import { Instant } from "../../contracts/instant.ts";
import { ModelBinding } from "../../contracts/model-binding.ts";
import { ModelCard } from "../../contracts/model-card.ts";
import { CanaryState, Comparison, ModelRecord } from "../../contracts/model-record.ts";
import { StartShadow } from "../../contracts/models-view.ts";
import { ReleaseAsk, ReleaseState } from "../../contracts/release.ts";

/** Units that one release names; for more leave them out: then it is for all that have the profile. */
const UNITS_MAX = 1_000;

/** A name in addresses. */
export const ReleaseId = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9.-]{0,98}[a-z0-9])?$/, "use lower-case letters, digits, dots and hyphens, with a letter or digit at either end");
const Units = z.array(UnitId).min(1).max(UNITS_MAX);
const Why = z.string().trim().min(1).max(500);

export const NewRelease = z.strictObject({
  /** Absent: made of the model's name, its version and the profile. */
  id: ReleaseId.optional(),
  hash: ModelHash,
  profile: ProfileId,
  ...StartShadow.omit({ hash: true }).shape,
  /** Absent: all units that have the profile, those to come too. */
  units: Units.optional(),
  why: Why.optional(),
});
export type NewRelease = z.infer<typeof NewRelease>;

export const AskOfRelease = z.strictObject({ type: ReleaseAsk.shape.type, share: ReleaseAsk.shape.share, units: Units.optional(), why: Why.optional() });
export type AskOfRelease = z.infer<typeof AskOfRelease>;

const Person = z.strictObject({ at: Instant, by: z.string() });

/** `held`: the bytes are here too; before that it can't be released. */
export const KeptModel = z.strictObject({ card: ModelCard, held: z.boolean(), at: Instant, by: z.string(), releases: z.array(ReleaseId) });
export type KeptModel = z.infer<typeof KeptModel>;
export const ModelsAnswer = z.strictObject({ models: z.array(KeptModel) });

/** One release at one unit: what the unit said last, and when. `live`: what runs on the profile beside or instead of it. */
export const ReleaseAtUnit = z.strictObject({
  unit: UnitId,
  toldAt: Instant,
  state: ReleaseState,
  stage: z.strictObject({ live: ModelHash, candidate: ModelHash.optional(), drift: ModelBinding.shape.drift }).optional(),
  record: ModelRecord.optional(),
  live: ModelRecord.optional(),
  comparison: Comparison.optional(),
  canary: CanaryState.optional(),
});
export type ReleaseAtUnit = z.infer<typeof ReleaseAtUnit>;

export const ReleaseListed = z.strictObject({
  id: ReleaseId,
  hash: ModelHash,
  name: z.string(),
  version: z.number().int(),
  profile: ProfileId,
  wanted: NewRelease.shape.wanted.unwrap(),
  share: NewRelease.shape.share,
  bounds: NewRelease.shape.bounds,
  units: Units.optional(),
  why: Why.optional(),
  made: Person,
  /** No unit begins it any more. */
  closed: Person.optional(),
  /** How many units are in which state. */
  states: z.record(z.string(), z.number().int()),
});
export type ReleaseListed = z.infer<typeof ReleaseListed>;
export const ReleasesAnswer = z.strictObject({ releases: z.array(ReleaseListed) });

const AskShown = z.strictObject({ ...ReleaseAsk.shape, units: Units.optional(), why: Why.optional() });
export const ReleaseView = z.strictObject({ ...ReleaseListed.shape, asks: z.array(AskShown), at: z.array(ReleaseAtUnit) });
export type ReleaseView = z.infer<typeof ReleaseView>;

export const PutAnswer = z.strictObject({ hash: ModelHash, held: z.boolean() });
export const DroppedAnswer = z.strictObject({ hash: ModelHash, dropped: z.literal(true) });
