/** Tables of the Registry object. Documents, lenses and lists are JSON texts. */
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Published and retired versions: never edited, never removed. `made_*`: who published it, when and why. */
export const version = sqliteTable(
  "version",
  {
    subject: text("subject").notNull(),
    major: integer("major").notNull(),
    revision: integer("revision").notNull(),
    fingerprint: text("fingerprint").notNull(),
    schema: text("schema").notNull(),
    lens: text("lens"),
    madeBy: text("made_by").notNull(),
    madeAt: integer("made_at").notNull(),
    madeWhy: text("made_why").notNull(),
    retiredBy: text("retired_by"),
    retiredAt: integer("retired_at"),
    retiredWhy: text("retired_why"),
  },
  (t) => [primaryKey({ columns: [t.subject, t.major, t.revision] }), index("version_fingerprint").on(t.fingerprint)],
);

/** Proposals that bind nobody yet. */
export const draft = sqliteTable("draft", {
  id: text("id").primaryKey(),
  subject: text("subject").notNull(),
  major: integer("major").notNull(),
  fingerprint: text("fingerprint").notNull(),
  schema: text("schema").notNull(),
  lens: text("lens"),
  by: text("by").notNull(),
  at: integer("at").notNull(),
  why: text("why").notNull(),
});

/** Every change of a subject's mode; the last one holds. */
export const mode = sqliteTable(
  "mode",
  {
    n: integer("n").primaryKey({ autoIncrement: true }),
    subject: text("subject").notNull(),
    mode: text("mode").notNull(),
    by: text("by").notNull(),
    at: integer("at").notNull(),
    why: text("why").notNull(),
  },
  (t) => [index("mode_subject").on(t.subject)],
);

/** What each unit's last registration came to, by subject. `major`, `revision`: the published version that it was read as. */
export const speaks = sqliteTable(
  "speaks",
  {
    unit: text("unit").notNull(),
    subject: text("subject").notNull(),
    major: integer("major").notNull(),
    revision: integer("revision").notNull(),
    fingerprint: text("fingerprint").notNull(),
    at: integer("at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.unit, t.subject] })],
);

/** The scenario that a unit runs, as it told. */
export const scenario = sqliteTable("scenario", { unit: text("unit").primaryKey(), document: text("document").notNull(), at: integer("at").notNull() });

/** Fields that no contract names, as they were met. `types`: JSON types with their counts; `samples`: texts, masked. */
export const unknown = sqliteTable(
  "unknown",
  {
    id: text("id").primaryKey(),
    unit: text("unit").notNull(),
    subject: text("subject").notNull(),
    field: text("field").notNull(),
    count: integer("count").notNull(),
    firstAt: integer("first_at").notNull(),
    lastAt: integer("last_at").notNull(),
    types: text("types").notNull(),
    samples: text("samples").notNull(),
    /** The draft that was made of it. */
    draft: text("draft"),
  },
  (t) => [index("unknown_last").on(t.lastAt)],
);

/** How often each attribute was read by rules and models of units, as they told: once a day, by as many entities as they have. */
export const use = sqliteTable(
  "use",
  {
    subject: text("subject").notNull(),
    field: text("field").notNull(),
    count: integer("count").notNull(),
    firstAt: integer("first_at").notNull(),
    lastAt: integer("last_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.subject, t.field] })],
);

/** `document`: as it was put last; `published`: as it holds, null before it was published. */
export const bridge = sqliteTable("bridge", {
  id: text("id").primaryKey(),
  subject: text("subject").notNull(),
  document: text("document").notNull(),
  by: text("by").notNull(),
  at: integer("at").notNull(),
  why: text("why").notNull(),
  published: text("published"),
  publishedBy: text("published_by"),
  publishedAt: integer("published_at"),
  publishedWhy: text("published_why"),
});

export const scan = sqliteTable("scan", { n: integer("n").primaryKey({ autoIncrement: true }), at: integer("at").notNull(), report: text("report").notNull() });

/** `cron`, `zone` and `nextScanAt`. */
export const setting = sqliteTable("setting", { key: text("key").primaryKey(), value: text("value").notNull() });
