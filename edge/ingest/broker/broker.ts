/**
 * An MQTT broker as a machine: the events of its verbs in, orders out (`order.ts`). It knows no clock, no socket and no disk:
 *
 *   bytes ─▶ packet ─▶ join · publish · subscribe · acknowledge ─▶ what waits for the commit ─▶ group()
 *                                        committed() ─▶ acknowledgements, deliveries ─▶ take()
 *
 * Sessions that last are cursors into the log of entries: live they hear messages as they are committed, behind they read them.
 */
import type { Entry, SessionKey } from "../entry.ts";
import { REASON } from "../reason.ts";
import { drain, firstUnfinished, onPuback, onPubcomp, onPubrec } from "./deliver.ts";
import { onAdmitted, onConnect, refuse, SESSION_MS_MAX } from "./join.ts";
import { readEntries, wantedBy, wantedFrom } from "./lag.ts";
import { closeConnection, connectionDue, endSession, leave, part, sessionDue } from "./leave.ts";
import type { Broker, BrokerRules, ConnId, Group, Orders, Retained, Sleeping } from "./order.ts";
import type { Malformed, Packet } from "./packet.ts";
import { joinBytes } from "./property.ts";
import { complete, publishMessage } from "./gather.ts";
import { onPublish, onPubrel } from "./publish.ts";
import { openKept } from "./retain.ts";
import { openRouter } from "./route.ts";
import { replayEntries } from "./session.ts";
import { openConnection, sleepConnection, versionOf, wakeConnection } from "./sleep.ts";
import { loadSession, writeOf } from "./snapshot.ts";
import { append, type Connection, type Core, type Session, say, writeSession } from "./state.ts";
import { publishStatus, STATUS_EVERY_MS } from "./status.ts";
import { onSubscribe, onUnsubscribe, sendRetained } from "./subscribe.ts";
import { openTimers } from "./timers.ts";
import { PINGRESP } from "./write.ts";

/** From the open socket to its CONNECT [MQTT-3.1.4-1]; a client on a slow link needs one round trip. */
export const CONNECT_WITHIN_MS = 10_000;
/** What a client may send while the unit is asked who it is. */
export const ADMITTING_BYTES_MAX = 256 * 1024;

/** `head`: index of the next entry; `through` and the rows as the last commits left them. */
export type BrokerStart = {
  readonly rules: BrokerRules;
  readonly now: number;
  readonly head: number;
  readonly through: number;
  readonly retained: Iterable<Retained>;
  readonly sessions: Iterable<{ readonly key: SessionKey; readonly bytes: Uint8Array }>;
};

/** Then come `replay` for the rows that hold entries from `replayFrom()` on (Infinity: none), `wake` for each sleeping connection, and `started`. */
export type StartingBroker = Broker & {
  readonly replayFrom: () => number;
  readonly replay: (n: number, entries: readonly Entry[]) => void;
  readonly wake: (conn: ConnId, sleeping: Sleeping) => boolean;
  readonly started: () => void;
};

