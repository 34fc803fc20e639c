/**
 * What a unit and the hub say to each other, one stream at a time. A call and its answer belong together; a call that is not answered is
 * made again, and a repeated one is answered as the first was.
 *
 * ```
 * push   operations after `through`     ──▶  what each came to, how far the origin is, how much more may come
 * pull   what others wrote after a cursor ─▶  lines in order, and the cursor behind them
 * load   whole entities in order of key  ──▶  a page, and where it ended              (a new replica)
 * digest one hash a family, a bucket, a row ▶ those of the hub                        (who lost his place)
 * rows   entities with the cells' digests  ──▶ only the cells that differ              (what the digests found)
 * ```
 */
import { z } from "zod";
import { Instant } from "../instant.ts";
import { Cell, EntityRecord } from "./merge.ts";
import { Operation, Origin, PUSH_OPERATIONS_MAX, StreamName } from "./operation.ts";

const EntityName = z.string().min(1).max(40);
const EntityId = z.string().min(1).max(128);
const Epoch = z.number().int().min(1);
const Position = z.number().int().min(0);

/**
 * The latest place of the log that the hub showed a unit, `{position}.{tag}`: the tag is the beginning of the audit chain's hash there, which
 * covers everything before it. A hub that does not have this place is not the one that said all that: it was restored.
 */
const Seen = z.string().regex(/^\d{1,15}\.[0-9a-f]{0,16}$/);

/** Who asks. `key` proves the origin: the one handed over at registration. `epoch`: the hub's, as the unit knows it; absent: it knows none. */
const caller = { origin: Origin, stream: StreamName, key: z.string().min(1).max(128), epoch: Epoch.optional(), seen: Seen.optional() } as const;

/** Rows in one `load`, `digest` or `rows` answer. At 2 KiB a row 256 rows are half a MiB. */
export const ROWS_MAX = 256;
/** Lines in one `pull` answer. */
export const PULL_LINES_MAX = 500;
/**
 * Bytes of JSON in one page of `pull`, `load` and `rows`, and of what a `push` answer tells beside its outcomes: a page ends before it, but
 * holds at least one line or row. At 2 KiB a row it is above `ROWS_MAX`; 48 rows with one value of 29 KiB each are over it.
 */
export const ANSWER_BYTES_MAX = 1024 * 1024;
/** Buckets of a family's digest: by the first byte of the SHA-256 of an id. */
export const BUCKETS = 256;

export const PushBatch = z.strictObject({
  /** In another epoch than the one that the unit names nothing is taken, and the answer says where the origin stands. */
  ...caller,
  /** How far the hub has acknowledged, as the unit knows it: a hub that has less was restored. */
  acknowledged: z.number().int().min(0).optional(),
  /** What the unit knows `acknowledged` as, by its txId; said once in a session. A hub that knows it otherwise takes nothing. */
  prior: z.string().max(64).optional(),
  /** Operations that will never come: the unit has them no more. The hub says so in its log and goes on behind them. */
  gap: z.strictObject({ from: z.number().int().min(1), to: z.number().int().min(1), reason: z.string().max(200) }).optional(),
  operations: z.array(Operation).max(PUSH_OPERATIONS_MAX),
});
export type PushBatch = z.infer<typeof PushBatch>;

/** An entity as the hub holds it. `at`: position of the last line about it. */
/** The subject was erased: its personal values go, and so does its key. */
const Erased = z.literal(true).optional();

export const RowState = z.strictObject({ entity: EntityName, id: EntityId, at: Position, record: EntityRecord, erased: Erased });
export type RowState = z.infer<typeof RowState>;

/** What became of an operation that did not simply hold as it was sent. `cell`: the attribute at the hub afterwards. */
export const Settled = z.strictObject({
  seq: z.number().int().min(1),
  /** Where the unit calls the attribute something else today than when it wrote the operation. */
  attr: z.string().max(64).optional(),
  outcome: z.enum(["applied", "lost", "dead"]),
  reason: z.string().optional(),
  cell: Cell.optional(),
});
export type Settled = z.infer<typeof Settled>;

