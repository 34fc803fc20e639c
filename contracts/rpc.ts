/** The calls between the objects, named by what is asked. The objects and the entry point of the hub implement these types. */
import { z } from "zod";
import type { DeviceMeter, Glances, Quarantined, TailLine, Trace } from "./board.ts";
import { Origin, type StreamName } from "./delta/operation.ts";
import type { DigestAsk, DigestReply, LoadAsk, LoadReply, PullAsk, PullReply, PushBatch, PushReply, RowsAsk, RowsReply } from "./delta/sync.ts";
import type { Baseline, Device } from "./device.ts";
import type { IntakeFit } from "./fit.ts";
import type { ModelHash, ProfileId } from "./ids.ts";
import type { Millis } from "./instant.ts";
import type { Drift, Parked } from "./model-binding.ts";
import type { ModelJudge } from "./model-card.ts";
import type { ShadowEpisode } from "./model-record.ts";
import type { BlobAsk, BlobReply, ModelsAsk, ModelsReply } from "./models-wire.ts";
import type { NoteAsk } from "./note.ts";
import { ReceiptSummary, Verified } from "./receipt.ts";
import type { Refusal } from "./refusal.ts";
import type { Scenario } from "./scenario.ts";
import type { VerdictBatch } from "./verdict.ts";
import type { WearSeen } from "./wear.ts";

/** What an Intake needs of its unit. `version` rises whenever any of it changes. */
export type IntakePlan = {
  readonly unit: string;
  readonly version: number;
  readonly scenario: Scenario;
  readonly devices: readonly Device[];
  readonly openAccess: boolean;
  /** Profiles that run another model than their scenario names, or two. */
  readonly models?: readonly PlannedModels[];
  /** Of models whose cards ask for another judge than the scenario's. */
  readonly judges?: readonly { readonly model: ModelHash; readonly judge: ModelJudge }[];
};

/** `other` scores beside `live`; on that share of the devices, by the hash of their ids, it is the other way round. */
export type PlannedModels = {
  readonly profile: ProfileId;
  /** When it became so: counts of one arrangement are not those of another. */
  readonly since: Millis;
  readonly live: ModelHash;
  readonly other?: { readonly hash: ModelHash; readonly share: number };
  /** May be wanted back: its bytes are kept. */
  readonly previous?: ModelHash;
};

/** What one model did on the devices of a profile, as their live one or beside it, in one arrangement of models. */
export type Watched = {
  readonly profile: ProfileId;
  readonly since: Millis;
  readonly model: ModelHash;
  readonly as: "live" | "beside";
  readonly devices: number;
  /** Devices on which its floor is not learnt yet: nothing it says of them counts. */
  readonly learning: number;
  readonly rows: number;
  readonly failures: number;
  readonly watchedMs: Millis;
  /** Episodes that it called anomalous. */
  readonly episodes: number;
  readonly rowUs?: number;
};

/** What an Intake tells of its models, now and then: the whole of it each time, so that telling again is harmless. */
export type WatchReport = {
  readonly part: number;
  readonly watched: readonly Watched[];
  /** Of models that score beside a live one: those that are under way, and those that ended and were not told yet. */
  readonly episodes: readonly ShadowEpisode[];
  readonly parked: readonly (Parked & { readonly profile: ProfileId })[];
  readonly drift: readonly { readonly profile: ProfileId; readonly drift: Drift }[];
  /** Slow wear that was warned of. */
  readonly wear?: readonly WearSeen[];
};

export type UnitForIntake = {
  intakePlan(): Promise<IntakePlan | Refusal>;
  /** Checks a device's password. `device` is the user name. */
  admitDevice(device: string, password: string): Promise<Device | Refusal>;
  /** Applies transitions once: repeats are answered again, a gap is refused with the seq that is expected. `through`: the last seq applied. */
  applyVerdicts(batch: VerdictBatch): Promise<{ readonly through: number } | Refusal>;
  /** Commissioning has learnt a device's normal. Idempotent: the first one stays. */
  learnt(device: string, baseline: Baseline): Promise<void>;
  /** Idempotent. */
  watched(report: WatchReport): Promise<void>;
};

export type IntakeForUnit = {
  /** The plan changed: load it again. */
  refresh(version: number): Promise<void>;
  glances(): Promise<Glances>;
  // The platform keeps the names `trace` and `tail` for itself: an object can't answer calls of that name.
  traceOf(device: string, after: number): Promise<Trace | Refusal>;
  tailAfter(after: number, device?: string): Promise<readonly TailLine[]>;
  quarantine(): Promise<readonly Quarantined[]>;
  meters(): Promise<readonly DeviceMeter[]>;
  /** The device has a new password: its connections end. */
  disconnect(device: string): Promise<void>;
  putModel(hash: string, bytes: ArrayBuffer): Promise<{ readonly hash: string } | Refusal>;
  /** Whether it runs on the profile's channels. Refuses `unknown-model`, `bad-model`. */
  tryOn(hash: string, profile: string): Promise<{ readonly hash: string } | Refusal>;
  /** The fleet's floors by this Intake's own machines. Refuses `unknown-entity`, `unknown-model`, `bad-model`, `incomplete`. */
  fit(profile: string): Promise<IntakeFit | Refusal>;
  /** Those that were uploaded, the oldest first. */
  heldModels(): Promise<readonly string[]>;
  /** A consistent copy for a sandbox, in chunks: first call without `after`. The first chunk carries the seq of the last transition in the cut. */
  exportState(after?: string): Promise<IntakeChunk>;
  importState(chunk: IntakeChunk): Promise<void>;
};

