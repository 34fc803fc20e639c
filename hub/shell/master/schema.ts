/** Tables of the Master object. No attribute's value is in any of them but `reject`: what an entity was is read from its stream's log. */
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** Imports: who, when, which file, what came of it. `fingerprint`: of the file with its mapping, by which a stopped run goes on. */
export const run = sqliteTable(
  "run",
  {
    id: text("id").primaryKey(),
    fingerprint: text("fingerprint").notNull(),
    family: text("family").notNull(),
    fileName: text("file_name").notNull(),
    by: text("by").notNull(),
    at: integer("at").notNull(),
    endedAt: integer("ended_at"),
    state: text("state").notNull(),
    autoMerge: integer("auto_merge").notNull(),
    units: text("units").notNull(),
    counts: text("counts").notNull(),
    written: integer("written").notNull(),
    overruled: integer("overruled").notNull(),
    failed: integer("failed").notNull(),
    rejectsUntil: integer("rejects_until"),
  },
  (t) => [index("run_fingerprint").on(t.fingerprint)],
);

/** Refused rows as they came, to be mended: in pieces, apart from the run, and gone after a while. */
export const reject = sqliteTable("reject", { run: text("run").notNull(), n: integer("n").notNull(), text: text("text").notNull() }, (t) => [
  primaryKey({ columns: [t.run, t.n] }),
]);

/** Pairs that a person looks at, or did. `a` < `b`. `evidence`: JSON by field, without values. */
export const review = sqliteTable(
  "review",
  {
    id: text("id").primaryKey(),
    family: text("family").notNull(),
    a: text("a").notNull(),
    b: text("b").notNull(),
    score: real("score").notNull(),
    evidence: text("evidence").notNull(),
    run: text("run").notNull(),
    at: integer("at").notNull(),
    state: text("state").notNull(),
    by: text("by"),
    decidedAt: integer("decided_at"),
    why: text("why"),
  },
  (t) => [uniqueIndex("review_pair").on(t.family, t.a, t.b), index("review_state").on(t.state, t.id)],
);

/** Old ids and the ones that stand for them. */
export const alias = sqliteTable(
  "alias",
  { family: text("family").notNull(), from: text("from").notNull(), to: text("to").notNull(), merge: text("merge").notNull() },
  (t) => [primaryKey({ columns: [t.family, t.from] }), index("alias_to").on(t.family, t.to), index("alias_merge").on(t.merge)],
);

/** Pairs that a person told apart, by `pairKey`. */
export const apart = sqliteTable(
  "apart",
  { family: text("family").notNull(), pair: text("pair").notNull(), by: text("by").notNull(), at: integer("at").notNull(), why: text("why").notNull() },
  (t) => [primaryKey({ columns: [t.family, t.pair] })],
);

/**
 * What was merged, and by what it can be taken back: `position` of the family's stream as of which its members are read again, `members` with versions
 * and units, `values` as chosen by place, `refs` that were repointed, `after`: versions by id when it was done; null: not done yet.
 */
export const merge = sqliteTable(
  "merge",
  {
    id: text("id").primaryKey(),
    kind: text("kind").notNull(),
    family: text("family").notNull(),
    review: text("review"),
    run: text("run"),
    survivor: text("survivor").notNull(),
    state: text("state").notNull(),
    by: text("by").notNull(),
    at: integer("at").notNull(),
    why: text("why").notNull(),
    position: integer("position").notNull(),
    members: text("members").notNull(),
    values: text("values").notNull(),
    refs: text("refs").notNull(),
    after: text("after"),
    undoBy: text("undo_by"),
    undoAt: integer("undo_at"),
    undoWhy: text("undo_why"),
  },
  (t) => [index("merge_state").on(t.state), index("merge_run").on(t.run, t.survivor)],
);
