/** Where telemetry outlives the program: the port. Memory keeps nothing beyond the program's life; `file-store.ts` is the one for Node, `indexed-store.ts` for browsers. */
import type { Entry } from "./queue.ts";

export type Store = {
  /** What an earlier life left unacknowledged, oldest first, and the last sequence number it used. Called once, first. */
  load(): { readonly entries: readonly Entry[]; readonly lastSeq: number | null };
  /**
   * Kept when this returns, or where it answers a promise when that resolves. Throws or rejects when the medium fails: the publisher is then refused,
   * unless the unit has the entry already, and never told a comforting lie.
   */
  add(entry: Entry): void | Promise<void>;
  /** Acknowledged, dropped or refused: need not be kept any longer. */
  remove(entries: readonly Entry[]): void;
  close(): void;
};

export function memoryStore(): Store {
  return { load: () => ({ entries: [], lastSeq: null }), add: () => {}, remove: () => {}, close: () => {} };
}
