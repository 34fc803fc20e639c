/**
 * Where a sample stands among those before it. A device's samples are scored in order of their event time, each instant once:
 * a repeat of an instant is a duplicate unless it tells more of it, an instant before the last one is reordered. Both are absorbed
 * and counted.
 */

/** Instants remembered per device: a repeated batch (600 messages) is recognised as one. */
export const RECENT_MAX = 600;

export type Placed = "next" | "repeat" | "reordered";

export type Window = {
  /** Event time of the last sample that went on to be scored; -1 before the first. */
  last: number;
  /** Ring of the instants seen, scored or not. */
  readonly recent: Float64Array;
  filled: number;
  at: number;
  duplicates: number;
  reordered: number;
};

export function openWindow(): Window {
  return { last: -1, recent: new Float64Array(RECENT_MAX), filled: 0, at: 0, duplicates: 0, reordered: 0 };
}

/** Takes note of one sample. Only "next" is scored; a reordered one still belongs in the trace, and what a repeat is, its values say. Older than the ring remembers counts as reordered. */
export function place(window: Window, ts: number): Placed {
  if (ts > window.last) {
    remember(window, ts);
    window.last = ts;
    return "next";
  }
  for (let i = 0; i < window.filled; i++) {
    if (window.recent[i] === ts) return "repeat";
  }
  remember(window, ts);
  window.reordered++;
  return "reordered";
}

export function absorbed(window: Window): number {
  return window.duplicates + window.reordered;
}

function remember(window: Window, ts: number): void {
  window.recent[window.at] = ts;
  window.at = (window.at + 1) % RECENT_MAX;
  window.filled = Math.min(window.filled + 1, RECENT_MAX);
}

/** Oldest first, so that a saved window reads back the same whatever its ring's turn. */
export function recentOf(window: Window): Float64Array {
  const out = new Float64Array(window.filled);
  const first = window.filled < RECENT_MAX ? 0 : window.at;
  for (let i = 0; i < window.filled; i++) out[i] = window.recent[(first + i) % RECENT_MAX] ?? 0;
  return out;
}

export function reopenWindow(recent: Float64Array, last: number, duplicates: number, reordered: number): Window {
  const window = openWindow();
  window.recent.set(recent.subarray(0, RECENT_MAX));
  window.filled = Math.min(recent.length, RECENT_MAX);
  window.at = window.filled % RECENT_MAX;
  window.last = last;
  window.duplicates = duplicates;
  window.reordered = reordered;
  return window;
}
