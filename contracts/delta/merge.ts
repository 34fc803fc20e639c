/**
 * One operation laid over one entity, attribute by attribute, under the rule that the contract names for that attribute.
 * Pure and shared: the hub resolves with it, a unit and a phone lay their pending operations over what they pulled.
 *
 * A conflict: the attribute was last written by another origin, and this writer had not seen that write
 * (`baseVersion` below the version that it made). Without a conflict a plain write simply holds.
 */
import { z } from "zod";
import { Hlc } from "./clock.ts";
import { type Json, canonical } from "./json.ts";
import { type MergeRule, type Operation, Origin } from "./operation.ts";

/** Values that a `manual` attribute keeps beside the current one; a person who lets it grow further is not looking. */
export const HELD_MAX = 8;

const Held = z.strictObject({ value: z.json().optional(), hlc: Hlc, origin: Origin });
export const Cell = z.strictObject({
  /** Absent: the attribute was unset, which is remembered. */
  value: z.json().optional(),
  hlc: Hlc,
  origin: Origin,
  /** Version of the entity that this write made, and the hub's epoch in which it did; absent: the first. */
  version: z.number().int().min(1),
  epoch: z.number().int().min(2).optional(),
  /** Other values of a `manual` conflict, until a writer who saw them writes again. */
  held: z.array(Held).max(HELD_MAX).optional(),
});
export type Cell = z.infer<typeof Cell>;

export const EntityRecord = z.strictObject({
  version: z.number().int().min(0),
  /** Tombstone: by whom and when it was deleted. */
  deleted: z.strictObject({ hlc: Hlc, origin: Origin, version: z.number().int(), epoch: z.number().int().min(2).optional() }).optional(),
  /** It was deleted and began anew: what was written up to there is of a life that is over. */
  since: z.strictObject({ version: z.number().int().min(1), epoch: z.number().int().min(2).optional() }).optional(),
  cells: z.record(z.string(), Cell),
});
export type EntityRecord = z.infer<typeof EntityRecord>;

export const NEVER_SEEN: EntityRecord = { version: 0, cells: {} };

/** The part of an operation that a merge reads. */
export type Write = Pick<Operation, "origin" | "attr" | "op" | "hlc" | "baseVersion" | "baseEpoch"> & { readonly value?: Json | undefined };

/** `reason` is there when the write did not simply hold. `value`: the attribute's value afterwards. */
export type Merged = { readonly record: EntityRecord; readonly outcome: "applied" | "lost" | "dead"; readonly reason?: string; readonly value?: Json };

/** The hub's own writes (a CRM's write-back) carry this as the unit part of their origin. */
export const HUB_ORIGIN = "hub@";

/** `applied` raises the version by exactly 1; `lost` and `dead` leave the record as it was. `epoch`: the hub's, in which this happens. */
export function merge(record: EntityRecord, write: Write, rule: MergeRule, epoch = 1): Merged {
  if (write.op === "delete") return remove(record, write, epoch);
  if (record.deleted !== undefined) {
    if (concurrent(record.deleted, write)) return { record, outcome: "lost", reason: "deleted" };
    return merge({ version: record.version, since: sinceOf(record.deleted), cells: {} }, write, rule, epoch);
  }
  const cell = Object.hasOwn(record.cells, write.attr) ? record.cells[write.attr] : undefined;
  const resolved = resolve(cell, write, rule);
  if (resolved.outcome !== "applied") return { record, ...resolved, ...valueOf(cell) };
  const version = record.version + 1;
  const next: Cell = { ...resolved.cell, version, ...sinceEpoch(epoch) };
  const cells = { ...record.cells, [write.attr]: next };
  return { record: { ...record, version, cells }, outcome: "applied", ...(resolved.reason === undefined ? {} : { reason: resolved.reason }), ...valueOf(next) };
}

/** The attributes as they stand; null for a tombstone or an entity never seen. */
export function entityOf(record: EntityRecord): Readonly<Record<string, Json>> | null {
  if (record.deleted !== undefined || record.version === 0) return null;
  return Object.fromEntries(Object.entries(record.cells).flatMap(([attr, cell]) => (cell.value === undefined ? [] : [[attr, cell.value]])));
}

/** Where the life that follows a deletion begins. */
export function sinceOf({ version, epoch }: NonNullable<EntityRecord["deleted"]>): NonNullable<EntityRecord["since"]> {
  return { version, ...(epoch === undefined ? {} : { epoch }) };
}

type Resolved =
  | { readonly outcome: "applied"; readonly cell: Omit<Cell, "version" | "epoch">; readonly reason?: string }
  | { readonly outcome: "lost" | "dead"; readonly reason: string };

function resolve(cell: Cell | undefined, write: Write, rule: MergeRule): Resolved {
  switch (rule) {
    case "max":
      return extreme(cell, write, (a, b) => a > b);
    case "min":
      return extreme(cell, write, (a, b) => a < b);
    case "counter":
      return count(cell, write);
    case "set-add":
      return unite(cell, write);
    case "unit-wins":
      return decideBySide(cell, write, (origin) => !origin.startsWith(HUB_ORIGIN));
    case "hub-wins":
      return decideBySide(cell, write, (origin) => origin.startsWith(HUB_ORIGIN));
    case "lww":
      return inConflict(cell, write) ? later(cell, write) : holds(write);
    case "manual":
      return keepBoth(cell, write);
  }
}

