/** What the hub shows of its streams, beside the feed: asked and answered over HTTP. The served description of the API is made of these. */
import { z } from "zod";
import { HubComplaint } from "../../contracts/complaint.ts";
import { StreamName } from "../../contracts/delta/operation.ts";
import { UnitId } from "../../contracts/ids.ts";
import { Instant } from "../../contracts/instant.ts";

const Position = z.number().int().min(0);
const Epoch = z.number().int().min(1);
const Attributes = z.record(z.string(), z.json());
const EntityName = z.string().min(1).max(40);
const EntityId = z.string().min(1).max(128);

/** Entities in one page of a snapshot, and the default. */
export const SNAPSHOT_ROWS_MAX = 500;
export const SNAPSHOT_ROWS = 200;

export const SnapshotRow = z.strictObject({
  entity: EntityName,
  id: EntityId,
  version: z.number().int(),
  /** Units that see it. */
  units: z.array(z.string()),
  attributes: Attributes,
});
export type SnapshotRow = z.infer<typeof SnapshotRow>;

/** Every page is as of `cursor`, whatever happens meanwhile: following the feed from it continues the snapshot. `next`: ask for the rest with it as `after`; null: that was all. */
export const SnapshotPage = z.strictObject({
  rows: z.array(z.strictObject({ stream: StreamName, ...SnapshotRow.shape })),
  cursor: z.string(),
  next: z.string().nullable(),
});
export type SnapshotPage = z.infer<typeof SnapshotPage>;

export const SnapshotQuery = z.strictObject({
  entity: EntityName.optional().describe("The only family to read; absent: all"),
  after: z.string().max(2_048).optional().describe("`next` of the last page; absent: a new snapshot, as of now"),
  limit: z.coerce.number().int().min(1).max(SNAPSHOT_ROWS_MAX).default(SNAPSHOT_ROWS),
});

export const WriteAsk = z
  .strictObject({
    key: z.string().min(1).max(128).describe("Of this write: the same key is taken once, and answered again"),
    entity: EntityName,
    id: EntityId,
    changes: z
      .record(z.string().min(1).max(64), z.json())
      .refine((changes) => Object.keys(changes).length <= 60, "at most 60 attributes")
      .optional()
      .describe("By attribute; null removes it"),
    delete: z.literal(true).optional().describe("The whole entity"),
    seen: Position.optional().describe("The version of the entity that the writer had seen; absent: whatever there is"),
    units: z.array(UnitId).max(1_000).optional().describe("Units that shall see the entity from now on"),
    reason: z.string().min(1).max(200),
  })
  .refine((ask) => (ask.changes === undefined) !== (ask.delete === undefined), "send either changes or delete");
export type WriteAsk = z.infer<typeof WriteAsk>;

/** `stable`: up to this position a backup holds everything. A writer keeps what lies behind it, and offers it again when the feed says `rewound`. */
export const WriteAnswer = z.strictObject({
  stream: StreamName,
  epoch: Epoch,
  position: Position,
  stable: Position,
  /** Right behind this write in its stream, and at the beginning of the others. */
  cursor: z.string(),
  results: z.array(
    z.strictObject({
      attr: z.string(),
      outcome: z.enum(["applied", "lost", "dead"]),
      version: z.number().int(),
      reason: z.string().optional(),
      value: z.json().optional(),
    }),
  ),
});
export type WriteAnswer = z.infer<typeof WriteAnswer>;

export const ComplaintAsk = HubComplaint.pick({ asset: true, words: true, saidAt: true, priority: true }).extend({
  key: HubComplaint.shape.id.describe("Of this complaint: the same key is noted once, and answered again"),
  unit: UnitId.optional().describe("The unit that shall hear of it, where several have the machine"),
});
export type ComplaintAsk = z.infer<typeof ComplaintAsk>;

