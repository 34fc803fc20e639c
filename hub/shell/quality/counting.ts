/**
 * Counts what arrives, in memory, and lays it into the tables now and then: a value costs microseconds, a row is written once for
 * thousands of them. What is not yet laid down is lost with the object's memory: these are statistics, the truth is in the log.
 *
 * ```
 * push ─ committed ─▶ observeTaken ─ leaves ─▶ sketch, counts ─(isDue)▶ flush ─▶ one row per field and day
 * ```
 */
import { isSealed } from "../../../contracts/delta/seal.ts";
import type { Outcome } from "../../../contracts/delta/operation.ts";
import type { Millis } from "../../../contracts/instant.ts";
import { type Field, unknownField } from "../../quality/field.ts";
import { leavesOf } from "../../quality/leaf.ts";
import { dayOf } from "../../quality/period.ts";
import { type SketchDraft, emptySketch, observe } from "../../quality/sketch.ts";
import { type Counts, NOTHING, count } from "../../quality/usable.ts";
import { type Db, addKept, rollUp } from "./period-tables.ts";

/** Operations between two flushes: ten full pushes. */
const FLUSH_OPERATIONS = 5_000;
/** Or this long after the first one that waits, at the next chance: an eviction costs no more than a minute of statistics. */
const FLUSH_MS = 60_000;
/** Fields that may wait in memory, at 5 to 20 KB each. */
const FIELDS_WAITING_MAX = 1_000;
/** Fields laid down in one call, at half a millisecond each: a push that comes meanwhile waits no longer than 25 ms. The next call takes the rest. */
const FLUSHED_MAX = 50;
/** What no contract names is counted together: a sender can't grow the tables by inventing names. */
export const UNKNOWN = "*";

/** What a value is judged by; asked for every value, so it answers from memory. */
export type Contracts = {
  /** The fields of a subject's contract; undefined for a subject without one. */
  readonly fieldsOf: (subject: string) => ReadonlyMap<string, Field> | undefined;
  readonly freshnessMs: (subject: string) => number | undefined;
  /** Whether every bridge of the subject has a counterpart for the value. */
  readonly mapped: (subject: string, attr: string, value: unknown) => boolean;
};

/** An operation as it was written: `value` is what it brought, not what stands after the merge. `unnamed`: refused because no contract names it. */
export type TakenOperation = {
  readonly entity: string;
  readonly attr: string;
  readonly op: "set" | "unset" | "delete";
  readonly value?: unknown;
  readonly at: Millis;
  readonly outcome: Outcome["outcome"] | "unnamed";
};

type Waiting = { readonly subject: string; readonly path: string; readonly fromAt: Millis; sketch: SketchDraft | null; counts: Counts | null };

/** What waits in the memory of one stream's object. */
export type Quality = { readonly contracts: Contracts; readonly waiting: Map<string, Waiting>; operations: number; sinceAt: Millis | null; rolledAt: Millis };

export function openQuality(contracts: Contracts): Quality {
  return { contracts, waiting: new Map(), operations: 0, sinceAt: null, rolledAt: 0 };
}

/** Only new operations, once each; after their push was committed. Deletions of whole entities bring no values. */
export function observeTaken(quality: Quality, operations: readonly TakenOperation[], receivedAt: Millis): void {
  if (operations.length === 0) return;
  const { fromAt } = dayOf(receivedAt);
  for (const operation of operations) if (operation.op !== "delete") observeOne(quality, operation, receivedAt, fromAt);
  quality.operations += operations.length;
  quality.sinceAt ??= receivedAt;
}

export function isDue({ operations, sinceAt, waiting }: Quality, now: Millis): boolean {
  return operations >= FLUSH_OPERATIONS || waiting.size >= FIELDS_WAITING_MAX || (sinceAt !== null && now - sinceAt >= FLUSH_MS);
}

/**
 * In a transaction of its own, after that of the push: what is laid down is forgotten here. Once a day old periods are rolled up. Call it
 * while it `isDue`, once after each push and once a minute, so that no call takes long.
 */
export function flush(db: Db, quality: Quality, now: Millis): void {
  const today = dayOf(now).fromAt;
  const part = [...quality.waiting].slice(0, FLUSHED_MAX);
  db.transaction(() => {
    for (const [, { subject, path, fromAt, sketch, counts }] of part)
      addKept(db, { subject, path, period: { span: "day", fromAt }, ...(sketch === null ? {} : { sketch }), ...(counts === null ? {} : { counts }) });
    // What is left over is taken by the next flush.
    if (quality.rolledAt < today && rollUp(db, now) === 0) quality.rolledAt = today;
  });
  for (const [key] of part) quality.waiting.delete(key);
  if (quality.waiting.size > 0) return;
  quality.operations = 0;
  quality.sinceAt = null;
}

function observeOne({ contracts, waiting }: Quality, { entity, attr, op, value, at, outcome }: TakenOperation, receivedAt: Millis, fromAt: Millis): void {
  const fields = contracts.fieldsOf(entity);
  const field = outcome === "unnamed" ? undefined : fields?.get(attr);
  const subject = fields === undefined ? UNKNOWN : entity;
  const written = op === "unset" ? undefined : value;
  const sealed = isSealedValue(written);
  const received = { value: written, at, receivedAt, rejected: outcome === "dead", mapped: field === undefined || contracts.mapped(entity, attr, written) };
  const slot = slotOf(waiting, subject, field === undefined ? UNKNOWN : attr, fromAt);
  // Of a sealed value nothing can be seen but that it is there.
  slot.counts = count(
    slot.counts ?? NOTHING,
    received,
    sealed && field !== undefined ? { ...unknownField(attr), required: field.required } : field,
    contracts.freshnessMs(entity),
  );
  // What the merge refused says nothing of the data that stand.
  if (fields === undefined || field === undefined || sealed || outcome === "dead") return;
  const isClosed = (path: string): boolean => fields.get(path)?.personal ?? true;
  for (const leaf of leavesOf(attr, written, isClosed)) {
    const known = fields.get(leaf.path);
    if (known === undefined) continue;
    const own = leaf.path === attr ? slot : slotOf(waiting, subject, leaf.path, fromAt);
    observe((own.sketch ??= emptySketch()), leaf.value, known, at);
  }
}

function slotOf(waiting: Map<string, Waiting>, subject: string, path: string, fromAt: Millis): Waiting {
  const key = `${fromAt} ${subject} ${path}`;
  const known = waiting.get(key);
  if (known !== undefined) return known;
  const slot: Waiting = { subject, path, fromAt, sketch: null, counts: null };
  waiting.set(key, slot);
  return slot;
}

function isSealedValue(value: unknown): boolean {
  return typeof value === "object" && value !== null && "$sealed" in value && isSealed(value);
}
