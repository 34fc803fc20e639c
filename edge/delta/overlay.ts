/** What a unit works with: the hub's record as it was heard, with the unit's own operations laid over it that the hub has not taken yet. */
import type { Meaning } from "../../contracts/delta/meaning.ts";
import { type EntityRecord, NEVER_SEEN, entityOf, merge } from "../../contracts/delta/merge.ts";
import type { Json } from "../../contracts/delta/json.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import type { ReplicaStore } from "./store.ts";

/** Null for an entity that is not, or no longer, there. */
export function workingOf(store: ReplicaStore, meaning: Meaning, stream: StreamName, entity: string, id: string): Readonly<Record<string, Json>> | null {
  return entityOf(overlaid(store, meaning, stream, entity, id));
}

export function overlaid(store: ReplicaStore, meaning: Meaning, stream: StreamName, entity: string, id: string): EntityRecord {
  const epoch = Math.max(1, store.readInbox(stream)?.epoch ?? 1);
  let record = store.readBase(entity, id)?.record ?? NEVER_SEEN;
  for (const outbox of store.listOutboxes()) {
    if (outbox.stream !== stream) continue;
    // By the same rules as the hub will: what it is going to refuse is not shown in the meantime.
    for (const operation of store.operationsOn(outbox.origin, stream, entity, id, outbox.through))
      record = merge(record, operation, meaning.ruleOf(operation.attr), epoch).record;
  }
  return record;
}
