/** Tombstones go when every unit that sees the entity, and is not expelled, has applied the deletion. */
import type { Millis } from "../../contracts/instant.ts";
import type { StreamStore } from "./store.ts";

/** Tombstones that go in one turn, a page of those that are looked at, and how many are: those that wait hold up nobody behind them. */
const COLLECT_MAX = 200;
const PAGE = 200;
const LOOKED_MAX = 20_000;
/** A unit that has not asked for so long is expelled: it compares digests when it comes back, and keeps nobody waiting until then. */
export const EXPEL_MS = 90 * 86_400_000;

/** Returns how many went. */
export function collect(store: StreamStore, now: Millis): number {
  const replicas = new Map(store.listReplicas().map((replica) => [replica.unit, replica]));
  for (const replica of replicas.values()) {
    if (replica.expelled || now - replica.at < EXPEL_MS) continue;
    const expelled = { ...replica, applied: beyond(store), expelled: true };
    store.writeReplica(expelled);
    replicas.set(replica.unit, expelled);
  }
  const state = store.readState();
  let [gone, looked, after] = [0, 0, 0];
  let upTo = state.collected;
  while (gone < COLLECT_MAX && looked < LOOKED_MAX) {
    const page = store.tombstones(state.head, PAGE, after);
    for (const row of page) {
      for (const unit of row.units) {
        if (replicas.has(unit)) continue;
        // It pushes and has never pulled: its time runs from when somebody waits for it.
        const silent = { unit, applied: 0, at: now, expelled: false };
        store.writeReplica(silent);
        replicas.set(unit, silent);
      }
      const waits = row.units.some((unit) => {
        const replica = replicas.get(unit);
        return replica === undefined || (!replica.expelled && replica.applied < row.at);
      });
      if (waits) continue;
      store.writeRow(row.entity, row.id, null);
      upTo = Math.max(upTo, row.at);
      gone += 1;
    }
    looked += page.length;
    after = page.at(-1)?.at ?? after;
    if (page.length < PAGE) break;
  }
  if (upTo > state.collected) store.writeState({ ...state, collected: upTo });
  return gone;
}

/** A place that nobody has been told yet: whoever is expelled has to be told one first. */
function beyond(store: StreamStore): number {
  return store.readState().head + 1;
}

export function expel(store: StreamStore, unit: string, now: Millis): void {
  store.writeReplica({ unit, applied: beyond(store), at: now, expelled: true });
}
