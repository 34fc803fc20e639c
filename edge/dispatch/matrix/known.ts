/**
 * What routing servers have answered, by cell and by cell: a table that grows to `PLACES_MAX` places and no further, for each of the hours that are
 * told apart. Two look-ups and a read for a way, since dispatch asks thousands of times for one decision.
 */
import type { Millis } from "../../../contracts/instant.ts";
import type { Cell } from "./grid.ts";
import type { Hours } from "./hour.ts";

/** Places of one unit: 60 engineers, 300 open jobs and their surroundings. 12 bytes a pair: 3 MB for each of the hours. */
export const PLACES_MAX = 512;
const PLACES_FIRST = 64;

/** In place of a time: the server knows both places and no way between them; the server has no answer. */
export const UNREACHABLE = -1;
export const UNANSWERED = -2;
/** A way may take so long; what is longer was not reckoned in seconds. */
export const WAY_MS_MAX = 14 * 86_400_000;

/** A way that takes so much more or less than it was known to is news; less moves no visit. */
const NEWS_MS = 60_000;

/** `ms` may be `UNREACHABLE` or `UNANSWERED`. `at`: when it was answered, in whole seconds. */
export type Way = { readonly ms: number; readonly m: number; readonly at: Millis };

/** An answer: times and lengths row by row, `[from * to.length + to]`. */
export type Table = {
  readonly hours: Hours;
  readonly from: readonly Cell[];
  readonly to: readonly Cell[];
  readonly ms: Int32Array;
  readonly m: Int32Array;
  /** By pair, in seconds since the epoch; 0 for what is not told. */
  readonly at: Uint32Array;
};

type Grid = { size: number; ms: Int32Array; m: Int32Array; at: Uint32Array };

export type Known = {
  /** Undefined for what was never answered. */
  way(hours: Hours, from: Cell, to: Cell): Way | undefined;
  /** Room for places, the first ones where there is not room for all; what is not among `wanted` makes room, longest unused first. */
  take(table: Table, wanted: ReadonlySet<Cell>): void;
  /** Ways that are known to be otherwise since this was asked last. */
  news(): number;
  /** All that is known, as tables of at most so many rows. */
  tables(rowsMax: number): readonly Table[];
  readonly size: () => number;
};

export function startKnown(): Known {
  const slotOf = new Map<Cell, number>();
  const cells: (Cell | undefined)[] = [];
  const grids = new Map<Hours, Grid>();
  let news = 0;

  function slotFor(cell: Cell, wanted: ReadonlySet<Cell>): number | undefined {
    const known = slotOf.get(cell);
    if (known !== undefined) {
      // Last in the order of use.
      slotOf.delete(cell);
      slotOf.set(cell, known);
      return known;
    }
    let slot: number | undefined = cells.length < PLACES_MAX ? cells.length : undefined;
    if (slot === undefined) {
      for (const [old, place] of slotOf) {
        if (wanted.has(old)) continue;
        slot = place;
        slotOf.delete(old);
        for (const grid of grids.values()) clear(grid, slot);
        break;
      }
    }
    if (slot === undefined) return undefined;
    cells[slot] = cell;
    slotOf.set(cell, slot);
    return slot;
  }

  return {
    way: (hours, from, to) => {
      const grid = grids.get(hours);
      const row = slotOf.get(from);
      const column = slotOf.get(to);
      if (grid === undefined || row === undefined || column === undefined || row >= grid.size || column >= grid.size) return undefined;
      const i = row * grid.size + column;
      const at = grid.at[i] ?? 0;
      return at === 0 ? undefined : { ms: grid.ms[i] ?? 0, m: grid.m[i] ?? 0, at: at * 1_000 };
    },
    take: ({ hours, from, to, ms, m, at }, wanted) => {
      const keep = new Set([...wanted, ...from, ...to]);
      const rows = from.map((cell) => slotFor(cell, keep));
      const columns = to.map((cell) => slotFor(cell, keep));
      const grid = roomFor(grids, hours, cells.length);
      for (const [r, row] of rows.entries()) {
        if (row === undefined) continue;
        for (const [c, column] of columns.entries()) {
          const given = r * to.length + c;
          const told = at[given] ?? 0;
          if (column === undefined || column === row || told === 0) continue;
          const i = row * grid.size + column;
          const takes = ms[given] ?? 0;
          if (isNews(grid.at[i] === 0 ? UNANSWERED : (grid.ms[i] ?? 0), takes)) news++;
          grid.ms[i] = takes;
          grid.m[i] = m[given] ?? 0;
          grid.at[i] = told;
        }
      }
    },
    news: () => {
      const count = news;
      news = 0;
      return count;
    },
    tables: (rowsMax) => {
      const all = [...slotOf.entries()];
      const to = all.map(([cell]) => cell);
      return [...grids].flatMap(([hours, grid]) => {
        const parts: Table[] = [];
        for (let first = 0; first < all.length; first += rowsMax) parts.push(cut(hours, grid, all.slice(first, first + rowsMax), all, to));
        return parts;
      });
    },
    size: () => slotOf.size,
  };
}

/** Between ways that there are, as they differ; and whenever there is one, none or no answer where it was otherwise. */
function isNews(was: number, is: number): boolean {
  return was < 0 || is < 0 ? was !== is : Math.abs(was - is) >= NEWS_MS;
}

function cut(hours: Hours, grid: Grid, rows: readonly (readonly [Cell, number])[], columns: readonly (readonly [Cell, number])[], to: readonly Cell[]): Table {
  const count = rows.length * columns.length;
  const table = { hours, from: rows.map(([cell]) => cell), to, ms: new Int32Array(count), m: new Int32Array(count), at: new Uint32Array(count) };
  let given = 0;
  for (const [, row] of rows) {
    for (const [, column] of columns) {
      const i = row * grid.size + column;
      if (row < grid.size && column < grid.size) {
        table.ms[given] = grid.ms[i] ?? 0;
        table.m[given] = grid.m[i] ?? 0;
        table.at[given] = grid.at[i] ?? 0;
      }
      given++;
    }
  }
  return table;
}

/** The grid of these hours, large enough; doubled, so that places that come one by one don't copy it each time. */
function roomFor(grids: Map<Hours, Grid>, hours: Hours, places: number): Grid {
  const before = grids.get(hours);
  if (before !== undefined && before.size >= places) return before;
  let size = before?.size ?? PLACES_FIRST;
  while (size < places) size *= 2;
  const grid: Grid = { size, ms: new Int32Array(size * size), m: new Int32Array(size * size), at: new Uint32Array(size * size) };
  if (before !== undefined) {
    for (const part of ["ms", "m", "at"] as const)
      for (let row = 0; row < before.size; row++) grid[part].set(before[part].subarray(row * before.size, (row + 1) * before.size), row * size);
  }
  grids.set(hours, grid);
  return grid;
}

function clear(grid: Grid, slot: number): void {
  if (slot >= grid.size) return;
  for (let i = 0; i < grid.size; i++) {
    grid.at[slot * grid.size + i] = 0;
    grid.at[i * grid.size + slot] = 0;
  }
}
