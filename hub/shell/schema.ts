/**
 * Tables of a Hub object. One class serves both kinds: an object per stream (`stream` … `hold`, `consumer`) and the tenant's registry
 * (`unit`, `speaks`, `contract`, `token`, `visit`, `word`, `receipt`, `compared`).
 */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** One row, id 1: where the stream stands. `horizonHash`: of the line at the horizon, which the chain goes on from. `restores`: JSON. */
export const stream = sqliteTable("stream", {
  id: integer("id").primaryKey(),
  epoch: integer("epoch").notNull(),
  head: integer("head").notNull(),
  clock: text("clock").notNull(),
  hash: text("hash").notNull(),
  horizon: integer("horizon").notNull(),
  horizonHash: text("horizon_hash").notNull(),
  stable: integer("stable").notNull(),
  collected: integer("collected").notNull(),
  restores: text("restores").notNull(),
});

/** Who may push here, and how far each came. `admitted`: JSON, the contracts it may write under; "" until it registers again. `dead`: its open dead letters. */
export const origin = sqliteTable("origin", {
  origin: text("origin").primaryKey(),
  unit: text("unit").notNull(),
  keyHash: text("key_hash").notNull(),
  admitted: text("admitted").notNull(),
  through: integer("through").notNull(),
  stable: integer("stable").notNull(),
  dead: integer("dead").notNull(),
  /** The latest clock of its operations, as they were sent; empty: not known. */
  latest: text("latest").notNull().default(""),
});

/** Contracts that origins write under, and the published forms that they are read as. `document`: JSON Schema; `lens`: JSON, from the major before. */
export const form = sqliteTable(
  "form",
  {
    subject: text("subject").notNull(),
    major: integer("major").notNull(),
    fingerprint: text("fingerprint").notNull(),
    document: text("document").notNull(),
    lens: text("lens"),
    /** The newest revision of its major here. */
    published: integer("published").notNull(),
  },
  (t) => [primaryKey({ columns: [t.subject, t.major, t.fingerprint] })],
);

/** Majors that came while the stream was there. `position`: of the last line in older words; `after`: key of the last row in the newer ones, null: all are. */
export const upgrade = sqliteTable(
  "upgrade",
  {
    subject: text("subject").notNull(),
    major: integer("major").notNull(),
    from: integer("from_major").notNull(),
    position: integer("position").notNull(),
    after: text("after"),
  },
  (t) => [primaryKey({ columns: [t.subject, t.major] })],
);

/** Merged entities. `record`: JSON of `EntityRecord`; `units`: JSON, who sees it; `at`: the last line about it; `valueDigest`: null until somebody asks. */
export const entity = sqliteTable(
  "entity",
  {
    entity: text("entity").notNull(),
    id: text("id").notNull(),
    record: text("record").notNull(),
    units: text("units").notNull(),
    at: integer("at").notNull(),
    digest: text("digest").notNull(),
    valueDigest: text("value_digest"),
    deleted: integer("deleted").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.entity, t.id] }),
    index("entity_deleted")
      .on(t.at)
      .where(sql`deleted = 1`),
  ],
);

/** Who sees what: `entity.units` by unit. */
export const member = sqliteTable("member", { unit: text("unit").notNull(), entity: text("entity").notNull(), id: text("id").notNull() }, (t) => [
  primaryKey({ columns: [t.unit, t.entity, t.id] }),
]);

/**
 * Every operation with its outcome. `operation`: JSON as the feed gives it, personal values sealed; `written`: JSON of what it brought, where
 * that differs; `hash`: "" in lines of before there was a chain; `joins`: JSON, units to which the entity is new with it.
 */
export const log = sqliteTable(
  "log",
  {
    hubSeq: integer("hub_seq").primaryKey(),
    origin: text("origin").notNull(),
    seq: integer("seq").notNull(),
    unit: text("unit").notNull(),
    entity: text("entity").notNull(),
    id: text("id").notNull(),
    outcome: text("outcome").notNull(),
    operation: text("operation").notNull(),
    written: text("written"),
    hash: text("hash").notNull(),
    joins: text("joins").notNull(),
  },
  // An index holds the hub's numbers too, in order: an entity's history at any place is one look-up.
  (t) => [index("log_seq").on(t.origin, t.seq), index("log_entity").on(t.entity, t.id)],
);

