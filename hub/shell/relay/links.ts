/** One line for each link, for those who watch. */
import type { Millis } from "../../../contracts/instant.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { type Vector, readCursor } from "../../feed/cursor.ts";
import { failuresOf } from "../../../contracts/breaker.ts";
import { type Filter } from "../../relay/filter.ts";
import type { Link } from "../../relay/link.ts";
import { lagOf } from "../../relay/lag.ts";
import type { Db } from "../stream-tables.ts";
import { queueOf, readConnectors } from "./connector-tables.ts";
import { readConsumers } from "./consumer-tables.ts";
import { countDead, readEndpoints } from "./endpoint-tables.ts";
import { oldestAfter, readHeads } from "./log-reader.ts";

/** Lags are counted in lines of the log, whatever a filter makes of them; ages are those of operations that the link wants. */
export async function linksOf(env: Env, db: Db, now: Millis): Promise<readonly Link[]> {
  const [endpoints, consumers] = [readEndpoints(db), readConsumers(db)];
  const heads = endpoints.length + consumers.length === 0 ? null : await readHeads(env);
  const webhooks = endpoints.map(async (e): Promise<Link> => ({
    kind: "webhook",
    id: e.id,
    name: e.name,
    ...unitOf(e.unit),
    state: e.state,
    ...(e.why === "" ? {} : { why: e.why }),
    ...(await lag(env, heads, e, now)),
    ...present({ delayMs: e.delayMs, lastError: e.lastError, lastOkAt: e.lastOkAt }),
    queued: 0,
    deadLetters: countDead(db, e.id),
  }));
  const readers = consumers.map(async (c): Promise<Link> => ({
    kind: "consumer",
    id: c.id,
    name: c.id,
    ...unitOf(c.unit),
    state: c.committedAt === null ? "new" : "reading",
    ...(await lag(env, heads, c, now)),
    ...present({ lastOkAt: c.committedAt }),
    queued: 0,
    deadLetters: 0,
  }));
  return [...(await Promise.all([...webhooks, ...readers])), ...connectors(db, now)];
}

function connectors(db: Db, now: Millis): readonly Link[] {
  return readConnectors(db).map((c) => {
    const { depth, oldestAt, dead } = queueOf(db, c.id);
    return {
      kind: "connector",
      id: c.id,
      name: c.kind,
      state: c.breaker.state,
      ...(c.breaker.state === "closed" ? {} : { why: c.breaker.why }),
      lagOperations: 0,
      ...present({ oldestAgeMs: oldestAt === null ? null : Math.max(0, now - oldestAt), delayMs: c.tookMs, lastError: c.lastError, lastOkAt: c.lastOkAt }),
      queued: depth,
      breaker: c.breaker.state,
      failures: failuresOf(c.breaker),
      deadLetters: dead,
    };
  });
}

type Follower = { readonly cursor: string; readonly unit: string; readonly filter: Filter };

async function lag(
  env: Env,
  heads: Vector | null,
  { cursor, unit, filter }: Follower,
  now: Millis,
): Promise<Pick<Link, "lagOperations" | "ticketsAt" | "oldestAgeMs">> {
  const at = readCursor(cursor);
  const lagOperations = heads === null || isRefusal(at) ? 0 : lagOf(at, heads);
  const oldestAt = lagOperations === 0 ? undefined : await oldestAfter(env, cursor, unit, filter);
  return { lagOperations, ticketsAt: isRefusal(at) ? 0 : at.tickets.position, ...(oldestAt === undefined ? {} : { oldestAgeMs: Math.max(0, now - oldestAt) }) };
}

function unitOf(unit: string): { readonly unit?: string } {
  return unit === "" ? {} : { unit };
}

/** Without what is null. */
function present<T extends Readonly<Record<string, unknown>>>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as { [K in keyof T]?: NonNullable<T[K]> };
}
