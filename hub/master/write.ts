/** A change to a master entity as plain values: what the hub will write as operations of its own. */
import { type AttributeChange, applyChanges, diffEntity } from "../../contracts/delta/diff.ts";
import type { Attributes } from "./profile.ts";

export type EntityWrite = AttributeChange & { readonly entity: string; readonly id: string };

/** `before` absent: created. `after` null: deleted. */
export function writesBetween(entity: string, id: string, before: Attributes | undefined, after: Attributes | null): readonly EntityWrite[] {
  return diffEntity(before, after).map((change) => ({ entity, id, ...change }));
}

/** All writes to one entity laid over it, in order. Null: it was deleted. */
export function applyWrites(before: Attributes | undefined, writes: readonly EntityWrite[]): Attributes | null {
  return applyChanges(before, writes) as Attributes | null;
}
