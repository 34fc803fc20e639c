/**
 * Blocks of a device's bursts until they are whole. One burst of a device is open at a time: a block of a newer one ends it, and what was
 * not whole by then is dropped, told and counted, since a lost block does not come again once the next burst has begun.
 */
import { BURST_BLOCKS_MAX } from "../../contracts/burst-wire.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import type { BurstBlock, BurstHead } from "./burst.ts";

/** Starts remembered of bursts that are over: blocks that are sent again are known as such. */
export const BURSTS_REMEMBERED_MAX = 16;
/** Held of bursts that are not whole, of all devices of an Intake: a hundred of one second, two axes and 25.6 kHz. */
export const BURSTS_OPEN_BYTES_MAX = 20 * 1024 * 1024;

export type OpenBurst = {
  readonly head: BurstHead;
  readonly openedAt: number;
  readonly waves: readonly Float32Array[];
  /** Where each block lies, `first` and `count` in turn. */
  readonly blocks: number[];
  held: number;
};
/** `done`: starts of those that were whole; `lostBefore`: pieces of bursts from before it were given up. */
export type Bursts = { open: OpenBurst | null; done: number[]; dropped: number; lostBefore: number };
/** `repeat`: known already. `whole`: the burst, complete. `refused`: this block, or an earlier burst that will never be whole. */
export type Taken = { readonly whole: Whole | null; readonly repeat: boolean; readonly refused: readonly Refusal[] };
export type Whole = { readonly head: BurstHead; readonly waves: readonly Float32Array[] };

export function openBursts(): Bursts {
  return { open: null, done: [], dropped: 0, lostBefore: -1 };
}

export function takeBlock(bursts: Bursts, block: BurstBlock, arrivedAt: number): Taken {
  const { head, waves } = block;
  if (bursts.done.includes(head.start)) return { whole: null, repeat: true, refused: [] };
  const refused: Refusal[] = [];
  const { open } = bursts;
  const isWhole = waves[0]?.length === head.samples;
  if (open !== null && open.head.start < head.start) refused.push(...dropBurst(bursts, "the next burst has begun"));
  else if (!isWhole && head.start < Math.max(open?.head.start ?? 0, bursts.lostBefore)) {
    const belated = refuse("breaks-contract", "all blocks of a burst come before the next burst", "send a burst's blocks one after the other", "start");
    return { whole: null, repeat: false, refused: [belated] };
  }
  if (isWhole) {
    // Pieces of it may have come before: the whole says all of it.
    if (bursts.open?.head.start === head.start) bursts.open = null;
    return { whole: close(bursts, { head, waves }), repeat: false, refused };
  }
  bursts.open ??= begin(head, arrivedAt);
  const laid = lay(bursts.open, block);
  if (laid === "repeat") return { whole: null, repeat: true, refused };
  if (laid !== "laid") return { whole: null, repeat: false, refused: [...refused, laid] };
  if (bursts.open.held < head.samples) return { whole: null, repeat: false, refused };
  const whole = close(bursts, { head: bursts.open.head, waves: bursts.open.waves });
  bursts.open = null;
  return { whole, repeat: false, refused };
}

/** Gives up what is open. */
export function dropBurst(bursts: Bursts, why: string): readonly Refusal[] {
  const { open } = bursts;
  if (open === null) return [];
  bursts.open = null;
  bursts.dropped++;
  bursts.lostBefore = Math.max(bursts.lostBefore, open.head.start + 1);
  return [
    refuse(
      "breaks-contract",
      "a burst comes whole",
      `${why}: of the one at ${open.head.start} there were ${open.held} of ${open.head.samples} samples; send blocks at QoS 1, one after the other`,
      "samples",
    ),
  ];
}

export function bytesOf(bursts: Bursts): number {
  return bursts.open?.waves.reduce((sum, { byteLength }) => sum + byteLength, 0) ?? 0;
}

function begin(head: BurstHead, openedAt: number): OpenBurst {
  return { head, openedAt, waves: head.axes.map(() => new Float32Array(head.samples)), blocks: [], held: 0 };
}

function close(bursts: Bursts, whole: Whole): Whole {
  bursts.done = [...bursts.done.slice(1 - BURSTS_REMEMBERED_MAX), whole.head.start];
  return whole;
}

function lay(open: OpenBurst, { head, first, waves }: BurstBlock): "laid" | "repeat" | Refusal {
  if (!isSame(open.head, head)) return refuse("breaks-contract", "all blocks of a burst say the same of it", "give each burst a start of its own", "start");
  const count = waves[0]?.length ?? 0;
  for (let i = 0; i < open.blocks.length; i += 2) {
    const [from, length] = [open.blocks[i] ?? 0, open.blocks[i + 1] ?? 0];
    if (from === first && length === count) return "repeat";
    if (first < from + length && from < first + count)
      return refuse("breaks-contract", "blocks of a burst do not overlap", `samples ${first} to ${first + count - 1} were there in part`, "first");
  }
  if (open.blocks.length >= 2 * BURST_BLOCKS_MAX) return refuse("too-many", `at most ${BURST_BLOCKS_MAX} blocks in a burst`, "send larger blocks", "first");
  open.blocks.push(first, count);
  for (const [a, wave] of waves.entries()) open.waves[a]?.set(wave, first);
  open.held += count;
  return "laid";
}

function isSame(a: BurstHead, b: BurstHead): boolean {
  return (
    a.start === b.start &&
    a.rate === b.rate &&
    a.format === b.format &&
    a.samples === b.samples &&
    a.axes.length === b.axes.length &&
    a.axes.every(({ id, scale }, i) => id === b.axes[i]?.id && scale === b.axes[i]?.scale)
  );
}
