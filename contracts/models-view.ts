/**
 * Models on a unit's page, and what a person asks of them there.
 *
 * Routes of a unit (rows in permission.ts): `GET /api/u/:unit/models` · `PUT …/models/:hash` the bytes · `PUT …/models/:hash/card` ·
 * `POST …/models/:profile/{shadow,canary,promote,roll-back,stop}`. Refuses `unknown-model`, `wrong-state`, `bad-model`, `not-better` with the rule.
 */
import { z } from "zod";
import { ModelHash } from "./ids.ts";
import { Instant } from "./instant.ts";
import { uom } from "./meaning.ts";
import { ModelBinding, Share, TrialBounds, Wanted } from "./model-binding.ts";
import { ModelCard } from "./model-card.ts";
import { CanaryState, Comparison, ModelRecord } from "./model-record.ts";

/** What a page shows of one model: a name that people know, and the card where there is one. */
export const ModelShown = z.strictObject({
  hash: ModelHash,
  name: z.string().min(1).max(63),
  version: z.number().int().min(1).optional(),
  /** Ships with the unit, or came to it. */
  ships: z.boolean(),
  card: ModelCard.optional(),
});
export type ModelShown = z.infer<typeof ModelShown>;

/** One profile on the page of models. */
export const ProfileModels = z.strictObject({
  binding: ModelBinding,
  title: z.strictObject({ en: z.string(), zh: z.string() }),
  channels: z.number().int().min(1),
  devices: z.number().int().min(0).meta(uom("1")),
  records: z.array(ModelRecord).max(10),
  comparison: Comparison.optional(),
  canary: CanaryState.optional(),
});
export type ProfileModels = z.infer<typeof ProfileModels>;

/** `GET /api/u/:unit/models`. */
export const ModelsView = z.strictObject({
  unit: z.string(),
  now: Instant,
  profiles: z.array(ProfileModels),
  /** All that the unit has, those of no profile too. */
  models: z.array(ModelShown),
});
export type ModelsView = z.infer<typeof ModelsView>;

/** `POST /api/u/:unit/models/:profile/…`: what a person asks. */
export const StartShadow = z.strictObject({ hash: ModelHash, wanted: Wanted.optional(), share: Share.optional(), bounds: TrialBounds.optional() });
export type StartShadow = z.infer<typeof StartShadow>;

export const StartCanary = z.strictObject({ share: Share.optional() });
export type StartCanary = z.infer<typeof StartCanary>;
