/** Runs, refused rows, reviews and aliases as small verbs over SQLite. Nothing here decides. */
import { and, asc, count, desc, eq, gt, isNotNull, isNull, lte, notInArray } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import type { Millis } from "../../../contracts/instant.ts";
import { resolve } from "../../master/alias.ts";
import type { ImportRun } from "../../master/asked.ts";
import type { Judged } from "../../master/identity.ts";
import type { Counts } from "../../master/import.ts";
import type { MasterFamily } from "../../master/profile.ts";
import * as t from "./schema.ts";

export type Db = DrizzleSqliteDODatabase;

/** Imports that are remembered; the oldest that ended go first. */
const RUNS_MAX = 1_000;
/** Characters of one row of the file of rejects: three bytes each stay below the 2 MB of a row. */
const REJECT_CHARS = 500_000;

type ReviewState = "pending" | "same" | "distinct";
export type Pair = Pick<Judged, "score" | "decision" | "rival" | "fields">;
export type KeptReview = {
  readonly id: string;
  readonly family: MasterFamily;
  readonly a: string;
  readonly b: string;
  readonly run: string;
  readonly at: Millis;
  readonly state: ReviewState;
  readonly pair: Pair;
};

// Runs.

export function readRun(db: Db, id: string): ImportRun | undefined {
  const row = db.select().from(t.run).where(eq(t.run.id, id)).get();
  return row === undefined ? undefined : runOf(row);
}

/** Newest first. */
export function listRuns(db: Db, limit: number): readonly ImportRun[] {
  return db.select().from(t.run).orderBy(desc(t.run.id)).limit(limit).all().map(runOf);
}

/** One of this file that did not come to its end. */
export function unfinishedRun(db: Db, fingerprint: string): ImportRun | undefined {
  const row = db
    .select()
    .from(t.run)
    .where(and(eq(t.run.fingerprint, fingerprint), isNull(t.run.endedAt)))
    .get();
  return row === undefined ? undefined : runOf(row);
}

export function writeRun(db: Db, fingerprint: string, run: ImportRun): void {
  const row = { ...run, fingerprint, autoMerge: run.autoMerge ? 1 : 0, units: JSON.stringify(run.units), counts: JSON.stringify(run.counts) };
  db.insert(t.run).values(row).onConflictDoUpdate({ target: t.run.id, set: row }).run();
  const kept = db.select({ id: t.run.id }).from(t.run).orderBy(desc(t.run.id)).limit(RUNS_MAX).all();
  if (kept.length === RUNS_MAX)
    db.delete(t.run)
      .where(and(isNotNull(t.run.endedAt), lte(t.run.id, kept.at(-1)?.id ?? "")))
      .run();
}

/** Nobody goes on with what ran when the object ended, until the same file comes again. */
export function stopRuns(db: Db): void {
  db.update(t.run).set({ state: "stopped" }).where(eq(t.run.state, "running")).run();
}

function runOf(row: typeof t.run.$inferSelect): ImportRun {
  const { fingerprint: _, autoMerge, units, counts, family, state, ...rest } = row;
  return {
    ...rest,
    family: family as MasterFamily,
    state: state as ImportRun["state"],
    autoMerge: autoMerge === 1,
    units: JSON.parse(units) as string[],
    counts: JSON.parse(counts) as Counts,
  };
}

// Refused rows.

export function writeRejectsFile(db: Db, run: string, text: string): void {
  db.delete(t.reject).where(eq(t.reject.run, run)).run();
  for (let n = 0; n * REJECT_CHARS < text.length; n++)
    db.insert(t.reject)
      .values({ run, n, text: text.slice(n * REJECT_CHARS, (n + 1) * REJECT_CHARS) })
      .run();
}

export function readRejectsFile(db: Db, run: string): string {
  const pieces = db.select({ text: t.reject.text }).from(t.reject).where(eq(t.reject.run, run)).orderBy(asc(t.reject.n)).all();
  return pieces.map(({ text }) => text).join("");
}

