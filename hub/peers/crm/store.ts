/**
 * What the CRM holds: entities, field by field, and the cursor up to which it read. Items and cursor are one transaction, so that a kill
 * at any instant leaves both or neither; an item that comes again is known by its stream and number.
 */
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import type { FeedItem } from "../../../contracts/delta/operation.ts";
import type { SnapshotPage } from "../../feed/view.ts";
import { type OwnWrites, openOwnWrites } from "./own-writes.ts";

export type Held = {
  readonly id: string;
  readonly version: number;
  readonly deleted: boolean;
  readonly origin: string;
  readonly seenAt: number;
  readonly attributes: Readonly<Record<string, unknown>>;
};
/** One applied item: when the unit wrote it, when the hub took it, when it was seen here. */
export type Seen = {
  readonly stream: string;
  readonly hubSeq: number;
  readonly entity: string;
  readonly id: string;
  readonly attr: string;
  readonly op: string;
  readonly value: unknown;
  readonly outcome: string;
  readonly origin: string;
  readonly writtenAt: number;
  readonly appliedAt: number;
  readonly seenAt: number;
};
export type Totals = {
  readonly cursor: string | null;
  readonly items: number;
  readonly repeated: number;
  readonly dead: number;
  /** Versions that were skipped: 0, unless the token shows one unit only. */ readonly skipped: number;
  /** How often the hub led us back. */
  readonly rewound: number;
  readonly lastAppliedAt: number | null;
  readonly lastSeenAt: number | null;
};

/** What has to be done before this copy can be trusted again. */
export type Owed = "compare" | "snapshot" | null;

export type CrmStore = {
  cursor(): string | null;
  owes(): Owed;
  owe(owed: Owed): void;
  /** One page and the cursor after it, together or not at all. */
  apply(items: readonly FeedItem[], next: string, now: number): void;
  /** The hub has led us back: what it numbers from there on is new. */
  rewind(next: string, owed: Owed, now: number): void;
  beginSnapshot(): void;
  stage(rows: SnapshotPage["rows"]): void;
  /** The snapshot takes the place of everything, and the feed goes on from its cursor. */
  endSnapshot(cursor: string, now: number): void;
  /** Families of which something is held. */
  families(): readonly string[];
  readonly own: OwnWrites;
  entities(entity: string): readonly Held[];
  journal(where?: { readonly entity?: string; readonly id?: string }): readonly Seen[];
  /** The latest operations of tickets and what belongs to them, the newest first. */
  recent(limit: number): readonly Seen[];
  totals(): Totals;
  close(): void;
};

/** Lines of the journal that are kept for people to look at; the entities are the record. */
const JOURNAL_ROWS_MAX = 20_000;

