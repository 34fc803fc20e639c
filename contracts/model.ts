/**
 * Models as things that come and go: a card says what one is, a binding which ones a profile of a unit runs, a record what became of what it
 * said. The life of a model in a unit, per profile:
 *
 *   shadow ── beats the live one on the unit's own jobs ──▶ canary ── no worse than the other devices ──▶ live ──▶ retired
 *      └────────────── refused, parked or stopped ◀── worse: by itself, with the reason ──┘◀── roll back ──┘
 *
 * **What hub and unit tell each other.** The unit asks, the hub never pushes: a nudge only says that there is something to ask for, and nothing
 * between a sample and an engineer waits for any of it.
 *
 *   unit → hub  `ModelsAsk`    what became of each release, which models its profiles run, its records; proves the origin as a push does
 *   hub → unit  `ModelsReply`  the releases for those profiles that the unit has not begun, and what people ask of those that it has
 *   unit → hub  `BlobAsk`      the bytes of a hash from an offset on; answered `BlobReply`, or refused `unknown-model`
 *
 * The unit joins the parts, checks length and SHA-256 against the card, tries the graph on the profile's channels, keeps it and starts it as a
 * shadow, whatever stage the hub wishes: a stage is reached by proof in this unit. A repeated release changes nothing. A unit takes one release
 * of a profile at a time; a later one waits until the first is live, refused, stopped or rolled back.
 *
 * **Routes of a unit** (rows in permission.ts): `GET /api/u/:unit/models` · `PUT …/models/:hash` the bytes · `PUT …/models/:hash/card` ·
 * `POST …/models/:profile/{shadow,canary,promote,roll-back,stop}`. Refuses `unknown-model`, `wrong-state`, `bad-model`, `not-better` with the rule.
 */
import { z } from "zod";
import { Reason } from "./decision.ts";
import { Origin } from "./delta/operation.ts";
import { AssetId, DeviceId, ModelHash, ProfileId } from "./ids.ts";
import { Instant } from "./instant.ts";
import { meanings, uom } from "./meaning.ts";
import { Refusal } from "./refusal.ts";
import { JudgePolicy } from "./scenario.ts";
import { VerdictState } from "./verdict.ts";

/** One graph. The largest time-series and text models that fit into an object's memory several times; the shipped ones are below 100 KiB. */
export const MODEL_BYTES_MAX = 16 * 1024 * 1024;
/** Uploaded models that a unit keeps; when there is one more, the oldest that no profile runs or ran last goes. */
export const MODELS_MAX = 16;
/** A card as JSON text: figures of some hundred folds have room. */
export const CARD_CHARS_MAX = 64 * 1024;
/** Bytes in one answer to `BlobAsk`: over a line of 256 kbit/s it takes some four seconds, half of what a unit waits for an answer. */
export const BLOB_PART_BYTES = 128 * 1024;

export const ModelKind = meanings({
  scores: "rows of channels in, a score and its shares out",
  wear: "slow wear in, time to a threshold out",
  text: "words in, a vector out",
});
export type ModelKind = z.infer<typeof ModelKind>;

const text = (max: number) => z.string().min(1).max(max);
const Plain = z.union([z.number(), z.string(), z.boolean(), z.null()]);
/** A figure, some of them, or some by name: fold by fold, say. */
const Figure = z.union([Plain, z.array(Plain), z.record(z.string(), z.union([Plain, z.array(Plain)]))]);
/** Name of a tensor → its dimensions: numbers, `B` for the batch, `C` for the channels. */
const Tensors = z.record(text(64), z.array(z.union([z.number().int().min(1), text(16)])).max(4));

/** What a model wants of the judge where it is another than the scenario's; and for how many rows of a device it says nothing yet. */
export const ModelJudge = JudgePolicy.pick({ onScore: true, offScore: true, onDelayMs: true, offDelayMs: true })
  .extend({ warmRows: z.number().int().min(0).max(100_000) })
  .partial();
export type ModelJudge = z.infer<typeof ModelJudge>;

/** As it lies beside the file. Fields that this version does not know are passed over. */
export const ModelCard = z.object({
  name: text(63),
  version: z.number().int().min(1),
  sha256: ModelHash,
  bytes: z.number().int().min(1).max(MODEL_BYTES_MAX),
  /** Absent: `scores`. */
  kind: ModelKind.optional(),
  title: text(300),
  /** What it was made from, and what of it was looked at. */
  data: text(2000),
  settings: z.record(z.string(), Figure).optional(),
  /** Figures by name; cross-validated ones say so in their name. */
  metrics: z.record(z.string(), Figure),
  judge: ModelJudge.optional(),
  /** How often an alarm of such a score was true on series that took no part, rising. Absent: by `metrics`. */
  calibration: z
    .array(z.object({ score: z.number().min(0).max(1), chance: z.number().min(0).max(1) }))
    .max(32)
    .optional(),
  opset: z.number().int().min(1).optional(),
  inputs: Tensors,
  outputs: Tensors,
  states: z.array(text(64)).max(64).optional(),
  /** The program and its versions, or the unit, that made it. */
  trainedWith: text(300).optional(),
  licence: text(100).optional(),
  createdAt: Instant.optional(),
});
export type ModelCard = z.infer<typeof ModelCard>;

/** How many channels its rows have. Null: any number. */
export function channelsOfCard(card: ModelCard): number | null {
  const width = card.inputs["x"]?.[1];
  return typeof width === "number" ? width : null;
}

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
const Share = z.number().gt(0).max(1).meta(uom("1"));

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
  by: text(128),
  release: text(128).optional(),
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
  by: text(128),
  release: text(128).optional(),
});
export type Ended = z.infer<typeof Ended>;

