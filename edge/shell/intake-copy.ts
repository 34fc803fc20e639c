/** An Intake's state on its way into a sandbox: saved fold, traces, uploaded models and the numbering; no sessions, no retained messages, no log. */
import type { IntakeChunk } from "../../contracts/rpc.ts";
import { reachedAll } from "../journey/reached.ts";
import type { IntakeStore } from "./intake-store.ts";

/** Bytes in one chunk, unless a single row has more. */
const CHUNK_BYTES_MAX = 1024 * 1024;
/** How long a copy may pause between two chunks; meanwhile the saved state stands still. */
export const COPY_PAUSE_MS = 30_000;

type Row = IntakeChunk["rows"][number]["row"];
type Table = "track" | "trace" | "model";
const COLUMNS: Readonly<Record<Table, readonly string[]>> = {
  track: ["slice", "part", "bytes"],
  trace: ["device", "from_at", "to_at", "bytes"],
  model: ["hash", "part", "bytes"],
};
const ORDER: readonly Table[] = ["track", "trace", "model"];

/** `after` is the `next` of the chunk before, or undefined. */
export function exportChunk(sql: SqlStorage, store: IntakeStore, after: string | undefined): IntakeChunk {
  const { cursor, nextSeq } = store.readMarks();
  const [name, id] = after?.split(":") ?? [];
  let at = Math.max(
    0,
    ORDER.findIndex((table) => table === name),
  );
  let rowid = Number(id ?? -1);
  const rows: { table: string; row: Row }[] = after === undefined ? [{ table: "marks", row: { cursor, nextSeq } }] : [];
  let bytes = 0;
  for (; at < ORDER.length; at++, rowid = -1) {
    const table = ORDER[at];
    if (table === undefined) break;
    for (const row of sql.exec<Record<string, SqlStorageValue>>(
      `SELECT rowid AS row_id, ${COLUMNS[table].join(", ")} FROM ${table} WHERE rowid > ? ORDER BY rowid`,
      rowid,
    )) {
      const { row_id, ...values } = row;
      const size = Object.values(values).reduce<number>((sum, value) => sum + (value instanceof ArrayBuffer ? value.byteLength : 32), 0);
      if (rows.length > 0 && bytes + size > CHUNK_BYTES_MAX) return { rows, next: `${table}:${rowid}`, through: nextSeq - 1 };
      rows.push({ table, row: values });
      bytes += size;
      rowid = Number(row_id);
    }
  }
  return { rows, next: null, through: nextSeq - 1 };
}

/** Into an object that has logged nothing. Throws on rows that no export makes. */
export function importChunk(sql: SqlStorage, store: IntakeStore, chunk: IntakeChunk): void {
  if (store.readRow(store.readMarks().cursor) !== null) throw new Error("a copy goes into an Intake that has logged nothing yet");
  store.transaction(() => {
    for (const { table, row } of chunk.rows) {
      if (table === "marks") importMarks(store, row);
      else importRow(sql, table, row);
    }
  });
}

function importMarks(store: IntakeStore, row: Row): void {
  store.writeTracks([], reachedAll(Number(row["cursor"])));
  store.putMeta("made", String(Number(row["cursor"])));
  store.putMeta("nextSeq", String(Number(row["nextSeq"])));
  store.putMeta("applied", String(Number(row["nextSeq"]) - 1));
}

function importRow(sql: SqlStorage, table: string, row: Row): void {
  const known = ORDER.find((one) => one === table);
  if (known === undefined) throw new Error(`a copy has no table ${table}`);
  const columns = COLUMNS[known];
  sql.exec(
    `INSERT OR REPLACE INTO ${known} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
    ...columns.map((column) => row[column] ?? null),
  );
}
