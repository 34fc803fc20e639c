/** Rows of the log on their way into the fold: those just written are kept decoded, so that they need not be read back. */
import { ROW_BYTES_MAX } from "../ingest/log.ts";
import { SCORE_BATCH_MAX } from "../verdict/scorer.ts";
import type { IntakeStore, LogRow } from "./intake-store.ts";

/** Messages folded together: one call of the model, some ten milliseconds in all. */
const FOLD_MESSAGES_MAX = SCORE_BATCH_MAX;
/** Rows just written that are kept decoded. */
const ROWS_HELD_MAX = 64;
/** And their bytes: rows with bursts are large, and an Intake has 100 MB for everything. */
const HELD_BYTES_MAX = 16 * 1024 * 1024;

export type Rows = {
  /** A row that was just written. */
  readonly appended: (row: LogRow) => void;
  /** What waits from message `n` on, up to FOLD_MESSAGES_MAX, as far as it ends by `end`; the first row in any case. */
  readonly next: (n: number, end: number) => readonly LogRow[];
  /** It was folded. */
  readonly letGo: (row: LogRow) => void;
};

export function openRows(store: Pick<IntakeStore, "readRow">): Rows {
  const held = new Map<number, LogRow>();
  let heldBytes = 0;
  return {
    appended: (row) => {
      const bytes = bytesOf(row);
      if (held.size >= ROWS_HELD_MAX || heldBytes + bytes > HELD_BYTES_MAX) return;
      held.set(row.n, row);
      heldBytes += bytes;
    },
    next: (from, end) => {
      const rows: LogRow[] = [];
      let [n, messages, bytes] = [from, 0, 0];
      for (;;) {
        const row = held.get(n) ?? store.readRow(n);
        if (row === null) return rows;
        messages += row.messages.length;
        bytes += bytesOf(row);
        if (rows.length > 0 && (messages > FOLD_MESSAGES_MAX || bytes > ROW_BYTES_MAX || row.end > end)) return rows;
        rows.push(row);
        n = row.end;
      }
    },
    letGo: (row) => {
      if (held.delete(row.n)) heldBytes -= bytesOf(row);
    },
  };
}

function bytesOf({ messages }: LogRow): number {
  return messages.reduce((sum, { payload }) => sum + payload.length, 0);
}
