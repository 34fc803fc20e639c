/** Counters and sketches by period as small verbs over SQLite: added to, read, rolled up. Nothing here decides. */
import { and, asc, eq, gte, lt, lte } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import type { Millis } from "../../../contracts/instant.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { DAYS_KEPT, DAY_MS, type Period, keptAs, oldestKept } from "../../quality/period.ts";
import { readSketch, writeSketch } from "../../quality/sketch-json.ts";
import { type Sketch, merge } from "../../quality/sketch.ts";
import { type Counts, addCounts } from "../../quality/usable.ts";
import * as t from "./schema.ts";

export type Db = DrizzleSqliteDODatabase;

/** What one field came to in one period. */
export type Kept = { readonly subject: string; readonly path: string; readonly period: Period; readonly counts?: Counts; readonly sketch?: Sketch };

/** Days rolled up in one call, at half a millisecond each. The next call takes the rest. */
const ROLLED_MAX = 50;

/** Adds to what is there. */
export function addKept(db: Db, added: Kept): void {
  const { subject, path, period } = added;
  const key = at(subject, path, period);
  const known = db.select().from(t.qualityPeriod).where(key).get();
  if (known === undefined) {
    db.insert(t.qualityPeriod)
      .values({ subject, path, ...period, ...written(added) })
      .run();
    return;
  }
  const before = keptOf(known);
  const counts = before.counts === undefined ? added.counts : added.counts === undefined ? before.counts : addCounts(before.counts, added.counts);
  const sketch = before.sketch === undefined ? added.sketch : added.sketch === undefined ? before.sketch : merge(before.sketch, added.sketch);
  const both = { ...added, ...(counts === undefined ? {} : { counts }), ...(sketch === undefined ? {} : { sketch }) };
  db.update(t.qualityPeriod).set(written(both)).where(key).run();
}

/** Periods of a subject that begin at or after `fromAt`, by field and then in order of time. A week counts when it begins there. */
export function readKept(db: Db, subject: string, fromAt: Millis, path?: string): readonly Kept[] {
  const mine = and(eq(t.qualityPeriod.subject, subject), gte(t.qualityPeriod.fromAt, fromAt), path === undefined ? undefined : eq(t.qualityPeriod.path, path));
  return db.select().from(t.qualityPeriod).where(mine).orderBy(asc(t.qualityPeriod.path), asc(t.qualityPeriod.fromAt)).all().map(keptOf);
}

/** The counters alone: a headline over all fields reads no sketches. */
export function readCounts(db: Db, fromAt: Millis): readonly { readonly subject: string; readonly path: string; readonly counts: Counts }[] {
  const { subject, path, counts } = t.qualityPeriod;
  const rows = db.select({ subject, path, counts }).from(t.qualityPeriod).where(gte(t.qualityPeriod.fromAt, fromAt)).all();
  return rows.flatMap((row) => (row.counts === null ? [] : [{ subject: row.subject, path: row.path, counts: JSON.parse(row.counts) as Counts }]));
}

/** Subjects of which anything was observed. */
export function readSubjects(db: Db): readonly string[] {
  const { subject } = t.qualityPeriod;
  return db
    .selectDistinct({ subject })
    .from(t.qualityPeriod)
    .orderBy(asc(subject))
    .all()
    .map((row) => row.subject);
}

/** Old days become weeks, old weeks are forgotten. Returns how many days were rolled up; more may be left. */
export function rollUp(db: Db, now: Millis): number {
  db.delete(t.qualityPeriod)
    .where(and(eq(t.qualityPeriod.span, "week"), lt(t.qualityPeriod.fromAt, oldestKept(now))))
    .run();
  const old = db
    .select()
    .from(t.qualityPeriod)
    .where(and(eq(t.qualityPeriod.span, "day"), lte(t.qualityPeriod.fromAt, now - DAYS_KEPT * DAY_MS)))
    .orderBy(asc(t.qualityPeriod.fromAt))
    .limit(ROLLED_MAX)
    .all();
  let rolled = 0;
  for (const row of old) {
    const day: Period = { span: "day", fromAt: row.fromAt };
    const kept = keptAs(day, now);
    if (kept?.span === "day") continue;
    if (kept !== null) addKept(db, { ...keptOf(row), period: kept });
    db.delete(t.qualityPeriod)
      .where(at(row.subject, row.path, day))
      .run();
    rolled++;
  }
  return rolled;
}

type Row = typeof t.qualityPeriod.$inferSelect;

function at(subject: string, path: string, { span, fromAt }: Period) {
  return and(eq(t.qualityPeriod.subject, subject), eq(t.qualityPeriod.path, path), eq(t.qualityPeriod.span, span), eq(t.qualityPeriod.fromAt, fromAt));
}

function written({ counts, sketch }: Pick<Kept, "counts" | "sketch">): { readonly counts: string | null; readonly sketch: string | null } {
  return { counts: counts === undefined ? null : JSON.stringify(counts), sketch: sketch === undefined ? null : writeSketch(sketch) };
}

function keptOf({ subject, path, span, fromAt, counts, sketch }: Row): Kept {
  return {
    subject,
    path,
    period: { span, fromAt },
    ...(counts === null ? {} : { counts: JSON.parse(counts) as Counts }),
    ...(sketch === null ? {} : { sketch: sketchOf(sketch) }),
  };
}

/** A sketch that this object wrote. One that can't be read is damage, not an expected no. */
export function sketchOf(text: string): Sketch {
  const sketch = readSketch(text);
  if (isRefusal(sketch)) throw new Error(`quality: a kept sketch can't be read: ${sketch.rule}`);
  return sketch;
}
