/** How connections and sessions end, and what becomes of wills. */
import { REASON, type Reason } from "../reason.ts";
import { isTopicName } from "../topic.ts";
import { firstUnfinished } from "./deliver.ts";
import { publishMessage } from "./gather.ts";
import { type Connection, type Core, isExplained, say, type Session, writeSession } from "./state.ts";
import { encodeDisconnect } from "./write.ts";

/** Closes for a reason of ours, which 5.0 hears [MQTT-3.14.0-1]; the will is published [MQTT-3.1.2-8]. */
export function leave(core: Core, connection: Connection, reason: Reason, rule: string): void {
  if (!core.connections.has(connection.conn)) return;
  // Nothing is said before a CONNACK that will not come [MQTT-3.2.0-1].
  if (connection.state === "connected" && !connection.corked) {
    say(core, connection, encodeDisconnect(connection.version, reason, isExplained(connection, reason) ? rule : "", connection.packetMax));
  }
  closeConnection(core, connection, reason, rule);
  part(core, connection, true);
}

/** Nothing more comes from it or goes to it, after what was said. */
export function closeConnection(core: Core, connection: Connection, reason: Reason, rule: string): void {
  core.connections.delete(connection.conn);
  core.closes.push({ conn: connection.conn, reason, rule, speaker: connection.session?.speaker ?? null });
}

/** The session goes on without its connection, or ends with it. `withWill`: it was not taken back. */
export function part(core: Core, connection: Connection, withWill: boolean): void {
  core.connections.delete(connection.conn);
  const { session } = connection;
  connection.session = null;
  if (session === null || session.conn !== connection) return;
  session.conn = null;
  if (!withWill) takeBackWill(core, session);
  if (!session.durable || session.expiryMs === 0) return endSession(core, session);
  session.goneAt = core.now;
  session.dirty = true;
  session.lagFrom = firstUnfinished(session);
  session.queue = [];
  session.queueBytes = 0;
  session.jobs = [];
  for (const out of session.out.values()) {
    // One that waits for its entry is said after the commit, should the client be back by then.
    if (out.state !== "committing") out.held = null;
    out.isSaid = false;
  }
  core.lagging.delete(session);
  core.busy.delete(session);
  if (session.will !== null) {
    session.willBy = core.now + Math.min(session.will.delayMs, session.expiryMs);
    if (session.willBy <= core.now) publishWill(core, session);
  }
  core.timers.add(Math.min(session.willBy, core.now + session.expiryMs), { kind: "session", key: session.key });
}

/** A will that is taken back is not to come back from the session's row [MQTT-3.1.2-10]. */
function takeBackWill(core: Core, session: Session): void {
  if (session.will === null) return;
  session.will = null;
  session.willBy = Infinity;
  if (session.expiryMs > 0) writeSession(core, session);
}

/** Its end publishes a will that still waits [MQTT-3.1.3-9]. */
export function endSession(core: Core, session: Session): void {
  if (session.ended) return;
  if (session.will !== null) publishWill(core, session);
  session.ended = true;
  for (const filter of session.subscriptions.keys()) core.router.remove(session, filter);
  session.subscriptions.clear();
  session.queue = [];
  session.out.clear();
  if (core.sessions.get(session.key) === session) core.sessions.delete(session.key);
  core.lagging.delete(session);
  core.busy.delete(session);
  core.finishing.delete(session);
  core.writing.delete(session);
  if (session.saved) core.dropping.add(session.key);
}

/** As if its client had published it, if it may; once: with it goes the row that does not have it any more. */
export function publishWill(core: Core, session: Session): void {
  const { will } = session;
  session.will = null;
  session.willBy = Infinity;
  if (will === null) return;
  if (session.saved) writeSession(core, session);
  if (!isTopicName(will.topic)) return;
  const { topic, payload, qos, retain, properties, expiryMs } = will;
  publishMessage(core, session, { topic, payload, qos, retain, properties, expiresAt: expiryMs === null ? null : core.now + expiryMs });
}

/** A session whose time has come: its will, its end, or neither yet. */
export function sessionDue(core: Core, session: Session): void {
  if (session.conn !== null || session.goneAt === null) return;
  if (session.willBy <= core.now) publishWill(core, session);
  const endsAt = session.goneAt + session.expiryMs;
  if (endsAt <= core.now) return endSession(core, session);
  core.timers.add(Math.min(session.willBy, endsAt), { kind: "session", key: session.key });
}

/** When silence is too long: one and a half keep-alives [MQTT-3.1.2-22], or no CONNECT. */
export function connectionDue(core: Core, connection: Connection): void {
  const by = silentBy(connection);
  if (by > core.now) return core.timers.add(by, { kind: "conn", conn: connection.conn });
  leave(
    core,
    connection,
    REASON.keepAliveTimeout,
    connection.state === "connected" ? "nothing was heard for one and a half keep-alives [MQTT-3.1.2-22]" : "no CONNECT came in time [MQTT-3.1.4-1]",
  );
}

export function silentBy(connection: Connection): number {
  return connection.keptAlive && connection.state === "connected" ? Infinity : connection.heardAt + connection.silentMs;
}
