/**
 * A replica's copy of what the hub holds: how a cell, a deletion or a difference is laid into it, and the digests by which two copies are
 * compared. Later is what was written in a later epoch, or under a higher version of the same one; so the order of arrival does not matter.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { canonical } from "./json.ts";
import { type Cell, type EntityRecord, sinceOf } from "./merge.ts";
import type { RowDifference } from "./sync.ts";

type Stamp = { readonly version: number; readonly epoch?: number | undefined };
export type Tombstone = NonNullable<EntityRecord["deleted"]>;

export function isNewer(a: Stamp, b: Stamp): boolean {
  const [x, y] = [a.epoch ?? 1, b.epoch ?? 1];
  return x === y ? a.version > b.version : x > y;
}

/** The record with a cell that is newer than the one it has; otherwise the very same record. */
export function layCell(record: EntityRecord, attr: string, cell: Cell): EntityRecord {
  const over = record.deleted ?? record.since;
  if (over !== undefined && !isNewer(cell, over)) return record;
  const was = Object.hasOwn(record.cells, attr) ? record.cells[attr] : undefined;
  if (was !== undefined && !isNewer(cell, was)) return record;
  const since = record.deleted === undefined ? record.since : sinceOf(record.deleted);
  const cells = record.deleted === undefined ? { ...record.cells, [attr]: cell } : { [attr]: cell };
  return { version: latest({ cells }), ...(since === undefined ? {} : { since }), cells };
}

export function layTombstone(record: EntityRecord, deleted: Tombstone): EntityRecord {
  const over = record.deleted ?? record.since;
  if (over !== undefined && !isNewer(deleted, over)) return record;
  const later = Object.entries(record.cells).filter(([, cell]) => isNewer(cell, deleted));
  return later.length > 0
    ? { version: record.version, since: sinceOf(deleted), cells: Object.fromEntries(later) }
    : { version: deleted.version, deleted, cells: {} };
}

/** What the hub says holds, older or not: this copy was wrong. */
export function mend(record: EntityRecord, difference: RowDifference): EntityRecord {
  const { version, deleted, since } = difference;
  const kept = Object.entries(record.cells).filter(([attr]) => !difference.drop.includes(attr));
  const cells = { ...Object.fromEntries(kept), ...difference.cells };
  return { version, ...(deleted === undefined ? {} : { deleted }), ...(since === undefined ? {} : { since }), cells };
}

/** 64 bits of a record's SHA-256: enough for rows that nobody forges against himself. Of lives that are over each copy remembers what it needs. */
export function recordDigest(record: EntityRecord): string {
  const { since: _, ...compared } = record;
  return shortHash(canonical(compared));
}

export function cellDigest(cell: Cell): string {
  return shortHash(canonical(cell));
}

/** The bucket of an id: the first byte of its SHA-256. */
export function bucketOf(id: string): number {
  return sha256(utf8ToBytes(id))[0] ?? 0;
}

/** One digest of many rows, whatever their order. */
export function digestOf(rows: Iterable<readonly [id: string, digest: string]>): string {
  return shortHash(
    [...rows]
      .map(([id, digest]) => `${id} ${digest}`)
      .toSorted()
      .join("\n"),
  );
}

export function shortHash(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)).subarray(0, 8));
}

/** The version of the newest write that the cells hold. */
function latest({ cells }: { readonly cells: EntityRecord["cells"] }): number {
  return Object.values(cells).reduce<Stamp>((newest, cell) => (isNewer(cell, newest) ? cell : newest), { version: 0 }).version;
}
