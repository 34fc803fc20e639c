/**
 * What hub and unit tell each other of models. The unit asks, the hub never pushes: a nudge only says that there is something to ask for, and
 * nothing between a sample and an engineer waits for any of it.
 *
 *   unit → hub  `ModelsAsk`    what became of each release, which models its profiles run, its records; proves the origin as a push does
 *   hub → unit  `ModelsReply`  the releases for those profiles that the unit has not begun, and what people ask of those that it has
 *   unit → hub  `BlobAsk`      the bytes of a hash from an offset on; answered `BlobReply`, or refused `unknown-model`
 *
 * The unit joins the parts, checks length and SHA-256 against the card, tries the graph on the profile's channels, keeps it and starts it as a
 * shadow, whatever stage the hub wishes: a stage is reached by proof in this unit. A repeated release changes nothing. A unit takes one release
 * of a profile at a time; a later one waits until the first is live, refused, stopped or rolled back.
 */
import { z } from "zod";
import { Origin } from "./delta/operation.ts";
import { ModelHash, ProfileId } from "./ids.ts";
import { ModelBinding } from "./model-binding.ts";
import { MODEL_BYTES_MAX } from "./model-card.ts";
import { ModelRecord, Trial } from "./model-record.ts";
import { Release, RELEASES_MAX, ReleaseState } from "./release.ts";

/** Bytes in one answer to `BlobAsk`: over a line of 256 kbit/s it takes some four seconds, half of what a unit waits for an answer. */
export const BLOB_PART_BYTES = 128 * 1024;
/** A unit runs at most 50 profiles, with two models each. */
const RECORDS_MAX = 200;

export const ModelsAsk = z.strictObject({
  origin: Origin,
  key: z.string().min(1).max(128),
  /** The profiles of its scenario. */
  profiles: z.array(ProfileId).max(50),
  bindings: z.array(ModelBinding).max(50),
  releases: z.array(ReleaseState).max(RELEASES_MAX),
  records: z.array(ModelRecord).max(RECORDS_MAX),
  trials: z.array(Trial).max(50),
});
export type ModelsAsk = z.infer<typeof ModelsAsk>;

export const ModelsReply = z.strictObject({ releases: z.array(Release).max(RELEASES_MAX) });
export type ModelsReply = z.infer<typeof ModelsReply>;

export const BlobAsk = z.strictObject({ origin: Origin, key: z.string().min(1).max(128), hash: ModelHash, offset: z.number().int().min(0) });
export type BlobAsk = z.infer<typeof BlobAsk>;

/** `part`: hexadecimal, since a WebSocket carries it as JSON; deflated it is about as long as the bytes. `bytes` is the length of the whole. */
export const BlobReply = z.strictObject({
  part: z.hex().max(2 * BLOB_PART_BYTES),
  bytes: z.number().int().min(1).max(MODEL_BYTES_MAX),
});
export type BlobReply = z.infer<typeof BlobReply>;
