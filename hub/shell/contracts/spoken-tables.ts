/** What the units of the tenant speak, and the scenarios that they run, as they told. */
import { asc, eq } from "drizzle-orm";
import type { Millis } from "../../../contracts/instant.ts";
import { Scenario } from "../../../contracts/scenario.ts";
import { mendUoms } from "../../../contracts/uom-mended.ts";
import type { Spoken } from "../../../contracts/rpc.ts";
import * as t from "./schema.ts";
import type { Db } from "./tables.ts";

export type SpokenLine = typeof t.speaks.$inferSelect;

export function writeSpoken(db: Db, unit: string, spoken: readonly Spoken[], at: Millis): void {
  for (const { subject, major, revision, fingerprint } of spoken) {
    const row = { major, revision, fingerprint, at };
    db.insert(t.speaks)
      .values({ unit, subject, ...row })
      .onConflictDoUpdate({ target: [t.speaks.unit, t.speaks.subject], set: row })
      .run();
  }
}

/** Of one subject, or of all. */
export function readSpoken(db: Db, subject?: string): readonly SpokenLine[] {
  return db
    .select()
    .from(t.speaks)
    .where(subject === undefined ? undefined : eq(t.speaks.subject, subject))
    .orderBy(asc(t.speaks.subject), asc(t.speaks.unit))
    .all();
}

export function writeScenario(db: Db, unit: string, scenario: Scenario, at: Millis): void {
  const row = { document: JSON.stringify(scenario), at };
  db.insert(t.scenario)
    .values({ unit, ...row })
    .onConflictDoUpdate({ target: t.scenario.unit, set: row })
    .run();
}

/** Those that today's code still reads. */
export function readScenarios(db: Db): readonly { readonly unit: string; readonly scenario: Scenario }[] {
  return db
    .select()
    .from(t.scenario)
    .orderBy(asc(t.scenario.unit))
    .all()
    .flatMap(({ unit, document }) => {
      const parsed = Scenario.safeParse(JSON.parse(document));
      return parsed.success ? [{ unit, scenario: mendUoms(parsed.data).scenario }] : [];
    });
}
