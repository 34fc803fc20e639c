/** What the hub's refusal of a question means to whoever asked it; and what a unit does that turns out to be an older copy of itself. */
import type { Origin, StreamName } from "../../contracts/delta/operation.ts";
import type { Refusal } from "../../contracts/refusal.ts";
import { FRESH_SESSION, type Question, type Session, failed } from "./exchange.ts";
import { beginIncarnation, moveOperations } from "./incarnation.ts";
import { beginRepair, openInbox } from "./push.ts";
import type { ReplicaStore } from "./store.ts";

/** `register`: the hub does not know this origin (any more). `reusedFrom`: from this seq on the origin's numbers mean something else there. `later`: ask again after a while. */
export type Refused = { readonly session: Session; readonly register: boolean; readonly reusedFrom: number | null; readonly later: boolean };

/** Inside a transaction. */
export function takeRefusal(store: ReplicaStore, question: Question, no: Refusal, session: Session): Refused {
  const after = failed(question, session);
  const { stream } = question.with;
  if (no.refused === "bad-cursor") {
    store.writeInbox(beginRepair(store.readInbox(stream) ?? openInbox(stream)));
    return { session: after, register: false, reusedFrom: null, later: false };
  }
  if (no.refused === "stale-version" && question.ask === "push") {
    const index = Number(/^operations\.(\d+)/.exec(no.field ?? "")?.[1] ?? "-1");
    const seq = question.with.operations[index]?.seq;
    if (seq !== undefined) return { session: FRESH_SESSION, register: true, reusedFrom: seq, later: false };
  }
  // A later life of this unit is known there: this one is a copy of before it.
  if (no.refused === "stale-version" && question.ask === "pull")
    return { session: FRESH_SESSION, register: true, reusedFrom: (store.readOutbox(question.with.origin, stream)?.last ?? 0) + 1, later: false };
  return { session: after, register: no.refused === "unknown-origin", reusedFrom: null, later: true };
}

/**
 * Numbers of `origin` from `seq` on were used for something else: what was written under them is offered under others. `current`: the life
 * that is alive; if it is the very one, a new one begins. Returns the one that is alive then.
 */
export function beginAgain(
  store: ReplicaStore,
  origin: Origin,
  current: Origin,
  fresh: () => Origin,
  streams: readonly StreamName[],
  stream: StreamName,
  seq: number,
): Origin {
  const alive = origin === current ? fresh() : current;
  if (alive !== current) beginIncarnation(store, alive, streams);
  moveOperations(store, origin, stream, seq);
  return alive;
}
