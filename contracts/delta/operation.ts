/**
 * A change on its way between replicas: one attribute of one entity.
 * `(origin, stream, seq)` is its identity, gapless per origin and stream. Method: `delta.md` of the protocol, summarised in README.md here.
 */
import { z } from "zod";
import { Instant } from "../instant.ts";
import { Hlc } from "./clock.ts";

/** Operations in one push, and bytes of one push. */
export const PUSH_OPERATIONS_MAX = 500;
export const PUSH_BYTES_MAX = 256 * 1024;
/**
 * Acknowledged operations that an outbox keeps until a backup of the hub holds them: at 1 KiB each a fifth of the 10 GB that an object may
 * hold. Beyond it the oldest go: a hub that is put back from before them hears of a gap, and what they left standing is written again.
 */
export const KEPT_MAX = 2_000_000;
/** Serialized value of one attribute. A ticket's list of repairs is about 4 KiB. */
export const VALUE_BYTES_MAX = 32 * 1024;

/** An entity's record as JSON, values that are held beside others included: storage keeps rows of 2 MB, and who sees it lies in the same row. */
export const RECORD_BYTES_MAX = 1_900_000;

/** Entity families that leave the unit. Each is a stream with one Hub object. */
export const StreamName = z.enum(["tickets", "assets", "customers", "people"]);
export type StreamName = z.infer<typeof StreamName>;

/** An origin is a unit and its incarnation: a unit that is restored or cloned begins a new one. */
export const Origin = z
  .string()
  .regex(/^[a-z0-9-]{1,63}@[0-9a-z-]{1,40}$/)
  .brand<"Origin">();
export type Origin = z.infer<typeof Origin>;

export const MergeRule = z.enum(["hub-wins", "unit-wins", "lww", "max", "min", "counter", "set-add", "manual"]);
export type MergeRule = z.infer<typeof MergeRule>;

export const Operation = z.strictObject({
  origin: Origin,
  stream: StreamName,
  seq: z.number().int().min(1),
  /** Groups what one transaction wrote across streams. */
  txId: z.string().min(1).max(64),
  entity: z.string().min(1).max(40),
  id: z.string().min(1).max(128),
  /** Attribute name, or "" for a whole-entity `delete`. */
  attr: z.string().max(64),
  op: z.enum(["set", "unset", "delete"]),
  value: z.json().optional(),
  hlc: Hlc,
  /** Version at the hub of the write to this attribute (or of the deletion) that the writer had seen last; 0 when none. */
  baseVersion: z.number().int().min(0),
  /** The hub's epoch in which the writer saw that version; absent: the first. */
  baseEpoch: z.number().int().min(2).optional(),
  actor: z.string().max(64),
  reason: z.string().max(200),
  /** Subject and major version of the contract it was written under, such as `ticket@1`. */
  contract: z.string().max(64),
  at: Instant,
});
export type Operation = z.infer<typeof Operation>;

/** What the hub made of an operation: logged for every one, the losers too. */
export const Outcome = z.strictObject({
  hubSeq: z.number().int().min(1),
  epoch: z.number().int().min(1),
  version: z.number().int().min(0),
  outcome: z.enum(["applied", "lost", "dead"]),
  reason: z.string().optional(),
  /** The attribute's value after the merge. */
  value: z.json().optional(),
  /** Other values of a `manual` conflict, until a person chooses. */
  held: z.array(z.strictObject({ value: z.json().optional(), hlc: Hlc, origin: Origin })).optional(),
  /** Whose value that is, where it is another's: a `manual` conflict goes on showing the later one. */
  shown: z.strictObject({ hlc: Hlc, origin: Origin }).optional(),
  /** A dead letter that was taken after all: an earlier line has the same identity. */
  redelivered: z.literal(true).optional(),
  /** The value was a personal one of a subject that has been erased since. */
  erased: z.literal(true).optional(),
  /** The same in the words of a newer major of its contract: nobody wrote anything, and the version stays. `shown` says whose write it is. */
  reworded: z.literal(true).optional(),
  appliedAt: Instant,
});
export type Outcome = z.infer<typeof Outcome>;

export const FeedItem = z.strictObject({ cursor: z.string(), stream: StreamName, operation: z.strictObject({ ...Operation.shape, ...Outcome.shape }) });
export type FeedItem = z.infer<typeof FeedItem>;
/**
 * The cursor that was sent is not a place of this log any more, and there are no items: go on from `next`. `restored`: the hub was put back
 * from a backup; what was lost comes again under new numbers, so compare digests afterwards and offer own writes again. `expired`: the lines
 * behind the cursor are gone, and so what they said is missed: take a snapshot, and go on from its cursor.
 */
export const Rewound = z.enum(["restored", "expired"]);
export type Rewound = z.infer<typeof Rewound>;
export const FeedPage = z.strictObject({ items: z.array(FeedItem), next: z.string(), rewound: Rewound.optional() });
export type FeedPage = z.infer<typeof FeedPage>;
