/** The best positions of a job in a route, remembered in flat arrays. */

/** Positions that are remembered for a job and a route, best first: as many as a blink may have to fall back on. */
export const SLOTS = 3;

/** `[slot]`: what it costs, after which node, and after which the second job of a pair. Infinity and −1 where there is none. */
export type Slots = { readonly delta: Float64Array; readonly after: Int32Array; readonly afterSecond: Int32Array };

export function emptySlots(count: number, pairs: boolean): Slots {
  return { delta: new Float64Array(count), after: new Int32Array(count), afterSecond: new Int32Array(pairs ? count : 0) };
}

/** Keeps the best `SLOTS` of what it is told, from `slot` on. */
export function keep(slots: Slots, slot: number, delta: number, after: number, afterSecond: number): void {
  let at = slot + SLOTS - 1;
  while (at > slot && slots.delta[at - 1]! > delta) {
    slots.delta[at] = slots.delta[at - 1]!;
    slots.after[at] = slots.after[at - 1]!;
    if (slots.afterSecond.length > 0) slots.afterSecond[at] = slots.afterSecond[at - 1]!;
    at--;
  }
  slots.delta[at] = delta;
  slots.after[at] = after;
  if (slots.afterSecond.length > 0) slots.afterSecond[at] = afterSecond;
}

export function clear(slots: Slots, slot: number): void {
  for (let at = slot; at < slot + SLOTS; at++) {
    slots.delta[at] = Infinity;
    slots.after[at] = -1;
  }
}
