/**
 * What a unit's replica is kept in: its own operations until a backup of the hub holds them, the hub's records as far as they were heard,
 * and where both stand. Two sides, SQLite in the Unit object and memory for simulation; one behaviour suite runs on both. Everything is
 * written inside the transaction of whoever calls.
 */
import type { Hlc } from "../../contracts/delta/clock.ts";
import type { EntityRecord } from "../../contracts/delta/merge.ts";
import type { Operation, Origin, StreamName } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";

/** One origin's outbox of one stream: `last` written, `through` acknowledged, `stable` in a backup of the hub. `from`: the first that is still kept. */
export type Outbox = {
  readonly origin: Origin;
  readonly stream: StreamName;
  readonly from: number;
  readonly last: number;
  readonly through: number;
  readonly stable: number;
  /** Written when; of the last one acknowledged. */
  readonly acknowledgedAt?: Millis;
};

/** How far a stream of the hub was heard. `epoch` 0: never. `repair`: what has to be done before the copy can be trusted. */
export type Inbox = {
  readonly stream: StreamName;
  readonly epoch: number;
  readonly cursor: string | null;
  readonly repair: "load" | "digest" | null;
  /** The last key of the page that was loaded. */
  readonly loaded: string;
  /** Where pulling begins once all is loaded, or compared. */
  readonly start: string | null;
  /** The latest place of the log that the hub showed: shown to it with each question, it proves that this is still the same history. */
  readonly seen?: string | null;
  /** A gap was declared: what this unit wrote, was acknowledged, and the hub has no more, is written again. */
  readonly rewrites: boolean;
};

/** The hub's record of an entity, as heard. `at`: position of the last line known about it. */
export type Base = { readonly record: EntityRecord; readonly at: number };

export type DeadAtUnit = { readonly origin: Origin; readonly stream: StreamName; readonly seq: number; readonly reason: string; readonly at: Millis };

export type ReplicaStore = {
  readClock(): Hlc;
  writeClock(hlc: Hlc): void;
  listOutboxes(): readonly Outbox[];
  readOutbox(origin: string, stream: StreamName): Outbox | undefined;
  writeOutbox(outbox: Outbox): void;
  appendOperation(operation: Operation): void;
  /** In order of seq, after one. */
  operationsAfter(origin: string, stream: StreamName, seq: number, limit: number): readonly Operation[];
  /** Those of one entity after a seq, in order. */
  operationsOn(origin: string, stream: StreamName, entity: string, id: string, after: number): readonly Operation[];
  /** Forgets operations up to a seq; or from one on. */
  prune(origin: string, stream: StreamName, through: number): void;
  withdraw(origin: string, stream: StreamName, from: number): void;
  readInbox(stream: StreamName): Inbox | undefined;
  writeInbox(inbox: Inbox): void;
  readBase(entity: string, id: string): Base | undefined;
  writeBase(stream: StreamName, entity: string, id: string, base: Base | null): void;
  /** Every record of a stream. */
  listBases(stream: StreamName): Iterable<Base & { readonly entity: string; readonly id: string }>;
  writeDead(letter: DeadAtUnit): void;
  /** Its personal values are nowhere here any more, and are not kept when they come again. */
  eraseSubject(entity: string, id: string): void;
  isErased(entity: string, id: string): boolean;
  /** In order of their names, up to `limit`. */
  erasedSubjects(limit: number): readonly { readonly entity: string; readonly id: string }[];
};
