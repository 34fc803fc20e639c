/**
 * Backups and restores. A backup's mark is taken before the copy and confirmed after it: only then may units forget what was acknowledged
 * up to there. A restored copy begins a new epoch at its head, which is the restore point.
 */
import type { StreamStore } from "./store.ts";

/** What a copy made from now on is sure to hold. */
export type BackupMark = { readonly epoch: number; readonly position: number; readonly throughs: Readonly<Record<string, number>> };

export function markBackup(store: StreamStore): BackupMark {
  const { epoch, head } = store.readState();
  return { epoch, position: head, throughs: Object.fromEntries(store.listOrigins().map(({ origin, through }) => [origin, through])) };
}

/** The copy is safe. A mark of another epoch says nothing any more. */
export function confirmBackup(store: StreamStore, mark: BackupMark): void {
  const state = store.readState();
  if (mark.epoch !== state.epoch || mark.position > state.head) return;
  store.writeState({ ...state, stable: Math.max(state.stable, mark.position) });
  for (const origin of store.listOrigins()) {
    const stable = mark.throughs[origin.origin] ?? 0;
    if (stable > origin.stable) store.writeOrigin({ ...origin, stable });
  }
}

/** This storage is a copy that was put back. `least`: an epoch that was in use elsewhere. */
export function beginEpoch(store: StreamStore, least = 0): { readonly epoch: number; readonly point: number } {
  const state = store.readState();
  const epoch = Math.max(state.epoch, least) + 1;
  store.writeState({ ...state, epoch, restores: [...state.restores, { epoch, point: state.head }] });
  return { epoch, point: state.head };
}
