/** A model that a hub sends to the units with a profile, what people ask of it there, and what became of it at each unit. */
import { z } from "zod";
import { Reason } from "./decision.ts";
import { ModelHash, ProfileId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meanings } from "./meaning.ts";
import { Share, TrialBounds, Wanted } from "./model-binding.ts";
import { ModelCard } from "./model-card.ts";
import { Refusal } from "./refusal.ts";

/** A release, or who did something. */
const Name = z.string().min(1).max(128);

/** Releases that are open at a hub, and those that one unit remembers. */
export const RELEASES_MAX = 100;
/** What people ask of one release at a unit, until the unit has heard of it. */
export const RELEASE_ASKS_MAX = 50;

export const ReleaseAskType = meanings({
  promote: "one stage further, where it is proven: a shadow becomes a canary, a canary live",
  "roll-back": "the canary is none any more; of a live one the model before it is live again",
  stop: "it is tried no more; where it is live it stays",
});
export type ReleaseAskType = z.infer<typeof ReleaseAskType>;

/** What a person at the hub asks of a release. `n` rises with each; a unit does each of them once. */
export const ReleaseAsk = z.strictObject({
  n: z.number().int().min(1),
  type: ReleaseAskType,
  share: Share.optional(),
  at: Instant,
  by: Name,
});
export type ReleaseAsk = z.infer<typeof ReleaseAsk>;

export const Release = z.strictObject({
  id: Name,
  card: ModelCard,
  profile: ProfileId,
  wanted: Wanted,
  share: Share.optional(),
  bounds: TrialBounds.optional(),
  at: Instant,
  by: Name,
  /** Those that the unit has not answered, in their order. */
  asks: z.array(ReleaseAsk).max(RELEASE_ASKS_MAX).optional(),
});
export type Release = z.infer<typeof Release>;

/** What became of a release at one unit. `refusal` and `reasons`: why it is where it is, or why it did not do what was asked last. `answered`: the last ask that it dealt with. */
export const ReleaseState = z.strictObject({
  release: Name,
  hash: ModelHash,
  profile: ProfileId,
  state: meanings({
    waiting: "another candidate of the profile is tried first",
    fetching: "its bytes are on their way",
    refused: "it did not pass the door",
    shadow: "scores beside the live model",
    canary: "live on a share of the devices",
    live: "live on all devices of the profile",
    ended: "was stopped, parked or rolled back",
  }),
  refusal: Refusal.optional(),
  reasons: z.array(Reason).max(10).optional(),
  /** Bytes that have come, while it is fetched. */
  fetched: z.number().int().min(0).optional(),
  answered: z.number().int().min(0).optional(),
  at: Instant,
});
export type ReleaseState = z.infer<typeof ReleaseState>;
