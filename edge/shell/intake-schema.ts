/** Tables of an Intake object. The hot path writes `log` by hand (`intake-store.ts`); this is what migrations are generated from. */
import { blob, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What there is one of: the object's name, the cursor, the numbering of transitions, what went unscored. */
export const meta = sqliteTable("meta", { key: text("key").primaryKey(), value: text("value").notNull() });

/** The log: `n` is the index of the row's first entry, `count` how many the blob holds. Gapless. */
export const log = sqliteTable("log", {
  n: integer("n").primaryKey(),
  count: integer("count").notNull(),
  at: integer("at").notNull(),
  bytes: blob("bytes", { mode: "buffer" }).notNull(),
});

/** The plan as JSON text, in parts below the platform's row limit. */
export const plan = sqliteTable("plan", { part: integer("part").primaryKey(), bytes: blob("bytes", { mode: "buffer" }).notNull() });

/** The fold's accumulators at the cursor, by slice, in parts below the platform's row limit. */
export const track = sqliteTable(
  "track",
  { slice: integer("slice").notNull(), part: integer("part").notNull(), bytes: blob("bytes", { mode: "buffer" }).notNull() },
  (t) => [primaryKey({ columns: [t.slice, t.part] })],
);

/** Finished minutes of a device's samples and scores. */
export const trace = sqliteTable(
  "trace",
  {
    device: text("device").notNull(),
    fromAt: integer("from_at").notNull(),
    toAt: integer("to_at").notNull(),
    bytes: blob("bytes", { mode: "buffer" }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.device, t.fromAt] }), index("trace_by_end").on(t.toAt)],
);

/** Verdict transitions, numbered without gaps: what the unit has not applied, and the latest that it has. */
export const transition = sqliteTable("transition", { seq: integer("seq").primaryKey(), body: text("body").notNull() });

export const retained = sqliteTable("retained", {
  topic: text("topic").primaryKey(),
  qos: integer("qos").notNull(),
  /** Who published it; empty when nobody needs to sign in. */
  device: text("device").notNull().default(""),
  payload: blob("payload", { mode: "buffer" }).notNull(),
  properties: blob("properties", { mode: "buffer" }).notNull(),
  expiresAt: integer("expires_at"),
});

/** MQTT sessions that outlive their connection: subscriptions, the cursor into the log, what is on its way (`../ingest/broker/snapshot.ts`). */
export const session = sqliteTable("session", { key: text("key").primaryKey(), bytes: blob("bytes", { mode: "buffer" }).notNull() });

/** Models that were uploaded to the unit, in parts below the platform's row limit. */
export const model = sqliteTable(
  "model",
  { hash: text("hash").notNull(), part: integer("part").notNull(), bytes: blob("bytes", { mode: "buffer" }).notNull() },
  (t) => [primaryKey({ columns: [t.hash, t.part] })],
);
