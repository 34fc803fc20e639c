/** Where a stream stands with each of its readers and writers, and which tickets are open: what the health of links is reckoned from. */
import type { Millis } from "../../contracts/instant.ts";
import { Priority } from "../../contracts/ticket.ts";
import { DELAYS_MAX } from "../health/limit.ts";
import type { ConsumerReach, OpenTicket, OriginReach, StreamReach } from "../health/reach.ts";
import { readLine } from "../merge/log.ts";
import type { KnownOrigin, StreamStore } from "../merge/store.ts";
import { readConsumers } from "./consumer-tables.ts";
import { type Reading, lagOf } from "./stream-views.ts";

/** Tickets looked at, the newest first. One that is still open behind so many newer ones is not what a link's state hangs on. */
const TICKETS_LOOKED = 20_000;

export type Reach = Omit<StreamReach, "stream"> & { readonly tickets: readonly OpenTicket[] };

export function reachOf({ db, store, storage }: Reading, now: Millis): Reach {
  return {
    position: store.readState().head,
    replicas: store.listReplicas().map((replica) => ({ ...replica, ...lagOf(store, storage, replica) })),
    origins: store.listOrigins().map((origin) => originReach(store, origin)),
    consumers: readConsumers(db, now).map(({ token, unit, position, at, delayMs }): ConsumerReach => {
      const next = store.lineAt(position + 1);
      return {
        token,
        unit,
        position,
        at,
        ...(delayMs === null ? {} : { delayMs }),
        ...(next === undefined ? {} : { oldestAt: readLine(store, next).appliedAt }),
      };
    }),
    tickets: openTickets(storage),
  };
}

/** Clocks of two machines: a change that came before it was written was quick. */
function originReach(store: StreamStore, { origin, unit, through, dead }: KnownOrigin): OriginReach {
  const lines = store
    .linesOf(origin, Math.max(1, through - DELAYS_MAX + 1), through)
    .map((line) => readLine(store, line))
    .toSorted((a, b) => b.hubSeq - a.hubSeq);
  const lastAt = lines[0]?.appliedAt;
  const delaysMs = lines.map(({ at, appliedAt }) => Math.max(0, appliedAt - at));
  return { unit, through, dead, delaysMs, ...(lastAt === undefined ? {} : { lastAt }) };
}

function openTickets(storage: SqlStorage): readonly OpenTicket[] {
  const value = (attr: string): string => `json_extract(record, '$.cells.${attr}.value')`;
  const rows = storage
    .exec(
      `SELECT * FROM (SELECT id, units, at, ${value("priority")} AS priority, ${value("state")} AS state, ${value("respondBy")} AS respond_by,
         ${value("resolveBy")} AS resolve_by FROM entity WHERE entity = 'ticket' AND deleted = 0 ORDER BY id DESC LIMIT ?)
       WHERE state IS NOT NULL AND state NOT IN ('resolved', 'cancelled')`,
      TICKETS_LOOKED,
    )
    .toArray();
  return rows.flatMap((row) => {
    const priority = Priority.safeParse(row["priority"]);
    // One of which not all has arrived yet has no promise that could be looked at.
    const [respondBy, resolveBy] = [Number(row["respond_by"] ?? Number.NaN), Number(row["resolve_by"] ?? Number.NaN)];
    if (!priority.success || Number.isNaN(respondBy) || Number.isNaN(resolveBy)) return [];
    const units = JSON.parse(String(row["units"])) as readonly string[];
    return [{ id: String(row["id"]), units, priority: priority.data, state: String(row["state"]), respondBy, resolveBy, at: Number(row["at"]) }];
  });
}
