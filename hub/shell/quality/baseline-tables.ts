/** Baselines: what the live values of a field are compared with. The last few are kept, so that it can be seen who moved the mark. */
import { and, asc, desc, eq } from "drizzle-orm";
import type { Millis } from "../../../contracts/instant.ts";
import { writeSketch } from "../../quality/sketch-json.ts";
import type { Sketch } from "../../quality/sketch.ts";
import { type Db, sketchOf } from "./period-tables.ts";
import * as t from "./schema.ts";

/** Baselines kept of one field: the one that holds and those before it. */
const BASELINES_KEPT = 5;

/** Who set a baseline, when and why. */
export type Setting = { readonly setBy: string; readonly setAt: Millis; readonly why: string };
export type Baseline = Setting & { readonly path: string; readonly sketch: Sketch; readonly ordinary: number };

/** `ordinary`: how far the periods that made it lie from it (`ordinaryDistance`); 0 when it was made otherwise. */
export function setBaseline(db: Db, subject: string, path: string, sketch: Sketch, { setBy, setAt, why }: Setting, ordinary = 0): void {
  const row = { setBy, why, ordinary, sketch: writeSketch(sketch) };
  db.insert(t.qualityBaseline)
    .values({ subject, path, setAt, ...row })
    .onConflictDoUpdate({ target: [t.qualityBaseline.subject, t.qualityBaseline.path, t.qualityBaseline.setAt], set: row })
    .run();
  const old = db
    .select({ setAt: t.qualityBaseline.setAt })
    .from(t.qualityBaseline)
    .where(of(subject, path))
    .orderBy(desc(t.qualityBaseline.setAt))
    .all()
    .slice(BASELINES_KEPT);
  for (const { setAt: at } of old)
    db.delete(t.qualityBaseline)
      .where(and(of(subject, path), eq(t.qualityBaseline.setAt, at)))
      .run();
}

/** The one that holds of each field of a subject. */
export function readBaselines(db: Db, subject: string): ReadonlyMap<string, Baseline> {
  const rows = db.select().from(t.qualityBaseline).where(eq(t.qualityBaseline.subject, subject)).orderBy(asc(t.qualityBaseline.setAt)).all();
  // The later one replaces the earlier; only those that hold are read.
  const last = new Map(rows.map((row) => [row.path, row]));
  return new Map([...last].map(([path, { sketch, ordinary, setBy, setAt, why }]) => [path, { path, ordinary, setBy, setAt, why, sketch: sketchOf(sketch) }]));
}

/** Subjects that have one. */
export function readCompared(db: Db): readonly string[] {
  const { subject } = t.qualityBaseline;
  return db
    .selectDistinct({ subject })
    .from(t.qualityBaseline)
    .orderBy(asc(subject))
    .all()
    .map((row) => row.subject);
}

/** Who set a field's baselines, when and why, the latest first. */
export function readHistory(db: Db, subject: string, path: string): readonly Setting[] {
  const { setBy, setAt, why } = t.qualityBaseline;
  return db.select({ setBy, setAt, why }).from(t.qualityBaseline).where(of(subject, path)).orderBy(desc(setAt)).all();
}

function of(subject: string, path: string) {
  return and(eq(t.qualityBaseline.subject, subject), eq(t.qualityBaseline.path, path));
}