export function openBroker(start: BrokerStart): StartingBroker {
  const core = openCore(start);
  for (const { key, bytes } of start.sessions) loadSession(core, key, bytes, start.now);
  const at = (now: number): void => {
    if (now > core.now) core.now = now;
  };
  const found = (conn: ConnId): Connection | undefined => core.connections.get(conn);
  const wakes = new Set<Session>(core.sessions.values());

  return {
    replayFrom: () => [...core.sessions.values()].reduce((from, session) => Math.min(from, session.at), Infinity),
    replay: (n, entries) => replayEntries(core, n, entries),
    wake: (conn, sleeping) => wakeConnection(core, openConnection(conn, core.now, CONNECT_WITHIN_MS, versionOf(sleeping)), sleeping),
    started() {
      for (const session of wakes) startSession(core, session);
      wakes.clear();
    },
    open(conn, now, keptAlive = false) {
      at(now);
      const connection = openConnection(conn, core.now, CONNECT_WITHIN_MS, null);
      connection.keptAlive = keptAlive;
      core.connections.set(conn, connection);
      core.timers.add(core.now + CONNECT_WITHIN_MS, { kind: "conn", conn });
    },
    bytes(conn, frame, now) {
      at(now);
      const connection = found(conn);
      if (connection === undefined) return;
      connection.reader.take(frame);
      if (connection.state === "admitting" && connection.reader.held() > ADMITTING_BYTES_MAX)
        return leave(core, connection, REASON.quotaExceeded, `at most ${ADMITTING_BYTES_MAX} bytes may follow a CONNECT before its CONNACK`);
      pump(core, connection);
    },
    gone(conn, now) {
      at(now);
      const connection = found(conn);
      if (connection !== undefined) part(core, connection, true);
    },
    admitted(conn, answer, now) {
      at(now);
      const connection = found(conn);
      if (connection === undefined) return;
      onAdmitted(core, connection, answer);
      pump(core, connection);
    },
    disconnect(device, rule, now) {
      at(now);
      for (const connection of core.connections.values()) {
        const isOwn = connection.state === "admitting" ? connection.connect?.user === device : isOf(connection.session, device);
        if (isOwn) leave(core, connection, REASON.notAuthorized, rule);
      }
      for (const session of core.sessions.values()) if (isOf(session, device)) endSession(core, session);
    },
    close(conn, reason, rule, now) {
      at(now);
      const connection = found(conn);
      if (connection !== undefined) leave(core, connection, reason, rule);
    },
    pause(conn, paused, now) {
      at(now);
      const connection = found(conn);
      if (connection === undefined) return;
      connection.paused = paused;
      if (!paused && connection.session !== null) drain(core, connection.session);
    },
    publish(message, now) {
      at(now);
      publishMessage(core, null, message);
    },
    append: (entry) => void append(core, entry),
    group(now) {
      at(now);
      return groupOf(core);
    },
    committed(now) {
      at(now);
      onCommitted(core);
    },
    entriesRead(n, entries, now) {
      at(now);
      readEntries(core, n, entries);
    },
    instant(now) {
      at(now);
      onInstant(core);
    },
    replanned: () => core.router.forget(),
    checkpoint() {
      core.isChecking = true;
      for (const session of core.sessions.values()) if (session.durable && session.dirty) writeSession(core, session);
    },
    keepFrom: () => keepFrom(core),
    wants: (index, entry) => wants(core, index, entry),
    sleep(conn) {
      const connection = found(conn);
      return connection === undefined ? null : sleepConnection(core, connection);
    },
    take: () => ordersOf(core),
    counts: () => countsOf(core),
    connectedDevices() {
      const devices = new Set<string>();
      for (const { session } of core.connections.values()) if (session !== null && session.speaker !== "anybody") devices.add(session.speaker.device);
      return devices;
    },
  };
}

function openCore({ rules, now, head, through, retained }: BrokerStart): Core {
  return {
    rules,
    now,
    head,
    through,
    connections: new Map(),
    sessions: new Map(),
    router: openRouter(),
    kept: openKept(retained),
    timers: openTimers(),
    entries: [],
    waiting: [],
    waitingBytes: 0,
    retained: new Map(),
    after: [],
    finishing: new Set(),
    writing: new Set(),
    dropping: new Set(),
    lagging: new Set(),
    busy: new Set(),
    touched: [],
    doomed: [],
    closes: [],
    admits: [],
    isChecking: false,
    statusAt: Infinity,
    received: 0,
    sent: 0,
    dropped: 0,
  };
}

/** A session of a row that no connection woke up with. */
function startSession(core: Core, session: Session): void {
  if (session.conn !== null || session.ended) return;
  session.lagFrom = Math.min(session.lagFrom ?? Infinity, firstUnfinished(session) ?? Infinity);
  if (session.lagFrom === Infinity) session.lagFrom = null;
  const goneAt = session.goneAt ?? core.now;
  session.goneAt = goneAt;
  if (session.will !== null) session.willBy = goneAt + Math.min(session.will.delayMs, session.expiryMs);
  core.timers.add(Math.min(session.willBy, goneAt + session.expiryMs), { kind: "session", key: session.key });
}

