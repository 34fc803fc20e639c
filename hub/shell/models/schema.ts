/** Tables of the Models object: graphs with their cards, releases, and what units say became of them. */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** `held`: 1 once all bytes are here. */
export const model = sqliteTable("model", {
  hash: text("hash").primaryKey(),
  card: text("card").notNull(),
  held: integer("held").notNull(),
  by: text("by").notNull(),
  at: integer("at").notNull(),
});

/** The bytes, in parts of `BLOB_PART_BYTES`: hexadecimal, since backups are JSON. */
export const part = sqliteTable("part", { hash: text("hash").notNull(), n: integer("n").notNull(), hex: text("hex").notNull() }, (t) => [
  primaryKey({ columns: [t.hash, t.n] }),
]);

/** `body`: JSON of a `KeptRelease`. */
export const release = sqliteTable("release", { id: text("id").primaryKey(), at: integer("at").notNull(), body: text("body").notNull() });

/** What a unit said last of a release: JSON of a `ReleaseState`. */
export const told = sqliteTable(
  "told",
  { unit: text("unit").notNull(), release: text("release").notNull(), at: integer("at").notNull(), body: text("body").notNull() },
  (t) => [primaryKey({ columns: [t.unit, t.release] })],
);

/** What a unit said last of its models: JSON of profiles, bindings, records and trials. */
export const unit = sqliteTable("unit", { unit: text("unit").primaryKey(), at: integer("at").notNull(), body: text("body").notNull() });
