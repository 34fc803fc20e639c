/** What is known of a device's bursts, as a checkpoint has it: pieces of one that is not whole with it, since the log goes on behind them. */
import { type Bursts, openBursts, type OpenBurst } from "./burst-whole.ts";
import type { BurstHead } from "./burst.ts";

export type SavedBursts = {
  readonly open: { readonly head: BurstHead; readonly openedAt: number; readonly waves: readonly Float32Array[]; readonly blocks: readonly number[] } | null;
  readonly done: readonly number[];
  readonly dropped: number;
  readonly lostBefore: number;
};

/** Nothing of a device that never sent a burst. */
export function saveBursts({ open, done, dropped, lostBefore }: Bursts): { readonly bursts?: SavedBursts } {
  if (open === null && done.length === 0 && dropped === 0) return {};
  return {
    bursts: { open: open === null ? null : { head: open.head, openedAt: open.openedAt, waves: open.waves, blocks: open.blocks }, done, dropped, lostBefore },
  };
}

export function loadBursts(saved: SavedBursts | undefined): Bursts {
  if (saved === undefined) return openBursts();
  const { open, done, dropped, lostBefore } = saved;
  return { open: open === null ? null : reopen(open), done: [...done], dropped, lostBefore };
}

function reopen({ head, openedAt, waves, blocks }: NonNullable<SavedBursts["open"]>): OpenBurst {
  return { head, openedAt, waves, blocks: [...blocks], held: blocks.reduce((sum, one, i) => sum + (i % 2 === 1 ? one : 0), 0) };
}
