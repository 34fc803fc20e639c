/** Where a stream stands with each of its readers and writers, and which tickets are open: what the health of links is reckoned from. */
import type { Millis } from "../../contracts/instant.ts";
import { DELAYS_MAX } from "../health/limit.ts";
import type { ConsumerReach, OpenTicket, OriginReach, StreamReach } from "../health/reach.ts";
import { readLine } from "../merge/log.ts";
import type { KnownOrigin, StreamStore } from "../merge/store.ts";
import { readConsumers } from "./consumer-tables.ts";
import type { OpenTickets } from "./open-tickets.ts";
import { type Reading, lagOf } from "./stream-views.ts";

export type Reach = Omit<StreamReach, "stream"> & { readonly tickets: readonly OpenTicket[] };

export function reachOf({ db, store, storage }: Reading, tickets: OpenTickets, now: Millis): Reach {
  const state = store.readState();
  return {
    position: state.head,
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
    tickets: tickets.list(state),
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
