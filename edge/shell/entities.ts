/**
 * Where a unit's entities live: read by stages, written by the commit. Two sides, SQLite in the Durable Object and memory for
 * simulation; one behaviour suite runs on both (entities.worker.test.ts). Reads never fail; a write fails only with the storage,
 * and then the whole transaction does.
 */
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import { columnsOf, type Change, type Family, type View, type Where } from "../../contracts/entity.ts";
import { rowReader } from "../decision/row.ts";
import { ENTITY_COLUMNS, queriesOf } from "./unit-queries.ts";

export type Entities = View & { put(change: Change): void };

export function sqliteEntities(db: DrizzleSqliteDODatabase): Entities {
  const q = queriesOf(db);
  const read = rowReader();
  return {
    get<F extends Family>(family: F, id: string) {
      const row = q.entity.get({ family, id });
      return row === undefined ? undefined : read<F>(row.body);
    },
    list<F extends Family>(family: F, where: Where = {}) {
      const by = ENTITY_COLUMNS.filter((column) => where[column] !== undefined);
      return q
        .listBy(by)
        .all({ family, ...where })
        .map((row) => read<F>(row.body));
    },
    put({ family, id, after }) {
      if (after === null) q.dropEntity.run({ family, id });
      else q.putEntity.run({ family, id, ...columnsOf(family, after), body: JSON.stringify(after) });
    },
  };
}

export function memoryEntities(): Entities {
  const families = new Map<Family, Map<string, string>>();
  const read = rowReader();
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
        return ENTITY_COLUMNS.every((c) => where[c] === undefined || where[c] === columns[c]);
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