export const PushReply = z.strictObject({
  epoch: Epoch,
  /** Every operation of this origin and stream up to and including this seq is durable at the hub. After a restore: the restore point, not what was acknowledged before. */
  through: z.number().int().min(0),
  /** Where nothing was taken: the txId of the last operation that both sides count as durable. Where the unit knows it as another, numbers were used twice. */
  last: z.string().max(64).optional(),
  /** Up to this seq a backup of the hub holds them too; until then the unit keeps what was acknowledged. */
  stable: z.number().int().min(0).optional(),
  /** Operations that may be sent next; 0: wait. */
  credit: z.number().int().min(0).optional(),
  receivedAt: Instant,
  dead: z.array(z.strictObject({ seq: z.number(), reason: z.string() })),
  /** One for each operation sent, in order: the version that it made when it held as it was sent, 0 for those in `settled`. */
  versions: z.array(z.number().int().min(0)).optional(),
  /** Position of the last line about any of them. */
  at: Position.optional(),
  settled: z.array(Settled).optional(),
  /** Whole entities as they are now: those that others had written before, and those of repeated operations, of which much may have come since. Version 0: not there. */
  rows: z.array(RowState).optional(),
  /** The hub no longer knows what some of the repeated ones came to: the unit compares digests. */
  forgotten: z.literal(true).optional(),
  /** Where the log stood. */
  seen: Seen.optional(),
});
export type PushReply = z.infer<typeof PushReply>;

export const PullAsk = z.strictObject({
  ...caller,
  /** As the hub gave it. It says what the unit has applied. */
  after: z.string().min(1).max(512),
  /** As in a push. */
  acknowledged: z.number().int().min(0).optional(),
  limit: z.number().int().min(1).max(PULL_LINES_MAX),
});
export type PullAsk = z.infer<typeof PullAsk>;

/** What another origin wrote, and what it came to. A deletion has `deleted` and no cell; `row` is the whole entity, for one that is new to the unit. */
export const PullLine = z.strictObject({
  at: Position,
  txId: z.string(),
  entity: EntityName,
  id: EntityId,
  attr: z.string().max(64),
  cell: Cell.optional(),
  deleted: EntityRecord.shape.deleted,
  row: EntityRecord.optional(),
  actor: z.string(),
  reason: z.string(),
  /** The subject was erased: its personal values go, and so does its key. */
  erased: z.literal(true).optional(),
});
export type PullLine = z.infer<typeof PullLine>;

export const PullReply = z.strictObject({
  epoch: Epoch,
  lines: z.array(PullLine),
  next: z.string(),
  /** Lines of the log behind `next`. */
  more: z.boolean(),
  /** The place asked for is not, or no longer, in this log: `next` is where to go on, and digests find what differs. */
  lost: z.enum(["restored", "expired"]).optional(),
  /** Tombstones of lines up to here, as far as this unit has applied them, may be forgotten. */
  collected: Position,
  seen: Seen.optional(),
});
export type PullReply = z.infer<typeof PullReply>;

export const LoadAsk = z.strictObject({
  ...caller,
  entity: EntityName.optional(),
  after: z.string().max(200).optional(),
  limit: z.number().int().min(1).max(ROWS_MAX),
});
export type LoadAsk = z.infer<typeof LoadAsk>;
/** `start`: the cursor to pull from once all is loaded; the one of the first page counts. `next` null: that was all. */
export const LoadReply = z.strictObject({ epoch: Epoch, rows: z.array(RowState), next: z.string().nullable(), start: z.string(), seen: Seen.optional() });
export type LoadReply = z.infer<typeof LoadReply>;

/** Without `entity`: one digest a family. With it: one a bucket. With `bucket` too: one a row. */
export const DigestAsk = z.strictObject({
  ...caller,
  entity: EntityName.optional(),
  bucket: z
    .number()
    .int()
    .min(0)
    .max(BUCKETS - 1)
    .optional(),
});
export type DigestAsk = z.infer<typeof DigestAsk>;
/** `digests` by family, by bucket number or by id; empty ones are left out. `cursor` and `position`: where the log stood. */
export const DigestReply = z.strictObject({
  epoch: Epoch,
  position: Position,
  cursor: z.string(),
  digests: z.record(z.string(), z.string()),
  seen: Seen.optional(),
});
export type DigestReply = z.infer<typeof DigestReply>;

/** `have`: the digest of each cell at hand. */
export const RowsAsk = z.strictObject({
  ...caller,
  rows: z
    .array(z.strictObject({ entity: EntityName, id: EntityId, have: z.record(z.string(), z.string()) }))
    .min(1)
    .max(ROWS_MAX),
});
export type RowsAsk = z.infer<typeof RowsAsk>;
/** `cells`: those that differ. `drop`: attributes that the hub does not have. A row that the hub does not have is `absent`. */
export const RowDifference = z.strictObject({
  entity: EntityName,
  id: EntityId,
  at: Position,
  version: z.number().int().min(0),
  deleted: EntityRecord.shape.deleted,
  since: EntityRecord.shape.since,
  cells: z.record(z.string(), Cell),
  drop: z.array(z.string()),
  absent: z.literal(true).optional(),
  erased: Erased,
});
export type RowDifference = z.infer<typeof RowDifference>;
export const RowsReply = z.strictObject({ epoch: Epoch, position: Position, rows: z.array(RowDifference), seen: Seen.optional() });
export type RowsReply = z.infer<typeof RowsReply>;
