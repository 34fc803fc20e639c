/** The order of transitions: by row and device before they are numbered, so that it does not hang on how asks were batched. */
import type { Verdict } from "../../contracts/verdict.ts";
import type { LogRow, Transition } from "./intake-store.ts";

/** What some rows gave, numbered from `seq` on. */
export function numberTransitions(rows: readonly LogRow[], verdicts: readonly Verdict[], seq: number): readonly Transition[] {
  const rowOf = rowOfMessage(rows);
  const ordered = verdicts
    .map((verdict) => ({ verdict, row: rowOf(verdict) }))
    .toSorted((a, b) => a.row - b.row || (a.verdict.device < b.verdict.device ? -1 : Number(a.verdict.device > b.verdict.device)))
    .map(({ verdict }) => verdict);
  return ordered.map((verdict, i) => ({ seq: seq + i, verdict }));
}

/** In which of the rows a verdict's message lies: the last that holds one of its device and arrival, whichever rows are folded together. */
function rowOfMessage(rows: readonly LogRow[]): (verdict: Verdict) => number {
  if (rows.length === 1) return () => 0;
  const known = new Map(rows.flatMap(({ messages }, i) => messages.map(({ device, arrivedAt }) => [`${device} ${arrivedAt}`, i] as const)));
  const last = new Map<string, number>();
  return ({ device, arrivedAt }) => {
    // A device's own order stays, also where its clock of arrival went back.
    const row = Math.max(known.get(`${device} ${arrivedAt}`) ?? 0, last.get(device) ?? 0);
    last.set(device, row);
    return row;
  };
}
