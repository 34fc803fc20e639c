/** A plan as the writes of single entities, in the order of the file: what the hub takes in its own name, a batch at a time. */
import type { Json } from "../../contracts/delta/json.ts";
import type { ImportPlan } from "./import.ts";
import type { EntityWrite } from "./write.ts";

/** What the stream holds of an entity. */
export type Standing = { readonly version: number; readonly units: readonly string[] };
/** `seen`: the version that the plan was made upon; absent for a new one, which may have been there before. */
export type Entry = { readonly id: string; readonly line: number; readonly changes: Readonly<Record<string, Json>>; readonly seen?: number };

/** Rows that change nothing are written only where a unit shall see what it has not seen: then the id is said again. */
export function entriesOf({ planned, writes }: ImportPlan, standing: ReadonlyMap<string, Standing>, units: readonly string[]): readonly Entry[] {
  const byId = Map.groupBy(writes, ({ id }) => id);
  return planned.flatMap(({ id, line }): readonly Entry[] => {
    const known = standing.get(id);
    const seen = known === undefined ? {} : { seen: known.version };
    const changes = byId.get(id);
    if (changes !== undefined) return [{ id, line, changes: changesOf(changes), ...seen }];
    return units.some((unit) => known?.units.includes(unit) !== true) ? [{ id, line, changes: { id }, ...seen }] : [];
  });
}

/** Attributes of one entity as the hub's own write takes them: null removes. */
export function changesOf(writes: readonly EntityWrite[]): Readonly<Record<string, Json>> {
  return Object.fromEntries(writes.map((write) => [write.attr, write.op === "set" ? write.value : null]));
}
