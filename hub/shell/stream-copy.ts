/**
 * Backups of an object's tables, and putting one back.
 *
 * A copy is consistent as of its mark: within one transaction SQLite copies every table that changes into a table beside it (a million rows a
 * second), and from then on those are read out in pieces that fit into memory, while pushes go on. The log is not copied: lines up to the mark
 * never change, and are held until the copy is read. Putting one back goes the same way: pieces into tables beside, then all at once.
 */
import { eq, like } from "drizzle-orm";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type BackupMark, beginEpoch, markBackup } from "../merge/epoch.ts";
import migrations from "./migrations/migrations.js";
import * as t from "./schema.ts";
import type { SqliteStream } from "./stream-store.ts";
import type { Db } from "./stream-tables.ts";
import { beginHold, touchHold } from "./stream-upkeep.ts";

/** What is not worth keeping: readers of the past, and who is signed in to the pages. */
const PASSING = ["hold", "visit", "__drizzle_migrations"];
/** It never changes up to a mark, and is read in place. */
const LOG = "log";
/** JSON text of one piece. */
const PIECE_CHARS_MAX = 4 * 1024 * 1024;
/** Form of the tables: a backup is put back by the release that made it, or one with the same tables. */
export const COPY_FORM = migrations.journal.entries.length;

export type CopyHead = { readonly id: string; readonly mark: BackupMark; readonly tables: readonly string[] };
/** `rows`: JSON text of a list of rows. `next` null: that was all. */
export type CopyRows = { readonly rows: string; readonly count: number; readonly next: number | null };

export function beginCopy(db: Db, sql: SqlStorage, store: SqliteStream, id: string, now: Millis): CopyHead | Refusal {
  return store.transact(() => {
    db.delete(t.hold).where(like(t.hold.id, "copy-%")).run();
    dropCopy(sql);
    const tables = tablesOf(sql);
    for (const table of tables) if (table !== LOG) sql.exec(`CREATE TABLE "copy_${table}" AS SELECT * FROM "${table}"`);
    // Nothing at all is trimmed until the copy is read.
    const no = beginHold(db, `copy-${id}`, store.readState().horizon, now);
    return no ?? { id, mark: markBackup(store), tables };
  });
}

/** Refuses `too-late` when the copy was given up, or another one was begun. */
export function copyRows(db: Db, sql: SqlStorage, id: string, table: string, after: number, now: Millis): CopyRows | Refusal {
  const known = knownTable(sql, table);
  if (isRefusal(known)) return known;
  if (touchHold(db, `copy-${id}`, now) === null) return refuse("too-late", "this copy was given up, or another one was begun", "begin again");
  const rows: string[] = [];
  let [chars, last] = [0, after];
  const found =
    known === LOG
      ? sql.exec(`SELECT hub_seq AS "#", * FROM log WHERE hub_seq > ? AND hub_seq <= (SELECT head FROM copy_stream) ORDER BY hub_seq`, after)
      : sql.exec(`SELECT rowid AS "#", * FROM "copy_${known}" WHERE rowid > ? ORDER BY rowid`, after);
  for (const { "#": n, ...row } of found) {
    const text = JSON.stringify(row);
    rows.push(text);
    last = Number(n);
    chars += text.length;
    if (chars > PIECE_CHARS_MAX) return { rows: `[${rows.join(",")}]`, count: rows.length, next: last };
  }
  return { rows: `[${rows.join(",")}]`, count: rows.length, next: null };
}

export function endCopy(db: Db, sql: SqlStorage, id: string): void {
  db.delete(t.hold)
    .where(eq(t.hold.id, `copy-${id}`))
    .run();
  dropAbandoned(db, sql);
}

/** A copy that nobody reads any more. */
export function dropAbandoned(db: Db, sql: SqlStorage): void {
  if (db.select().from(t.hold).where(like(t.hold.id, "copy-%")).get() === undefined) dropCopy(sql);
}

function dropCopy(sql: SqlStorage): void {
  for (const table of tablesOf(sql)) sql.exec(`DROP TABLE IF EXISTS "copy_${table}"`);
}

/** Everything that a release keeps in its objects, in whatever kind of object this is. */
function tablesOf(sql: SqlStorage): readonly string[] {
  const names = sql
    .exec(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf*' AND name NOT GLOB 'copy_*' AND name NOT GLOB 'back_*'`,
    )
    .toArray();
  return names.map((row) => String(row["name"])).filter((name) => !PASSING.includes(name));
}

/** Refuses `malformed`. */
function knownTable(sql: SqlStorage, table: string): string | Refusal {
  const tables = tablesOf(sql);
  return tables.find((one) => one === table) ?? refuse("malformed", `one of ${tables.join(", ")}`, "send the backup as it was given", "table");
}

// Putting back.

export function beginRestore(sql: SqlStorage): void {
  for (const table of tablesOf(sql)) {
    sql.exec(`DROP TABLE IF EXISTS "back_${table}"`);
    sql.exec(`CREATE TABLE "back_${table}" AS SELECT * FROM "${table}" WHERE 0`);
  }
}

/** `rows`: as `copyRows` gave them. Refuses `malformed`. */
export function restoreRows(sql: SqlStorage, table: string, rows: string): Refusal | null {
  const known = knownTable(sql, table);
  if (isRefusal(known)) return known;
  const columns = sql.exec(`SELECT * FROM "${known}" LIMIT 0`).columnNames;
  const values = columns.map((column) => `json_extract(value, '$."${column}"')`).join(", ");
  sql.exec(`INSERT INTO "back_${known}" (${columns.map((column) => `"${column}"`).join(", ")}) SELECT ${values} FROM json_each(?)`, rows);
  return null;
}

/** A stream: what was put back takes the place of what is here, in an epoch that was never used. `eraseAgain`: for a subject that was erased here. */
export function endRestore(
  db: Db,
  sql: SqlStorage,
  store: SqliteStream,
  eraseAgain: (subject: string) => void,
): { readonly epoch: number; readonly point: number } {
  return store.transact(() => {
    const { epoch } = store.readState();
    const erased = db
      .select()
      .from(t.subjectKey)
      .all()
      .filter(({ key }) => key === null)
      .map(({ subject }) => subject);
    for (const table of tablesOf(sql)) {
      sql.exec(`DELETE FROM "${table}"`);
      sql.exec(`INSERT INTO "${table}" SELECT * FROM "back_${table}"`);
      sql.exec(`DROP TABLE "back_${table}"`);
    }
    store.forget();
    const began = beginEpoch(store, epoch);
    // An older copy does not bring back what somebody asked to be forgotten.
    for (const subject of erased) eraseAgain(subject);
    return began;
  });
}

/** A registry: what it lacks is put back; keys and tokens that are newer stay. */
export function endRegistryRestore(sql: SqlStorage, store: Pick<SqliteStream, "transact">): void {
  store.transact(() => {
    for (const table of tablesOf(sql)) {
      sql.exec(`INSERT OR IGNORE INTO "${table}" SELECT * FROM "back_${table}"`);
      sql.exec(`DROP TABLE "back_${table}"`);
    }
  });
}
