/**
 * A unit that speaks newer majors of its contracts from now on: its entities and its copy of the hub's records are put into the new words. What
 * it wrote in the old ones stays as it was written, and is read through the lens, here and there.
 */
import type { Json } from "../../contracts/delta/json.ts";
import { type Lens, attrThrough, recordThrough, valueThrough } from "../../contracts/delta/lens.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import { type Change, type Entity, type Family, STREAM_OF, type View } from "../../contracts/entity.ts";
import { isFamily, readEntity } from "../../contracts/family-meaning.ts";
import { LENSES, type Lenses, lensUp } from "../../contracts/lenses.ts";
import { type Changed, beginRepair, entitiesOf, openInbox, operationsFrom } from "./push.ts";
import type { ReplicaStore } from "./store.ts";

export type Majors = Readonly<Partial<Record<Family, number>>>;
/** What is put into new words. `lenses`: of the release. */
export type Upgraded = { readonly entities: Pick<View, "list"> & { put(change: Change): void }; readonly replica: ReplicaStore; readonly lenses?: Lenses };

/** Inside a transaction. `before`: the majors that were spoken; 1 where nothing is said. Returns entities that can't be said in the new words: they stay as they were. */
export function upgradeUnit({ entities, replica, lenses = LENSES }: Upgraded, before: Majors, now: Majors): readonly Changed[] {
  const lensOf = (entity: string): Lens | undefined => (isFamily(entity) ? lensUp(entity, before[entity] ?? 1, now[entity] ?? 1, lenses) : undefined);
  const risen = (Object.keys(now) as Family[]).filter((family) => lensOf(family) !== undefined);
  for (const stream of new Set(risen.map((family) => STREAM_OF[family]))) if (stream !== null) upgradeReplica(replica, stream, lensOf);
  return risen.flatMap((family) =>
    entities.list(family).flatMap((entity) => {
      const after = readEntity(family, lifted(entity, lensOf(family) ?? []));
      if (after === null) return [{ entity: family, id: entity.id }];
      entities.put({ family, id: entity.id, after } as Change);
      return [];
    }),
  );
}

function lifted(entity: Entity, lens: Lens): Readonly<Record<string, Json>> {
  const said = Object.entries(entity).flatMap(([attr, value]: [string, Json | undefined]) =>
    value === undefined ? [] : [[attrThrough(lens, attr, "up"), valueThrough(lens, attr, value, "up") ?? value] as const],
  );
  const added = lens.flatMap((step) => (step.step === "add" && step.otherwise !== undefined ? [[step.attr, step.otherwise] as const] : []));
  return Object.fromEntries([...added, ...said]);
}

/** Inside a transaction. `lensOf`: from the major it spoke to the one it speaks; undefined where they are the same. Returns all entities: each is to be worked out anew. */
export function upgradeReplica(store: ReplicaStore, stream: StreamName, lensOf: (entity: string) => Lens | undefined): readonly Changed[] {
  const changed: Changed[] = [];
  // What is only pending was written in the old words, too.
  for (const outbox of store.listOutboxes()) {
    if (outbox.stream !== stream) continue;
    for (const one of entitiesOf(operationsFrom(store, outbox, outbox.through))) changed.push(one);
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
