/** Which values have a counterpart across published bridges, as the registry told this stream. */
import { asc } from "drizzle-orm";
import type { Mapping } from "../../quality/mapped.ts";
import type { Db } from "./period-tables.ts";
import * as t from "./schema.ts";

/** Instead of all that was known. Read back in the order of bridge, subject and attribute. */
export function writeMappings(db: Db, mappings: readonly Mapping[]): void {
  db.delete(t.qualityMapping).run();
  for (const { mapped, ...key } of mappings)
    db.insert(t.qualityMapping)
      .values({ ...key, mapped: JSON.stringify(mapped) })
      .run();
}

export function readMappings(db: Db): readonly Mapping[] {
  return db
    .select()
    .from(t.qualityMapping)
    .orderBy(asc(t.qualityMapping.bridge), asc(t.qualityMapping.subject), asc(t.qualityMapping.attr))
    .all()
    .map((row) => ({ ...row, mapped: JSON.parse(row.mapped) as string[] }));
}
