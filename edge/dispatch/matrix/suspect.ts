/** Which of many places a server can't answer for, where it only says that there is one: found by halves, with requests of one row. */
import type { Cell } from "./grid.ts";
import type { Tile } from "./tile.ts";

/** One of `cells` is not known to the server; whether it is in `probe`, the next request tells. */
export type Suspects = { readonly cells: readonly Cell[]; readonly probe: readonly Cell[] };

/** At least two cells. */
export function suspectsOf(cells: readonly Cell[]): Suspects {
  return { cells, probe: cells.slice(0, cells.length >> 1) };
}

export function probeOf({ probe }: Suspects): Tile {
  return { from: probe.slice(0, 1), to: probe };
}

/** The one, or whom to look at next. */
export function narrow({ cells, probe }: Suspects, isInProbe: boolean): Cell | Suspects {
  const left = isInProbe ? probe : cells.slice(probe.length);
  const [only] = left;
  return left.length === 1 && only !== undefined ? only : suspectsOf(left);
}
