/**
 * What a unit calls its entities, and what the hub calls them: `contracts/unit-key.ts`. Operations leave in the hub's names, the copy of the
 * hub's records stays in them, and what is heard comes back in the unit's own; so both sides reckon digests over the same.
 */
import { type Family, STREAM_OF } from "../../contracts/entity.ts";
import { isFamily } from "../../contracts/family-meaning.ts";
import { isUnitKeyed, tenantKey, unitIdOf, unitKeyedAttrs } from "../../contracts/unit-key.ts";
import type { Origin } from "../../contracts/delta/operation.ts";
import type { ReplicaStore } from "./store.ts";

export type Naming = {
  /** The hub's name of an entity of this unit, and the unit's of one of the hub. Ids that are the tenant's stay as they are. */
  readonly outward: (entity: string, id: string) => string;
  readonly inward: (entity: string, key: string) => string;
  /** An entity's attributes with the keys among them in the hub's names, and in the unit's. */
  readonly outwardAttrs: <A extends Attributes>(entity: string, attrs: A) => A;
  readonly inwardAttrs: <A extends Attributes>(entity: string, attrs: A) => A;
};
type Attributes = Readonly<Record<string, unknown>>;

/**
 * For the length of one transaction. An id that this unit once sent as it is stays what it is: the hub has it under that name, and another
 * name would split it in two. `isHere`: whether the unit has an entity under an id of its own.
 */
export function namingOf(
  unit: string,
  replica: Pick<ReplicaStore, "readBase" | "listOutboxes" | "operationsOn">,
  isHere: (family: Family, id: string) => boolean,
): Naming {
  const named = new Map<string, string>();
  const isKept = (entity: Family, id: string): boolean =>
    replica.readBase(entity, id) !== undefined ||
    replica.listOutboxes().some(({ origin, stream }) => stream === STREAM_OF[entity] && replica.operationsOn(origin, stream, entity, id, 0).length > 0);
  const outward = (entity: string, id: string): string => {
    if (!isFamily(entity) || !isUnitKeyed(entity)) return id;
    const key = `${entity}\n${id}`;
    const name = named.get(key) ?? (isKept(entity, id) ? id : (tenantKey(unit, id) ?? id));
    named.set(key, name);
    return name;
  };
  const inward = (entity: string, key: string): string => {
    if (!isFamily(entity) || !isUnitKeyed(entity) || isHere(entity, key)) return key;
    return unitIdOf(unit, key) ?? key;
  };
  const through =
    (name: (entity: string, id: string) => string) =>
    <A extends Attributes>(entity: string, attrs: A): A => {
      if (!isFamily(entity)) return attrs;
      const named = unitKeyedAttrs(entity).flatMap(([attr, family]) => {
        const value = Object.hasOwn(attrs, attr) ? attrs[attr] : undefined;
        return typeof value === "string" ? [[attr, name(family, value)] as const] : [];
      });
      return named.length === 0 ? attrs : { ...attrs, ...Object.fromEntries(named) };
    };
  return { outward, inward, outwardAttrs: through(outward), inwardAttrs: through(inward) };
}

export function unitOf(origin: Origin): string {
  return origin.slice(0, origin.indexOf("@"));
}
