/**
 * Master data's runs, reviews and merges, put back from a backup. They speak of what is in the streams, so they are as the streams are put
 * back: as of the backup. Only what a person told apart stays too; it concerns no value.
 */
import { dropBeside, takePlace } from "../table-copy.ts";

/** Refused rows hold values, lie here for a while, and are erased here: in no copy. */
export const PASSING = ["reject"];

/** Inside a transaction. A merge that the backup has half done is carried on; one that began since never was. */
export function putBackMaster(sql: SqlStorage): void {
  for (const table of ["run", "review", "alias", "merge"]) takePlace(sql, table);
  sql.exec("INSERT OR IGNORE INTO apart SELECT * FROM back_apart");
  sql.exec("DELETE FROM reject");
  sql.exec("UPDATE run SET rejects_until = NULL");
  sql.exec("UPDATE run SET state = 'stopped' WHERE state = 'running'");
  dropBeside(sql, ["run", "review", "alias", "merge", "apart"]);
}
