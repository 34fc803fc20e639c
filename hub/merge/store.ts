/**
 * What a stream is kept in. Two sides, SQLite in the Hub object and memory for tests and simulation; one behaviour suite runs on both.
 * Everything is written inside the transaction of whoever calls; a write fails only with the storage, and then all of the transaction does.
 */
import type { Hlc } from "../../contracts/delta/clock.ts";
import type { EntityRecord } from "../../contracts/delta/merge.ts";
import type { FeedItem, Origin } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Spent } from "./spent.ts";
import type { Entry } from "./take.ts";

/** Where a stream stands. `hash`: end of the audit chain. `horizon`: lines up to it are gone. `stable`: up to here a backup holds everything. */
export type StreamState = {
  readonly epoch: number;
  readonly head: number;
  readonly clock: Hlc;
  readonly hash: string;
  readonly horizon: number;
  readonly stable: number;
  /** Tombstones of lines up to here may be gone. */
  readonly collected: number;
  /** Where each later epoch began: the head of the copy that was restored. `silent`: nobody said so but the unit `by`, and it is not known where the histories part. */
  readonly restores: readonly { readonly epoch: number; readonly point: number; readonly silent?: true; readonly by?: string }[];
};

/** Who may push here. `stable`: its seq in the last backup. `dead`: its open dead letters. */
export type KnownOrigin = {
  readonly origin: Origin;
  readonly unit: string;
  readonly keyHash: string;
  /** What it registered, opaque to the merge. */
  readonly admitted: string;
  readonly through: number;
  readonly stable: number;
  readonly dead: number;
  /** The latest clock of its operations, as they were sent; absent: not known. */
  readonly latest?: string;
};

/** An entity: its record, the units that see it, the position of the last line about it, its digest. */
export type Row = { readonly record: EntityRecord; readonly units: readonly string[]; readonly at: number; readonly digest: string };
export type KeyedRow = Row & { readonly entity: string; readonly id: string };

export type LoggedOperation = FeedItem["operation"];
/** One line of the log. `text`: the operation as JSON, personal values sealed; `hash` chains it to the line before. `audience`: units that must hear of it. */
export type Line = {
  readonly hubSeq: number;
  readonly origin: string;
  readonly seq: number;
  readonly unit: string;
  readonly entity: string;
  readonly id: string;
  readonly outcome: LoggedOperation["outcome"];
  readonly text: string;
  /** What it brought, as JSON, where that is not what stands afterwards. */
  readonly written: string | null;
  readonly hash: string;
  /** Units to which the entity is new with this line. */
  readonly joins: readonly string[];
};

/** A replica's place: what it said it has applied. An expelled one keeps no tombstone waiting. */
export type Replica = { readonly unit: string; readonly applied: number; readonly at: Millis; readonly expelled: boolean };

/** Buried, with what it takes to try again. `state`: `open` keeps later operations of its origin on its entity waiting. */
export type DeadLetter = {
  readonly hubSeq: number;
  readonly origin: string;
  readonly seq: number;
  readonly entity: string;
  readonly id: string;
  readonly reason: string;
  readonly text: string;
  readonly state: "open" | "redelivered" | "discarded";
  /** Later operations of its origin on its entity wait for it. */
  readonly blocks: boolean;
  readonly at: Millis;
};

/** A write of the hub's own that was taken: its last line, when, and `{entity}/{id}`; "" where that was not kept. */
export type TakenWrite = { readonly hubSeq: number; readonly at: Millis; readonly about: string };

export type StreamStore = {
  readState(): StreamState;
  writeState(state: StreamState): void;
  readOrigin(origin: string): KnownOrigin | undefined;
  writeOrigin(origin: KnownOrigin): void;
  /** All, or those of a unit among them. */
  listOrigins(unit?: string): readonly KnownOrigin[];
  readRow(entity: string, id: string): Row | undefined;
  /** Null removes it. */
  writeRow(entity: string, id: string, row: Row | null): void;
  /** In order of `{entity}\n{id}`, after a key; those that a unit sees, or all. Tombstones among them. */
  rowsAfter(unit: string | null, entity: string | null, after: string, limit: number): readonly KeyedRow[];
  /** Digests of what a unit sees (or of all), without tombstones; of one family, or of all. */
  digests(unit: string | null, entity: string | null): Iterable<{ readonly entity: string; readonly id: string; readonly digest: string }>;
  appendLine(line: Line, audience: readonly string[]): void;
  /** Hears what was decided, before it is committed: for statistics. Absent: nobody listens. */
  heardTaken?(entries: readonly Entry[]): void;
  lineAt(hubSeq: number): Line | undefined;
  /** Lines of an origin with seqs in a range, in order of `hubSeq`. */
  linesOf(origin: string, from: number, to: number): readonly Line[];
  /** What a number stood for, from before its line goes. */
  writeSpent(spent: Spent): void;
  /** By seq, tags of an origin's numbers in a range; of numbers long past they may be gone too. */
  spentTags(origin: string, from: number, to: number): ReadonlyMap<number, number>;
  /** Lines that a unit must hear of, after a position. */
  linesFor(unit: string, after: number, limit: number): readonly Line[];
  readReplica(unit: string): Replica | undefined;
  writeReplica(replica: Replica): void;
  listReplicas(): readonly Replica[];
  writeDead(letter: DeadLetter): void;
  /** Open ones, in order; of an origin, or of one of its entities, or all. */
  listDead(origin?: string, entity?: string, id?: string): readonly DeadLetter[];
  /** The key of a subject's personal values; null once it was destroyed. */
  readKey(subject: string): string | null | undefined;
  writeKey(subject: string, key: string | null): void;
  /** Writes of the hub's own that were taken, by the caller's key. */
  readTaken(key: string): TakenWrite | undefined;
  writeTaken(key: string, taken: TakenWrite): void;
  /** Tombstones with a last line behind a position and up to another one, the oldest first, up to `limit` of them. */
  tombstones(upTo: number, limit: number, after?: number): readonly KeyedRow[];
};

export function rowKey(entity: string, id: string): string {
  return `${entity}\n${id}`;
}
