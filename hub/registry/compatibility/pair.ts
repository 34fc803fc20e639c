/**
 * An old and a new schema at one place of two contracts, and what may be asked of them while their differences are listed. Which of the
 * two writes and which reads depends on the direction; the words are always of what was and what is.
 */
import type { Change } from "./change.ts";
import type { Place } from "./document.ts";
import type { Signed } from "./formula.ts";
import type { Keywords, Schema } from "./keyword.ts";
import type { Solver } from "./solver.ts";
import type { Universe } from "./universe.ts";

export type Side = { readonly schema: Keywords; readonly place: Place; readonly signed: Signed };

export type Pair = {
  readonly old: Side;
  readonly next: Side;
  /** JSON pointers to the pair in either document. */
  readonly oldPath: string;
  readonly path: string;
  /** Whether something that is written here is not read; if not, no difference of this pair breaks anything. */
  readonly isBroken: boolean;
};

export type Listing = {
  readonly universe: Universe;
  readonly solver: Solver;
  /** Who reads: with the new schema (backward) or with the old one (forward). */
  readonly reader: "new" | "old";
  readonly add: (change: Change) => void;
  /** Lists the differences of two schemas further in; `isBroken` is of the place that they stand at. */
  readonly enter: (
    old: Schema,
    next: Schema,
    at: { readonly pair: Pair; readonly steps: readonly (string | number)[]; readonly oldSteps?: readonly (string | number)[]; readonly isBroken: boolean },
  ) => void;
};

export function writerOf(listing: Listing, pair: Pair): Side {
  return listing.reader === "new" ? pair.old : pair.next;
}

export function readerOf(listing: Listing, pair: Pair): Side {
  return listing.reader === "new" ? pair.next : pair.old;
}

/** Whether the reader's schema, of which only `part` is taken, refuses something that the writer may write. */
export function isRefused(listing: Listing, pair: Pair, part: Schema): boolean {
  if (!pair.isBroken || part === true) return false;
  const reader = listing.universe.made(part, readerOf(listing, pair).place);
  return !listing.solver.isEmpty([writerOf(listing, pair).signed, reader ^ 1]);
}

/** Some keywords of a schema, alone. */
export function only(schema: Keywords, keywords: readonly string[]): Schema {
  const part = Object.fromEntries(keywords.filter((keyword) => schema[keyword] !== undefined).map((keyword) => [keyword, schema[keyword]]));
  return Object.keys(part).length === 0 ? true : part;
}
