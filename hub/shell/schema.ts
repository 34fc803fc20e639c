/** Tables of a Hub object. One class serves both kinds: an object per stream (`stream`, `origin`, `entity`, `log`, `consumer`) and the tenant's registry (`unit`, `speaks`, `contract`, `token`). */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** One row, id 1: where the stream stands. */
export const stream = sqliteTable("stream", {
  id: integer("id").primaryKey(),
  epoch: integer("epoch").notNull(),
  head: integer("head").notNull(),
  clock: text("clock").notNull(),
});

/** Who may push here, and how far each came. `writes`: JSON, attributes by subject. */
export const origin = sqliteTable("origin", {
  origin: text("origin").primaryKey(),
  unit: text("unit").notNull(),
  keyHash: text("key_hash").notNull(),
  writes: text("writes").notNull(),
  through: integer("through").notNull(),
});

/** Merged entities. `record`: JSON of `EntityRecord`. */
export const entity = sqliteTable(
  "entity",
  { entity: text("entity").notNull(), id: text("id").notNull(), version: integer("version").notNull(), record: text("record").notNull() },
  (t) => [primaryKey({ columns: [t.entity, t.id] })],
);

/** Every operation with its outcome. `operation`: JSON as the feed gives it; `written`: JSON of what it brought, where that differs. */
export const log = sqliteTable(
  "log",
  {
    hubSeq: integer("hub_seq").primaryKey(),
    origin: text("origin").notNull(),
    seq: integer("seq").notNull(),
    unit: text("unit").notNull(),
    outcome: text("outcome").notNull(),
    operation: text("operation").notNull(),
    written: text("written"),
  },
  // Rare rows only: a repeated push is told its dead letters again. An index holds the hub's numbers too: an origin's line at any place is one look-up.
  (t) => [
    index("log_origin").on(t.origin),
    index("log_dead")
      .on(t.origin, t.seq)
      .where(sql`outcome = 'dead'`),
  ],
);

/** What each consumer of the feed said it has of this stream. `token`: the hash of its token; `unit`: the only unit it sees, "" for all; `at`: when it last asked. */
export const consumer = sqliteTable("consumer", {
  token: text("token").primaryKey(),
  unit: text("unit").notNull(),
  position: integer("position").notNull(),
  at: integer("at").notNull(),
});

/** Units that have registered. `opened`: an administrator lets the next registration bring a new key. */
export const unit = sqliteTable("unit", { unit: text("unit").primaryKey(), keyHash: text("key_hash").notNull(), opened: integer("opened").notNull() });

export const contract = sqliteTable("contract", {
  fingerprint: text("fingerprint").primaryKey(),
  subject: text("subject").notNull(),
  version: integer("version").notNull(),
  schema: text("schema").notNull(),
});

export const speaks = sqliteTable(
  "speaks",
  { unit: text("unit").notNull(), subject: text("subject").notNull(), fingerprint: text("fingerprint").notNull(), origin: text("origin").notNull() },
  (t) => [primaryKey({ columns: [t.unit, t.subject] })],
);

/** Tokens by the SHA-256 of their text; the text is nowhere. `unit`: sees only this unit's operations. */
export const token = sqliteTable("token", {
  hash: text("hash").primaryKey(),
  role: text("role").notNull(),
  subject: text("subject").notNull(),
  unit: text("unit"),
  madeAt: integer("made_at").notNull(),
});