/** Which models one profile of a unit runs. `previous`: what a roll-back goes back to, kept warm until `warmUntil`. */
export const ModelBinding = z.strictObject({
  profile: ProfileId,
  live: ModelHash,
  liveSince: Instant,
  /** The release that the live one came by. */
  release: text(128).optional(),
  previous: ModelHash.optional(),
  /** Until then the previous one scores beside the live one, so that going back finds it warm. */
  warmUntil: Instant.optional(),
  candidate: Candidate.optional(),
  parked: z.array(Parked).max(4).optional(),
  drift: Drift.optional(),
  ended: Ended.optional(),
});
export type ModelBinding = z.infer<typeof ModelBinding>;

const count = () => z.number().int().min(0).meta(uom("1"));

/** What became of what one model said of one profile's devices, in one unit. Counts since it began there. */
export const ModelRecord = z.strictObject({
  model: ModelHash,
  profile: ProfileId,
  stage: ModelStage,
  since: Instant,
  /** Devices that it watches, and for how long altogether. */
  devices: count(),
  assetDays: z.number().min(0).meta(uom("d")),
  rows: count(),
  /** Rows without an answer. */
  failures: count(),
  /** Mean time of one row, in microseconds; absent until it was measured. */
  rowUs: z.number().min(0).meta(uom("us")).optional(),
  /** Episodes that it called anomalous, and jobs opened by them: of a shadow none. */
  verdicts: count(),
  tickets: count(),
  /** Of its jobs that are over: a fault was found, nothing was wrong, nobody said. */
  found: z.strictObject({ true: count(), false: count(), unknown: count() }),
  /** Findings that named another fault than the model's alarm did, and jobs that a person overrode. */
  corrections: count(),
  /** Share of the automatic steps on its word that nobody took back; absent where there were none. */
  adoption: z.number().min(0).max(1).meta(uom("1")).optional(),
  /** Share of the labelled jobs in which nothing was wrong; absent where there were none. */
  falseAlarmRate: z.number().min(0).max(1).meta(uom("1")).optional(),
  at: Instant,
});
export type ModelRecord = z.infer<typeof ModelRecord>;

const Side = z.strictObject({
  /** Faults found, of those that visits confirmed; missed ones; alarms without a fault. */
  found: count(),
  missed: count(),
  false: count(),
  /** Median of how long before the job was opened the first sign came. */
  leadMs: z.number().optional().meta(uom("ms")),
});

/** Candidate and live model over the same jobs and the same quiet time. `refusal`: why it may not be promoted; absent: it may. */
export const Comparison = z.strictObject({
  from: Instant,
  to: Instant,
  assetDays: z.number().min(0).meta(uom("d")),
  /** Closed jobs with a finding, and those of them in which something was wrong. */
  tickets: count(),
  faults: count(),
  live: Side,
  candidate: Side,
  refusal: z.strictObject({ reasons: z.array(Reason).min(1).max(10) }).optional(),
});
export type Comparison = z.infer<typeof Comparison>;

const Group = z.strictObject({
  devices: count(),
  assetDays: z.number().min(0).meta(uom("d")),
  alarms: count(),
  failures: count(),
  rowUs: z.number().min(0).optional().meta(uom("us")),
});
/** The canary's devices beside the others. `chance`: how probable so many alarms are if both are alike. */
export const CanaryState = z.strictObject({
  canary: Group,
  others: Group,
  chance: z.number().min(0).max(1).meta(uom("1")),
  refusal: z.strictObject({ reasons: z.array(Reason).min(1).max(10) }).optional(),
});
export type CanaryState = z.infer<typeof CanaryState>;

/** One episode as a shadow saw it: a device's stretch of `anomalous`. Never an alarm. */
export const ShadowEpisode = z.strictObject({
  model: ModelHash,
  profile: ProfileId,
  device: DeviceId,
  asset: AssetId,
  since: Instant,
  /** Absent while it lasts. */
  clearedAt: Instant.optional(),
  peak: z.number().min(0).max(1).meta(uom("1")),
  state: VerdictState,
});
export type ShadowEpisode = z.infer<typeof ShadowEpisode>;

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
  by: text(128),
});
export type ReleaseAsk = z.infer<typeof ReleaseAsk>;

export const Release = z.strictObject({
  id: text(128),
  card: ModelCard,
  profile: ProfileId,
  wanted: Wanted,
  share: Share.optional(),
  bounds: TrialBounds.optional(),
  at: Instant,
  by: text(128),
  /** Those that the unit has not answered, in their order. */
  asks: z.array(ReleaseAsk).max(RELEASE_ASKS_MAX).optional(),
});
export type Release = z.infer<typeof Release>;

/** What became of a release at one unit. `refusal` and `reasons`: why it is where it is, or why it did not do what was asked last. `answered`: the last ask that it dealt with. */
export const ReleaseState = z.strictObject({
  release: text(128),
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

/** How the candidate of one profile fares. */
export const Trial = z.strictObject({ profile: ProfileId, comparison: Comparison.optional(), canary: CanaryState.optional() });
export type Trial = z.infer<typeof Trial>;

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

/** What a page shows of one model: a name that people know, and the card where there is one. */
export const ModelShown = z.strictObject({
  hash: ModelHash,
  name: text(63),
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
  devices: count(),
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
