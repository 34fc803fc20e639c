/** Tombstones go when every unit that sees the entity, and is not expelled, has applied the deletion. */
import type { Millis } from "../../contracts/instant.ts";
import type { StreamStore } from "./store.ts";

/** Tombstones looked at in one turn. */
const COLLECT_MAX = 200;
/** A unit that has not asked for so long is expelled: it compares digests when it comes back, and keeps nobody waiting until then. */
export const EXPEL_MS = 90 * 86_400_000;

/** Returns how many went. */
export function collect(store: StreamStore, now: Millis): number {
  const replicas = new Map(store.listReplicas().map((replica) => [replica.unit, replica]));
  for (const replica of replicas.values()) {
    if (replica.expelled || now - replica.at < EXPEL_MS) continue;
    const expelled = { ...replica, expelled: true };
    store.writeReplica(expelled);
    replicas.set(replica.unit, expelled);
  }
  const state = store.readState();
  let gone = 0;
  let upTo = state.collected;
  for (const row of store.tombstones(state.head, COLLECT_MAX)) {
    const waits = row.units.some((unit) => {
      const replica = replicas.get(unit);
      return replica === undefined || (!replica.expelled && replica.applied < row.at);
    });
    if (waits) continue;
    store.writeRow(row.entity, row.id, null);
    upTo = Math.max(upTo, row.at);
    gone += 1;
  }
  if (upTo > state.collected) store.writeState({ ...state, collected: upTo });
  return gone;
}

export function expel(store: StreamStore, unit: string, now: Millis): void {
  store.writeReplica({ unit, applied: store.readReplica(unit)?.applied ?? 0, at: now, expelled: true });
}
