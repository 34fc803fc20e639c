/** What people changed here, on its way to the hub and until a backup of the hub holds it. */
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { Json } from "../../../contracts/delta/json.ts";

/** `waiting`: the hub has not answered, or may have lost it. */
export type OwnWrite = {
  readonly key: string;
  readonly entity: string;
  readonly id: string;
  /** By attribute; null removes it. */
  readonly changes: Readonly<Record<string, Json>>;
  readonly reason: string;
  readonly state: "waiting" | "taken" | "refused";
  readonly at: number;
  /** Why the hub refused it, or did not let all of it hold. */
  readonly why: string | null;
};
type Settled =
  | { readonly state: "taken"; readonly stream: string; readonly epoch: number; readonly position: number; readonly why: string | null }
  | { readonly state: "refused"; readonly why: string };

export type OwnWrites = {
  /** A key that is there already changes nothing. */
  put(write: Pick<OwnWrite, "key" | "entity" | "id" | "changes" | "reason">, now: number): void;
  settle(key: string, settled: Settled): void;
  /** Those that were taken and are in no backup of the hub wait again. */
  again(): void;
  /** A backup of the hub holds what it took up to `stable`. */
  forget(stream: string, epoch: number, stable: number): void;
  /** The one that waits longest. */
  next(): OwnWrite | undefined;
  find(key: string): OwnWrite | undefined;
  /** The newest first; of one entity, or of all. */
  list(limit: number, of?: { readonly entity: string; readonly id: string }): readonly OwnWrite[];
};

/** Kept although a backup of the hub holds them, for people to look at. */
const WRITES_KEPT = 200;

export function openOwnWrites(db: DatabaseSync, transact: (body: () => void) => void): OwnWrites {
  db.exec(`CREATE TABLE IF NOT EXISTS own_write (key TEXT PRIMARY KEY, entity TEXT NOT NULL, id TEXT NOT NULL, changes TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL, why TEXT, stream TEXT, epoch INTEGER, position INTEGER, stable INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX IF NOT EXISTS own_write_by_state ON own_write (state, at);`);
  const sql = {
    put: db.prepare("INSERT INTO own_write (key, entity, id, changes, reason, state, at) VALUES (?, ?, ?, ?, ?, 'waiting', ?) ON CONFLICT (key) DO NOTHING"),
    settle: db.prepare("UPDATE own_write SET state = ?, why = ?, stream = ?, epoch = ?, position = ? WHERE key = ?"),
    stable: db.prepare("UPDATE own_write SET stable = 1 WHERE state = 'taken' AND stream = ? AND epoch = ? AND position <= ?"),
    drop: db.prepare("DELETE FROM own_write WHERE (stable = 1 OR state = 'refused') AND key NOT IN (SELECT key FROM own_write ORDER BY at DESC LIMIT ?)"),
    next: db.prepare("SELECT * FROM own_write WHERE state = 'waiting' ORDER BY at, key LIMIT 1"),
    find: db.prepare("SELECT * FROM own_write WHERE key = ?"),
    list: db.prepare("SELECT * FROM own_write WHERE (?1 IS NULL OR (entity = ?1 AND id = ?2)) ORDER BY at DESC, key DESC LIMIT ?3"),
  };
  const one = (row: Readonly<Record<string, SQLOutputValue>> | undefined): OwnWrite | undefined => (row === undefined ? undefined : writeOf(row));
  return {
    put: ({ key, entity, id, changes, reason }, now) => void sql.put.run(key, entity, id, JSON.stringify(changes), reason, now),
    settle(key, settled) {
      const { stream, epoch, position } = settled.state === "taken" ? settled : { stream: null, epoch: null, position: null };
      sql.settle.run(settled.state, settled.why, stream, epoch, position, key);
    },
    again: () => db.exec("UPDATE own_write SET state = 'waiting' WHERE state = 'taken' AND stable = 0"),
    forget: (stream, epoch, stable) =>
      transact(() => {
        sql.stable.run(stream, epoch, stable);
        sql.drop.run(WRITES_KEPT);
      }),
    next: () => one(sql.next.get()),
    find: (key) => one(sql.find.get(key)),
    list: (limit, of) => sql.list.all(of?.entity ?? null, of?.id ?? null, limit).map(writeOf),
  };
}

function writeOf(row: Readonly<Record<string, SQLOutputValue>>): OwnWrite {
  return {
    key: String(row["key"]),
    entity: String(row["entity"]),
    id: String(row["id"]),
    changes: JSON.parse(String(row["changes"])) as OwnWrite["changes"],
    reason: String(row["reason"]),
    state: String(row["state"]) as OwnWrite["state"],
    at: Number(row["at"]),
    why: typeof row["why"] === "string" ? row["why"] : null,
  };
}