/** Those whose time is over; all of a family when `family` is named. */
export function dropRejects(db: Db, now: Millis, family?: string): void {
  const which = family === undefined ? lte(t.run.rejectsUntil, now) : eq(t.run.family, family);
  const runs = db
    .select({ id: t.run.id })
    .from(t.run)
    .where(and(isNotNull(t.run.rejectsUntil), which))
    .all()
    .map(({ id }) => id);
  for (const id of runs) {
    db.delete(t.reject).where(eq(t.reject.run, id)).run();
    db.update(t.run).set({ rejectsUntil: null }).where(eq(t.run.id, id)).run();
  }
  // Of runs that are not remembered any more.
  const left = db.select({ id: t.run.id }).from(t.run).where(isNotNull(t.run.rejectsUntil));
  db.delete(t.reject).where(notInArray(t.reject.run, left)).run();
}

// Reviews.

/** A pair is brought up once, however often it is imported. */
export function addReview(db: Db, { id, family, a, b, run, at, pair }: KeptReview): void {
  const [first, second] = a < b ? [a, b] : [b, a];
  const { score, ...evidence } = pair;
  db.insert(t.review)
    .values({ id, family, a: first, b: second, score, evidence: JSON.stringify(evidence), run, at, state: "pending" })
    .onConflictDoNothing()
    .run();
}

export function readReview(db: Db, id: string): KeptReview | undefined {
  const row = db.select().from(t.review).where(eq(t.review.id, id)).get();
  return row === undefined ? undefined : reviewOf(row);
}

export function listPending(db: Db, family: MasterFamily | undefined, after: string, limit: number): readonly KeptReview[] {
  const where = and(eq(t.review.state, "pending"), gt(t.review.id, after), family === undefined ? undefined : eq(t.review.family, family));
  return db.select().from(t.review).where(where).orderBy(asc(t.review.id)).limit(limit).all().map(reviewOf);
}

export function countPending(db: Db): number {
  return db.select({ n: count() }).from(t.review).where(eq(t.review.state, "pending")).get()?.n ?? 0;
}

export function settleReview(db: Db, id: string, state: ReviewState, deed: { readonly by: string; readonly at: Millis; readonly why: string } | null): void {
  const said = deed === null ? { by: null, decidedAt: null, why: null } : { by: deed.by, decidedAt: deed.at, why: deed.why };
  db.update(t.review)
    .set({ state, ...said })
    .where(eq(t.review.id, id))
    .run();
}

function reviewOf({ family, state, score, evidence, ...rest }: typeof t.review.$inferSelect): KeptReview {
  return {
    ...rest,
    family: family as MasterFamily,
    state: state as ReviewState,
    pair: { score, ...(JSON.parse(evidence) as Omit<Pair, "score">) },
  };
}

// Aliases, and pairs told apart.

export function aliasOf(db: Db, family: string, from: string): string | undefined {
  return db
    .select({ to: t.alias.to })
    .from(t.alias)
    .where(and(eq(t.alias.family, family), eq(t.alias.from, from)))
    .get()?.to;
}

/** The id that stands today. */
export function survivorOf(db: Db, family: string, id: string): string {
  return resolve(id, (from) => aliasOf(db, family, from));
}

/** Every id that means this one, over any number of merges. */
export function idsOf(db: Db, family: string, id: string): readonly string[] {
  const found = [id];
  for (const to of found) {
    const more = db
      .select({ from: t.alias.from })
      .from(t.alias)
      .where(and(eq(t.alias.family, family), eq(t.alias.to, to)))
      .all();
    found.push(...more.map(({ from }) => from).filter((from) => !found.includes(from)));
  }
  return found;
}

export function countAliases(db: Db): number {
  return db.select({ n: count() }).from(t.alias).get()?.n ?? 0;
}

export function addAlias(db: Db, family: string, from: string, to: string, merge: string): void {
  db.insert(t.alias)
    .values({ family, from, to, merge })
    .onConflictDoUpdate({ target: [t.alias.family, t.alias.from], set: { to, merge } })
    .run();
}

export function dropAliases(db: Db, merge: string): void {
  db.delete(t.alias).where(eq(t.alias.merge, merge)).run();
}

export function readApart(db: Db, family: string): ReadonlySet<string> {
  const rows = db.select({ pair: t.apart.pair }).from(t.apart).where(eq(t.apart.family, family)).all();
  return new Set(rows.map(({ pair }) => pair));
}

export function addApart(db: Db, family: string, pair: string, deed: { readonly by: string; readonly at: Millis; readonly why: string }): void {
  db.insert(t.apart)
    .values({ family, pair, ...deed })
    .onConflictDoNothing()
    .run();
}
