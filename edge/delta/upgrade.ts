/** A unit that speaks a newer major of a contract from now on: its copy of the hub's records is put into the new words. What it wrote in the old ones stays, and is read through the lens. */
import { type Lens, recordThrough } from "../../contracts/delta/lens.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import { type Changed, beginRepair, entitiesOf, openInbox, readOperations } from "./push.ts";
import type { ReplicaStore } from "./store.ts";

/** Inside a transaction. `lensOf`: from the major it spoke to the one it speaks; undefined where they are the same. Returns all entities: each is to be worked out anew. */
export function upgradeReplica(store: ReplicaStore, stream: StreamName, lensOf: (entity: string) => Lens | undefined): readonly Changed[] {
  const changed: Changed[] = [];
  // What is only pending was written in the old words, too.
  for (const outbox of store.listOutboxes()) {
    if (outbox.stream !== stream) continue;
    changed.push(...entitiesOf(readOperations(store, outbox, outbox.through)));
  }
  for (const { entity, id, record, at } of store.listBases(stream)) {
    const lens = lensOf(entity);
    if (lens === undefined) continue;
    store.writeBase(stream, entity, id, { record: recordThrough(lens, record, "up"), at });
    changed.push({ entity, id });
  }
  // A value without counterpart was kept as it was: the hub knows better.
  const inbox = store.readInbox(stream) ?? openInbox(stream);
  store.writeInbox(inbox.epoch === 0 ? inbox : beginRepair(inbox));
  return changed;
}