/** On a conflict the favoured side's write holds; between writers of one side the later clock does. */
function decideBySide(cell: Cell | undefined, write: Write, favoured: (origin: string) => boolean): Resolved {
  if (!inConflict(cell, write)) return holds(write);
  const [was, is] = [favoured(cell.origin), favoured(write.origin)];
  if (was === is) return later(cell, write);
  return is ? holds(write) : { outcome: "lost", reason: "other-side-wins" };
}

function later(cell: Cell, write: Write): Resolved {
  return isLater(write, cell) ? holds(write) : { outcome: "lost", reason: "older" };
}

/** The greatest (or least) number ever written holds, whoever wrote it and whenever; only an unset that has seen it removes it. */
function extreme(cell: Cell | undefined, write: Write, beats: (a: number, b: number) => boolean): Resolved {
  if (write.op === "unset") return inConflict(cell, write) ? { outcome: "lost", reason: "unseen" } : holds(write);
  if (typeof write.value !== "number") return { outcome: "dead", reason: "not-a-number" };
  if (typeof cell?.value !== "number") return holds(write);
  return beats(write.value, cell.value) ? holds(write) : { outcome: "lost", reason: "not-beyond" };
}

/** Increments travel, not values: the order does not matter, but each may be merged once only. */
function count(cell: Cell | undefined, write: Write): Resolved {
  if (write.op === "unset") return { outcome: "dead", reason: "counters-only-count" };
  if (typeof write.value !== "number") return { outcome: "dead", reason: "not-a-number" };
  const sum = (typeof cell?.value === "number" ? cell.value : 0) + write.value;
  return Number.isFinite(sum) ? { outcome: "applied", cell: { ...stamp(write), value: sum } } : { outcome: "dead", reason: "beyond-all-numbers" };
}

/** Members are compared by their canonical text and kept in its order, so that any order of writes gives one value. */
function unite(cell: Cell | undefined, write: Write): Resolved {
  if (write.op === "unset") return { outcome: "dead", reason: "sets-only-grow" };
  if (!Array.isArray(write.value)) return { outcome: "dead", reason: "not-a-set" };
  const was = Array.isArray(cell?.value) ? cell.value : [];
  const members = new Map([...was, ...write.value].map((member) => [canonical(member), member]));
  if (cell?.value !== undefined && members.size === was.length) return { outcome: "lost", reason: "nothing-new" };
  const value = [...members].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, member]) => member);
  return { outcome: "applied", cell: { ...stamp(write), value } };
}

/**
 * Both values stay; the later one is shown as current until somebody who saw them writes. A writer who goes on without having seen the others'
 * values replaces his own one only.
 */
function keepBoth(cell: Cell | undefined, write: Write): Resolved {
  if (cell === undefined || !unseen(cell, write)) return holds(write);
  const { version: _, epoch: __, held = [], ...current } = cell;
  const mine = { ...stamp(write), ...(write.op === "set" && write.value !== undefined ? { value: write.value } : {}) };
  const others = [current, ...held].filter((other) => other.origin !== write.origin);
  if (others.length === 0) return holds(write);
  if (others.length > HELD_MAX) return { outcome: "dead", reason: "too-many-conflicts" };
  const [shown = mine, ...beside] = [mine, ...others].toSorted((a, b) => (isLater(a, b) ? -1 : 1));
  return { outcome: "applied", cell: { ...shown, held: beside }, reason: "conflict-kept-both" };
}

function remove(record: EntityRecord, write: Write, epoch: number): Merged {
  if (record.version === 0) return { record, outcome: "lost", reason: "never-seen" };
  if (record.deleted !== undefined) return { record, outcome: "lost", reason: "deleted" };
  const version = record.version + 1;
  return { record: { version, cells: {}, deleted: { hlc: write.hlc, origin: write.origin, version, ...sinceEpoch(epoch) } }, outcome: "applied" };
}

function holds(write: Write): Resolved {
  return { outcome: "applied", cell: { ...stamp(write), ...(write.op === "set" && write.value !== undefined ? { value: write.value } : {}) } };
}

function inConflict(cell: Cell | undefined, write: Write): cell is Cell {
  return cell !== undefined && concurrent(cell, write);
}

/** What was written in a later epoch than the writer knew of can't have been seen: versions are comparable within an epoch, and back to the point where it began. */
function concurrent(seen: { readonly origin: string; readonly version: number; readonly epoch?: number | undefined }, write: Write): boolean {
  return seen.origin !== write.origin && unseen(seen, write);
}

function unseen(one: { readonly version: number; readonly epoch?: number | undefined }, write: Write): boolean {
  return (one.epoch ?? 1) > (write.baseEpoch ?? 1) || write.baseVersion < one.version;
}

function sinceEpoch(epoch: number): { readonly epoch?: number } {
  return epoch > 1 ? { epoch } : {};
}

/** Clocks first, origins to break a tie: the same on every replica. */
function isLater(a: { readonly hlc: string; readonly origin: string }, b: { readonly hlc: string; readonly origin: string }): boolean {
  return a.hlc === b.hlc ? a.origin > b.origin : a.hlc > b.hlc;
}

function stamp(write: Write): { readonly hlc: Hlc; readonly origin: Origin } {
  return { hlc: write.hlc, origin: write.origin };
}

function valueOf(cell: { readonly value?: Json | undefined } | undefined): { readonly value?: Json } {
  return cell?.value === undefined ? {} : { value: cell.value };
}
