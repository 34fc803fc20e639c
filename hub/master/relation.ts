/** Which attributes of other entities name a customer, a machine or an engineer, and what follows for merging two of them. */
import { ABOUT } from "../../contracts/about.ts";
import { type Family, STREAM_OF } from "../../contracts/entity.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import type { Reference } from "./merge-review.ts";
import type { Attributes, MasterFamily } from "./profile.ts";

/** `ours`: the hub may write it, so it follows a merge. What only a unit writes keeps the old id, which stays understood. */
export type Relation = { readonly entity: Family; readonly attr: string; readonly ours: boolean };

/** Attributes but `id` that name an entity of a family; of what does not leave its unit the hub knows nothing. */
export function relationsTo(family: MasterFamily): readonly Relation[] {
  return (Object.keys(ABOUT) as Family[]).flatMap((entity) => {
    if (STREAM_OF[entity] === null) return [];
    const { relations = {}, writers } = ABOUT[entity];
    return Object.entries(relations).flatMap(([attr, to]) => {
      const by = writers.attrs?.[attr] ?? writers.otherwise;
      return to === family && attr !== "id" ? [{ entity, attr, ours: by !== "unit" }] : [];
    });
  });
}

/** One entity that names another. */
export type Naming = Reference & { readonly attributes: Attributes };

/**
 * Refuses `needs-person` when a unit still works with a record that would go: its device, ticket, alarm or offer would name nothing there. What is
 * over and done holds nobody up.
 */
export function judgeNamings(namings: readonly Naming[], survivor: string): Refusal | null {
  const held = namings.find(({ value, entity, attributes }) => value !== survivor && isAtWork(entity, attributes));
  if (held === undefined) return null;
  const { entity, id, value } = held;
  return refuse("needs-person", `${entity} ${id} of a unit still names ${value}`, `let ${value} survive, or end or move the ${entity} first`, "survivor");
}

function isAtWork(entity: string, attributes: Attributes): boolean {
  const state = Object.hasOwn(attributes, "state") ? attributes["state"] : undefined;
  switch (entity) {
    case "device":
      return true;
    case "ticket":
      return state !== "resolved" && state !== "closed" && state !== "cancelled";
    case "alarm":
      return !Object.hasOwn(attributes, "clearedAt");
    case "offer":
      return state === "open";
    default:
      return false;
  }
}
