/**
 * Backups and restores. A backup's mark is taken before the copy and confirmed after it: only then may units forget what was acknowledged
 * up to there. A restored copy begins a new epoch at its head, which is the restore point. A copy that is put back without a word is found
 * out by the first unit that was told more than it holds, and begins its epoch then.
 */
import { isOurs, tagAt } from "./place.ts";
import type { StreamState, StreamStore } from "./store.ts";

/** What a copy made from now on is sure to hold. `tag`: of the chain at its position. */
export type BackupMark = { readonly epoch: number; readonly position: number; readonly tag: string; readonly throughs: Readonly<Record<string, number>> };

export function markBackup(store: StreamStore): BackupMark {
  const state = store.readState();
  const throughs = Object.fromEntries(store.listOrigins().map(({ origin, through }) => [origin, through]));
  return { epoch: state.epoch, position: state.head, tag: tagAt(store, state, state.head) ?? "", throughs };
}

/** The copy is safe. A mark of another epoch, or of another history, says nothing any more. */
export function confirmBackup(store: StreamStore, mark: BackupMark): void {
  const state = store.readState();
  if (mark.epoch !== state.epoch || mark.position > state.head || tagAt(store, state, mark.position) !== mark.tag) return;
  store.writeState({ ...state, stable: Math.max(state.stable, mark.position) });
  for (const origin of store.listOrigins()) {
    const stable = mark.throughs[origin.origin] ?? 0;
    if (stable > origin.stable) store.writeOrigin({ ...origin, stable });
  }
}

/** This storage is a copy that was put back. `least`: an epoch that was in use elsewhere. */
export function beginEpoch(store: StreamStore, least = 0): { readonly epoch: number; readonly point: number } {
  const state = store.readState();
  const next = laterEpoch(state, least, { point: state.head });
  store.writeState(next);
  return { epoch: next.epoch, point: state.head };
}

/** How far ahead of the hub an epoch may be that a unit names: more restores than that nobody makes. */
const EPOCHS_AHEAD_MAX = 1_000;

/** What a unit was told, as it shows it. */
export type Shown = { readonly epoch?: number | undefined; readonly seen?: string | undefined; readonly acknowledged?: number | undefined };

/**
 * The stream as it stands. When what a unit was told in this very epoch, or in a later one, is not in the log, this is an older copy: a new
 * epoch begins. Where the histories part is not known, so all of the log may be new to whoever lost his place.
 */
export function notice(store: StreamStore, { epoch, seen, acknowledged }: Shown, through: number): StreamState {
  const state = store.readState();
  if (epoch === undefined || epoch > state.epoch + EPOCHS_AHEAD_MAX) return state;
  if (epoch <= state.epoch && holds(store, state, epoch, seen, acknowledged, through)) return state;
  const next = laterEpoch(state, epoch, { point: state.horizon, silent: true });
  store.writeState(next);
  return next;
}

/** Whether versions that a writer saw in an epoch are versions of this log: not of one that was lost in silence, nor of another copy's. */
export function isTrusted(state: StreamState, epoch: number): boolean {
  return isOurs(state, epoch) && !state.restores.some((restore) => restore.silent === true && restore.epoch > epoch);
}

function laterEpoch(state: StreamState, least: number, how: { readonly point: number; readonly silent?: true }): StreamState {
  const epoch = Math.max(state.epoch, least) + 1;
  return { ...state, epoch, restores: [...state.restores, { epoch, ...how }] };
}

/** Whether what a unit was told in an epoch is in the log, as far as the restores that were announced since have not taken it away. */
function holds(store: StreamStore, state: StreamState, epoch: number, seen: string | undefined, acknowledged: number | undefined, through: number): boolean {
  const taken = state.restores.filter((restore) => restore.epoch > epoch);
  if (seen === undefined) return taken.length > 0 || acknowledged === undefined || acknowledged <= through;
  const [position = "0", tag = ""] = seen.split(".");
  const at = Number(position);
  if (taken.some(({ point }) => at > point)) return true;
  if (at > state.head) return false;
  // What was before the horizon can't be compared any more.
  return at < state.horizon || (tagAt(store, state, at) ?? "").startsWith(tag);
}
