/** Versions, drafts and modes as small verbs over SQLite. Nothing here decides. */
import { and, asc, count, desc, eq } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import type { Json } from "../../../contracts/delta/json.ts";
import type { Lens } from "../../../contracts/delta/lens.ts";
import { Mode } from "../../registry/compatibility/mode.ts";
import { type Deed, type DraftVersion, type KeptVersion, MODE_DEFAULT } from "../../registry/contract.ts";
import type { Known } from "../../registry/negotiate.ts";
import * as t from "./schema.ts";

export type Db = DrizzleSqliteDODatabase;

/** Versions of a subject, oldest first. */
export function readVersions(db: Db, subject: string): readonly KeptVersion[] {
  return db.select().from(t.version).where(eq(t.version.subject, subject)).orderBy(asc(t.version.major), asc(t.version.revision)).all().map(versionOf);
}

export function readKnown(db: Db, subject: string): Known {
  return { mode: readMode(db, subject), versions: readVersions(db, subject) };
}

export function readSubjects(db: Db): readonly string[] {
  return db
    .selectDistinct({ subject: t.version.subject })
    .from(t.version)
    .orderBy(asc(t.version.subject))
    .all()
    .map(({ subject }) => subject);
}

export function hasFingerprint(db: Db, subject: string, fingerprint: string): boolean {
  const row = db
    .select({ n: count() })
    .from(t.version)
    .where(and(eq(t.version.subject, subject), eq(t.version.fingerprint, fingerprint)))
    .get();
  return (row?.n ?? 0) > 0;
}

export function writeVersion(db: Db, version: Extract<KeptVersion, { state: "published" }>): void {
  const { subject, major, revision, fingerprint, schema, lens, made } = version;
  db.insert(t.version)
    .values({
      subject,
      major,
      revision,
      fingerprint,
      schema: JSON.stringify(schema),
      lens: lens === undefined ? null : JSON.stringify(lens),
      madeBy: made.by,
      madeAt: made.at,
      madeWhy: made.why,
    })
    .run();
}

export function writeRetired(db: Db, { subject, major, revision }: KeptVersion, deed: Deed): void {
  db.update(t.version)
    .set({ retiredBy: deed.by, retiredAt: deed.at, retiredWhy: deed.why })
    .where(and(eq(t.version.subject, subject), eq(t.version.major, major), eq(t.version.revision, revision)))
    .run();
}

function versionOf(row: typeof t.version.$inferSelect): KeptVersion {
  const { subject, major, revision, fingerprint } = row;
  const every = {
    subject,
    major,
    revision,
    fingerprint,
    schema: JSON.parse(row.schema) as Json,
    ...(row.lens === null ? {} : { lens: JSON.parse(row.lens) as Lens }),
    made: { by: row.madeBy, at: row.madeAt, why: row.madeWhy },
  };
  return row.retiredAt === null
    ? { ...every, state: "published" }
    : { ...every, state: "retired", retired: { by: row.retiredBy ?? "", at: row.retiredAt, why: row.retiredWhy ?? "" } };
}

export function readMode(db: Db, subject: string): Mode {
  return readModes(db, subject)[0]?.mode ?? MODE_DEFAULT;
}

/** Newest first. */
export function readModes(db: Db, subject: string): readonly (Deed & { readonly mode: Mode })[] {
  const rows = db.select().from(t.mode).where(eq(t.mode.subject, subject)).orderBy(desc(t.mode.n)).all();
  return rows.map(({ mode, by, at, why }) => ({ mode: Mode.parse(mode), by, at, why }));
}

export function writeMode(db: Db, subject: string, mode: Mode, { by, at, why }: Deed): void {
  db.insert(t.mode).values({ subject, mode, by, at, why }).run();
}

export function countDrafts(db: Db): number {
  return db.select({ n: count() }).from(t.draft).get()?.n ?? 0;
}

export function readDrafts(db: Db, subject: string): readonly DraftVersion[] {
  return db.select().from(t.draft).where(eq(t.draft.subject, subject)).orderBy(asc(t.draft.at)).all().map(draftOf);
}

export function readDraft(db: Db, id: string): DraftVersion | undefined {
  const row = db.select().from(t.draft).where(eq(t.draft.id, id)).get();
  return row === undefined ? undefined : draftOf(row);
}

export function writeDraft(db: Db, { id, subject, major, fingerprint, schema, lens, made }: DraftVersion): void {
  const row = { subject, major, fingerprint, schema: JSON.stringify(schema), lens: lens === undefined ? null : JSON.stringify(lens), ...made };
  db.insert(t.draft)
    .values({ id, ...row })
    .onConflictDoUpdate({ target: t.draft.id, set: row })
    .run();
}

export function dropDraft(db: Db, id: string): void {
  db.delete(t.draft).where(eq(t.draft.id, id)).run();
}

function draftOf(row: typeof t.draft.$inferSelect): DraftVersion {
  const { id, subject, major, fingerprint, by, at, why } = row;
  return {
    state: "draft",
    id,
    subject,
    major,
    fingerprint,
    schema: JSON.parse(row.schema) as Json,
    ...(row.lens === null ? {} : { lens: JSON.parse(row.lens) as Lens }),
    made: { by, at, why },
  };
}
