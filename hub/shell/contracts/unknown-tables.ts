/** Fields that no contract names, and how often the known ones are read. Both are bounded: beyond, what was silent the longest gives way. */
import { and, asc, count, desc, eq, isNull, sql } from "drizzle-orm";
import type { Millis } from "../../../contracts/instant.ts";
import type { Note } from "../../../contracts/note.ts";
import { type Seen, UNSEEN, type UnknownRow, see } from "../../registry/quarantine.ts";
import * as t from "./schema.ts";
import type { Db } from "./tables.ts";

/** Unknown fields of a tenant: 40 units that each send a wide foreign object once. A sender that makes up names meets it. */
export const UNKNOWN_ROWS_MAX = 5_000;
/** Fields whose use is counted: eleven families of ours have 120; a CRM's objects some thousands. */
const USE_ROWS_MAX = 20_000;

export function noteUnknown(db: Db, id: string, unit: string, note: Note, at: Millis): void {
  const known = db.select().from(t.unknown).where(eq(t.unknown.id, id)).get();
  const { types, longest, samples } = see(known === undefined ? UNSEEN : seenOf(known), note);
  const now = { count: (known?.count ?? 0) + (note.count ?? 1), lastAt: at, types: JSON.stringify({ types, longest }), samples: JSON.stringify(samples) };
  if (known === undefined) {
    makeRoom(db);
    db.insert(t.unknown)
      .values({ id, unit, subject: note.subject, field: note.field, firstAt: at, ...now })
      .run();
  } else db.update(t.unknown).set(now).where(eq(t.unknown.id, id)).run();
}

/** Newest first. */
export function readUnknown(db: Db, of: { readonly unit?: string | undefined; readonly subject?: string | undefined }, limit: number): readonly UnknownRow[] {
  return db
    .select()
    .from(t.unknown)
    .where(and(of.unit === undefined ? undefined : eq(t.unknown.unit, of.unit), of.subject === undefined ? undefined : eq(t.unknown.subject, of.subject)))
    .orderBy(desc(t.unknown.lastAt), asc(t.unknown.id))
    .limit(limit)
    .all()
    .map(rowOf);
}

export function findUnknown(db: Db, id: string): UnknownRow | undefined {
  const row = db.select().from(t.unknown).where(eq(t.unknown.id, id)).get();
  return row === undefined ? undefined : rowOf(row);
}

export function noteProposed(db: Db, id: string, draft: string): void {
  db.update(t.unknown).set({ draft }).where(eq(t.unknown.id, id)).run();
}

/** What a published version names now is no longer unknown. */
export function settleUnknown(db: Db, subject: string, names: ReadonlySet<string>): void {
  for (const { id, field } of db.select().from(t.unknown).where(eq(t.unknown.subject, subject)).all())
    if (names.has(field)) db.delete(t.unknown).where(eq(t.unknown.id, id)).run();
}

function makeRoom(db: Db): void {
  if ((db.select({ n: count() }).from(t.unknown).get()?.n ?? 0) < UNKNOWN_ROWS_MAX) return;
  const silent = db.select({ id: t.unknown.id }).from(t.unknown).where(isNull(t.unknown.draft)).orderBy(asc(t.unknown.lastAt)).limit(1).get();
  if (silent !== undefined) db.delete(t.unknown).where(eq(t.unknown.id, silent.id)).run();
}

function rowOf(row: typeof t.unknown.$inferSelect): UnknownRow {
  const { id, unit, subject, field, count, firstAt, lastAt } = row;
  return { id, unit, subject, field, count, firstAt, lastAt, seen: seenOf(row), ...(row.draft === null ? {} : { draft: row.draft }) };
}

function seenOf(row: typeof t.unknown.$inferSelect): Seen {
  return { ...(JSON.parse(row.types) as Omit<Seen, "samples">), samples: JSON.parse(row.samples) as string[] };
}

export function noteUse(db: Db, subject: string, field: string, times: number, at: Millis): void {
  const known = db
    .select()
    .from(t.use)
    .where(and(eq(t.use.subject, subject), eq(t.use.field, field)))
    .get();
  if (known === undefined && (db.select({ n: count() }).from(t.use).get()?.n ?? 0) >= USE_ROWS_MAX) return;
  db.insert(t.use)
    .values({ subject, field, count: times, firstAt: at, lastAt: at })
    .onConflictDoUpdate({ target: [t.use.subject, t.use.field], set: { count: sql`count + ${times}`, lastAt: at } })
    .run();
}

export type Use = { readonly field: string; readonly count: number; readonly lastAt: Millis };
export function readUse(db: Db, subject: string): readonly Use[] {
  return db
    .select({ field: t.use.field, count: t.use.count, lastAt: t.use.lastAt })
    .from(t.use)
    .where(eq(t.use.subject, subject))
    .orderBy(asc(t.use.field))
    .all();
}
