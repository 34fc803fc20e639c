/**
 * Which part of a table is asked for next. A way there and its way back go together where one square holds both; rows and columns that lack
 * the same go together in any case.
 */
import type { Cell } from "./grid.ts";

/** `active`: ways between them, and between them and those `ahead`, both there and back; none between two that are ahead. Most urgent first. */
export type Need = { readonly active: readonly Cell[]; readonly ahead: readonly Cell[] };

export type Tile = { readonly from: readonly Cell[]; readonly to: readonly Cell[] };

/** What one request may hold. `side`: sources, and targets; `places`: both together. */
export type Limits = { readonly side: number; readonly places: number; readonly pairs: number };

/** What is looked through: ways between `settled` places are known, and sources before `start` lack nothing. */
export type Search = {
  readonly need: Need;
  readonly isDue: (from: Cell, to: Cell) => boolean;
  readonly isSettled: (cell: Cell) => boolean;
  readonly start: number;
};

/** Null when nothing is due; `index`: of the first source that lacks something. `isDue` is asked about different cells only. */
export function nextTile({ need: { active, ahead }, isDue, isSettled, start }: Search, limits: Limits): { readonly tile: Tile; readonly index: number } | null {
  const all = [...active, ...ahead];
  const fresh = all.filter((cell) => !isSettled(cell));
  const freshActive = active.filter((cell) => !isSettled(cell));
  const due = (from: Cell, to: Cell): boolean => from !== to && isDue(from, to);
  for (let index = start; index < all.length; index++) {
    const source = all[index] ?? 0;
    const isActive = index < active.length;
    const candidates = isSettled(source) ? (isActive ? fresh : freshActive) : isActive ? all : active;
    const targets = candidates.filter((to) => due(source, to));
    if (targets.length > 0) return { tile: tileOf(all.slice(index), targets, due, limits), index };
  }
  return null;
}

type IsDue = (from: Cell, to: Cell) => boolean;

/** Whichever gets more of what is due: the source and its first targets among one another, or all who lack the same as the source. */
function tileOf(sources: readonly Cell[], targets: readonly Cell[], due: IsDue, limits: Limits): Tile {
  const square = squareOf(sources, targets, limits);
  const rectangle = rectangleOf(sources, targets, due, limits);
  return countDue(square, due) > countDue(rectangle, due) ? square : rectangle;
}

function countDue({ from, to }: Tile, due: IsDue): number {
  let count = 0;
  for (const a of from) for (const b of to) if (due(a, b)) count++;
  return count;
}

function squareOf(sources: readonly Cell[], targets: readonly Cell[], { side, places, pairs }: Limits): Tile {
  const cells = [...sources.slice(0, 1), ...targets].slice(0, Math.min(side, places, Math.floor(Math.sqrt(pairs))));
  return { from: cells, to: cells };
}

function rectangleOf(sources: readonly Cell[], targets: readonly Cell[], due: IsDue, limits: Limits): Tile {
  const [first = 0] = targets;
  const alike = sources.reduce((count, from) => count + Number(due(from, first)), 0);
  const { rows, columns } = fit(alike, targets.length, limits);
  const to = targets.slice(0, columns);
  const from: Cell[] = [];
  for (const one of sources) {
    if (from.length === rows) break;
    const count = to.reduce((sum, target) => sum + Number(due(one, target)), 0);
    if (from.length === 0 || count * 2 >= to.length) from.push(one);
  }
  return { from, to };
}

/** As much as a request may hold of so many rows and columns: the smaller of the two whole, if it can be. */
function fit(rows: number, columns: number, { side, places, pairs }: Limits): { readonly rows: number; readonly columns: number } {
  const [small, large] = [Math.min(rows, columns, side), Math.min(Math.max(rows, columns), side)];
  const less = Math.max(
    1,
    Math.min(small, Math.max(Math.floor(places / 2), places - large), Math.max(Math.floor(Math.sqrt(pairs)), Math.floor(pairs / large))),
  );
  const more = Math.max(1, Math.min(large, places - less, Math.floor(pairs / less)));
  return rows <= columns ? { rows: less, columns: more } : { rows: more, columns: less };
}

/** Two halves along the longer side; a square is one of sources and targets alike, and so is cut into rows. Empty for a single pair. */
export function halvesOf({ from, to }: Tile): readonly Tile[] {
  if (from.length * to.length <= 1) return [];
  const half = <T>(list: readonly T[]): readonly [readonly T[], readonly T[]] => [list.slice(0, list.length >> 1), list.slice(list.length >> 1)];
  if (from.length >= to.length) return half(from).map((part) => ({ from: part, to }));
  return half(to).map((part) => ({ from, to: part }));
}