/** What the unit makes of it stands in `ticket` and `answer` of that complaint, a refusal in words: in the feed, and under its id. */
export const ComplaintTaken = z.strictObject({
  complaint: HubComplaint.shape.id,
  asset: HubComplaint.shape.asset,
  unit: UnitId,
  ...WriteAnswer.omit({ results: true }).shape,
});
export type ComplaintTaken = z.infer<typeof ComplaintTaken>;

export const DigestAnswer = z.strictObject({
  cursor: z.string(),
  streams: z.record(
    StreamName,
    z.strictObject({
      epoch: Epoch,
      position: Position,
      stable: Position,
      families: z.record(z.string(), z.strictObject({ entities: z.number().int(), digest: z.string() })),
    }),
  ),
});
export type DigestAnswer = z.infer<typeof DigestAnswer>;

export const DeadAnswer = z.strictObject({
  dead: z.array(
    z.strictObject({
      stream: StreamName,
      hubSeq: Position,
      origin: z.string(),
      seq: z.number().int(),
      entity: z.string(),
      id: z.string(),
      reason: z.string(),
      blocks: z.boolean(),
      at: Instant,
      operation: z.json().describe("As it came; null when its subject was erased, or it is a gap"),
    }),
  ),
});
export type DeadAnswer = z.infer<typeof DeadAnswer>;
export const RedeliverAsk = z.strictObject({ stream: StreamName, origin: z.string(), entity: z.string(), id: z.string() });
export type RedeliverAsk = z.infer<typeof RedeliverAsk>;
export const DiscardAsk = z.strictObject({ stream: StreamName, origin: z.string(), hubSeq: z.number().int().min(1) });
export type DiscardAsk = z.infer<typeof DiscardAsk>;
export const RedeliverAnswer = z.strictObject({ redelivered: z.number().int(), left: z.number().int() });

export const EraseAsk = z.strictObject({
  entity: EntityName,
  id: EntityId,
  key: z.string().min(1).max(128).describe("Of this request: the same key is taken once"),
});
export const EraseAnswer = z.strictObject({ stream: StreamName, epoch: Epoch, position: Position, unset: z.array(z.string()) });
export type EraseAnswer = z.infer<typeof EraseAnswer>;

export const Held = z.strictObject({
  entity: z.string(),
  id: z.string(),
  erased: z.boolean(),
  units: z.array(z.string()),
  values: z.array(z.strictObject({ attr: z.string(), value: z.json(), origin: z.string(), personal: z.boolean(), purposes: z.array(z.string()) })),
  /** Lines of the log that hold something of it, encrypted under its key; unreadable once it is erased. */
  sealedLines: z.number().int(),
  deadLetters: z.number().int(),
});
export type Held = z.infer<typeof Held>;
export const SubjectAnswer = z.strictObject({ stream: StreamName, ...Held.shape });

/** Two clocks: `writtenAt` is when the writer wrote it, `knownAt` when the hub took it. */
const Provenance = z.strictObject({
  version: z.number().int(),
  hubSeq: Position,
  actor: z.string(),
  origin: z.string(),
  reason: z.string(),
  writtenAt: Instant,
  knownAt: Instant,
});
/** An entity at a moment: each attribute with who wrote it, when, from where, and as which version. `askedAs`: it was merged, and `id` is the one that stands for it. */
export const EntityAnswer = z.strictObject({
  stream: StreamName,
  entity: z.string(),
  id: z.string(),
  askedAs: z.string().optional(),
  version: z.number().int(),
  attributes: z.record(
    z.string(),
    z.strictObject({ ...Provenance.shape, value: z.json().optional(), erased: z.literal(true).optional(), held: z.array(z.json()).optional() }),
  ),
  deleted: Provenance.optional(),
});
export type EntityAnswer = z.infer<typeof EntityAnswer>;

/** Lines of the log in one answer. */
const CHAIN_LINES_MAX = 1_000;
export const AuditQuery = z.strictObject({
  stream: StreamName,
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(CHAIN_LINES_MAX).default(100),
});
export const VerifyQuery = z.strictObject({ stream: StreamName.optional() });

