/** A connection that sleeps while its object does: what of it goes into its socket's attachment, and how it comes back. */
import type { Version } from "../reason.ts";
import type { SessionKey } from "../entry.ts";
import { silentBy } from "./leave.ts";
import type { Sleeping } from "./order.ts";
import { openReader } from "./read.ts";
import { savedOf, type Saved, sessionOf } from "./snapshot.ts";
import type { Connection, Core } from "./state.ts";

type Asleep = {
  readonly key: SessionKey;
  readonly version: Version;
  readonly heardAt: number;
  readonly silentMs: number | null;
  readonly receiveMax: number;
  readonly packetMax: number | null;
  readonly aliasMax: number;
  readonly problem: Connection["problem"];
  readonly aliases: readonly (readonly [number, string])[];
  readonly aliasOf: readonly (readonly [string, number])[];
  readonly unfinished: number;
  /** A session that has no row. */
  readonly session: Saved | null;
};

/** Null: it has something under way that only memory holds; checkpoint and commit, or ask again later. */
export function sleepConnection(core: Core, conn: Connection): Sleeping | null {
  const { session } = conn;
  if (conn.state !== "connected" || session === null || conn.corked || conn.waiting > 0 || conn.reader.held() > 0) return null;
  if (session.queue.length > 0 || session.jobs.length > 0 || core.entries.length > 0 || core.after.length > 0) return null;
  for (const { state, isSaid } of session.out.values()) if (state === "sent" && !isSaid) return null;
  const isInRow = session.durable && session.saved;
  if (isInRow ? session.dirty || session.writeNow : session.lagFrom !== null) return null;
  const asleep: Asleep = {
    key: session.key,
    version: conn.version,
    heardAt: conn.heardAt,
    silentMs: conn.silentMs === Infinity ? null : conn.silentMs,
    receiveMax: conn.receiveMax,
    packetMax: conn.packetMax === Infinity ? null : conn.packetMax,
    aliasMax: conn.aliasMax,
    problem: conn.problem,
    aliases: [...(conn.aliases ?? [])],
    aliasOf: [...(conn.aliasOf ?? [])],
    unfinished: conn.unfinished,
    session: isInRow ? null : savedOf(session, core.head, core.head),
  };
  return { format: 2, json: JSON.stringify(asleep) };
}

/** False: its session is not there any more, or it is of another format; the socket is to be closed. */
export function wakeConnection(core: Core, conn: Connection, sleeping: Sleeping): boolean {
  if (sleeping.format !== 2) return false;
  const asleep = JSON.parse(sleeping.json) as Asleep;
  const session = core.sessions.get(asleep.key) ?? (asleep.session === null ? undefined : sessionOf(core, asleep.key, asleep.session, false));
  if (session === undefined || session.conn !== null) return false;
  core.sessions.set(asleep.key, session);
  for (const out of session.out.values()) out.isSaid = true;
  session.goneAt = null;
  session.conn = conn;
  conn.session = session;
  conn.state = "connected";
  conn.version = asleep.version;
  conn.heardAt = asleep.heardAt;
  conn.silentMs = asleep.silentMs ?? Infinity;
  conn.receiveMax = asleep.receiveMax;
  conn.packetMax = asleep.packetMax ?? Infinity;
  conn.aliasMax = asleep.aliasMax;
  conn.problem = asleep.problem;
  conn.unfinished = asleep.unfinished;
  if (asleep.aliases.length > 0) conn.aliases = new Map(asleep.aliases);
  if (asleep.aliasOf.length > 0) conn.aliasOf = new Map(asleep.aliasOf);
  if (session.lagFrom !== null) core.lagging.add(session);
  core.connections.set(conn.conn, conn);
  core.timers.add(silentBy(conn), { kind: "conn", conn: conn.conn });
  return true;
}

export function openConnection(conn: number, now: number, connectWithinMs: number, version: Version | null): Connection {
  return {
    conn,
    reader: openReader(version),
    state: "fresh",
    since: now,
    connect: null,
    version: version ?? 4,
    session: null,
    heardAt: now,
    silentMs: connectWithinMs,
    keptAlive: false,
    receiveMax: 0,
    packetMax: Infinity,
    aliasMax: 0,
    problem: "unsaid",
    aliases: null,
    aliasOf: null,
    unfinished: 0,
    waiting: 0,
    out: [],
    corked: false,
    paused: false,
    outBytes: 0,
    touched: false,
    last: null,
  };
}

/** The version that a sleeping connection speaks. */
export function versionOf(sleeping: Sleeping): Version {
  return (JSON.parse(sleeping.json) as Asleep).version;
}
