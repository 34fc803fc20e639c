/** The rows of an Intake object, by hand-written SQL: every statement of the telemetry path is here. All calls are synchronous. */
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import type { IntakePlan } from "../../contracts/rpc.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { type Entry, loggedOf } from "../ingest/entry.ts";
import { decodeEntries, encodeEntries } from "../ingest/entry-row.ts";
import type { Logged } from "../ingest/log.ts";
import { firstOf, type Reached, reachedAll } from "../journey/reached.ts";
import type { SavedTracks } from "../journey/saved.ts";
import type { TraceRow } from "../journey/view.ts";
import { exact, mqttStore } from "./intake-mqtt-store.ts";
import { partsOf, wholeOf } from "./intake-parts.ts";
import migrations from "./migrations/intake/migrations.js";

/** Transitions that the unit has applied and that are kept, should it ask for them again after a restore. */
export const APPLIED_KEPT = 500;
/** Above this, rows of the log that are folded go before their retention ends. The platform's limit is 10 GB. */
const DATABASE_BYTES_MAX = 4 * 1024 ** 3;

/** What the fold reads of a row: what carries telemetry. A slice is saved at the end of a row, so a message's own index says no more than the row's. */
export type LogRow = { readonly n: number; readonly end: number; readonly messages: readonly Logged[] };
/** All of a row, for sessions. */
export type EntryRow = { readonly n: number; readonly entries: readonly Entry[] };
/** What sessions still want of the log: nothing before `keepFrom`, and after it only what `wants` says. */
export type Wanted = { readonly keepFrom: () => number; readonly wants: (index: number, entry: Entry) => boolean };
/** Rows of an absent session that are thinned at a time, and their bytes: some ten milliseconds in which nothing else happens. */
const THIN_ROWS_MAX = 512;
const THIN_BYTES_MAX = 4 * 1024 * 1024;
const GONE: Entry = { kind: "gone" };

export type Transition = { readonly seq: number; readonly verdict: Verdict };
/** Rows of the log from `from` up to `until` (null: still) whose samples of this profile are not scored, since its model could not be run. */
export type Unscored = {
  readonly profile: string;
  readonly model: string;
  readonly why: "missing" | "fails" | "no-number";
  readonly from: number;
  readonly until: number | null;
};
/** `head`: index of the next message. `cursor`: every slice is saved up to here; `reached`: each one's own place. `made`: rows before it have given their transitions. */
export type Marks = {
  readonly head: number;
  readonly cursor: number;
  readonly reached: Reached;
  readonly made: number;
  readonly nextSeq: number;
  readonly applied: number;
};

/** Whether somebody has opened this object before: a name that nobody uses stays without tables. */
export function isOpened(storage: DurableObjectStorage): boolean {
  return storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'meta'").toArray().length > 0;
}

export async function migrateIntake(storage: DurableObjectStorage): Promise<void> {
  // The migrator hides what went wrong behind a rollback.
  await migrate(drizzle(storage), migrations).catch((error: unknown) => {
    throw new Error("the tables of this Intake could not be migrated", { cause: error });
  });
}

export type IntakeStore = ReturnType<typeof intakeStore>;

