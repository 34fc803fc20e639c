/** One client's socket: its session, the bytes that come and go, and what of it survives hibernation. */
import { encode } from "../ingest/packet-write.ts";
import { openReader, type Reader } from "../ingest/packet-read.ts";
import { PACKET_BYTES_MAX, type Said } from "../ingest/packet.ts";
import { REASON, type Reason, type Version } from "../ingest/reason.ts";
import { deliver, type Message, openSession } from "../ingest/session.ts";
import type { Connected, Session } from "../ingest/session-step.ts";

/** Messages that wait until a client has acknowledged others. More is a client that does not keep up. */
export const QUEUE_MAX = 1_000;
/** What a close frame can say. */
const CLOSE_REASON_BYTES_MAX = 120;

export type Connection = {
  readonly socket: WebSocket;
  session: Session;
  /** Device and client identifier, once connected. */
  key: string;
  readonly reader: Reader;
  /** Of the CONNECT that was read: a refused client is answered in its own version. */
  version: Version;
  readonly out: Uint8Array[];
  readonly queue: { readonly message: Message; readonly retain: boolean }[];
  /** The session changed since it was attached to the socket. */
  dirty: boolean;
};

type Attached = { readonly format: 1; readonly session: Session };

export function openConnection(socket: WebSocket, now: number): Connection {
  const connection = connectionOf(socket, openSession(now));
  attach(connection);
  return connection;
}

/** A connection that slept. Null when its attachment is of another layout. */
export function wakeConnection(socket: WebSocket): Connection | null {
  const attached = socket.deserializeAttachment() as Attached | null;
  if (attached?.format !== 1) return null;
  const { session } = attached;
  return connectionOf(socket, session.state === "connected" ? { ...session, unacknowledged: 0 } : session);
}

function connectionOf(socket: WebSocket, session: Session): Connection {
  const version = session.state === "connected" ? session.version : null;
  return { socket, session, key: "", reader: openReader(version), version: version ?? 4, out: [], queue: [], dirty: false };
}

/** Keeps the session with the socket. False when it does not fit into what the platform keeps. */
export function attach(connection: Connection): boolean {
  try {
    connection.socket.serializeAttachment({ format: 1, session: connection.session } satisfies Attached);
    connection.dirty = false;
    return true;
  } catch {
    return false;
  }
}

export function say(connection: Connection, said: readonly Said[]): void {
  for (const one of said) {
    const bytes = encode(one, connection.version);
    if (bytes.length > 0) connection.out.push(bytes);
  }
}

/** Sends a message, or queues it behind the client's acknowledgements. Null: the queue is full. */
export function hand(connection: Connection, session: Connected, message: Message, qos: 0 | 1, retain: boolean): Session | null {
  if (message.payload.length + message.topic.length + message.properties.length + 16 > session.packetMax && session.packetMax < PACKET_BYTES_MAX)
    return session; // [MQTT-3.1.2-25]
  const sent = qos === 1 && connection.queue.length > 0 ? "wait" : deliver(session, message, qos, retain);
  if (sent === "wait") {
    if (connection.queue.length >= QUEUE_MAX) return null;
    connection.queue.push({ message, retain });
    return session;
  }
  say(connection, [sent.said]);
  return sent.session;
}

/** What waited and may go now. */
export function drain(connection: Connection): void {
  for (let first = connection.queue[0]; first !== undefined; first = connection.queue[0]) {
    if (connection.session.state !== "connected") return;
    const sent = deliver(connection.session, first.message, 1, first.retain);
    if (sent === "wait") return;
    connection.queue.shift();
    connection.session = sent.session;
    say(connection, [sent.said]);
  }
}

/** Two devices can't take each other's sessions over by choosing the same client identifier. */
export function clientKey({ session }: Connection): string {
  if (session.state !== "connected") return "";
  return `${session.speaker === "anybody" ? "" : session.speaker.device}\n${session.client}`;
}

/** One frame for all that one event has to say. False: the socket is gone. */
export function sendOut(connection: Connection): boolean {
  if (connection.out.length === 0) return true;
  const parts = connection.out.splice(0);
  const [only] = parts;
  try {
    connection.socket.send(parts.length === 1 && only !== undefined ? only : joined(parts));
    return true;
  } catch {
    return false;
  }
}

export function closeSocket(connection: Connection, reason: Reason, rule: string): void {
  const code =
    reason === REASON.success
      ? 1000
      : reason === REASON.packetTooLarge
        ? 1009
        : reason === REASON.malformedPacket || reason === REASON.protocolError
          ? 1002
          : 1008;
  try {
    connection.socket.close(code, asciiOf(rule));
  } catch {
    // It was closed from the other side.
  }
}

function asciiOf(text: string): string {
  return text.replaceAll(/[^ -~]/g, "?").slice(0, CLOSE_REASON_BYTES_MAX);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
