/**
 * Counts of the texts that occur most, in bounded room, merged without losing the bound.
 * Method: Misra and Gries 1982 with the merge of Agarwal et al. 2012 ("Mergeable summaries"); the space-saving summary is the same one counter wider.
 */

/** `short`: no count lacks more than this, and what is not listed occurred at most so often. 0: the counts are exact. */
export type Tally = { readonly counts: ReadonlyMap<string, number>; readonly short: number };
export type TallyDraft = { counts: Map<string, number>; short: number };

export function emptyTally(): TallyDraft {
  return { counts: new Map(), short: 0 };
}

/** Keeps at most `max` texts; `short` stays at or below observations / (max + 1). */
export function tallyOne(tally: TallyDraft, text: string, max: number): void {
  const { counts } = tally;
  const before = counts.get(text);
  if (before !== undefined || counts.size < max) counts.set(text, (before ?? 0) + 1);
  else lower(tally, 1);
}

export function mergeTallies(a: Tally, b: Tally, max: number): TallyDraft {
  const merged: TallyDraft = { counts: new Map(a.counts), short: a.short + b.short };
  for (const [text, count] of b.counts) merged.counts.set(text, (merged.counts.get(text) ?? 0) + count);
  const beyond = [...merged.counts.values()].toSorted((x, y) => y - x)[max];
  if (beyond !== undefined) lower(merged, beyond);
  return merged;
}

/** Most frequent first; equals in the order of their texts. */
export function ranked(tally: Tally): readonly (readonly [string, number])[] {
  return [...tally.counts].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

function lower(tally: TallyDraft, by: number): void {
  tally.short += by;
  for (const [text, count] of tally.counts) {
    if (count <= by) tally.counts.delete(text);
    else tally.counts.set(text, count - by);
  }
}
