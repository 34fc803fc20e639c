/**
 * What goes out, put back from a backup. What is here stays as it is: a receiver has the secret that was rotated last, and where its cursor
 * leads the log judges. What is not here comes back; and since somebody who is not here may have been removed on purpose, a webhook among
 * others that are here comes back disabled. Whoever comes back is told that the hub was put back, since he may have read what it lost.
 */
import { STREAMS, readCursor, writeCursor } from "../../feed/cursor.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import type { Millis } from "../../../contracts/instant.ts";

/** Last good answers of other systems: they are asked again. */
export const PASSING = ["answer"];

/** Numbers of resyncs are the ids of their events, and those that were given out after the backup are not known: in each epoch they go on far behind. No endpoint is told so often between two restores. */
const RESYNCS_APART = 1_000;
/** Of no log: nobody has read what he would be led on from. */
const NO_TAG = "0".repeat(12);

/** Inside a transaction. `epoch`: what the streams began. */
export function putBackOutgoing(sql: SqlStorage, epoch: number, now: Millis): void {
  const isNew = sql.exec("SELECT 1 FROM endpoint UNION ALL SELECT 1 FROM consumer UNION ALL SELECT 1 FROM connector LIMIT 1").toArray().length === 0;
  const [back, why] = isNew ? ["behind", "the hub was put back from a backup"] : ["disabled", "put back from a backup: resume it if it is still wanted"];
  // By what is here now: whoever comes back brings what is his along.
  const parts: readonly (readonly [table: string, of: string, owner: string])[] = [
    ["secret", "endpoint", "endpoint"],
    ["dead", "endpoint", "endpoint"],
    ["queued", "connector", "connector"],
  ];
  for (const [table, of, owner] of parts) {
    const columns = sql.exec(`SELECT * FROM "${table}" LIMIT 0`).columnNames.filter((name) => name !== "n");
    const names = columns.map((name) => `"${name}"`).join(", ");
    sql.exec(`INSERT INTO "${table}" (${names}) SELECT ${names} FROM "back_${table}" WHERE "${of}" NOT IN (SELECT id FROM "${owner}") ORDER BY n`);
  }
  sql.exec(
    `UPDATE back_endpoint SET state = CASE state WHEN 'disabled' THEN 'disabled' ELSE ? END, why = CASE state WHEN 'disabled' THEN why ELSE ? END,
      failures = 0, vain = 0, next_at = ?, resyncs = resyncs + ?`,
    back,
    why,
    now,
    RESYNCS_APART * epoch,
  );
  for (const { id, cursor } of sql.exec("SELECT id, cursor FROM back_consumer").toArray())
    sql.exec("UPDATE back_consumer SET cursor = ? WHERE id = ?", asLost(String(cursor)), id ?? "");
  for (const table of ["endpoint", "consumer", "connector"]) sql.exec(`INSERT OR IGNORE INTO "${table}" SELECT * FROM "back_${table}"`);
}

/** The same place, of a log that is not this one: reading on from it says `restored`, and goes on from there. */
function asLost(cursor: string): string {
  const at = readCursor(cursor);
  if (isRefusal(at)) return cursor;
  return writeCursor({ ...at, ...Object.fromEntries(STREAMS.map((stream) => [stream, { ...at[stream], tag: NO_TAG }])) });
}
