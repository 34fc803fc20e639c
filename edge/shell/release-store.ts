/** Releases that a hub told of, and the parts of a model that is on its way. Small verbs over SQLite; nothing here decides. */
import { asc, eq, ne, sum, sql } from "drizzle-orm";
import type { KeptRelease } from "../journey/release.ts";
import * as t from "./unit-schema.ts";
import type { Db } from "./unit-tables.ts";

/** In the order in which the hub made them. */
export function readReleases(db: Db): readonly KeptRelease[] {
  return db
    .select()
    .from(t.release)
    .orderBy(asc(t.release.at), asc(t.release.id))
    .all()
    .map(({ body }) => JSON.parse(body) as KeptRelease);
}

/** Instead of all that was known. */
export function writeReleases(db: Db, kept: readonly KeptRelease[]): void {
  db.delete(t.release).run();
  for (const one of kept) writeRelease(db, one);
}

export function writeRelease(db: Db, kept: KeptRelease): void {
  const { id, at } = kept.release;
  const body = JSON.stringify(kept);
  db.insert(t.release).values({ id, at, body }).onConflictDoUpdate({ target: t.release.id, set: { body } }).run();
}

/** Parts come in order: how many, and how many bytes they are. One model is fetched at a time, parts of others are dropped. */
export function countParts(db: Db, hash: string): { readonly parts: number; readonly bytes: number } {
  db.delete(t.modelPart).where(ne(t.modelPart.hash, hash)).run();
  const found = db
    .select({ parts: sql<number>`count(*)`, bytes: sum(sql`length(${t.modelPart.bytes})`).mapWith(Number) })
    .from(t.modelPart)
    .get();
  return { parts: found?.parts ?? 0, bytes: found?.bytes ?? 0 };
}

export function writePart(db: Db, hash: string, n: number, bytes: Uint8Array): void {
  db.insert(t.modelPart)
    .values({ hash, n, bytes: Buffer.from(bytes) })
    .onConflictDoNothing()
    .run();
}

export function joinParts(db: Db, hash: string, length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const { bytes } of db.select({ bytes: t.modelPart.bytes }).from(t.modelPart).where(eq(t.modelPart.hash, hash)).orderBy(asc(t.modelPart.n)).all()) {
    whole.set(new Uint8Array(bytes).subarray(0, length - at), at);
    at += bytes.byteLength;
  }
  return whole;
}

export function dropParts(db: Db, hash: string): void {
  db.delete(t.modelPart).where(eq(t.modelPart.hash, hash)).run();
}
