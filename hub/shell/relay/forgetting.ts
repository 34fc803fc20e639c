/** Somebody is erased: what lies here that other systems said of him, or are to be told, goes too. Webhooks have nothing: each attempt reads the log. */

/** Why a write waits no more. Its body is gone, so it is not queued again. */
export const ERASED = "its subject was erased";

/** Inside a transaction. By the ids that ever meant him: what names one of them in its path or body. */
export function forgetIn(sql: SqlStorage, ids: readonly string[]): void {
  for (const id of ids) {
    sql.exec("DELETE FROM answer WHERE instr(path, ?1) > 0 OR instr(body, json_quote(?1)) > 0", id);
    sql.exec("UPDATE queued SET body = NULL, dead = ?2 WHERE instr(path, ?1) > 0 OR instr(coalesce(body, ''), json_quote(?1)) > 0", id, ERASED);
  }
}
