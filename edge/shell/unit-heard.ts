/** What an answer of the hub changed, as changes of the unit's entities: worked out from the hub's record and the unit's own pending operations. */
import type { Unread } from "../../contracts/board.ts";
import { sameJson } from "../../contracts/delta/json.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import type { Change } from "../../contracts/entity.ts";
import { faultOf, isFamily, meaningOf, readEntity } from "../../contracts/family-meaning.ts";
import { lensOfContract } from "../../contracts/lenses.ts";
import type { Answered } from "../delta/exchange.ts";
import type { Naming } from "../delta/naming.ts";
import { workingOf } from "../delta/overlay.ts";
import type { ReplicaStore } from "../delta/store.ts";
import type { Entities } from "./entities.ts";
import { type Db, readMeta, writeMeta } from "./unit-tables.ts";

/** Entities that are told to be unread; beyond it they are counted by nobody, and a release is missing here. */
const UNREAD_MAX = 200;

type Hearing = {
  readonly db: Db;
  readonly entities: Entities;
  readonly replica: ReplicaStore;
  readonly naming: Naming;
  readonly stream: StreamName;
  readonly answered: Answered;
};

/** Inside the transaction of the answer. An entity that its family can't read, not yet or not any more, stays as it was here, and is told so. */
export function applyHeard({ db, entities, replica, naming, stream, answered }: Hearing): readonly Change[] {
  const before = readUnread(db);
  const unread = new Map(before.map((one) => [`${one.family}\n${one.id}`, one]));
  const changes = answered.changed.flatMap(({ entity, id: key }): readonly Change[] => {
    const meaning = meaningOf(entity);
    if (meaning === undefined || !isFamily(entity)) return [];
    const working = workingOf(replica, meaning, stream, entity, key, lensOfContract);
    const id = naming.inward(entity, key);
    const before = entities.get(entity, id);
    const attrs = working === null ? null : naming.inwardAttrs(entity, working);
    const after = attrs === null ? null : readEntity(entity, attrs);
    if (after === null && attrs !== null) {
      if (unread.size < UNREAD_MAX) unread.set(`${entity}\n${id}`, { family: entity, id, attr: faultOf(entity, attrs) });
      return [];
    }
    unread.delete(`${entity}\n${id}`);
    if (sameJson(before ?? null, after)) return [];
    const change = { family: entity, id, after } as Change;
    entities.put(change);
    return [change];
  });
  const now = [...unread.values()];
  if (!sameJson(before, now)) writeMeta(db, "unread", JSON.stringify(now));
  return changes;
}

/** What others wrote so that this unit can't read it, as things stand. */
export function readUnread(db: Db): readonly Unread[] {
  return JSON.parse(readMeta(db, "unread") ?? "[]") as readonly Unread[];
}
