/**
 * Backups of a stream, and of the tenant's units and tokens, and putting one back.
 *
 * A copy is consistent as of its mark: within one transaction every table that changes is copied, and from then on read out in pieces while
 * pushes go on. The log is not copied: lines up to the mark never change, and are held until the copy is read. Putting one back goes the same
 * way: pieces into tables beside, then all at once.
 */
import { eq, like } from "drizzle-orm";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type BackupMark, beginEpoch, markBackup } from "../merge/epoch.ts";
import * as t from "./schema.ts";
import type { SqliteStream } from "./stream-store.ts";
import type { Db } from "./stream-tables.ts";
import { beginHold, touchHold } from "./stream-upkeep.ts";
import { type CopyRows, addBeside, copyTables, dropBeside, dropCopies, knownTable, layBeside, pieceOf, readCopy, tablesOf, takePlace } from "./table-copy.ts";

/** What is not worth keeping: readers of the past, who is signed in to the pages, and who held the same as the history that is put away. */
const PASSING = ["hold", "visit", "compared"];
/** It never changes up to a mark, and is read in place. */
const LOG = "log";

export type CopyHead = { readonly id: string; readonly mark: BackupMark; readonly tables: readonly string[] };

export function beginCopy(db: Db, sql: SqlStorage, store: SqliteStream, id: string, now: Millis): CopyHead | Refusal {
  return store.transact(() => {
    db.delete(t.hold).where(like(t.hold.id, "copy-%")).run();
    dropCopy(sql);
    const tables = tablesOf(sql, PASSING);
    copyTables(
      sql,
      tables.filter((table) => table !== LOG),
    );
    // Nothing at all is trimmed until the copy is read.
    const no = beginHold(db, `copy-${id}`, store.readState().horizon, now);
    return no ?? { id, mark: markBackup(store), tables };
  });
}

/** Refuses `too-late` when the copy was given up, or another one was begun. */
export function copyRows(db: Db, sql: SqlStorage, id: string, table: string, after: number, now: Millis): CopyRows | Refusal {
  const known = knownTable(tablesOf(sql, PASSING), table);
  if (isRefusal(known)) return known;
  if (touchHold(db, `copy-${id}`, now) === null) return refuse("too-late", "this copy was given up, or another one was begun", "begin again");
  if (known !== LOG) return readCopy(sql, known, after);
  return pieceOf(sql.exec(`SELECT hub_seq AS "#", * FROM log WHERE hub_seq > ? AND hub_seq <= (SELECT head FROM copy_stream) ORDER BY hub_seq`, after), after);
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
  dropCopies(sql, tablesOf(sql, PASSING));
}

// Putting back.

export function beginRestore(sql: SqlStorage): void {
  layBeside(sql, tablesOf(sql, PASSING));
}

/** `rows`: as `copyRows` gave them. Refuses `malformed`. */
export function restoreRows(sql: SqlStorage, table: string, rows: string): Refusal | null {
  const known = knownTable(tablesOf(sql, PASSING), table);
  if (isRefusal(known)) return known;
  addBeside(sql, known, rows);
  return null;
}

/** A stream: what was put back takes the place of what is here, in an epoch that was never used. `eraseAgain`: for a subject that was erased here. */
export function endRestore(
  db: Db,
  sql: SqlStorage,
  store: SqliteStream,
  eraseAgain: (subject: { readonly entity: string; readonly id: string }) => void,
): { readonly epoch: number; readonly point: number } {
  return store.transact(() => {
    const { epoch } = store.readState();
    const erased = db
      .select()
      .from(t.subjectKey)
      .all()
      .filter(({ key }) => key === null)
      .map(({ subject }) => subject);
    const tables = tablesOf(sql, PASSING);
    for (const table of tables) takePlace(sql, table);
    dropBeside(sql, tables);
    store.forget();
    const began = beginEpoch(store, epoch);
    // An older copy does not bring back what somebody asked to be forgotten.
    for (const subject of erased) eraseAgain({ entity: subject.slice(0, subject.indexOf("/")), id: subject.slice(subject.indexOf("/") + 1) });
    return began;
  });
}

/** A registry: what it lacks is put back; keys and tokens that are newer stay. */
export function endRegistryRestore(sql: SqlStorage, store: Pick<SqliteStream, "transact">): void {
  store.transact(() => {
    const tables = tablesOf(sql, PASSING);
    for (const table of tables) sql.exec(`INSERT OR IGNORE INTO "${table}" SELECT * FROM "back_${table}"`);
    dropBeside(sql, tables);
    // Of what was put back nobody has been compared with anything.
    sql.exec("DELETE FROM compared");
  });
}
