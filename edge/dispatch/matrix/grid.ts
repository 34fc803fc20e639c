/**
 * The grid that places are rounded to before they leave the unit, and by which answers are kept. A routing server is told no person and no exact
 * place: where somebody lives or stands is known to it no better than by a street.
 */
import type { Place } from "../../../contracts/instant.ts";

/** Cells of a degree: 111 m from north to south, less from east to west. A minute of walking, some ten seconds of driving. */
const CELLS_A_DEGREE = 1_000;
const DECIMALS = 3;
const COLUMNS = 360 * CELLS_A_DEGREE;

/** A cell of the grid, row by row from the south pole; below 2 ** 36. */
export type Cell = number;

export function cellOf({ lat, lon }: Place): Cell {
  return Math.round((lat + 90) * CELLS_A_DEGREE) * COLUMNS + (Math.round((lon + 180) * CELLS_A_DEGREE) % COLUMNS);
}

/** The middle of a cell, with as many decimals as the grid has. */
export function placeOf(cell: Cell): Place {
  const column = cell % COLUMNS;
  return { lat: rounded((cell - column) / COLUMNS / CELLS_A_DEGREE - 90), lon: rounded(column / CELLS_A_DEGREE - 180) };
}

function rounded(degrees: number): number {
  return Number(degrees.toFixed(DECIMALS));
}
