/**
 * The simulated CRM, a customer's program that keeps the rules of the feed: it applies lines in order from a cursor, rewinds when it is told
 * to, and keeps its own writes, to offer them again, until a backup holds the place with which they were answered.
 */
import type { Json } from "../../contracts/delta/json.ts";
import { entityOf } from "../../contracts/delta/merge.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";
import { follow } from "./follow.ts";
import type { OwnWrite } from "../merge/own.ts";
import { NOWHERE, type Place, placeOf } from "../merge/place.ts";
import type { LoggedOperation, StreamStore } from "../merge/store.ts";
import { STREAMS } from "./contract.ts";

/** `at`: position up to which it is known. */
type Known = { at: number; version: number; readonly values: Map<string, Json>; readonly held: Map<string, readonly Json[]> };
/** `offer`: it is to be sent (again). `place`: with which it was answered. */
export type Own = { write: OwnWrite; offer: boolean; answered: boolean; place: Place | null };

/** `ahead`: where the log stood when entities were looked up. `owes`: it has to compare once it has read through. */
export type Follower = { place: Place; ahead: Place; epoch: number; owes: boolean; readonly entities: Map<string, Known>; readonly own: Map<string, Own> };
export type Crm = { readonly streams: ReadonlyMap<StreamName, Follower>; /** Reads nothing for a while. */ slow: boolean };

/** As a writer, and as a reader of whom a stream knows how far it is. */
export const CRM = "crm";

export function startCrm(): Crm {
  return {
    streams: new Map(STREAMS.map((name) => [name, { place: NOWHERE, ahead: NOWHERE, epoch: 0, owes: false, entities: new Map(), own: new Map() }])),
    slow: false,
  };
}

export type Read = {
  readonly lines: number;
  readonly last: LoggedOperation | undefined;
  readonly repeated: number;
  readonly rewound: boolean;
  readonly expired: boolean;
  readonly more: boolean;
  readonly forgot: readonly string[];
};

/** One page, with everything that follows from it. `row`: what the hub holds of one entity now. */
export function readFeed(follower: Follower, store: StreamStore, limit: number, now: Millis): Read {
  const page = follow(store, follower.place, limit);
  const { rewoundTo, lost } = page;
  // Each read says what its reader has: nothing behind it is trimmed.
  if (lost === null) store.writeReplica({ unit: CRM, applied: follower.place.position, at: now, expelled: false });
  // What a restored log has trimmed since is told by no line. On a whole log the lines alone have to lead to the same.
  if (lost === "restored" && store.readState().horizon > 0) follower.owes = true;
  if (lost === "expired") compareAll(follower, store);
  else if (rewoundTo !== null) rewind(follower, store, rewoundTo);
  else if (follow(store, follower.ahead, 0).rewoundTo !== null) rewind(follower, store, follower.place.position);
  let repeated = 0;
  for (const line of page.operations) if (!apply(follower, line)) repeated += 1;
  follower.place = page.next;
  if (follower.owes && !page.more) {
    compareAll(follower, store);
    follower.owes = false;
  }
  follower.epoch = page.epoch;
  // What was answered from a log that is not this one is offered again; what is in a backup is safe.
  for (const own of follower.own.values()) if (own.place !== null && follow(store, own.place, 0).rewoundTo !== null) own.offer = true;
  const forgot = [...follower.own].filter(([, own]) => !own.offer && own.place !== null && own.place.position <= page.stable).map(([key]) => key);
  for (const key of forgot) follower.own.delete(key);
  return {
    lines: page.operations.length,
    last: page.operations.at(-1),
    repeated,
    rewound: rewoundTo !== null,
    expired: lost === "expired",
    more: page.more,
    forgot,
  };
}

/** What it has of lines behind `position` is of another history: it looks those entities up. */
function rewind(follower: Follower, store: StreamStore, position: number): void {
  follower.ahead = placeOf(store, store.readState(), store.readState().head);
  for (const [key, known] of follower.entities) if (known.at > position) lookUp(follower, store, key);
}

/** Compares everything, as one does whose digests differ. */
export function compareAll(follower: Follower, store: StreamStore): void {
  const rows = store.rowsAfter(null, null, "", Number.MAX_SAFE_INTEGER);
  for (const key of new Set([...follower.entities.keys(), ...rows.map(({ entity, id }) => `${entity}\n${id}`)])) lookUp(follower, store, key);
}

function lookUp(follower: Follower, store: StreamStore, key: string): void {
  const at = store.readState().head;
  const [entity = "", id = ""] = key.split("\n");
  const record = store.readRow(entity, id)?.record;
  const values = record === undefined ? null : entityOf(record);
  const held = Object.entries(record?.cells ?? {}).flatMap(([attr, cell]) =>
    cell.held === undefined ? [] : [[attr, cell.held.flatMap((one) => one.value ?? [])] as const],
  );
  follower.entities.set(key, { at, version: record?.version ?? 0, values: new Map(Object.entries(values ?? {})), held: new Map(values === null ? [] : held) });
}

/** False for a line that it has already. */
function apply(follower: Follower, line: LoggedOperation): boolean {
  const key = `${line.entity}\n${line.id}`;
  const known = follower.entities.get(key) ?? { at: 0, version: 0, values: new Map<string, Json>(), held: new Map<string, readonly Json[]>() };
  if (line.hubSeq <= known.at) return false;
  if (line.entity === "gap") return true;
  follower.entities.set(key, known);
  known.at = line.hubSeq;
  if (line.outcome !== "applied") return true;
  known.version = line.version;
  if (line.op === "delete") {
    known.values.clear();
    known.held.clear();
    return true;
  }
  if (line.value === undefined) known.values.delete(line.attr);
  else known.values.set(line.attr, line.value);
  if (line.held === undefined) known.held.delete(line.attr);
  else
    known.held.set(
      line.attr,
      line.held.flatMap((one) => one.value ?? []),
    );
  return true;
}
