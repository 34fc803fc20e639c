/**
 * Keys that are unique within one unit only, such as a device's, which its maker chose: where units meet, at the hub and behind it, they are
 * called `{unit}.{id}`. A unit's name has no dot, so the first dot ends it. What the tenant names (customers, assets, engineers) is called the
 * same everywhere.
 */
import { ABOUT } from "./about.ts";
import type { Family } from "./entity.ts";

/** As long as any id that people or other systems choose. */
const KEY_CHARS_MAX = 64;

/** What a unit's own id is called where units meet; null when both together are too long for an id. */
export function tenantKey(unit: string, id: string): string | null {
  const key = `${unit}.${id}`;
  return key.length > KEY_CHARS_MAX ? null : key;
}

/** The unit's own id behind such a key; null for a key that is not this unit's. */
export function unitIdOf(unit: string, key: string): string | null {
  return key.startsWith(`${unit}.`) ? key.slice(unit.length + 1) : null;
}

export function isUnitKeyed(family: Family): boolean {
  return ABOUT[family].within === "unit";
}

/** Attributes of a family whose values are such keys, each with the family that it names; its own `id` among them. */
export function unitKeyedAttrs(family: Family): readonly (readonly [attr: string, names: Family])[] {
  return KEYED.get(family) ?? [];
}

const KEYED: ReadonlyMap<Family, readonly (readonly [attr: string, names: Family])[]> = new Map(
  (Object.keys(ABOUT) as Family[]).map((family) => {
    const relations = Object.entries(ABOUT[family].relations ?? {});
    const own: readonly (readonly [string, Family])[] = isUnitKeyed(family) ? [["id", family]] : [];
    return [family, [...own, ...relations.filter(([, names]) => isUnitKeyed(names))]];
  }),
);