/** Units that must hear of a line. */
export const audience = sqliteTable("audience", { unit: text("unit").notNull(), hubSeq: integer("hub_seq").notNull() }, (t) => [
  primaryKey({ columns: [t.unit, t.hubSeq] }),
]);

/** What each unit said it has applied. */
export const replica = sqliteTable("replica", {
  unit: text("unit").primaryKey(),
  applied: integer("applied").notNull(),
  at: integer("at").notNull(),
  expelled: integer("expelled").notNull(),
});

/** Dead letters, closed ones too. `buried`: JSON of the operation as it came, sealed. */
export const dead = sqliteTable(
  "dead",
  {
    hubSeq: integer("hub_seq").primaryKey(),
    origin: text("origin").notNull(),
    seq: integer("seq").notNull(),
    entity: text("entity").notNull(),
    id: text("id").notNull(),
    reason: text("reason").notNull(),
    buried: text("buried").notNull(),
    state: text("state").notNull(),
    blocks: integer("blocks").notNull(),
    at: integer("at").notNull(),
  },
  (t) => [
    index("dead_open")
      .on(t.origin, t.entity, t.id)
      .where(sql`state = 'open'`),
  ],
);

/** Keys of subjects' personal values; null: destroyed. */
export const subjectKey = sqliteTable("subject_key", { subject: text("subject").primaryKey(), key: text("key") });

/** The hub's own writes that were taken, by the writer's key. `at` 0, `about` "": of before these were kept. `about`: `{entity}/{id}`. */
export const taken = sqliteTable(
  "taken",
  {
    key: text("key").primaryKey(),
    hubSeq: integer("hub_seq").notNull(),
    at: integer("at").notNull().default(0),
    about: text("about").notNull().default(""),
  },
  (t) => [index("taken_at").on(t.at)],
);

/** What numbers of origins stood for whose lines are gone, in short: see `merge/spent.ts`. */
export const spent = sqliteTable(
  "spent",
  { hubSeq: integer("hub_seq").primaryKey(), origin: text("origin").notNull(), seq: integer("seq").notNull(), tag: integer("tag").notNull() },
  (t) => [index("spent_seq").on(t.origin, t.seq)],
);

/** Readers that page through a state of the past: until `until` nothing behind `position` is collected or trimmed. */
export const hold = sqliteTable("hold", { id: text("id").primaryKey(), position: integer("position").notNull(), until: integer("until").notNull() });

/**
 * What each consumer of the feed said it has of this stream. `token`: the hash of its token; `unit`: the only unit it sees, "" for all; `at`:
 * when it last asked; `delayMs`: how old the last line was when it confirmed it, null until it moved.
 */
export const consumer = sqliteTable("consumer", {
  token: text("token").primaryKey(),
  unit: text("unit").notNull(),
  position: integer("position").notNull(),
  at: integer("at").notNull(),
  delayMs: integer("delay_ms"),
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

/** People who look at the hub's pages, by the SHA-256 of a secret: `link` opens one session and is gone, `session` lives in a cookie. In no backup. */
export const visit = sqliteTable("visit", {
  hash: text("hash").primaryKey(),
  kind: text("kind").notNull(),
  role: text("role").notNull(),
  subject: text("subject").notNull(),
  until: integer("until").notNull(),
});

/** What each unit said of itself last. `verified`: JSON of its last comparison of digests, null: none yet. */
export const word = sqliteTable("word", { unit: text("unit").primaryKey(), at: integer("at").notNull(), verified: text("verified") });

/** What came of each consumer's last comparison. `token`: the hash of its token, or `consumer:{name}`; `apart`: JSON, families that differed. In no backup. */
export const compared = sqliteTable("compared", { token: text("token").primaryKey(), at: integer("at").notNull(), apart: text("apart").notNull() });

/** Receipts of the last absences, as the units told them. `summary`: JSON. */
export const receipt = sqliteTable(
  "receipt",
  { unit: text("unit").notNull(), awayAt: integer("away_at").notNull(), summary: text("summary").notNull() },
  (t) => [primaryKey({ columns: [t.unit, t.awayAt] })],
);
