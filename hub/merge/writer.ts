/** Whether somebody may write in the hub's own name, and under the key that they gave. */
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import type { OwnWrite } from "./own.ts";
import type { StreamStore } from "./store.ts";

/** `unit`: the only unit that the writer speaks for. Refuses `stale-version` for a key of another write, and `not-permitted`. */
export function mayWrite(
  store: StreamStore,
  { key, entity, id, units = [] }: Pick<OwnWrite, "key" | "entity" | "id" | "units">,
  unit: string | undefined,
): Refusal | null {
  const taken = store.readTaken(key);
  const line = taken === undefined || taken.about !== "" ? undefined : store.lineAt(taken.hubSeq);
  const about = line === undefined ? (taken?.about ?? "") : `${line.entity}/${line.id}`;
  if (about !== "" && about !== `${entity}/${id}`)
    return refuse("stale-version", "this key was used for another write before", "make a key for each write, and use it for that one only", "key");
  if (unit === undefined) return null;
  if (units.some((one) => one !== unit)) return refuse("not-permitted", "this token is good for one unit", "name no other units", "units");
  const row = store.readRow(entity, id);
  return row === undefined || row.units.includes(unit)
    ? null
    : refuse("not-permitted", "this token is good for one unit, which does not see this entity", "ask for a token of the tenant", "id");
}
