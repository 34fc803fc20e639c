/**
 * Backups and restores. A backup's mark is taken before the copy and confirmed after it: only then may units forget what was acknowledged
 * up to there. A restored copy begins a new epoch at its head, which is the restore point. A copy that is put back without a word is found
 * out by the first unit that was told more than it holds, and begins its epoch then.
 */
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { isOurs, tagAt } from "./place.ts";
import type { KnownOrigin, StreamState, StreamStore } from "./store.ts";

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

type Restore = StreamState["restores"][number];

/** How far ahead of the hub an epoch may be that a unit names: more restores than that nobody makes. */
const EPOCHS_AHEAD_MAX = 1_000;

/** Epochs that one unit's word alone may begin until somebody says that a backup was put back: a unit that shows what no hub told it can't begin one with each push. */
export const SILENT_EPOCHS_MAX = 16;
/** Restores that are told apart, some 20 KiB of the stream's row; of older ones it is known that they were, and not where each began. */
export const RESTORES_MAX = 256;

/** What a unit was told, as it shows it. */
export type Shown = { readonly epoch?: number | undefined; readonly seen?: string | undefined; readonly acknowledged?: number | undefined };

/**
 * The stream as it stands. When what a unit was told in this very epoch, or in a later one, is not in the log, this is an older copy: a new
 * epoch begins. Where the histories part is not known, so all of the log may be new to whoever lost his place. Refuses `not-permitted` to a
 * unit whose word has begun `SILENT_EPOCHS_MAX` of them.
 */
export function notice(
  store: StreamStore,
  { epoch, seen, acknowledged }: Shown,
  { through, unit }: Pick<KnownOrigin, "through" | "unit">,
): StreamState | Refusal {
  const state = store.readState();
  if (epoch === undefined || epoch > state.epoch + EPOCHS_AHEAD_MAX) return state;
  if (epoch <= state.epoch && holds(store, state, epoch, seen, acknowledged, through)) return state;
  const announced = state.restores.findLastIndex(({ silent }) => silent !== true);
  if (state.restores.slice(announced + 1).filter(({ by }) => by === unit).length >= SILENT_EPOCHS_MAX)
    return refuse(
      "not-permitted",
      `this unit says for the ${SILENT_EPOCHS_MAX + 1}th time that it was told what this hub does not have`,
      "if a backup of the hub was put back, an operator says so at the hub; otherwise this unit shows what no hub told it",
      "seen",
    );
  const next = laterEpoch(state, epoch, { point: state.horizon, silent: true, by: unit });
  store.writeState(next);
  return next;
}

/** Whether versions that a writer saw in an epoch are versions of this log: not of one that was lost in silence, nor of another copy's. */
export function isTrusted(state: StreamState, epoch: number): boolean {
  return isOurs(state, epoch) && !state.restores.some((restore) => restore.silent === true && restore.epoch > epoch);
}

function laterEpoch(state: StreamState, least: number, how: Omit<Restore, "epoch">): StreamState {
  const epoch = Math.max(state.epoch, least) + 1;
  return { ...state, epoch, restores: bounded([...state.restores, { epoch, ...how }]) };
}

/** The two oldest become one: whoever kept a place or a version from between them finds that his epoch is not known here, and compares. */
function bounded(restores: readonly Restore[]): readonly Restore[] {
  const [first, second, ...rest] = restores;
  if (restores.length <= RESTORES_MAX || first === undefined || second === undefined) return restores;
  const silent = first.silent === true || second.silent === true ? ({ silent: true } as const) : {};
  return [{ epoch: second.epoch, point: Math.min(first.point, second.point), ...silent }, ...rest];
}

/** Whether what a unit was told in an epoch is in the log, as far as the restores that were announced since have not taken it away. */
function holds(store: StreamStore, state: StreamState, epoch: number, seen: string | undefined, acknowledged: number | undefined, through: number): boolean {
  const taken = state.restores.filter((restore) => restore.epoch > epoch);
  const isCounted = taken.length > 0 || acknowledged === undefined || acknowledged <= through;
  if (seen === undefined) return isCounted;
  const [position = "0", tag = ""] = seen.split(".");
  const at = Number(position);
  if (taken.some(({ point }) => at > point)) return true;
  if (at > state.head) return false;
  // What was up to the horizon can't be compared any more; what was acknowledged can be counted all the same.
  return at <= state.horizon ? isCounted : (tagAt(store, state, at) ?? "").startsWith(tag);
}
