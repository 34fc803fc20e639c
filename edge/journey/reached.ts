/**
 * How far into the log each slice of devices has been saved. Slices are saved one after the other while rows go on being folded, each together
 * with its own place in the log, so that none waits for the others:
 *
 *   log      ───────────────────────────────────────────▶
 *   slice 0  ████████████████████ saved up to here        a device hangs on its own messages alone: after a crash the fold begins where the
 *   slice 1  ██████████████████████████                   first slice stands, and passes over what the others hold already
 *   rest     ██████████████████████████
 *
 * The rest (counters, what was refused) is of all devices. It is saved with every slice, so that no slice is ahead of it, and is taken as it
 * was saved once the fold has come back to its place.
 */
import { SLICES, sliceOf } from "../../contracts/object-name.ts";
import type { Logged } from "./track.ts";

export type Reached = { readonly rest: number; readonly slices: readonly number[] };

export function reachedAll(at: number): Reached {
  return { rest: at, slices: Array.from({ length: SLICES }, () => at) };
}

/** Where the fold begins again: what lies before is in every slice. */
export function firstOf({ slices }: Reached): number {
  return Math.min(...slices);
}

/** With the fold at `at`, all but the slices that `changed` and are not saved yet stand there too, and so does the rest. */
export function reach(before: Reached, changed: ReadonlySet<number>, at: number): Reached {
  return { rest: at, slices: before.slices.map((own, slice) => (changed.has(slice) ? own : at)) };
}

/** Of the messages that begin at `n`, those that their slices do not hold. The very array where that is all of them. */
export function notHeld({ rest, slices }: Reached, n: number, messages: readonly Logged[]): readonly Logged[] {
  return n >= rest ? messages : messages.filter(({ device }, i) => n + i >= (slices[sliceOf(device)] ?? 0));
}
