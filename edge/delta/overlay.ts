/** What a unit works with: the hub's record as it was heard, with the unit's own operations laid over it that the hub has not taken yet. */
import { type Lens, liftOperation } from "../../contracts/delta/lens.ts";
import type { Meaning } from "../../contracts/delta/meaning.ts";
import { type EntityRecord, NEVER_SEEN, entityOf, merge } from "../../contracts/delta/merge.ts";
import type { Json } from "../../contracts/delta/json.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import type { ReplicaStore } from "./store.ts";

/** From an older major that pending operations were written under to the unit's own; undefined where they are the same. */
type Lenses = (contract: string) => Lens | undefined;

/** Null for an entity that is not, or no longer, there. */
export function workingOf(
  store: ReplicaStore,
  meaning: Meaning,
  stream: StreamName,
  entity: string,
  id: string,
  lensOf?: Lenses,
): Readonly<Record<string, Json>> | null {
  return entityOf(overlaid(store, meaning, stream, entity, id, lensOf));
}

export function overlaid(store: ReplicaStore, meaning: Meaning, stream: StreamName, entity: string, id: string, lensOf?: Lenses): EntityRecord {
  const epoch = Math.max(1, store.readInbox(stream)?.epoch ?? 1);
  let record = store.readBase(entity, id)?.record ?? NEVER_SEEN;
  for (const outbox of store.listOutboxes().toSorted((a, b) => (a.origin < b.origin ? -1 : 1))) {
    if (outbox.stream !== stream) continue;
    // By the same rules as the hub will: what it is going to refuse is not shown in the meantime.
    for (const operation of store.operationsOn(outbox.origin, stream, entity, id, outbox.through)) {
      // What has no counterpart in the newer words the hub won't take either.
      const said = liftOperation(operation, lensOf?.(operation.contract));
      if (said !== null) record = merge(record, said, meaning.ruleOf(said.attr), epoch).record;
    }
  }
  return record;
}
