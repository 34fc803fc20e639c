/**
 * Finding what differs from the hub without sending everything: digests by family, then by bucket, then by row; then only the cells that
 * differ. What was found so far lives in the session: after a crash the search begins again, and finds less.
 */
import { type EntityRecord, NEVER_SEEN } from "../../contracts/delta/merge.ts";
import type { Json } from "../../contracts/delta/json.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";
import { bucketOf, cellDigest, digestOf, isNewer, mend, recordDigest } from "../../contracts/delta/record.ts";
import { type DigestReply, ROWS_MAX, type RowsAsk, type RowsReply } from "../../contracts/delta/sync.ts";
import { type Changed, hearCells, openInbox } from "./push.ts";
import type { ReplicaStore } from "./store.ts";

/** What is still to be asked, the finest first. */
export type Search = {
  readonly families: readonly string[] | null;
  readonly buckets: readonly { readonly entity: string; readonly bucket: number }[];
  readonly rows: readonly Changed[];
};
export const NOTHING_FOUND: Search = { families: null, buckets: [], rows: [] };

export type RepairStep =
  | { readonly ask: "digest"; readonly entity?: string; readonly bucket?: number }
  | { readonly ask: "rows"; readonly rows: RowsAsk["rows"] }
  | { readonly ask: "done" };

export function nextRepair(store: ReplicaStore, search: Search): RepairStep {
  if (search.families === null) return { ask: "digest" };
  if (search.rows.length > 0) return { ask: "rows", rows: search.rows.slice(0, ROWS_MAX).map((row) => ({ ...row, have: haveOf(store, row) })) };
  const [bucket] = search.buckets;
  if (bucket !== undefined) return { ask: "digest", ...bucket };
  const [entity] = search.families;
  return entity === undefined ? { ask: "done" } : { ask: "digest", entity };
}

export function takeDigest(
  store: ReplicaStore,
  stream: StreamName,
  search: Search,
  entity: string | undefined,
  bucket: number | undefined,
  reply: DigestReply,
): Search {
  const mine = ownDigests(store, stream, entity, bucket);
  const names = [...new Set([...Object.keys(reply.digests), ...mine.keys()])].toSorted();
  const apart = names.filter((name) => reply.digests[name] !== mine.get(name));
  if (entity === undefined) {
    // What comes behind this place is told in lines; all before is compared.
    store.writeInbox({ ...(store.readInbox(stream) ?? openInbox(stream)), start: reply.cursor });
    return { ...search, families: apart, rows: tombstones(store, stream) };
  }
  if (bucket === undefined)
    return {
      ...search,
      families: (search.families ?? []).filter((one) => one !== entity),
      buckets: [...search.buckets, ...apart.map((name) => ({ entity, bucket: Number(name) }))],
    };
  return {
    ...search,
    buckets: search.buckets.filter((one) => one.entity !== entity || one.bucket !== bucket),
    rows: [...search.rows, ...apart.map((id) => ({ entity, id }))],
  };
}

export function takeRows(
  store: ReplicaStore,
  stream: StreamName,
  search: Search,
  asked: readonly Changed[],
  reply: RowsReply,
  unit: string,
  now: Millis,
): { readonly search: Search; readonly changed: readonly Changed[]; readonly rewrite: readonly Rewrite[] } {
  // What did not fit into the answer is asked for again. A hub that tells nothing of what it was asked is not: the next comparison finds it.
  const wanted = new Set(asked.map(({ entity, id }) => `${entity}\n${id}`));
  const told = reply.rows.map(({ entity, id }) => `${entity}\n${id}`).filter((key) => wanted.has(key));
  const done = told.length === 0 ? wanted : new Set(told);
  const rewrite: Rewrite[] = [];
  const rewrites = store.readInbox(stream)?.rewrites === true;
  for (const row of reply.rows) {
    const lost = rewrites ? ownLost(store, row, unit) : [];
    if (row.absent === true) store.writeBase(stream, row.entity, row.id, null);
    else store.writeBase(stream, row.entity, row.id, { record: mend(store.readBase(row.entity, row.id)?.record ?? NEVER_SEEN, row), at: row.at });
    const base = store.readBase(row.entity, row.id)?.record;
    rewrite.push(...lost.map((one) => ({ ...one, ...(base === undefined ? {} : { base }) })));
  }
  const cells = reply.rows.flatMap((row) => Object.values(row.cells));
  hearCells(store, cells, now);
  return {
    search: { ...search, rows: search.rows.filter(({ entity, id }) => !done.has(`${entity}\n${id}`)) },
    changed: reply.rows.map(({ entity, id }) => ({ entity, id })),
    rewrite,
  };
}

