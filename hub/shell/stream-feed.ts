/** What a stream tells those who follow it: its log from a place on, and states that stay readable while they are paged through. */
import type { Millis } from "../../contracts/instant.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { purposesOf } from "../merge/meaning.ts";
import { type Place, lostAt, placeOf, restartOf } from "../merge/place.ts";
import { type Consumer, confirm } from "./consumer-tables.ts";
import type { OpenStream } from "./open-stream.ts";
import { readLog } from "./stream-tables.ts";
import { beginHold, touchHold } from "./stream-upkeep.ts";
import { documentOf, snapshotRows } from "./stream-views.ts";

/**
 * The log after a place, as the JSON text of a `StreamPage`. `consumer`: who asks, and so says that it has what lies before. A place that
 * this log has not, or not any more, is answered with where to go on from. `purposes`: personal values that are held for none of these stay
 * sealed; absent: all are opened.
 */
export function readFeed(stream: OpenStream, after: Place, limit: number, { unit, consumer, purposes }: Reader, now: Millis): string {
  const { db, store } = stream;
  const state = store.readState();
  const lost = lostAt(store, state, after);
  if (lost !== null) return JSON.stringify({ operations: [], tags: [], looked: restartOf(store, state, after, lost), rewound: lost });
  if (consumer !== undefined) db.transaction(() => confirm(db, consumer, after.position, now));
  const opens = purposes === undefined ? undefined : opensFor(stream, purposes);
  const { operations, tags, looked } = readLog(db, store, state, after.position, limit, unit, opens);
  return `{"looked":${JSON.stringify(looked)},"tags":${JSON.stringify(tags)},"operations":[${operations.join(",")}]}`;
}

export type Reader = { readonly unit: string | undefined; readonly consumer: Consumer | undefined; readonly purposes: readonly string[] | undefined };

/** Whether an attribute's personal values are held for one of these purposes. */
function opensFor({ forms }: OpenStream, purposes: readonly string[]): (entity: string, attr: string) => boolean {
  const known = new Map<string, boolean>();
  return (entity, attr) => {
    const name = `${entity}.${attr}`;
    const opens = known.get(name) ?? (purposes.length > 0 && purposesOf(documentOf(entity, forms), attr).some((one) => purposes.includes(one)));
    known.set(name, opens);
    return opens;
  };
}

/** A state that stays readable: where it lies. Refuses `too-many`. */
export function beginSnapshot({ db, store }: OpenStream, id: string, now: Millis): Place | Refusal {
  const state = store.readState();
  return beginHold(db, id, state.head, now) ?? placeOf(store, state, state.head);
}

export type SnapshotAsk = { readonly unit: string | undefined; readonly entity: string | undefined; readonly after: string; readonly limit: number };

/** As JSON text. Refuses `too-late` when the snapshot was given up. */
export function readSnapshot(stream: OpenStream, id: string, { unit, entity, after, limit }: SnapshotAsk, now: Millis): string | Refusal {
  const position = touchHold(stream.db, id, now);
  if (position === null) return refuse("too-late", "this snapshot was given up: nobody asked for 15 minutes", "begin a new one, without `after`", "after");
  return JSON.stringify(snapshotRows(stream, position, unit, entity, after, limit));
}
