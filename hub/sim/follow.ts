/** The door of the feed, as the Hub object has it: lines behind a place, in order; and where to go on when this log is not the one that was read. */
import { readLine } from "../merge/log.ts";
import { type Place, lostAt, placeOf, restartOf } from "../merge/place.ts";
import type { LoggedOperation, StreamStore } from "../merge/store.ts";

export type Followed = {
  readonly epoch: number;
  readonly operations: readonly LoggedOperation[];
  /** Behind the last line looked at. */
  readonly next: Place;
  readonly more: boolean;
  /** The log was restored: what the consumer has of lines behind this position is of another history. */
  readonly rewoundTo: number | null;
  readonly lost: "restored" | "expired" | null;
  /** Lines up to here are in a backup. */
  readonly stable: number;
};

/** Refuses nothing: a lost place is answered with where to go on. `expired` lines can't be had any more: then `operations` begin behind a snapshot. */
export function follow(store: StreamStore, after: Place, limit: number): Followed {
  const state = store.readState();
  const lost = lostAt(store, state, after);
  const start = lost === null ? after : restartOf(store, state, after, lost);
  const operations: LoggedOperation[] = [];
  for (let at = start.position + 1; at <= state.head && operations.length < limit; at++) {
    const line = store.lineAt(at);
    if (line !== undefined) operations.push(readLine(store, line));
  }
  const position = operations.at(-1)?.hubSeq ?? start.position;
  return {
    epoch: state.epoch,
    operations,
    next: placeOf(store, state, position),
    more: position < state.head,
    rewoundTo: lost === null ? null : start.position,
    lost,
    stable: state.stable,
  };
}
