/** CONNECT: who comes, by which name, into which session, and what is said about it. */
import { REASON, type Reason } from "../reason.ts";
import type { Speaker } from "../topic.ts";
import { drain } from "./deliver.ts";
import { closeConnection, endSession, leave, silentBy } from "./leave.ts";
import { ALIAS_MAX, type Connect, PACKET_BYTES_MAX } from "./packet.ts";
import { PROPERTY } from "./property.ts";
import { openSession, sessionKey } from "./session.ts";
import { type Connection, type Core, say, type Session, touch, writeSession } from "./state.ts";
import { ACK, type Connack, encodeAck, encodeConnack } from "./write.ts";

/** A session that nobody comes back to: a month of holidays and a spare part from overseas. 3.1.1 sessions too, which know no end. */
export const SESSION_MS_MAX = 60 * 24 * 3_600_000;
/** Sessions that outlive their connections: each device of a unit, and those that were replaced. */
export const SESSIONS_MAX = 20_000;

export function onConnect(core: Core, conn: Connection, packet: Connect): void {
  conn.version = packet.version;
  conn.packetMax = packet.packetMax;
  if (packet.method !== null)
    return refuse(core, conn, REASON.badAuthenticationMethod, "enhanced authentication is not offered: use a user name and a password [MQTT-4.12.0-1]");
  if (packet.client === "" && packet.version === 4 && !packet.clean)
    return refuse(core, conn, REASON.badClientId, "an empty client identifier needs a clean session [MQTT-3.1.3-8]");
  conn.connect = packet;
  conn.state = "admitting";
  if (core.rules.open) return onAdmitted(core, conn, "anybody");
  const { user, password, client } = packet;
  if (user === null || password === null)
    return refuse(core, conn, REASON.badUserNameOrPassword, "a device connects with its id as user name and its password");
  core.admits.push({ conn: conn.conn, user, password, client });
}

/** The unit's answer: who speaks, or the reason why nobody does. */
export function onAdmitted(core: Core, conn: Connection, answer: Speaker | Reason): void {
  const packet = conn.connect;
  if (conn.state !== "admitting" || packet === null) return;
  if (typeof answer === "number") return refuse(core, conn, answer, "the unit does not know this user name with this password");
  const client = packet.client === "" ? core.rules.newId() : packet.client;
  const key = sessionKey(answer, client);
  const old = core.sessions.get(key);
  if (old?.conn !== null && old !== undefined) leave(core, old.conn, REASON.sessionTakenOver, "the same client identifier has connected again [MQTT-3.1.4-3]");
  const hadRow = old?.saved === true;
  if (old !== undefined && !old.ended && packet.clean) endSession(core, old);
  const found = old === undefined || old.ended ? null : old;
  const expiryMs = Math.min(packet.expiryMs, SESSION_MS_MAX);
  if (found === null && expiryMs > 0 && core.sessions.size >= SESSIONS_MAX) return refuse(core, conn, REASON.quotaExceeded, "no more sessions can be kept");
  const session = found ?? openSession(key, client, answer, expiryMs > 0, core.head + core.entries.length);
  core.sessions.set(key, session);
  const isChanged = adopt(core, session, packet, expiryMs);
  settleConnection(core, conn, session, packet);
  const said = connackOf(core, conn, session, packet, found !== null, expiryMs);
  const welcome = (): void => {
    if (session.conn !== conn) return;
    conn.corked = false;
    conn.out.unshift(encodeConnack(said, conn.version));
    touch(core, conn);
  };
  if (session.durable && (found === null || isChanged) && expiryMs > 0) writeSession(core, session);
  // A session that was there is gone, and one that is to last is on disk, before the client hears so.
  if ((session.durable && (found === null || isChanged)) || (found === null && hadRow)) {
    conn.corked = true;
    core.after.push(welcome);
  } else welcome();
  resume(core, conn, session);
}

/** Whether what its row says has changed. */
function adopt(core: Core, session: Session, { will }: Connect, expiryMs: number): boolean {
  const isChanged = session.expiryMs !== expiryMs || session.savedGone || will !== null || session.will !== null;
  session.expiryMs = expiryMs;
  session.will = will;
  session.willBy = Infinity;
  session.goneAt = null;
  // It lives on until this connection ends; after a crash it would not have.
  if (session.durable && expiryMs === 0 && session.saved) {
    session.saved = false;
    core.dropping.add(session.key);
  }
  return isChanged;
}

function settleConnection(core: Core, conn: Connection, session: Session, packet: Connect): void {
  const given = packet.version === 5 && packet.keepAliveMs > core.rules.keepAliveMsMax ? core.rules.keepAliveMsMax : packet.keepAliveMs;
  conn.state = "connected";
  conn.connect = null;
  conn.session = session;
  conn.heardAt = core.now;
  conn.silentMs = given === 0 ? Infinity : given * 1.5;
  conn.receiveMax = packet.receiveMax;
  conn.aliasMax = packet.aliasMax;
  conn.problem = packet.problem;
  conn.unfinished = session.received.size;
  session.conn = conn;
  core.timers.add(silentBy(conn), { kind: "conn", conn: conn.conn });
}

function connackOf(core: Core, conn: Connection, session: Session, packet: Connect, present: boolean, expiryMs: number): Connack {
  const numbers: Connack["numbers"][number][] = [
    [PROPERTY.receiveMax, 2, core.rules.receiveMax],
    [PROPERTY.packetMax, 4, PACKET_BYTES_MAX],
    [PROPERTY.aliasMax, 2, ALIAS_MAX],
  ];
  if (expiryMs !== packet.expiryMs) numbers.push([PROPERTY.sessionExpiry, 4, Math.floor(expiryMs / 1000)]);
  if (conn.silentMs !== Infinity && conn.silentMs !== packet.keepAliveMs * 1.5) numbers.push([PROPERTY.serverKeepAlive, 2, Math.floor(conn.silentMs / 1500)]);
  const texts: Connack["texts"][number][] = [];
  if (packet.client === "") texts.push([PROPERTY.assignedClient, session.client]);
  // Where answers may go that only this device hears [MQTT-3.1.2-28].
  if (packet.wantsResponse && session.speaker !== "anybody")
    texts.push([PROPERTY.responseInformation, `u/${core.rules.unit}/d/${session.speaker.device}/answer`]);
  return { present, reason: REASON.success, numbers, texts };
}

/** What the client has taken is released again; what it has not is found in the log [MQTT-4.4.0-1]. */
function resume(core: Core, conn: Connection, session: Session): void {
  for (const [id, { state }] of session.out) if (state === "taken") say(core, conn, encodeAck(ACK.pubrel, id, conn.version));
  drain(core, session);
}

/** A refusal is said in a CONNACK, then the connection is closed [MQTT-3.1.4-2]. */
export function refuse(core: Core, conn: Connection, reason: Reason, rule: string): void {
  const texts: Connack["texts"] = conn.connect?.problem === "declined" ? [] : [[PROPERTY.reasonString, rule.slice(0, 200)]];
  say(core, conn, encodeConnack({ present: false, reason, numbers: [], texts }, conn.version));
  closeConnection(core, conn, reason, rule);
}
