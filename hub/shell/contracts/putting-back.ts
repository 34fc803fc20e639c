/**
 * The contracts, put back from a backup. Nothing that was published is unpublished: versions, modes, bridges and scans of both are kept, and
 * where both have one, the version that was made first (its number was given out for it), and otherwise what was said last.
 */
import type { Millis } from "../../../contracts/instant.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { QUARTERLY } from "../quality/schedule.ts";
import { seed } from "./publishing.ts";
import { namesOf } from "./quarantining.ts";
import { readSchedule, schedule } from "./scanning.ts";
import { type Db, readSubjects } from "./tables.ts";
import { settleUnknown } from "./unknown-tables.ts";

/** Inside a transaction. */
export function putBackContracts(db: Db, sql: SqlStorage, now: Millis): void {
  sql.exec(`INSERT INTO version SELECT * FROM back_version WHERE true ON CONFLICT (subject, major, revision) DO UPDATE SET
    fingerprint = excluded.fingerprint, schema = excluded.schema, lens = excluded.lens,
    made_by = excluded.made_by, made_at = excluded.made_at, made_why = excluded.made_why
    WHERE excluded.made_at < version.made_at`);
  sql.exec(`UPDATE version SET retired_by = back.retired_by, retired_at = back.retired_at, retired_why = back.retired_why FROM back_version AS back
    WHERE version.retired_at IS NULL AND back.retired_at IS NOT NULL
    AND back.subject = version.subject AND back.major = version.major AND back.revision = version.revision AND back.fingerprint = version.fingerprint`);
  sql.exec("INSERT OR IGNORE INTO draft SELECT * FROM back_draft");
  sql.exec("DELETE FROM draft WHERE EXISTS (SELECT 1 FROM version WHERE version.subject = draft.subject AND version.fingerprint = draft.fingerprint)");
  inOrder(sql, "mode", ["subject", "mode", "by", "at", "why"]);
  inOrder(sql, "scan", ["at", "report"]);
  for (const [table, key] of [
    ["speaks", "unit, subject"],
    ["scenario", "unit"],
  ] as const)
    lastSaid(sql, table, key, "at");
  lastSaid(sql, "bridge", "id", "at", ["published", "published_by", "published_at", "published_why"]);
  sql.exec(`UPDATE bridge SET published = back.published, published_by = back.published_by, published_at = back.published_at, published_why = back.published_why
    FROM back_bridge AS back WHERE back.id = bridge.id AND back.published_at > coalesce(bridge.published_at, 0)`);
  lastSaid(sql, "use", "subject, field", "last_at");
  sql.exec("INSERT OR IGNORE INTO unknown SELECT * FROM back_unknown");
  for (const subject of readSubjects(db)) settleUnknown(db, subject, namesOf(db, subject));
  keepSchedule(db, sql, now);
  // What this release brings, and the backup did not have.
  seed(db, now);
}

/** The later one of two; `beside`: columns that have a time of their own. */
function lastSaid(sql: SqlStorage, table: string, key: string, at: string, beside: readonly string[] = []): void {
  const fixed = [...key.split(", "), ...beside];
  const columns = sql.exec(`SELECT * FROM "${table}" LIMIT 0`).columnNames.filter((name) => !fixed.includes(name));
  const set = columns.map((name) => `"${name}" = excluded."${name}"`).join(", ");
  sql.exec(
    `INSERT INTO "${table}" SELECT * FROM "back_${table}" WHERE true ON CONFLICT (${key}) DO UPDATE SET ${set} WHERE excluded."${at}" > "${table}"."${at}"`,
  );
}

/** Rows that are numbered as they come: those of both, by their time. */
function inOrder(sql: SqlStorage, table: string, columns: readonly string[]): void {
  const names = columns.map((name) => `"${name}"`).join(", ");
  sql.exec(`INSERT INTO "back_${table}" (${names}) SELECT ${names} FROM (SELECT * FROM "${table}" ORDER BY n) AS here
    WHERE NOT EXISTS (SELECT 1 FROM "back_${table}" AS back WHERE ${columns.map((name) => `back."${name}" = here."${name}"`).join(" AND ")})`);
  sql.exec(`DELETE FROM "${table}"`);
  sql.exec(`INSERT INTO "${table}" (${names}) SELECT ${names} FROM "back_${table}" ORDER BY at, coalesce(n, 9e15)`);
}

/** A schedule that nobody changed here gives way to the one of the backup. */
function keepSchedule(db: Db, sql: SqlStorage, now: Millis): void {
  const here = readSchedule(db);
  if (here !== null && (here.cron !== QUARTERLY.cron || here.zone !== QUARTERLY.zone)) return;
  const kept = Object.fromEntries(
    sql
      .exec("SELECT key, value FROM back_setting")
      .toArray()
      .map(({ key, value }) => [String(key), String(value)]),
  );
  const due = schedule(db, now, kept["cron"], kept["zone"]);
  if (isRefusal(due)) console.error(`registry: the backup's schedule can't be kept: ${due.rule}`);
}
