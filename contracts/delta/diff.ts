/** What changed between two states of an entity, attribute by attribute: what the unit pushes instead of whole entities. */
import { type Json, sameJson } from "./json.ts";

export type AttributeChange =
  | { readonly attr: string; readonly op: "set"; readonly value: Json }
  | { readonly attr: string; readonly op: "unset" }
  | { readonly attr: ""; readonly op: "delete" };

/** Whole entities as the stores hold them; an attribute that is `undefined` counts as absent. */
type Attributes = Readonly<Record<string, unknown>>;

/** Top-level attributes in order of their names, so that equal changes make equal operations. `before` absent: created. `after` null: deleted. */
export function diffEntity(before: Attributes | undefined, after: Attributes | null): readonly AttributeChange[] {
  if (after === null) return before === undefined ? [] : [{ attr: "", op: "delete" }];
  const was = present(before ?? {});
  const is = present(after);
  const names = [...new Set([...was.keys(), ...is.keys()])].toSorted();
  return names.flatMap((attr): readonly AttributeChange[] => {
    if (!is.has(attr)) return [{ attr, op: "unset" }];
    const value = is.get(attr);
    return was.has(attr) && sameJson(was.get(attr), value) ? [] : [{ attr, op: "set", value: value as Json }];
  });
}

/** The other direction. Null when the changes delete the entity. */
export function applyChanges(before: Attributes | undefined, changes: readonly AttributeChange[]): Attributes | null {
  const entity = present(before ?? {});
  for (const change of changes) {
    if (change.op === "delete") return null;
    if (change.op === "set") entity.set(change.attr, change.value);
    else entity.delete(change.attr);
  }
  return Object.fromEntries(entity);
}

function present(entity: Attributes): Map<string, unknown> {
  return new Map(Object.entries(entity).filter(([, value]) => value !== undefined));
}
