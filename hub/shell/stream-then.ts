/** A stream as of a consumer's place: digests by family, with what has changed since taken back. */
import { subjectOf } from "../../contracts/delta/seal.ts";
import type { StreamThen } from "../feed/held.ts";
import { valueDigest } from "../feed/value-digest.ts";
import { type Place, lostAt } from "../merge/place.ts";
import { type EntityDigests, type Reading, entityDigests, familyDigests, rowAt } from "./stream-views.ts";

/** Entities that are taken back for one comparison, each by all its lines: two seconds of the most that a hub takes. Whoever is farther behind reads on first. */
const CHANGED_MAX = 200;

/** `unit`: only what it sees, and of families that it writes alone. Null while digests are being worked out: ask again. */
export function streamThen(reading: Reading, place: Place, unit: string | undefined): StreamThen | null {
  const { db, store, storage } = reading;
  const state = store.readState();
  if (lostAt(store, state, place) !== null) return { stands: "lost" };
  const behind = state.head - place.position;
  const changed = storage.exec("SELECT entity, id FROM entity WHERE at > ? LIMIT ?", place.position, CHANGED_MAX + 1).toArray();
  // Of tombstones that were collected since nobody knows any more what they were.
  if (changed.length > CHANGED_MAX || (behind > 0 && state.collected > place.position)) return { stands: "far", behind };
  const digests = entityDigests(db, storage, unit);
  if (digests === null) return null;
  const shared = unit === undefined ? [] : sharedFamilies(storage, unit);
  const later = new Set<string>();
  const then = new Map([...digests].map(([entity, ids]) => [entity, new Map(ids)]));
  for (const row of changed) {
    const [entity, id] = [String(row["entity"]), String(row["id"])];
    // What its values were went with its key.
    if (store.readKey(subjectOf(entity, id)) === null) later.add(entity);
    else takeBack(reading, then, entity, id, place.position, unit);
  }
  for (const entity of [...later, ...shared]) then.delete(entity);
  return { stands: "there", behind, families: familyDigests(without(then)), later: [...later], shared: shared.filter((one) => !later.has(one)) };
}

function takeBack(reading: Reading, then: Map<string, Map<string, string>>, entity: string, id: string, position: number, unit: string | undefined): void {
  const row = reading.store.readRow(entity, id);
  if (row === undefined || (unit !== undefined && !row.units.includes(unit))) return;
  const was = rowAt(reading, { entity, id, ...row }, position, unit);
  const ids = then.get(entity) ?? new Map<string, string>();
  if (was === null) ids.delete(id);
  else ids.set(id, valueDigest(was.attributes));
  then.set(entity, ids);
}

/** Families of which another unit sees something that this one does. */
function sharedFamilies(storage: SqlStorage, unit: string): readonly string[] {
  return storage
    .exec(
      "SELECT DISTINCT e.entity FROM member m JOIN entity e ON e.entity = m.entity AND e.id = m.id WHERE m.unit = ? AND json_array_length(e.units) > 1",
      unit,
    )
    .toArray()
    .map((row) => String(row["entity"]));
}

function without(digests: EntityDigests): EntityDigests {
  return new Map([...digests].filter(([, ids]) => ids.size > 0));
}
