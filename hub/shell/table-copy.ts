/**
 * An object's tables copied beside themselves, read out in pieces that fit into memory while the object works on; and pieces laid beside the
 * tables that they are to take the place of, until all of them have come. `copy_…` and `back_…` are no tables of the object's own.
 */
import { type Refusal, refuse } from "../../contracts/refusal.ts";

/** JSON text of one piece. */
const PIECE_CHARS_MAX = 4 * 1024 * 1024;

/** `rows`: JSON text of a list of rows. `next` null: that was all. */
export type CopyRows = { readonly rows: string; readonly count: number; readonly next: number | null };

/** Everything that a release keeps in its objects, in whatever kind of object this is. `passing`: what is not worth keeping. */
export function tablesOf(sql: SqlStorage, passing: readonly string[]): readonly string[] {
  const names = sql
    .exec(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf*' AND name NOT GLOB 'copy_*' AND name NOT GLOB 'back_*' AND name <> '__drizzle_migrations'`,
    )
    .toArray();
  return names.map((row) => String(row["name"])).filter((name) => !passing.includes(name));
}

/** Inside a transaction: SQLite copies a million rows a second. */
export function copyTables(sql: SqlStorage, tables: readonly string[]): void {
  for (const table of tables) sql.exec(`CREATE TABLE "copy_${table}" AS SELECT * FROM "${table}"`);
}

export function dropCopies(sql: SqlStorage, tables: readonly string[]): void {
  for (const table of tables) sql.exec(`DROP TABLE IF EXISTS "copy_${table}"`);
}

/** A piece of a copy behind a row's number. */
export function readCopy(sql: SqlStorage, table: string, after: number): CopyRows {
  return pieceOf(sql.exec(`SELECT rowid AS "#", * FROM "copy_${table}" WHERE rowid > ? ORDER BY rowid`, after), after);
}

/** Of rows that have their number in the column `#`. */
export function pieceOf(found: Iterable<Record<string, SqlStorageValue>>, after: number): CopyRows {
  const rows: string[] = [];
  let [chars, last] = [0, after];
  for (const { "#": n, ...row } of found) {
    const text = JSON.stringify(row);
    rows.push(text);
    last = Number(n);
    chars += text.length;
    if (chars > PIECE_CHARS_MAX) return { rows: `[${rows.join(",")}]`, count: rows.length, next: last };
  }
  return { rows: `[${rows.join(",")}]`, count: rows.length, next: null };
}

/** Refuses `malformed`. */
export function knownTable(tables: readonly string[], table: string): string | Refusal {
  return tables.find((one) => one === table) ?? refuse("malformed", `one of ${tables.join(", ")}`, "send the backup as it was given", "table");
}

/** Room beside each table. */
export function layBeside(sql: SqlStorage, tables: readonly string[]): void {
  for (const table of tables) {
    sql.exec(`DROP TABLE IF EXISTS "back_${table}"`);
    sql.exec(`CREATE TABLE "back_${table}" AS SELECT * FROM "${table}" WHERE 0`);
  }
}

/** `rows`: as a piece gave them. */
export function addBeside(sql: SqlStorage, table: string, rows: string): void {
  const columns = sql.exec(`SELECT * FROM "${table}" LIMIT 0`).columnNames;
  const values = columns.map((column) => `json_extract(value, '$."${column}"')`).join(", ");
  sql.exec(`INSERT INTO "back_${table}" (${columns.map((column) => `"${column}"`).join(", ")}) SELECT ${values} FROM json_each(?)`, rows);
}

/** What was laid beside takes the place of what is here. */
export function takePlace(sql: SqlStorage, table: string): void {
  sql.exec(`DELETE FROM "${table}"`);
  sql.exec(`INSERT INTO "${table}" SELECT * FROM "back_${table}"`);
}

export function dropBeside(sql: SqlStorage, tables: readonly string[]): void {
  for (const table of tables) sql.exec(`DROP TABLE IF EXISTS "back_${table}"`);
}