/** Rows of an Intake's tables, by table; opaque to everyone else. */
export type IntakeChunk = {
  readonly rows: readonly { readonly table: string; readonly row: Readonly<Record<string, string | number | null | ArrayBuffer>> }[];
  readonly next: string | null;
  readonly through: number;
};

/** Erased subjects that a registration repeats. At 60 bytes each 600 KiB; far above the customers and engineers of one unit that ever ask for it. */
export const ERASED_MAX = 10_000;

export const Registration = z.strictObject({
  tenant: z.string(),
  unit: z.string(),
  /** Which life of the unit this is: a restore or a clone begins a new one. */
  incarnation: z.string(),
  /** Proves the origin in every push; the hub keeps its hash. Made by the unit. */
  key: z.string().min(22).max(128),
  /** The contracts the unit writes under: subject, version, fingerprint and the JSON Schema itself. */
  contracts: z.array(z.strictObject({ subject: z.string(), version: z.number().int(), fingerprint: z.string(), schema: z.json() })),
  /** Subjects that the unit knows to be erased. A hub that was put back from before does not, and erases them again. */
  erased: z
    .array(z.strictObject({ entity: z.string().min(1).max(40), id: z.string().min(1).max(128) }))
    .max(ERASED_MAX)
    .optional(),
});
export type Registration = z.infer<typeof Registration>;

/**
 * As which published version a unit's contract is read. `same`: that very document is published · `fits`: another document of that major,
 * readable as it · `lens`: of an older major, read through lenses. `newest`: the one to come to.
 */
export type Spoken = {
  readonly subject: string;
  readonly fingerprint: string;
  readonly major: number;
  readonly revision: number;
  readonly how: "same" | "fits" | "lens";
  readonly newest: { readonly major: number; readonly revision: number; readonly fingerprint: string };
};

/** Proves the origin as a push does. The rest is what the unit says of itself: its last comparison of digests, its last absence. */
export const HeardAsk = z.strictObject({
  origin: Origin,
  key: z.string().min(1).max(128),
  verified: Verified.optional(),
  receipt: ReceiptSummary.optional(),
});
export type HeardAsk = z.infer<typeof HeardAsk>;

/** How far the consumers of the feed have come in what an origin pushed. */
export type Heard = {
  /** Those who asked for the feed and may see this unit; 0: nobody has. */
  readonly consumers: number;
  /** The last seq of the origin that the slowest of them has said to have; 0: none. */
  readonly through: Readonly<Record<StreamName, number>>;
  /** When the first operation that it has not was written, by the unit's clock. */
  readonly oldestAt?: Millis;
};

/** The hub as its units see it. Each call may fail when the hub is away; the unit retries. */
export type HubForUnit = {
  /** Refuses `unfit-contract` with the field at fault, and `exists` when another key holds that origin. Idempotent. */
  register(registration: Registration): Promise<{ readonly epoch: number; readonly contracts?: readonly Spoken[] } | Refusal>;
  /** Applies each operation once; answers when all is durable. Refuses `unknown-origin`, `not-permitted`, `gap`, `quota-exceeded`, `stale-version` for a seq that stood for something else. */
  push(batch: PushBatch): Promise<PushReply | Refusal>;
  /** What others wrote behind a cursor. Refuses `bad-cursor`, `unknown-origin`, `not-permitted`; the next three as well. */
  pull(ask: PullAsk): Promise<PullReply | Refusal>;
  load(ask: LoadAsk): Promise<LoadReply | Refusal>;
  digest(ask: DigestAsk): Promise<DigestReply | Refusal>;
  rows(ask: RowsAsk): Promise<RowsReply | Refusal>;
  /** Refuses `unknown-origin`, and `not-permitted` for a wrong key; the next one too. */
  heard(ask: HeardAsk): Promise<Heard | Refusal>;
  note(ask: NoteAsk): Promise<{ readonly noted: true } | Refusal>;
  /** What became of releases; answered with those that wait for this unit. Whoever asked is nudged from then on. */
  models(ask: ModelsAsk): Promise<ModelsReply | Refusal>;
  /** Refuses `unknown-model` too, and `malformed` for an offset that no part begins at. */
  blob(ask: BlobAsk): Promise<BlobReply | Refusal>;
};
