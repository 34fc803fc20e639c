/** The stretch of a device's scores and channels that the page holds: extended by what is newer, cut at its length. Pure. */
import type { Trace } from "../../../contracts/board.ts";

/** Six hours at 1 Hz: the longest stretch that the chart shows. */
export const TRACE_ROWS_MAX = 21_600;

/** The newest rows may still wait for their score: they are asked for again. More than a batch of scores takes. */
const UNSETTLED_ROWS = 8;

/** After which event time to ask, or `otherwise` while little is held. */
export function askAfter(trace: Trace | null, otherwise: number): number {
  return trace?.columns[0]?.at(-1 - UNSETTLED_ROWS) ?? otherwise;
}

/** What is held with `more` in place of everything from its first row on. Rows out of order are left out: a curve runs to the right. */
export function extend(held: Trace | null, more: Trace): Trace {
  const rising = risingRows(more);
  if (held === null || held.device !== more.device || held.channels.join() !== more.channels.join()) return rising;
  const first = rising.columns[0]?.[0];
  if (first === undefined || first === null) return held;
  const kept = (held.columns[0] ?? []).findIndex((at) => at !== null && at >= first);
  return {
    ...rising,
    columns: held.columns.map((column, index) => [...(kept < 0 ? column : column.slice(0, kept)), ...(rising.columns[index] ?? [])].slice(-TRACE_ROWS_MAX)),
  };
}

function risingRows(trace: Trace): Trace {
  const times = trace.columns[0] ?? [];
  let newest = Number.NEGATIVE_INFINITY;
  const rows = times.flatMap((at, row) => {
    if (at === null || at <= newest) return [];
    newest = at;
    return [row];
  });
  return rows.length === times.length ? trace : { ...trace, columns: trace.columns.map((column) => rows.map((row) => column[row] ?? null)) };
}

/** The rows from `from` on. */
export function since(trace: Trace, from: number): Trace {
  const first = (trace.columns[0] ?? []).findIndex((at) => at !== null && at >= from);
  return first <= 0
    ? first === 0
      ? trace
      : { ...trace, columns: trace.columns.map(() => []) }
    : { ...trace, columns: trace.columns.map((column) => column.slice(first)) };
}
