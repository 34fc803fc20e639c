/**
 * A unit's state on its way into a sandbox, in chunks: entities and timers. People become pseudonymous, contacts and positions stay
 * behind, and so do secrets, outbox, asks and decisions: a sandbox begins its own.
 */
import { asc, gt, sql } from "drizzle-orm";
import type { Entity, Family } from "../../contracts/entity.ts";
import { columnsOf } from "../../contracts/entity.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import * as t from "./unit-schema.ts";
import { writeThrough, type Db } from "./unit-tables.ts";

/** Rows of one chunk; a ticket with repairs is about 4 KiB, so a chunk stays near 2 MiB. */
const CHUNK_ROWS = 500;

export type UnitChunk = {
  readonly entities: readonly { readonly family: Family; readonly id: string; readonly body: string }[];
  readonly timers: readonly (typeof t.timer.$inferSelect)[];
  readonly next: number | null;
};

export function sandboxOf(scenario: Scenario): Scenario {
  return { ...scenario, kind: "sandbox", connectors: {} };
}

export function exportChunk(db: Db, after: number): UnitChunk {
  const rows = db
    .select({ row: sql<number>`rowid`, family: t.entity.family, id: t.entity.id, body: t.entity.body })
    .from(t.entity)
    .where(gt(sql`rowid`, after))
    .orderBy(asc(sql`rowid`))
    .limit(CHUNK_ROWS)
    .all();
  const entities = rows
    .filter((r) => r.family !== "position")
    .map((r) => ({ family: r.family as Family, id: r.id, body: JSON.stringify(masked(r.family as Family, JSON.parse(r.body) as Entity)) }));
  const first = after === 0;
  return {
    entities,
    timers: first ? db.select().from(t.timer).all() : [],
    next: rows.length < CHUNK_ROWS ? null : (rows.at(-1)?.row ?? null),
  };
}

/** `through`: the copied Intakes go on numbering where their own copies end, whatever the source has applied since. */
export function importChunk(db: Db, chunk: UnitChunk, through: Readonly<Record<number, number>>): void {
  for (const { family, id, body } of chunk.entities) {
    const entity = JSON.parse(body) as Entity;
    db.insert(t.entity)
      .values({ family, id, body, ...columnsOf(family, entity) })
      .onConflictDoNothing()
      .run();
  }
  for (const timer of chunk.timers) db.insert(t.timer).values(timer).onConflictDoNothing().run();
  for (const [slice, last] of Object.entries(through)) writeThrough(db, Number(slice), last);
}

function masked(family: Family, entity: Entity): Entity {
  if (family === "engineer" && "skills" in entity && "shifts" in entity) return { ...entity, name: `Simulated ${entity.id}` };
  if (family === "customer" && "contact" in entity) {
    const { contact: _, ...rest } = entity;
    return rest;
  }
  return entity;
}