function pump(core: Core, conn: Connection): void {
  // While the unit is asked, what follows the CONNECT stays with the reader.
  while (conn.state !== "admitting" && core.connections.has(conn.conn)) {
    const packet = conn.reader.next();
    if (packet === null) return;
    onPacket(core, conn, packet);
  }
}

function onPacket(core: Core, conn: Connection, packet: Packet | Malformed): void {
  const { session } = conn;
  if (packet.type === "malformed") return onMalformed(core, conn, packet);
  if (session === null) return packet.type === "connect" ? onConnect(core, conn, packet) : leave(core, conn, REASON.protocolError, "CONNECT comes first");
  conn.heardAt = core.now;
  switch (packet.type) {
    case "connect":
      return leave(core, conn, REASON.protocolError, "CONNECT is sent once [MQTT-3.1.0-2]");
    case "publish":
      return onPublish(core, conn, session, packet);
    case "puback":
      return onPuback(core, session, conn, packet.id);
    case "pubrec":
      return onPubrec(core, session, conn, packet.id, packet.reason);
    case "pubrel":
      return onPubrel(core, conn, session, packet.id);
    case "pubcomp":
      return onPubcomp(core, session, conn, packet.id);
    case "subscribe":
      return onSubscribe(core, conn, session, packet);
    case "unsubscribe":
      return onUnsubscribe(core, conn, session, packet);
    case "pingreq":
      return say(core, conn, PINGRESP);
    case "auth":
      return leave(core, conn, REASON.protocolError, "enhanced authentication was not begun [MQTT-4.12.0-6]");
    case "disconnect":
      return onDisconnect(core, conn, session, packet);
  }
}

/** Before its CONNECT was understood a client is told what was wrong with it only where that is its version or its name [MQTT-3.1.4-1]. */
function onMalformed(core: Core, conn: Connection, { reason, rule, version = 4 }: Malformed): void {
  if (conn.state !== "fresh") return leave(core, conn, reason, rule);
  conn.version = version;
  if (reason === REASON.unsupportedVersion || reason === REASON.badClientId) refuse(core, conn, reason, rule);
  else closeConnection(core, conn, reason, rule);
}

function onDisconnect(core: Core, conn: Connection, session: Session, packet: Packet & { readonly type: "disconnect" }): void {
  if (packet.expiryMs !== null) {
    if (session.expiryMs === 0 && packet.expiryMs > 0)
      return leave(core, conn, REASON.protocolError, "a session that was to end with its connection can't be made to last [MQTT-3.14.2-2]");
    session.expiryMs = Math.min(packet.expiryMs, SESSION_MS_MAX);
    if (packet.expiryMs > 0) writeSession(core, session);
  }
  closeConnection(core, conn, REASON.success, "the client said DISCONNECT");
  // 0x04 asks for the will to be published; without it the will is taken back [MQTT-3.14.4-3].
  part(core, conn, packet.reason === REASON.disconnectWithWill);
}

function isOf(session: Session | null, device: string): boolean {
  return session !== null && session.speaker !== "anybody" && session.speaker.device === device;
}

function groupOf(core: Core): Group {
  for (const session of core.finishing) append(core, { kind: "finished", session: session.key, indices: session.finishedNow.splice(0) });
  core.finishing.clear();
  const at = core.head + core.entries.length;
  const sessions = [...core.dropping].map((key) => ({ key, bytes: null as Uint8Array | null }));
  for (const session of core.writing) {
    sessions.push(writeOf(session, core.head, at));
    session.at = at;
    session.saved = true;
    session.savedGone = session.goneAt !== null;
    session.writeNow = false;
    session.dirty = false;
  }
  core.writing.clear();
  core.dropping.clear();
  return { first: core.head, entries: [...core.entries], retained: [...core.retained.values()], sessions, through: core.isChecking ? core.head : null };
}

