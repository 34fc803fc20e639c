/** Models, releases and what units said of them. Small verbs over SQLite; nothing here decides. */
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { and, asc, count, desc, eq, sql } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import type { Millis } from "../../../contracts/instant.ts";
import type { ModelBinding } from "../../../contracts/model-binding.ts";
import type { ModelCard } from "../../../contracts/model-card.ts";
import type { ModelRecord, Trial } from "../../../contracts/model-record.ts";
import { BLOB_PART_BYTES } from "../../../contracts/models-wire.ts";
import type { ReleaseState } from "../../../contracts/release.ts";
import type { KeptRelease } from "../../models/release.ts";
import * as t from "./schema.ts";

export type Db = DrizzleSqliteDODatabase;

export type ModelRow = { readonly card: ModelCard; readonly held: boolean; readonly by: string; readonly at: Millis };
export type UnitRow = {
  readonly profiles: readonly string[];
  readonly bindings: readonly ModelBinding[];
  readonly records: readonly ModelRecord[];
  readonly trials: readonly Trial[];
};
export type Told = { readonly unit: string; readonly at: Millis; readonly state: ReleaseState };

export function readModel(db: Db, hash: string): ModelRow | undefined {
  const row = db.select().from(t.model).where(eq(t.model.hash, hash)).get();
  return row === undefined ? undefined : modelOf(row);
}

/** Newest first. */
export function listModels(db: Db): readonly ModelRow[] {
  return db
    .select()
    .from(t.model)
    .orderBy(desc(t.model.at), asc(t.model.hash))
    .all()
    .map((row) => modelOf(row));
}

export function writeCard(db: Db, card: ModelCard, by: string, at: Millis): void {
  const body = JSON.stringify(card);
  db.insert(t.model)
    .values({ hash: card.sha256, card: body, held: 0, by, at })
    .onConflictDoUpdate({ target: t.model.hash, set: { card: body } })
    .run();
}

export function writeBytes(db: Db, hash: string, bytes: Uint8Array): void {
  db.delete(t.part).where(eq(t.part.hash, hash)).run();
  for (let n = 0; n * BLOB_PART_BYTES < bytes.byteLength; n++)
    db.insert(t.part)
      .values({ hash, n, hex: bytesToHex(bytes.subarray(n * BLOB_PART_BYTES, (n + 1) * BLOB_PART_BYTES)) })
      .run();
  db.update(t.model).set({ held: 1 }).where(eq(t.model.hash, hash)).run();
}

export function readPart(db: Db, hash: string, n: number): string | undefined {
  return db
    .select({ hex: t.part.hex })
    .from(t.part)
    .where(and(eq(t.part.hash, hash), eq(t.part.n, n)))
    .get()?.hex;
}

/** All of it. */
export function readBytes(db: Db, hash: string, length: number): Uint8Array {
  const whole = new Uint8Array(length);
  for (let n = 0; n * BLOB_PART_BYTES < length; n++) whole.set(hexToBytes(readPart(db, hash, n) ?? ""), n * BLOB_PART_BYTES);
  return whole;
}

export function dropModel(db: Db, hash: string): void {
  db.delete(t.part).where(eq(t.part.hash, hash)).run();
  db.delete(t.model).where(eq(t.model.hash, hash)).run();
}

export function countModels(db: Db): { readonly models: number; readonly bytes: number } {
  const models = db.select({ n: count() }).from(t.model).get()?.n ?? 0;
  const bytes = db
    .select({ n: sql<number>`coalesce(sum(json_extract(card, '$.bytes')), 0)` })
    .from(t.model)
    .get()?.n;
  return { models, bytes: bytes ?? 0 };
}

export function readRelease(db: Db, id: string): KeptRelease | undefined {
  const row = db.select().from(t.release).where(eq(t.release.id, id)).get();
  return row === undefined ? undefined : (JSON.parse(row.body) as KeptRelease);
}

/** Oldest first. */
export function listReleases(db: Db): readonly KeptRelease[] {
  return db
    .select()
    .from(t.release)
    .orderBy(asc(t.release.at), asc(t.release.id))
    .all()
    .map(({ body }) => JSON.parse(body) as KeptRelease);
}

export function writeRelease(db: Db, release: KeptRelease): void {
  const body = JSON.stringify(release);
  db.insert(t.release).values({ id: release.id, at: release.at, body }).onConflictDoUpdate({ target: t.release.id, set: { body } }).run();
}

export function dropRelease(db: Db, id: string): void {
  db.delete(t.told).where(eq(t.told.release, id)).run();
  db.delete(t.release).where(eq(t.release.id, id)).run();
}

export function readTold(db: Db, where: { readonly unit: string } | { readonly release: string }): readonly (Told & { readonly release: string })[] {
  const of = "unit" in where ? eq(t.told.unit, where.unit) : eq(t.told.release, where.release);
  return db
    .select()
    .from(t.told)
    .where(of)
    .orderBy(asc(t.told.unit))
    .all()
    .map(({ unit, release, at, body }) => ({ unit, release, at, state: JSON.parse(body) as ReleaseState }));
}

export function writeTold(db: Db, unit: string, state: ReleaseState, at: Millis): void {
  const values = { at, body: JSON.stringify(state) };
  db.insert(t.told)
    .values({ unit, release: state.release, ...values })
    .onConflictDoUpdate({ target: [t.told.unit, t.told.release], set: values })
    .run();
}

export function readUnit(db: Db, unit: string): (UnitRow & { readonly at: Millis }) | undefined {
  const row = db.select().from(t.unit).where(eq(t.unit.unit, unit)).get();
  return row === undefined ? undefined : { at: row.at, ...(JSON.parse(row.body) as UnitRow) };
}

export function writeUnit(db: Db, unit: string, said: UnitRow, at: Millis): void {
  const values = { at, body: JSON.stringify(said) };
  db.insert(t.unit)
    .values({ unit, ...values })
    .onConflictDoUpdate({ target: t.unit.unit, set: values })
    .run();
}

/** Units that ask for models, with the profiles that they have. */
export function listUnits(db: Db): readonly { readonly unit: string; readonly profiles: readonly string[] }[] {
  return db
    .select({ unit: t.unit.unit, profiles: sql<string>`json_extract(body, '$.profiles')` })
    .from(t.unit)
    .all()
    .map(({ unit, profiles }) => ({ unit, profiles: JSON.parse(profiles) as string[] }));
}

function modelOf({ card, held, by, at }: typeof t.model.$inferSelect): ModelRow {
  return { card: JSON.parse(card) as ModelCard, held: held === 1, by, at };
}
