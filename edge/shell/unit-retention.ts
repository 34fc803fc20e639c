/** What is finished does not grow for ever: the oldest tickets, cleared alarms and repairs go, a few at a time, and are counted. */
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Millis } from "../../contracts/instant.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { policyOf } from "../../contracts/ticket-policy.ts";
import { letGo, VISIT_COUNTS_MS, type Gone } from "../ticket/retention.ts";
import type { Entities } from "./entities.ts";
import { readMeta, writeMeta, type Db } from "./unit-tables.ts";

/** Tickets looked at in one go, so that an input is never kept waiting long: some 5 ms. */
const TIDY_TICKETS_MAX = 100;
/** Repairs kept of one asset: more than anybody reads, and enough to learn from. */
export const REPAIRS_KEPT = 200;
const HOUR_MS = 3_600_000;
/** Movements of stock that are kept besides: what lies where stands on the shelves themselves. Of sixty engineers a quarter's, some 6 MB. */
export const MOVEMENTS_KEPT = 20_000;
/** A phone that was away tells what it moved when it is back: until then the same movement again must be known. */
const MOVEMENTS_KEPT_MS = 90 * 86_400_000;
/** Movements that go in one go: twenty times what an hour brings. */
const TIDY_MOVEMENTS_MAX = 2_000;

/** What went, since the unit was created. */
const Archived = z.object({
  tickets: z.number(),
  offers: z.number(),
  alarms: z.number(),
  kits: z.number(),
  repairs: z.number(),
  photos: z.number(),
  movements: z.number().default(0),
  at: z.number(),
});
export type Archived = z.infer<typeof Archived>;
const NOTHING: Archived = { tickets: 0, offers: 0, alarms: 0, kits: 0, repairs: 0, photos: 0, movements: 0, at: 0 };

export function readArchived(db: Db): Archived {
  return Archived.catch(NOTHING).parse(JSON.parse(readMeta(db, "archived") ?? "null"));
}

/** At most once an hour. Inside a transaction. */
export function tidy(db: Db, entities: Entities, scenario: Scenario, now: Millis): Archived {
  const before = readArchived(db);
  if (now - before.at < HOUR_MS) return before;
  const { finishedMax, finishedMs } = policyOf(scenario);
  const gone: Gone[] = oldest(db, "ticket", ["closed", "cancelled"], finishedMax, now, now - finishedMs).flatMap(
    (id) => letGo(entities, entities.get("ticket", id) ?? raise(id), now) ?? [],
  );
  const alarms = oldest(db, "alarm", ["cleared"], finishedMax, now, now - finishedMs).filter((id) => {
    const ticket = entities.get("alarm", id)?.ticket;
    return ticket === undefined || entities.get("ticket", ticket) === undefined;
  });
  const all = [...gone, ...alarms.map((id): Gone => ({ family: "alarm", id })), ...surplusRepairs(db)];
  let photos = 0;
  for (const { family, id } of new Map(all.map((one) => [`${one.family} ${one.id}`, one])).values()) {
    // Without an operation: the hub keeps what it heard.
    db.run(sql`DELETE FROM entity WHERE family = ${family} AND id = ${id}`);
    if (family !== "ticket") continue;
    photos += db.get<{ n: number }>(sql`SELECT count(*) AS n FROM photo WHERE ticket = ${id}`)?.n ?? 0;
    db.run(sql`DELETE FROM photo WHERE ticket = ${id}`);
  }
  const count = (family: Gone["family"]) => new Set(all.filter((one) => one.family === family).map(({ id }) => id)).size;
  const after: Archived = {
    tickets: before.tickets + count("ticket"),
    offers: before.offers + count("offer"),
    alarms: before.alarms + count("alarm"),
    kits: before.kits + count("kit"),
    repairs: before.repairs + count("repair"),
    photos: before.photos + photos,
    movements: before.movements + tidyMovements(db, now),
    at: now,
  };
  writeMeta(db, "archived", JSON.stringify(after));
  return after;
}

/** Ids rise with time. Those beyond `keep`, and those that were over before `from`; visits that count would stand in the way of all that came after. */
function oldest(db: Db, family: "ticket" | "alarm", states: readonly string[], keep: number, now: Millis, from: Millis): readonly string[] {
  const among = sql.join(
    states.map((state) => sql`${state}`),
    sql`, `,
  );
  const total = db.get<{ n: number }>(sql`SELECT count(*) AS n FROM entity WHERE family = ${family} AND state IN (${among})`)?.n ?? 0;
  const rows = db.all<{ id: string; at: number | null }>(sql`
    SELECT id, coalesce(json_extract(body, '$.closedAt'), json_extract(body, '$.cancelledAt'), json_extract(body, '$.clearedAt')) AS at
    FROM entity WHERE family = ${family} AND state IN (${among})
    AND NOT (state = 'closed' AND json_extract(body, '$.countsOn') IS NOT NULL AND json_extract(body, '$.openedAt') > ${now - VISIT_COUNTS_MS})
    ORDER BY id LIMIT ${TIDY_TICKETS_MAX}`);
  return rows.filter(({ at }, i) => i < total - keep || (at ?? from) < from).map(({ id }) => id);
}

/** When the books were closed last: a movement of before that is not known any more, or came too late to be. */
export function booksClosedAt(db: Db): Millis {
  return Number(readMeta(db, BOOKS_CLOSED) ?? "0");
}

const BOOKS_CLOSED = "booksClosedAt";

/** The oldest go, by when they were made; what they came to stays on the shelves, and the books are closed up to there. */
function tidyMovements(db: Db, now: Millis): number {
  const total = db.get<{ n: number }>(sql`SELECT count(*) AS n FROM entity WHERE family = 'movement'`)?.n ?? 0;
  const rows = db.all<{ id: string; at: number }>(
    sql`SELECT id, json_extract(body, '$.at') AS at FROM entity WHERE family = 'movement' ORDER BY at, id LIMIT ${TIDY_MOVEMENTS_MAX}`,
  );
  const gone = rows.filter(({ at }, i) => i < total - MOVEMENTS_KEPT || at < now - MOVEMENTS_KEPT_MS);
  for (const { id } of gone) db.run(sql`DELETE FROM entity WHERE family = 'movement' AND id = ${id}`);
  const last = gone.at(-1);
  if (last !== undefined) writeMeta(db, BOOKS_CLOSED, String(Math.max(booksClosedAt(db), last.at)));
  return gone.length;
}

function surplusRepairs(db: Db): readonly Gone[] {
  const crowded = db.all<{ asset: string }>(
    sql`SELECT asset FROM entity WHERE family = 'repair' GROUP BY asset HAVING count(*) > ${REPAIRS_KEPT} LIMIT ${TIDY_TICKETS_MAX}`,
  );
  return crowded.flatMap(({ asset }) =>
    db
      .all<{ id: string }>(
        sql`SELECT id FROM entity WHERE family = 'repair' AND asset = ${asset} ORDER BY json_extract(body, '$.doneAt') DESC, id DESC LIMIT -1 OFFSET ${REPAIRS_KEPT}`,
      )
      .map(({ id }): Gone => ({ family: "repair", id })),
  );
}

function raise(id: string): never {
  throw new Error(`ticket ${id} was there a moment ago`);
}
