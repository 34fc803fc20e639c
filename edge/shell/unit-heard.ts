/** What an answer of the hub changed, as changes of the unit's entities: worked out from the hub's record and the unit's own pending operations. */
import { sameJson } from "../../contracts/delta/json.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import type { Change } from "../../contracts/entity.ts";
import { isFamily, meaningOf, readEntity } from "../../contracts/family-meaning.ts";
import { lensOfContract } from "../../contracts/lenses.ts";
import type { Answered } from "../delta/exchange.ts";
import type { Naming } from "../delta/naming.ts";
import { workingOf } from "../delta/overlay.ts";
import type { ReplicaStore } from "../delta/store.ts";
import type { Entities } from "./entities.ts";

type Hearing = {
  readonly entities: Entities;
  readonly replica: ReplicaStore;
  readonly naming: Naming;
  readonly stream: StreamName;
  readonly answered: Answered;
};

/** Inside the transaction of the answer. An entity that its family can't read, not yet or not any more, stays as it was here. */
export function applyHeard({ entities, replica, naming, stream, answered }: Hearing): readonly Change[] {
  return answered.changed.flatMap(({ entity, id: key }): readonly Change[] => {
    const meaning = meaningOf(entity);
    if (meaning === undefined || !isFamily(entity)) return [];
    const working = workingOf(replica, meaning, stream, entity, key, lensOfContract);
    const id = naming.inward(entity, key);
    const before = entities.get(entity, id);
    const after = working === null ? null : readEntity(entity, naming.inwardAttrs(entity, working));
    if (after === null && working !== null) return [];
    if (sameJson(before ?? null, after)) return [];
    const change = { family: entity, id, after } as Change;
    entities.put(change);
    return [change];
  });
}