export function openCrmStore(databasePath: string): CrmStore {
  const db = new DatabaseSync(databasePath);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS place (id INTEGER PRIMARY KEY CHECK (id = 1), cursor TEXT, items INTEGER NOT NULL, repeated INTEGER NOT NULL, dead INTEGER NOT NULL, skipped INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS stream (stream TEXT PRIMARY KEY, epoch INTEGER NOT NULL, hub_seq INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS entity (entity TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, deleted INTEGER NOT NULL, origin TEXT NOT NULL, seen_at INTEGER NOT NULL, PRIMARY KEY (entity, id));
    CREATE TABLE IF NOT EXISTS attribute (entity TEXT NOT NULL, id TEXT NOT NULL, attr TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (entity, id, attr));
    CREATE TABLE IF NOT EXISTS journal (n INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, hub_seq INTEGER NOT NULL, entity TEXT NOT NULL, id TEXT NOT NULL, attr TEXT NOT NULL, op TEXT NOT NULL, value TEXT, outcome TEXT NOT NULL, origin TEXT NOT NULL, written_at INTEGER NOT NULL, applied_at INTEGER NOT NULL, seen_at INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS journal_by_entity ON journal (entity, id);
    CREATE TABLE IF NOT EXISTS owed (id INTEGER PRIMARY KEY CHECK (id = 1), what TEXT, rewound INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS staged (entity TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, origin TEXT NOT NULL, attributes TEXT NOT NULL, PRIMARY KEY (entity, id));
    INSERT OR IGNORE INTO place VALUES (1, NULL, 0, 0, 0, 0);
    INSERT OR IGNORE INTO owed VALUES (1, NULL, 0);`);
  const sql = {
    place: db.prepare("SELECT * FROM place WHERE id = 1"),
    move: db.prepare("UPDATE place SET cursor = ?, items = items + ?, repeated = repeated + ?, dead = dead + ?, skipped = skipped + ? WHERE id = 1"),
    stream: db.prepare("SELECT epoch, hub_seq FROM stream WHERE stream = ?"),
    advance: db.prepare("INSERT INTO stream VALUES (?, ?, ?) ON CONFLICT (stream) DO UPDATE SET epoch = excluded.epoch, hub_seq = excluded.hub_seq"),
    entity: db.prepare("SELECT version, deleted FROM entity WHERE entity = ? AND id = ?"),
    putEntity: db.prepare(
      "INSERT INTO entity VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (entity, id) DO UPDATE SET version = excluded.version, deleted = excluded.deleted, origin = excluded.origin, seen_at = excluded.seen_at",
    ),
    putAttribute: db.prepare("INSERT INTO attribute VALUES (?, ?, ?, ?) ON CONFLICT (entity, id, attr) DO UPDATE SET value = excluded.value"),
    dropAttribute: db.prepare("DELETE FROM attribute WHERE entity = ? AND id = ? AND attr = ?"),
    dropAttributes: db.prepare("DELETE FROM attribute WHERE entity = ? AND id = ?"),
    note: db.prepare(
      "INSERT INTO journal (stream, hub_seq, entity, id, attr, op, value, outcome, origin, written_at, applied_at, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    recent: db.prepare("SELECT * FROM (SELECT * FROM journal ORDER BY n DESC LIMIT ?) WHERE stream = 'tickets' ORDER BY n DESC"),
    forget: db.prepare("DELETE FROM journal WHERE n <= (SELECT MAX(n) FROM journal) - ?"),
  };

  /** How many versions were jumped over. */
  const applyOne = ({ operation }: FeedItem, now: number): number => {
    const { entity, id, attr, op, version, origin } = operation;
    const before = sql.entity.get(entity, id);
    if (op === "delete") sql.dropAttributes.run(entity, id);
    // The value that stands after the merge, which need not be the one that was written.
    else if (operation.value === undefined) sql.dropAttribute.run(entity, id, attr);
    else sql.putAttribute.run(entity, id, attr, JSON.stringify(operation.value));
    sql.putEntity.run(entity, id, version, op === "delete" ? 1 : 0, origin, now);
    return Math.max(0, version - Number(before?.["version"] ?? 0) - 1);
  };

  const applyAll = (items: readonly FeedItem[], next: string, now: number): void => {
    let [repeated, dead, skipped] = [0, 0, 0];
    for (const item of items) {
      const { stream, operation } = item;
      const place = sql.stream.get(stream);
      if (place !== undefined && Number(place["epoch"]) === operation.epoch && operation.hubSeq <= Number(place["hub_seq"])) {
        repeated += 1;
        continue;
      }
      if (operation.outcome === "applied") skipped += applyOne(item, now);
      if (operation.outcome === "dead") dead += 1;
      sql.advance.run(stream, operation.epoch, operation.hubSeq);
      const { entity, id, attr, op, outcome, origin, at, appliedAt, hubSeq } = operation;
      sql.note.run(
        stream,
        hubSeq,
        entity,
        id,
        attr,
        op,
        operation.value === undefined ? null : JSON.stringify(operation.value),
        outcome,
        origin,
        at,
        appliedAt,
        now,
      );
    }
    sql.forget.run(JOURNAL_ROWS_MAX);
    sql.move.run(next, items.length - repeated, repeated, dead, skipped);
  };

  const transact = (body: () => void): void => {
    db.exec("BEGIN IMMEDIATE");
    try {
      body();
      db.exec("COMMIT");
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  };

  return {
    cursor: () => textOrNull(sql.place.get()?.["cursor"]),
    owes: () => textOrNull(db.prepare("SELECT what FROM owed").get()?.["what"]) as Owed,
    owe: (owed) => void db.prepare("UPDATE owed SET what = ?").run(owed),
    apply: (items, next, now) => transact(() => applyAll(items, next, now)),
    rewind(next, owed) {
      transact(() => {
        // Another history begins there: its numbers are not those that were read before.
        db.exec("DELETE FROM stream");
        sql.move.run(next, 0, 0, 0, 0);
        // What a snapshot has to mend is not mended by a comparison.
        db.prepare("UPDATE owed SET rewound = rewound + 1, what = CASE WHEN what = 'snapshot' THEN what ELSE ? END").run(owed);
      });
    },
    beginSnapshot: () => db.exec("DELETE FROM staged"),
    stage(rows) {
      const put = db.prepare("INSERT OR REPLACE INTO staged VALUES (?, ?, ?, ?, ?)");
      transact(() => {
        for (const { entity, id, version, units, attributes } of rows) put.run(entity, id, version, `${units[0] ?? "hub"}@`, JSON.stringify(attributes));
      });
    },
    endSnapshot(cursor, now) {
      transact(() => {
        db.exec("DELETE FROM entity; DELETE FROM attribute; DELETE FROM stream;");
        db.prepare("INSERT INTO entity SELECT entity, id, version, 0, origin, ? FROM staged").run(now);
        db.exec("INSERT INTO attribute SELECT s.entity, s.id, j.key, s.attributes -> j.fullkey FROM staged s, json_each(s.attributes) j");
        db.exec("DELETE FROM staged");
        sql.move.run(cursor, 0, 0, 0, 0);
        db.exec("UPDATE owed SET what = NULL");
      });
    },
    families: () =>
      db
        .prepare("SELECT DISTINCT entity FROM entity WHERE deleted = 0 ORDER BY entity")
        .all()
        .map((row) => String(row["entity"])),
    own: openOwnWrites(db, transact),
    entities(entity) {
      const attributes = Map.groupBy(db.prepare("SELECT id, attr, value FROM attribute WHERE entity = ? ORDER BY id, attr").all(entity), (row) =>
        String(row["id"]),
      );
      return db
        .prepare("SELECT * FROM entity WHERE entity = ? ORDER BY id")
        .all(entity)
        .map((row) => {
          const id = String(row["id"]);
          const pairs = (attributes.get(id) ?? []).map((cell) => [String(cell["attr"]), JSON.parse(String(cell["value"])) as unknown] as const);
          return {
            id,
            version: Number(row["version"]),
            deleted: row["deleted"] === 1,
            origin: String(row["origin"]),
            seenAt: Number(row["seen_at"]),
            attributes: Object.fromEntries(pairs),
          };
        });
    },
    journal(where = {}) {
      const rows = db
        .prepare("SELECT * FROM journal WHERE (?1 IS NULL OR entity = ?1) AND (?2 IS NULL OR id = ?2) ORDER BY n")
        .all(where.entity ?? null, where.id ?? null);
      return rows.map(seenOf);
    },
    recent: (limit) => sql.recent.all(limit).map(seenOf),
    totals() {
      const place = sql.place.get();
      const last = db.prepare("SELECT applied_at, seen_at FROM journal ORDER BY n DESC LIMIT 1").get();
      const at = (value: unknown): number | null => (value === undefined ? null : Number(value));
      return {
        cursor: textOrNull(place?.["cursor"]),
        items: Number(place?.["items"]),
        repeated: Number(place?.["repeated"]),
        dead: Number(place?.["dead"]),
        skipped: Number(place?.["skipped"]),
        rewound: Number(db.prepare("SELECT rewound FROM owed").get()?.["rewound"] ?? 0),
        lastAppliedAt: at(last?.["applied_at"]),
        lastSeenAt: at(last?.["seen_at"]),
      };
    },
    close: () => db.close(),
  };
}

function seenOf(row: Readonly<Record<string, SQLOutputValue>>): Seen {
  return {
    stream: String(row["stream"]),
    hubSeq: Number(row["hub_seq"]),
    entity: String(row["entity"]),
    id: String(row["id"]),
    attr: String(row["attr"]),
    op: String(row["op"]),
    value: row["value"] === null ? undefined : (JSON.parse(String(row["value"])) as unknown),
    outcome: String(row["outcome"]),
    origin: String(row["origin"]),
    writtenAt: Number(row["written_at"]),
    appliedAt: Number(row["applied_at"]),
    seenAt: Number(row["seen_at"]),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
