/** Tables of data quality, in each stream's object beside its log: counters and sketches by period, baselines, counterparts elsewhere. In no backup: they count what arrived here. */
import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** One field in one day or week. `counts`: JSON, of attributes only, not of what lies in them. `sketch`: JSON; null while nothing was to be sketched. */
export const qualityPeriod = sqliteTable(
  "quality_period",
  {
    subject: text("subject").notNull(),
    path: text("path").notNull(),
    span: text("span", { enum: ["day", "week"] }).notNull(),
    fromAt: integer("from_at").notNull(),
    counts: text("counts"),
    sketch: text("sketch"),
  },
  (t) => [primaryKey({ columns: [t.subject, t.path, t.span, t.fromAt] }), index("quality_period_age").on(t.span, t.fromAt)],
);

/** What the live values of a field are compared with, by whom, when and why it was set. `ordinary`: how far the periods that made it lie from it. */
export const qualityBaseline = sqliteTable(
  "quality_baseline",
  {
    subject: text("subject").notNull(),
    path: text("path").notNull(),
    setAt: integer("set_at").notNull(),
    setBy: text("set_by").notNull(),
    why: text("why").notNull(),
    ordinary: real("ordinary").notNull(),
    sketch: text("sketch").notNull(),
  },
  (t) => [primaryKey({ columns: [t.subject, t.path, t.setAt] })],
);

/** Values of an attribute that have a counterpart across a published bridge. `mapped`: JSON, a list of values as canonical JSON. */
export const qualityMapping = sqliteTable(
  "quality_mapping",
  { bridge: text("bridge").notNull(), subject: text("subject").notNull(), attr: text("attr").notNull(), mapped: text("mapped").notNull() },
  (t) => [primaryKey({ columns: [t.bridge, t.subject, t.attr] })],
);
