/** Long work in pieces, so that whoever shares a thread can let others have their turn in between: a generator that yields after each of them. */

export type Pieces<T> = Generator<undefined, T, undefined>;

/** Cells of a table in one piece: some tenths of a millisecond, also where each of them is asked of a function. */
const PIECE_CELLS = 16_384;

/** Whether a piece ends with this row of a table. */
export function isPieceDone(row: number, columns: number): boolean {
  return (row + 1) % Math.max(1, Math.floor(PIECE_CELLS / Math.max(1, columns))) === 0;
}

/** All pieces at once. */
export function whole<T>(pieces: Pieces<T>): T {
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true) return value;
  }
}