function onCommitted(core: Core): void {
  core.head += core.entries.length;
  core.entries.length = 0;
  core.retained.clear();
  core.isChecking = false;
  core.waitingBytes = 0;
  const waiting = core.waiting.splice(0);
  // What comes of these waits for a commit of its own.
  const after = core.after.splice(0);
  for (const one of waiting) {
    if (one.conn !== null) one.conn.waiting--;
    complete(core, one);
  }
  for (const then of after) then();
}

function onInstant(core: Core): void {
  for (let due = core.timers.due(core.now); due !== null; due = core.timers.due(core.now)) {
    if (due.kind === "conn") {
      const connection = core.connections.get(due.conn);
      if (connection !== undefined) connectionDue(core, connection);
    } else if (due.kind === "session") {
      const session = core.sessions.get(due.key);
      if (session !== undefined) sessionDue(core, session);
    }
  }
  for (const session of core.busy) sendRetained(core, session);
  if (core.statusAt <= core.now) publishStatus(core);
}

function keepFrom(core: Core): number {
  let from = Infinity;
  for (const session of core.sessions.values()) {
    if (!session.durable) continue;
    if (session.saved && (session.dirty || session.writeNow)) from = Math.min(from, session.at);
    from = Math.min(from, firstUnfinished(session) ?? Infinity);
  }
  return from;
}

function wants(core: Core, index: number, entry: Entry): boolean {
  if ("session" in entry) {
    const session = core.sessions.get(entry.session);
    return session !== undefined && session.at <= index;
  }
  if (!("delivery" in entry) || entry.delivery === null) return false;
  for (const session of core.sessions.values()) {
    if (!session.durable || session.finished.has(index) || (firstUnfinished(session) ?? Infinity) > index) continue;
    if (session.idOf.has(index) || wantedBy(core, session, index, entry.delivery).length > 0) return true;
  }
  return false;
}

function ordersOf(core: Core): Orders {
  for (const { conn, reason, rule } of core.doomed.splice(0)) leave(core, conn, reason, rule);
  const sends: Orders["sends"][number][] = [];
  for (const connection of core.touched.splice(0)) {
    connection.touched = false;
    if (connection.corked || connection.out.length === 0) continue;
    const [only] = connection.out;
    sends.push({ conn: connection.conn, bytes: connection.out.length === 1 && only !== undefined ? only : joinBytes(connection.out) });
    connection.out = [];
    connection.outBytes = 0;
  }
  const closes = core.closes;
  const admits = core.admits;
  core.closes = [];
  core.admits = [];
  if (core.router.hasStatus() && core.statusAt === Infinity) core.statusAt = core.now + STATUS_EVERY_MS;
  if (!core.router.hasStatus()) core.statusAt = Infinity;
  let isBusy = false;
  for (const session of core.busy) if (session.queue.length === 0) isBusy = true;
  return { sends, closes, admits, read: wantedFrom(core), commit: commitOf(core), wakeBy: isBusy ? core.now : Math.min(core.timers.first(), core.statusAt) };
}

function commitOf(core: Core): Orders["commit"] {
  const isWritten = core.entries.length > 0 || core.retained.size > 0 || core.writing.size > 0 || core.dropping.size > 0;
  if (core.waiting.length > 0 || core.after.length > 0) return isWritten ? "soon" : "now";
  if (core.entries.length > 0 || core.writing.size > 0) return "soon";
  return isWritten || core.finishing.size > 0 || core.isChecking ? "lazy" : "none";
}

function countsOf(core: Core): ReturnType<Broker["counts"]> {
  const { count, bytes } = core.kept.size();
  let connected = 0;
  for (const { state } of core.connections.values()) if (state === "connected") connected++;
  return {
    connections: core.connections.size,
    connected,
    sessions: core.sessions.size,
    subscriptions: core.router.count(),
    retained: count,
    retainedBytes: bytes,
    waiting: core.waiting.length,
    waitingBytes: core.waitingBytes,
    received: core.received,
    sent: core.sent,
    dropped: core.dropped,
  };
}
