/**
 * A unit's state on its way into a sandbox, in chunks: entities and timers. People become pseudonymous, contacts and positions stay
 * behind, and so do secrets, outbox, asks and decisions: a sandbox begins its own.
 */
import { asc, gt, sql } from "drizzle-orm";
import type { Entity, Family } from "../../contracts/entity.ts";
import { columnsOf } from "../../contracts/entity.ts";
import type { ModelBinding } from "../../contracts/model-binding.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { modelHashOf } from "./models.ts";
import * as t from "./unit-schema.ts";
import { writeThrough, type Db } from "./unit-tables.ts";

/** Text of one chunk: half of what one call may carry. A unit below it, some ten thousand entities, is copied in one piece. */
const CHUNK_BYTES_MAX = 16 * 1024 * 1024;

export type UnitChunk = {
  readonly entities: readonly { readonly family: Family; readonly id: string; readonly body: string }[];
  readonly timers: readonly (typeof t.timer.$inferSelect)[];
  readonly next: number | null;
};

/** It runs the models that are live here, and tries none. */
export function sandboxOf(scenario: Scenario, bindings: readonly ModelBinding[]): Scenario {
  const profiles = scenario.profiles.map((profile) => {
    const live = bindings.find((binding) => binding.profile === profile.id)?.live;
    return live === undefined || live === modelHashOf(profile) ? profile : { ...profile, modelHash: live };
  });
  return { ...scenario, kind: "sandbox", connectors: {}, profiles };
}

export function exportChunk(db: Db, after: number): UnitChunk {
  const entities: UnitChunk["entities"][number][] = [];
  let bytes = 0;
  let row = after;
  for (;;) {
    const page = readPage(db, row);
    for (const { row: at, family, id, body } of page) {
      if (bytes > CHUNK_BYTES_MAX) return { entities, timers: [], next: row };
      row = at;
      bytes += body.length;
      if (family !== "position") entities.push({ family, id, body: JSON.stringify(masked(family, JSON.parse(body) as Entity)) });
    }
    // Timers come last: what they are about is there before they can come due.
    if (page.length < PAGE_ROWS) return { entities, timers: db.select().from(t.timer).all(), next: null };
  }
}

/** Rows read at a time. */
const PAGE_ROWS = 500;

function readPage(db: Db, after: number): readonly { readonly row: number; readonly family: Family; readonly id: string; readonly body: string }[] {
  return db
    .select({ row: sql<number>`rowid`, family: sql<Family>`family`, id: t.entity.id, body: t.entity.body })
    .from(t.entity)
    .where(gt(sql`rowid`, after))
    .orderBy(asc(sql`rowid`))
    .limit(PAGE_ROWS)
    .all();
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
