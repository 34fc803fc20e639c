/**
 * Which models a profile of a unit runs, and how a candidate comes to be live. The life of a model in a unit, per profile:
 *
 *   shadow ── beats the live one on the unit's own jobs ──▶ canary ── no worse than the other devices ──▶ live ──▶ retired
 *      └────────────── refused, parked or stopped ◀── worse: by itself, with the reason ──┘◀── roll back ──┘
 */
import { z } from "zod";
import { Reason } from "./decision.ts";
import { ModelHash, ProfileId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meanings, uom } from "./meaning.ts";

/** Who did something, or the release that it came by. */
const Name = z.string().min(1).max(128);

export const ModelStage = meanings({
  shadow: "scores beside the live model; nobody hears of it",
  canary: "live on a share of the devices",
  live: "live on all devices of the profile",
  retired: "was live before; can be rolled back to",
});
export type ModelStage = z.infer<typeof ModelStage>;

/** How far a candidate may go by itself, where it proves itself. */
export const Wanted = ModelStage.exclude(["retired"]);
export type Wanted = z.infer<typeof Wanted>;

/** Share of a profile's devices. */
export const Share = z.number().gt(0).max(1).meta(uom("1"));

/** What a candidate must have seen to be believed; what is left out is as in edge/verdict/trial. Chosen when it starts, and in its record. */
export const TrialBounds = z.strictObject({
  ticketsMin: z.number().int().min(1).max(10_000).optional(),
  assetDaysMin: z.number().min(0).max(1_000_000).optional(),
  canaryDaysMin: z.number().min(0).max(1_000_000).optional(),
});
export type TrialBounds = z.infer<typeof TrialBounds>;

/** The model that may become the live one. */
export const Candidate = z.strictObject({
  hash: ModelHash,
  stage: ModelStage.extract(["shadow", "canary"]),
  /** Devices that run it live, by the hash of their ids; of a shadow: those that will. */
  share: Share,
  /** When it began as a shadow, and when it came to its present stage. */
  since: Instant,
  stageSince: Instant,
  wanted: Wanted,
  bounds: TrialBounds.optional(),
  by: Name,
  release: Name.optional(),
});
export type Candidate = z.infer<typeof Candidate>;

/** A model that does not run, though it should: it threw, its answers were no numbers, it took too long, or it is not there. */
export const Parked = z.strictObject({
  hash: ModelHash,
  why: meanings({
    missing: "no model of this hash is here",
    fails: "it throws",
    "no-number": "its answers are no numbers",
    slow: "it takes longer than it may",
    "wrong-shape": "it does not run on the profile's channels",
  }),
  at: Instant,
  /** Rows that it had failed on. */
  count: z.number().int().min(1).meta(uom("1")),
});
export type Parked = z.infer<typeof Parked>;

/** Inputs or scores have moved from what they were when the model's devices were commissioned or it went live. */
export const Drift = z.strictObject({
  of: meanings({ score: "the live model's scores", input: "what the devices measure" }),
  /** Population stability index of the last day against the first days, the worst channel's. */
  index: z.number().min(0).meta(uom("1")),
  limit: z.number().min(0).meta(uom("1")),
  channel: z.string().max(64).optional(),
  since: Instant,
});
export type Drift = z.infer<typeof Drift>;

/** What a candidate became in the end: the last of each profile is kept. */
export const Ended = z.strictObject({
  hash: ModelHash,
  stage: ModelStage.extract(["shadow", "canary", "live"]),
  how: meanings({
    stopped: "a person ended it",
    "rolled-back": "a person had the one before it back",
    worse: "it was worse than the other devices, and taken back by itself",
    parked: "it could not be run",
    replaced: "a later one took its place",
  }),
  reasons: z.array(Reason).max(10),
  at: Instant,
  by: Name,
  release: Name.optional(),
});
export type Ended = z.infer<typeof Ended>;

/** Which models one profile of a unit runs. `previous`: what a roll-back goes back to, kept warm until `warmUntil`. */
export const ModelBinding = z.strictObject({
  profile: ProfileId,
  live: ModelHash,
  liveSince: Instant,
  /** The release that the live one came by. */
  release: Name.optional(),
  previous: ModelHash.optional(),
  /** Until then the previous one scores beside the live one, so that going back finds it warm. */
  warmUntil: Instant.optional(),
  candidate: Candidate.optional(),
  parked: z.array(Parked).max(4).optional(),
  drift: Drift.optional(),
  ended: Ended.optional(),
});
export type ModelBinding = z.infer<typeof ModelBinding>;
