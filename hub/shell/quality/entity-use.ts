/** How a subject's entities fill its attributes, and who follows the stream: what a scan can't tell from sketches. */
import { and, desc, eq } from "drizzle-orm";
import type { Millis } from "../../../contracts/instant.ts";
import { present } from "../../quality/sketch.ts";
import { readConsumers } from "../consumer-tables.ts";
import { type Db, sketchOf } from "./period-tables.ts";
import type { Profile } from "./reading.ts";
import * as t from "./schema.ts";

/** Entities looked at, those with the highest ids: a share of 1 % is told apart, and the look takes some 50 ms. */
const ENTITIES_LOOKED = 2_000;

/** `entities`: how many were looked at; `filled`: those with a value, by attribute. `followers`: hashes of the tokens that read everything of the stream. */
export type EntityUse = { readonly entities: number; readonly filled: Readonly<Record<string, number>>; readonly followers: readonly string[] };

export function entityUseOf(db: Db, sql: SqlStorage, subject: string, now: Millis): EntityUse {
  const looked = `SELECT record FROM entity WHERE entity = ? AND deleted = 0 ORDER BY id DESC LIMIT ${ENTITIES_LOOKED}`;
  const [all] = sql.exec(`SELECT count(*) AS n FROM (${looked})`, subject).toArray();
  const filled = sql
    .exec(
      `SELECT c.key AS attr, count(*) AS n FROM (${looked}) r, json_each(r.record, '$.cells') c
       WHERE json_type(c.value, '$.value') <> 'null' GROUP BY c.key`,
      subject,
    )
    .toArray();
  return {
    entities: Number(all?.["n"] ?? 0),
    filled: Object.fromEntries(filled.map((row) => [String(row["attr"]), Number(row["n"])])),
    // Named consumers are known by their filters; see `hearerOf`.
    followers: readConsumers(db, now).flatMap(({ token }) => (token.startsWith("consumer:") ? [] : [token])),
  };
}

/** Fields of which nothing came lately, with the period in which one last had a value. */
export function quietOf(db: Db, subject: string, recent: readonly Profile[]): readonly Pick<Profile, "path" | "lastSetAt">[] {
  const { qualityPeriod: kept } = t;
  const heard = new Set(recent.filter(({ present: count }) => count > 0).map(({ path }) => path));
  const paths = db.selectDistinct({ path: kept.path }).from(kept).where(eq(kept.subject, subject)).all();
  return paths
    .filter(({ path }) => !heard.has(path))
    .map(({ path }) => {
      const rows = db
        .select({ fromAt: kept.fromAt, sketch: kept.sketch })
        .from(kept)
        .where(and(eq(kept.subject, subject), eq(kept.path, path)))
        .orderBy(desc(kept.fromAt))
        .all();
      return { path, lastSetAt: rows.find(({ sketch }) => sketch !== null && present(sketchOf(sketch)) > 0)?.fromAt ?? null };
    });
}