export const ChainAnswer = z.strictObject({
  stream: StreamName,
  epoch: Epoch,
  position: Position,
  /**
   * Of the last line. A line's hash is SHA-256 of four lines: the hash before it, `2`, the JSON of its unit, joins and written (`{"unit":…,
   * "joins":…,"written":…}`), and its text. Lines of before this was so are hashed of the hash before them, a line break and their text.
   */
  head: z.string(),
  /** Lines up to here are gone. */
  horizon: Position,
  lines: z.array(
    z.strictObject({
      hubSeq: Position,
      hash: z.string(),
      text: z.string(),
      unit: z.string(),
      /** What it brought, where that is not what stands afterwards. */
      written: z.string().nullable(),
      /** Units to which the entity is new with this line. */
      joins: z.array(z.string()),
    }),
  ),
});
export type ChainAnswer = z.infer<typeof ChainAnswer>;
export const VerifyAnswer = z.strictObject({
  ok: z.boolean(),
  lines: z.number().int(),
  streams: z.partialRecord(
    StreamName,
    z.strictObject({ ok: z.boolean(), lines: z.number().int(), head: z.string(), position: Position, brokenAt: Position.optional() }),
  ),
});
export type VerifyAnswer = z.infer<typeof VerifyAnswer>;

/** How a stream stands. `lag`: lines for it that a replica has not applied; `oldestAt`: of the first of them. */
export const StreamStand = z.strictObject({
  stream: StreamName,
  epoch: Epoch,
  position: Position,
  lastAt: Instant.nullable(),
  stable: Position,
  horizon: Position,
  collected: Position,
  restores: z.array(z.strictObject({ epoch: Epoch, point: Position, silent: z.literal(true).optional(), by: z.string().optional() })),
  lines: z.number().int(),
  bytes: z.number().int(),
  /** Operations that a unit may send next; 0: units wait. */
  credit: z.number().int(),
  /** What the slowest reader has: older lines are kept for it. */
  leastRead: Position,
  replicas: z.array(
    z.strictObject({
      unit: z.string(),
      applied: Position,
      at: Instant,
      expelled: z.boolean(),
      lag: z.number().int(),
      oldestAt: Instant.optional(),
    }),
  ),
  /**
   * `kept`: what the unit has to keep because no confirmed backup holds it, in operations, and how much it can. `superseded`: by which later
   * life; the unit has had so many that two copies of it may be running.
   */
  origins: z.array(
    z.strictObject({
      origin: z.string(),
      unit: z.string(),
      through: Position,
      stable: Position,
      dead: z.number().int(),
      kept: z.strictObject({ state: z.enum(["ok", "tight", "beyond"]), operations: z.number().int(), max: z.number().int(), reason: z.string().optional() }),
      superseded: z.string().optional(),
    }),
  ),
  consumers: z.array(z.strictObject({ unit: z.string(), position: Position, at: Instant })),
});
export type StreamStand = z.infer<typeof StreamStand>;
export const StreamsAnswer = z.strictObject({ streams: z.array(StreamStand) });

export const BackupMarks = z.strictObject({
  marks: z.partialRecord(StreamName, z.strictObject({ epoch: Epoch, position: Position, tag: z.string(), throughs: z.record(z.string(), z.number().int()) })),
});
export type BackupMarks = z.infer<typeof BackupMarks>;
export const ConfirmAnswer = z.strictObject({ stable: z.partialRecord(StreamName, Position) });
export const EpochsAnswer = z.strictObject({ streams: z.partialRecord(StreamName, z.strictObject({ epoch: Epoch, point: Position })) });
export type EpochsAnswer = z.infer<typeof EpochsAnswer>;
/** `objects`: those of which the backup held something. */
export const RestoreAnswer = z.strictObject({ ...EpochsAnswer.shape, objects: z.array(z.string()), rows: z.number().int() });
export type RestoreAnswer = z.infer<typeof RestoreAnswer>;
export const ExpelAnswer = z.strictObject({ unit: z.string(), expelled: z.literal(true) });
