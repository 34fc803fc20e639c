/** Where telemetry outlives the program: the port. Memory keeps nothing beyond the program's life; `file-store.ts` is the one for Node. */
import type { Entry } from "./queue.ts";

export type Store = {
  /** What an earlier life left unacknowledged, oldest first, and the last sequence number it used. Called once, first. */
  load(): { readonly entries: readonly Entry[]; readonly lastSeq: number | null };
  /** Kept when this returns. Throws when the medium fails: the publisher is then refused, never told a comforting lie. */
  add(entry: Entry): void;
  /** Acknowledged, dropped or refused: need not be kept any longer. */
  remove(entries: readonly Entry[]): void;
  close(): void;
};

export function memoryStore(): Store {
  return { load: () => ({ entries: [], lastSeq: null }), add: () => {}, remove: () => {}, close: () => {} };
}