/** Everything that differed was fetched: lines go on from where the first digest stood. */
export function endRepair(store: ReplicaStore, stream: StreamName): void {
  const inbox = store.readInbox(stream) ?? openInbox(stream);
  store.writeInbox({ ...inbox, cursor: inbox.start ?? inbox.cursor, repair: null, loaded: "", start: null, rewrites: false });
}

/** Digests say nothing of deletions: whether the hub knows of these is asked one by one. */
function tombstones(store: ReplicaStore, stream: StreamName): readonly Changed[] {
  return [...store.listBases(stream)].flatMap(({ entity, id, record }) => (record.deleted === undefined ? [] : [{ entity, id }]));
}

/** By family, by bucket or by id, as the hub reckons them. */
export function ownDigests(store: ReplicaStore, stream: StreamName, entity?: string, bucket?: number): ReadonlyMap<string, string> {
  const groups = new Map<string, [string, string][]>();
  for (const base of store.listBases(stream)) {
    if (base.record.deleted !== undefined || (entity !== undefined && base.entity !== entity)) continue;
    if (bucket !== undefined && bucketOf(base.id) !== bucket) continue;
    const group = entity === undefined ? base.entity : bucket === undefined ? String(bucketOf(base.id)) : base.id;
    const rows = groups.get(group) ?? [];
    rows.push([base.id, recordDigest(base.record)]);
    groups.set(group, rows);
  }
  const isRows = entity !== undefined && bucket !== undefined;
  return new Map([...groups].map(([group, rows]) => [group, isRows ? (rows[0]?.[1] ?? "") : digestOf(rows)]));
}

/** What only this unit's copy still has: a value, that one was removed, or that the entity was deleted (attr ""). `base`: the entity as the hub has it. */
export type Rewrite = Changed & {
  readonly attr: string;
  readonly op: "set" | "unset" | "delete";
  readonly value?: Json;
  readonly base?: EntityRecord;
};

/** What this unit wrote, and the hub does not have, or has only as it was before. */
function ownLost(store: ReplicaStore, row: RowsReply["rows"][number], unit: string): readonly Rewrite[] {
  const { entity, id, drop, absent, deleted } = row;
  const { cells = {}, deleted: gone } = store.readBase(entity, id)?.record ?? {};
  const isOwn = ({ origin }: { readonly origin: string }): boolean => origin.startsWith(`${unit}@`);
  if (gone !== undefined) {
    const isOlder = absent !== true && deleted === undefined && Object.values(row.cells).every((cell) => isNewer(gone, cell));
    return isOwn(gone) && isOlder ? [{ entity, id, attr: "", op: "delete" }] : [];
  }
  return Object.entries(cells).flatMap(([attr, cell]): readonly Rewrite[] => {
    const there = Object.hasOwn(row.cells, attr) ? row.cells[attr] : undefined;
    const isLacking = absent === true || drop.includes(attr) || deleted !== undefined;
    const isOver = deleted !== undefined && !isNewer(cell, deleted);
    const isLost = isLacking ? !isOver && cell.value !== undefined : there !== undefined && isNewer(cell, there);
    if (!isOwn(cell) || !isLost) return [];
    return [cell.value === undefined ? { entity, id, attr, op: "unset" } : { entity, id, attr, op: "set", value: cell.value }];
  });
}

function haveOf(store: ReplicaStore, { entity, id }: Changed): RowsAsk["rows"][number]["have"] {
  const record = store.readBase(entity, id)?.record;
  return Object.fromEntries(Object.entries(record?.cells ?? {}).map(([attr, cell]) => [attr, cellDigest(cell)]));
}
