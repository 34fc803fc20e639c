/**
 * Where a unit's entities live: read by stages, written by the commit. Two sides, SQLite in the Durable Object and memory for
 * simulation; one behaviour suite runs on both (entities.worker.test.ts). Reads never fail; a write fails only with the storage,
 * and then the whole transaction does.
 */
import { and, asc, eq, type SQL } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import { columnsOf, type Change, type EntityOf, type Family, type View, type Where } from "../../contracts/entity.ts";
import { entity } from "./unit-schema.ts";

export type Entities = View & { put(change: Change): void };

export function sqliteEntities(db: DrizzleSqliteDODatabase): Entities {
  return {
    get<F extends Family>(family: F, id: string) {
      const row = db
        .select({ body: entity.body })
        .from(entity)
        .where(and(eq(entity.family, family), eq(entity.id, id)))
        .get();
      return row === undefined ? undefined : read<F>(row.body);
    },
    list<F extends Family>(family: F, where: Where = {}) {
      const wheres: SQL[] = [eq(entity.family, family)];
      for (const column of ["state", "asset", "ticket", "engineer"] as const) {
        const value = where[column];
        if (value !== undefined) wheres.push(eq(entity[column], value));
      }
      return db
        .select({ body: entity.body })
        .from(entity)
        .where(and(...wheres))
        .orderBy(asc(entity.id))
        .all()
        .map((row) => read<F>(row.body));
    },
    put(change) {
      if (change.after === null) {
        db.delete(entity)
          .where(and(eq(entity.family, change.family), eq(entity.id, change.id)))
          .run();
        return;
      }
      const row = { ...columnsOf(change.family, change.after), body: JSON.stringify(change.after) };
      db.insert(entity)
        .values({ family: change.family, id: change.id, ...row })
        .onConflictDoUpdate({ target: [entity.family, entity.id], set: row })
        .run();
    },
  };
}

export function memoryEntities(): Entities {
  const families = new Map<Family, Map<string, string>>();
  const bodies = (family: Family): Map<string, string> => families.get(family) ?? new Map<string, string>();
  return {
    get<F extends Family>(family: F, id: string) {
      const body = bodies(family).get(id);
      return body === undefined ? undefined : read<F>(body);
    },
    list<F extends Family>(family: F, where: Where = {}) {
      const rows = [...bodies(family)].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, body]) => read<F>(body));
      return rows.filter((row) => {
        const columns = columnsOf(family, row);
        return (["state", "asset", "ticket", "engineer"] as const).every((c) => where[c] === undefined || where[c] === columns[c]);
      });
    },
    put(change) {
      const rows = bodies(change.family);
      if (change.after === null) rows.delete(change.id);
      else rows.set(change.id, JSON.stringify(change.after));
      families.set(change.family, rows);
    },
  };
}

/** Written by this code under the type of its family: trusted inside. */
function read<F extends Family>(body: string): EntityOf<F> {
  return JSON.parse(body) as EntityOf<F>;
}
