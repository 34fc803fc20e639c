/** What master data asks of a stream: where entities stand, and who names them. Nothing here writes. */
import type { EntityRecord } from "../../contracts/delta/merge.ts";
import { entityOf } from "../../contracts/delta/merge.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import type { Naming, Relation } from "../master/relation.ts";
import type { StreamStore } from "../merge/store.ts";

/** Entities that name one of those asked for: the machines of a large customer. */
const NAMINGS_MAX = 5_000;

/** `deleted`: it was there. What was never there, or long ago, is not told. */
export type StreamRecord = { readonly id: string; readonly version: number; readonly units: readonly string[]; readonly deleted: boolean };

export function recordsOf(store: StreamStore, entity: string, ids: readonly string[]): readonly StreamRecord[] {
  return ids.flatMap((id) => {
    const row = store.readRow(entity, id);
    return row === undefined ? [] : [{ id, version: row.record.version, units: row.units, deleted: row.record.deleted !== undefined }];
  });
}

/** Live entities that name one of `ids`, in order. Refuses `too-many`. */
export function namingsOf(storage: SqlStorage, relations: readonly Relation[], ids: readonly string[]): readonly Naming[] | Refusal {
  const found: Naming[] = [];
  const places = ids.map(() => "?").join(", ");
  for (const { entity, attr } of relations) {
    const rows = storage.exec(
      `SELECT id, record FROM entity WHERE entity = ? AND deleted = 0 AND json_extract(record, ?) IN (${places}) ORDER BY id`,
      entity,
      `$.cells.${attr}.value`,
      ...ids,
    );
    for (const { id, record } of rows) {
      const attributes = entityOf(JSON.parse(String(record)) as EntityRecord) ?? {};
      found.push({ entity, id: String(id), attr, value: String(attributes[attr]), attributes });
      if (found.length > NAMINGS_MAX)
        return refuse("too-many", `at most ${NAMINGS_MAX} entities name the records of one review`, "let the one that they name survive", "survivor");
    }
  }
  return found;
}
