/**
 * What models remember, for many devices side by side: rows of one width, cut from one Float32Array after the other.
 *
 *   slab of ROWS rows   │ device a │ device b │ device c │ …      a row is a view: it is taken once and written in place
 *
 * Ten thousand arrays of their own would cost more than the numbers in them. A slab goes when nobody holds a row of it any more, so that
 * nobody has to give rows back.
 */

/** Rows of one slab: few enough that a device which stays behind with an old model holds little. */
const ROWS = 64;

/** The slab under way for each width. Mutable: the fold owns it. */
export type StateTable = Map<number, { readonly slab: Float32Array; used: number }>;

export function openTable(): StateTable {
  return new Map();
}

/** Writes `values[from … from + width]` into the row, or into a fresh one where there is none of that width. Answers the row. */
export function keepState(table: StateTable, row: Float32Array | null, values: Float32Array, from: number, width: number): Float32Array {
  const into = row?.length === width ? row : takeRow(table, width);
  // A loop: for so few numbers a view and `set` take several times as long.
  for (let i = 0; i < width; i++) into[i] = values[from + i]!;
  return into;
}

function takeRow(table: StateTable, width: number): Float32Array {
  let open = table.get(width);
  if (open === undefined || open.used === ROWS) {
    open = { slab: new Float32Array(ROWS * width), used: 0 };
    table.set(width, open);
  }
  const from = open.used++ * width;
  return open.slab.subarray(from, from + width);
}

/** State `offset … offset + width` of each row as one tensor `[rows × width]`; a row without a state, or with one of another width, begins at zero. */
export function gatherStates(rows: readonly (Float32Array | null)[], offset: number, width: number, stateWidth: number): Float32Array {
  const out = new Float32Array(rows.length * width);
  for (let r = 0; r < rows.length; r++) {
    const state = rows[r];
    if (state === null || state === undefined || state.length !== stateWidth) continue;
    for (let i = 0; i < width; i++) out[r * width + i] = state[offset + i]!;
  }
  return out;
}

/** The reverse: a tensor `[rows × width]` into `[rows × stateWidth]`, from `offset` on. */
export function scatterStates(values: Float32Array, into: Float32Array, offset: number, width: number, stateWidth: number, rows: number): void {
  for (let r = 0; r < rows; r++) for (let i = 0; i < width; i++) into[r * stateWidth + offset + i] = values[r * width + i]!;
}