export function intakeStore(storage: DurableObjectStorage) {
  const { sql } = storage;
  const one = <T extends Record<string, SqlStorageValue>>(query: string, ...values: SqlStorageValue[]): T | undefined =>
    sql.exec<T>(query, ...values).toArray()[0];

  function getMeta(key: string): string | null {
    return one<{ value: string }>("SELECT value FROM meta WHERE key = ?", key)?.value ?? null;
  }
  function putMeta(key: string, value: string): void {
    sql.exec("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value);
  }
  const number = (key: string, fallback: number): number => Number(getMeta(key) ?? fallback);

  /** Index before which rows were thinned in this life: what is left of them goes once no session is behind it. */
  let thinned = 0;

  /** Rows of an absent session: those of which it wants nothing go, of the others the rest makes room. Bounded: what is left is for the next time. */
  function thin(from: number, until: number, wants: Wanted["wants"]): void {
    let bytes = 0;
    const rows = sql.exec<{ n: number; count: number; bytes: ArrayBuffer }>(
      "SELECT n, count, bytes FROM log WHERE n >= ? AND n < ? ORDER BY n LIMIT ?",
      Math.max(from, thinned),
      until,
      THIN_ROWS_MAX,
    );
    for (const row of rows.toArray()) {
      thinned = row.n + row.count;
      const entries = decodeEntries(row.bytes);
      const kept = entries.map((entry, i): Entry => (wants(row.n + i, entry) ? entry : GONE));
      if (kept.every((entry) => entry === GONE)) sql.exec("DELETE FROM log WHERE n = ?", row.n);
      else if (kept.some((entry, i) => entry !== entries[i])) sql.exec("UPDATE log SET bytes = ? WHERE n = ?", encodeEntries(kept).buffer, row.n);
      if ((bytes += row.bytes.byteLength) > THIN_BYTES_MAX) return;
    }
  }

  return {
    ...mqttStore(sql),
    transaction: <T>(body: () => T extends PromiseLike<unknown> ? never : T): T => storage.transactionSync(body),
    getMeta,
    putMeta,

    readPlan(): IntakePlan | null {
      const parts = sql.exec<{ bytes: ArrayBuffer }>("SELECT bytes FROM plan ORDER BY part").toArray();
      return parts.length === 0 ? null : (JSON.parse(new TextDecoder().decode(wholeOf(parts.map(({ bytes }) => bytes)))) as IntakePlan);
    },
    /** Inside a transaction. */
    writePlan(plan: IntakePlan): void {
      sql.exec("DELETE FROM plan");
      for (const [part, bytes] of partsOf(new TextEncoder().encode(JSON.stringify(plan))).entries())
        sql.exec("INSERT INTO plan (part, bytes) VALUES (?, ?)", part, exact(bytes));
    },
    readUnscored: (): readonly Unscored[] => JSON.parse(getMeta("unscored") ?? "[]") as readonly Unscored[],
    writeUnscored: (unscored: readonly Unscored[]): void => putMeta("unscored", JSON.stringify(unscored)),

    readMarks(): Marks {
      const cursor = number("cursor", 0);
      const reached = getMeta("reached");
      const last = one<{ n: number; count: number }>("SELECT n, count FROM log ORDER BY n DESC LIMIT 1");
      return {
        head: Math.max(cursor, last === undefined ? 0 : last.n + last.count),
        cursor,
        reached: reached === null ? reachedAll(cursor) : (JSON.parse(reached) as Reached),
        made: number("made", 0),
        nextSeq: number("nextSeq", 1),
        applied: number("applied", 0),
      };
    },

    appendRow(n: number, entries: readonly Entry[], at: number): void {
      sql.exec("INSERT INTO log (n, count, at, bytes) VALUES (?, ?, ?, ?)", n, entries.length, at, encodeEntries(entries).buffer);
    },
    /** How large the rows from `n` on are. */
    readSizes: (n: number): readonly { readonly end: number; readonly bytes: number }[] =>
      sql.exec<{ end: number; bytes: number }>('SELECT n + count AS "end", length(bytes) AS bytes FROM log WHERE n >= ? ORDER BY n', n).toArray(),
    /** The row that begins at `n`. Null: the log ends there. */
    readRow(n: number): LogRow | null {
      const row = one<{ count: number; bytes: ArrayBuffer }>("SELECT count, bytes FROM log WHERE n = ?", n);
      return row === undefined ? null : logRowOf(n, decodeEntries(row.bytes));
    },
    /** The row that holds this index, or the next one where that is pruned. Null: the log ends before. */
    readEntries(index: number): EntryRow | null {
      const before = one<{ n: number; count: number; bytes: ArrayBuffer }>("SELECT n, count, bytes FROM log WHERE n <= ? ORDER BY n DESC LIMIT 1", index);
      const row =
        before !== undefined && before.n + before.count > index
          ? before
          : one<{ n: number; bytes: ArrayBuffer }>("SELECT n, bytes FROM log WHERE n > ? ORDER BY n LIMIT 1", index);
      return row === undefined ? null : { n: row.n, entries: decodeEntries(row.bytes) };
    },

    /** Transitions of the rows before `made`, with their numbers. */
    writeTransitions(transitions: readonly Transition[], made: number): void {
      for (const { seq, verdict } of transitions) sql.exec("INSERT INTO transition (seq, body) VALUES (?, ?)", seq, JSON.stringify(verdict));
      putMeta("made", String(made));
      const last = transitions.at(-1);
      if (last !== undefined) putMeta("nextSeq", String(last.seq + 1));
    },
    readTransitions(from: number, limit: number): readonly Transition[] {
      return sql
        .exec<{ seq: number; body: string }>("SELECT seq, body FROM transition WHERE seq >= ? ORDER BY seq LIMIT ?", from, limit)
        .toArray()
        .map(({ seq, body }) => ({ seq, verdict: JSON.parse(body) as Verdict }));
    },
    firstTransition: (): number | null => one<{ seq: number | null }>("SELECT min(seq) AS seq FROM transition")?.seq ?? null,
    writeApplied(through: number): void {
      putMeta("applied", String(through));
      sql.exec("DELETE FROM transition WHERE seq <= ?", through - APPLIED_KEPT);
    },

    /** All of a checkpoint, or one slice of it. */
    readTracks(only?: number): readonly SavedTracks[] {
      const bySlice = new Map<number, ArrayBuffer[]>();
      for (const { slice, bytes } of sql.exec<{ slice: number; bytes: ArrayBuffer }>(
        "SELECT slice, bytes FROM track WHERE slice = coalesce(?, slice) ORDER BY slice, part",
        only ?? null,
      ))
        bySlice.set(slice, [...(bySlice.get(slice) ?? []), bytes]);
      return [...bySlice].map(([slice, parts]) => ({ slice, bytes: wholeOf(parts) }));
    },
    /** Inside a transaction. */
    writeTracks(tracks: readonly SavedTracks[], reached: Reached): void {
      for (const { slice, bytes } of tracks) {
        sql.exec("DELETE FROM track WHERE slice = ?", slice);
        for (const [part, cut] of partsOf(bytes).entries()) sql.exec("INSERT INTO track (slice, part, bytes) VALUES (?, ?, ?)", slice, part, exact(cut));
      }
      putMeta("cursor", String(firstOf(reached)));
      putMeta("reached", JSON.stringify(reached));
    },
    writeTrace(rows: readonly TraceRow[]): void {
      for (const { device, fromAt, toAt, bytes } of rows)
        sql.exec(
          "INSERT INTO trace (device, from_at, to_at, bytes) VALUES (?, ?, ?, ?) ON CONFLICT (device, from_at) DO UPDATE SET to_at = excluded.to_at, bytes = excluded.bytes",
          device,
          fromAt,
          toAt,
          exact(bytes),
        );
    },
    readTrace(device: string, after: number, limit: number): readonly Uint8Array[] {
      return sql
        .exec<{ bytes: ArrayBuffer }>("SELECT bytes FROM trace WHERE device = ? AND from_at > ? ORDER BY from_at DESC LIMIT ?", device, after - 120_000, limit)
        .toArray()
        .map(({ bytes }) => new Uint8Array(bytes))
        .toReversed();
    },

    /**
     * Removes rows of the log before the cursor and `logBefore` that no session wants, and trace rows that ended before `traceBefore`.
     * Of what sessions alone still want only that is kept.
     */
    prune(cursor: number, logBefore: number, traceBefore: number, wanted: Wanted): void {
      const crowded = sql.databaseSize > DATABASE_BYTES_MAX;
      const kept = crowded ? undefined : one<{ n: number }>("SELECT n FROM log WHERE n < ? AND at >= ? ORDER BY n LIMIT 1", cursor, logBefore);
      const until = kept?.n ?? cursor;
      const from = wanted.keepFrom();
      // A row reaches from its n to the next one's: the one that holds `from` stays.
      const first = from >= until ? until : (one<{ n: number }>("SELECT n FROM log WHERE n <= ? ORDER BY n DESC LIMIT 1", from)?.n ?? from);
      sql.exec("DELETE FROM log WHERE n < ?", first);
      if (first < until) thin(first, until, wanted.wants);
      sql.exec("DELETE FROM trace WHERE to_at < ?", traceBefore);
    },

    readModel(hash: string): Uint8Array<ArrayBuffer> | null {
      const parts = sql.exec<{ bytes: ArrayBuffer }>("SELECT bytes FROM model WHERE hash = ? ORDER BY part", hash).toArray();
      return parts.length === 0 ? null : wholeOf(parts.map(({ bytes }) => bytes));
    },
    /** The oldest first. */
    listModels: (): readonly string[] =>
      sql
        .exec<{ hash: string }>("SELECT hash FROM model WHERE part = 0 ORDER BY rowid")
        .toArray()
        .map(({ hash }) => hash),
    dropModel: (hash: string): void => void sql.exec("DELETE FROM model WHERE hash = ?", hash),
    writeModelPart(hash: string, part: number, bytes: Uint8Array): void {
      sql.exec(
        "INSERT INTO model (hash, part, bytes) VALUES (?, ?, ?) ON CONFLICT (hash, part) DO UPDATE SET bytes = excluded.bytes",
        hash,
        part,
        exact(bytes),
      );
    },
  };
}

/** A message that no session wants. */
export function entryOf({ device, payload, arrivedAt, burst, topic }: Logged): Entry {
  const kind = burst === true ? "burst" : topic === undefined ? "telemetry" : "foreign";
  return { kind, device, topic: topic ?? null, payload, arrivedAt, delivery: null };
}

export function logRowOf(n: number, entries: readonly Entry[]): LogRow {
  const messages = entries.flatMap((entry) => loggedOf(entry) ?? []);
  return { n, end: n + entries.length, messages };
}
